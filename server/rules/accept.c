/* accept: the checks of R11, in one order for all kinds: who brings and who wrote, what it is for,
 * its form, the right to it, whether it is there already, and only then whether there is room. A
 * duplicate costs nothing, so a full quota does not make a device push for ever. */
#include "accept.h"

#include <string.h>

#include "bounds.h"
#include "status.h"

static int check_who(const struct krv_facts *facts) {
  if (!facts->bringer_active) return KRV_REVOKED;
  return facts->author_known ? KRV_OK : KRV_UNKNOWN_DEVICE;
}

/* A session of a known case. */
static int check_case(const struct krv_facts *facts) {
  int status = check_who(facts);
  if (status != KRV_OK) return status;
  return facts->case_known ? KRV_OK : KRV_UNKNOWN_CASE;
}

static int check_writer(const struct krv_facts *facts) {
  return facts->bringer_wrote && !facts->bringer_reads_only ? KRV_OK : KRV_DENIED;
}

static int check_room(const struct krv_facts *facts, uint64_t commits_max) {
  if (facts->duplicate) return KRV_END;
  if (facts->usage_bytes >= (uint64_t)KRV_QUOTA_BYTES) return KRV_QUOTA;
  return facts->usage_commits < commits_max ? KRV_OK : KRV_QUOTA;
}

static int first_of(const int *statuses, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (statuses[i] != KRV_OK) return statuses[i];
  return KRV_OK;
}
#define FIRST_OF(...) \
  first_of((const int[]){__VA_ARGS__}, sizeof((const int[]){__VA_ARGS__}) / sizeof(int))

int krv_accept_genesis(const struct krv_facts *facts) {
  return FIRST_OF(check_who(facts), facts->receiver_known ? KRV_OK : KRV_INVALID,
                  facts->list_has_office ? KRV_OK : KRV_NO_GRANT,
                  facts->genesis_known ? KRV_END : KRV_OK, /* whoever brings it once more */
                  check_writer(facts), check_room(facts, KRV_QUOTA_COMMITS));
}

/* Canonical as far as it can be seen before a short prev is filled in; the codec has seen to the
 * rest. */
static int check_form(const struct krv_msg_commit *commit) {
  static const uint8_t none[KRV_ID_LEN];
  struct krv_head head = {.suite = commit->suite, .kind = commit->kind, .n = commit->n,
                          .epoch = commit->epoch};
  memcpy(head.prev.b, commit->prev, KRV_ID_LEN);
  memcpy(head.key_id4, commit->key_id4, sizeof head.key_id4);
  /* the first 4 bytes of an honest id may well be zeros */
  if (commit->prev_len == 4 && memcmp(commit->prev, none, 4) == 0) head.prev.b[4] = 1;
  return krv_head_check(&head);
}

int krv_accept_commit(const struct krv_facts *facts, const struct krv_msg_commit *commit) {
  return FIRST_OF(check_case(facts), check_form(commit),
                  facts->office_routed ? KRV_OK : KRV_NO_GRANT, check_writer(facts),
                  check_room(facts, KRV_QUOTA_COMMITS),
                  facts->case_commits < KRV_CASE_BROUGHT_MAX ? KRV_OK : KRV_QUOTA);
}

int krv_accept_grant(const struct krv_facts *facts, const struct krv_msg_grant *grant) {
  bool known_mode = grant->mode == KRV_ACCESS_READ || grant->mode == KRV_ACCESS_WRITE;
  return FIRST_OF(check_case(facts), facts->receiver_known ? KRV_OK : KRV_INVALID,
                  known_mode ? KRV_OK : KRV_MALFORMED, check_writer(facts),
                  check_room(facts, UINT64_MAX));
}

int krv_accept_unroute(const struct krv_facts *facts) {
  return FIRST_OF(check_case(facts), facts->receiver_known ? KRV_OK : KRV_INVALID,
                  facts->group_is_office ? KRV_DENIED : KRV_OK, check_writer(facts),
                  facts->duplicate ? KRV_END : KRV_OK);
}

int krv_accept_need(const struct krv_facts *facts) {
  return FIRST_OF(check_case(facts), facts->receiver_known ? KRV_OK : KRV_INVALID,
                  facts->bringer_wrote ? KRV_OK : KRV_DENIED, check_room(facts, UINT64_MAX));
}

int krv_accept_box(const struct krv_facts *facts) {
  return FIRST_OF(check_who(facts), facts->receiver_known ? KRV_OK : KRV_INVALID,
                  check_room(facts, UINT64_MAX));
}

int krv_accept_receipt(const struct krv_facts *facts, bool bringer_is_office) {
  return FIRST_OF(check_who(facts), facts->receiver_known ? KRV_OK : KRV_INVALID,
                  bringer_is_office && facts->author_is_bringer ? KRV_OK : KRV_DENIED,
                  check_room(facts, UINT64_MAX));
}

int krv_accept_doc(const struct krv_facts *facts, bool hash_in_roster) {
  return FIRST_OF(check_who(facts), hash_in_roster ? KRV_OK : KRV_DENIED,
                  check_room(facts, UINT64_MAX));
}
