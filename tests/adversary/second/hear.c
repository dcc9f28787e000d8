/* hear: what the server says, one message at a time. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "member.h"

struct standing standing;
struct now now;

/* ---- what the server says */

/* The secret of a group that was made for this device, from the key that it asked for. */
static void own_group(uint32_t group, const struct pair *asked) {
  if (group == NOBODY || !same(roster.groups[group].epochs[0].pk, asked->pk, 32)) return;
  memcpy(roster.groups[group].epochs[0].secret, asked->sk, 32);
  roster.groups[group].epochs[0].has_secret = true;
}

static void on_roster(struct slice payload) {
  roster_append(payload);
  if (roster.count == 1)
    CHECK(same(roster.programme, invitation.programme, 16), "10.6: another programme");
  if (roster.count == invitation.height + 1)
    CHECK(same(roster.hashes[invitation.height], invitation.head8, 8) &&
              same(roster.server_pk, invitation.server_pk, 32),
          "10.6: not the inviter's roster, or server");
  reader.device = roster_device_of(own.session.pk);
  if (reader.device == NOBODY) return;
  const struct device *self = &roster.devices[reader.device];
  CHECK(same(self->sign_pk, own.sign_pk, 32) && same(self->seal_pk, own.seal.pk, 32),
        "10.6: own keys");
  own_group(self->member_group, &own.member);
  own_group(self->agency_group, &own.agency);
}

/* 5.10: right if what opens is the secret of the signed key. */
static void on_box(struct slice in) {
  uint8_t key_id[16], secret[32];
  uint32_t group = take_index(&in), epoch = take_index(&in);
  uint64_t device = take_varint(&in);
  uint32_t giver = take_index(&in);
  struct slice envelope = take(&in, 48);
  take_end(&in);
  if (device == 0) { /* 5.10: for the recovery key, which this client has not */
    CHECK(group < roster.group_count && roster.groups[group].kind != 'm',
          "7.2: a member's box for the recovery key");
    return;
  }
  CHECK(device == (uint64_t)reader.device + 1, "7.2: a box for device %llu",
        (unsigned long long)device - 1);
  CHECK(group < roster.group_count && epoch < roster.groups[group].epoch_count &&
            giver < roster.device_count,
        "5.10: names what does not exist");
  struct epoch *e = &roster.groups[group].epochs[epoch];
  H(key_id, 16, "krv group", slice(e->pk, 32));
  if (!envelope_open(&own.seal, roster.devices[giver].seal_pk, BOX_PURPOSE, key_id, envelope.p,
                     secret))
    return;
  struct pair pair = pair_from(secret);
  if (!same(pair.pk, e->pk, 32)) return;
  memcpy(e->secret, secret, 32);
  e->has_secret = true;
  printf("box of group %u epoch %u\n", group, epoch);
}

static bool own_commit(const uint8_t id8[8], uint8_t id[16]) {
  for (size_t k = 0; k < case_count; k++)
    for (size_t i = 0; i < cases[k].commit_count; i++) {
      const struct commit *c = &cases[k].commits[i];
      if (c->device != reader.device || !same(c->id, id8, 8)) continue;
      memcpy(id, c->id, 16);
      return true;
    }
  return false;
}

/* 5.11, 7.5 */
static void on_receipt(struct slice in) {
  uint8_t shared[32], mac[16], id[16];
  struct buf ends = {0}, lines = {0};
  uint64_t flags = take_u(&in, 1);
  CHECK((flags & ~2ull) == 1, "5.11: flags");
  uint32_t office = take_index(&in), author = take_index(&in);
  uint64_t count = take_varint(&in);
  CHECK(count >= 1 && count <= 256 && office < roster.device_count, "5.11: count or office");
  CHECK(author == reader.device && (roster.devices[office].roles & ROLE_OFFICE), "5.11: whose");
  struct slice ids = take(&in, (size_t)count * 8),
               reasons = take(&in, flags & 2 ? (size_t)count : 0);
  for (size_t i = 0; i < count; i++) {
    uint8_t reason = flags & 2 ? reasons.p[i] : 0;
    CHECK(own_commit(ids.p + 8 * i, id), "R: a receipt for a commit that is not here");
    put(&lines, id, 16);
    put_u(&lines, reason, 1);
    printf("receipt by device %u, reason %u\n", office, reason);
  }
  put_u(&ends, office, 4);
  put_u(&ends, author, 4);
  dh(own.seal.sk, roster.devices[office].seal_pk, shared);
  H(mac, 16, "krv receipt", slice(shared, 32), slice(ends.p, ends.n), slice(lines.p, lines.n));
  CHECK(same(mac, take(&in, 16).p, 16), "5.11: MAC of a receipt");
  take_end(&in);
  now.receipts++;
  drop(&ends);
  drop(&lines);
}

/* 5.4. All that is sent is one of ours, in order. */
static void on_answer(struct slice in, bool answer) {
  if (answer) CHECK(take_u(&in, 2) == 0 && !now.answered, "5.4: receipts given by a worker");
  uint64_t accepted = take_varint(&in), exceptions = take_varint(&in);
  now.cursor_due = accepted & 1;
  now.answered = true;
  while (exceptions-- > 0) {
    uint64_t index = take_varint(&in);
    printf("refused %llu: %llu\n", (unsigned long long)index, (unsigned long long)take_u(&in, 1));
    fail("an item was refused");
  }
  take_end(&in);
  now.acked += accepted >> 1;
  CHECK(now.acked <= now.sent, "5.4: more accepted than were sent");
}

static void on_cursor(struct slice in) {
  uint64_t advance = take_varint(&in);
  now.told += advance >> 1;
  now.cursor_due = advance & 1;
  standing.cursor = now.told;
  if (standing.cursor >= standing.head) {
    standing.head = standing.cursor;
    take_to(&in, standing.chain8, 8);
  } else {
    (void)take(&in, 8);
  }
  standing.within = in.n ? take_varint(&in) : 0;
  take_end(&in);
  for (size_t i = 0; i < case_count; i++) case_settle(&cases[i]);
}

static void on_restart(void) {
  printf("restart\n");
  now.restarted = true;
  standing.head = standing.cursor = standing.within = now.told = 0;
}

void on_message(uint8_t kind, struct slice payload) {
  switch (kind) {
    case M_ROSTER: on_roster(payload); break;
    case M_BOX: on_box(payload); break;
    case M_RECEIPT: on_receipt(payload); break;
    case M_GENESIS:
    case M_COMMIT:
    case M_GRANT:
      now.items++;
      case_item(kind, payload);
      break;
    case M_ANSWER: on_answer(payload, true); break;
    case M_ACK: on_answer(payload, false); break;
    case M_CURSOR: on_cursor(payload); break;
    case M_RESTART: on_restart(); break;
    case M_REFUSE: fail("refused: status %d", payload.n ? payload.p[0] : 0);
    case M_PING:
    case M_NEED:
    case M_DOC: break;
    default: fail("5.2: message %d is out of place", kind);
  }
}
