/* pin: see pin.h. The row: u32 since, u8 moving, psk 32, u64 the last invitation that depends on an
 * older key. No row: zeros. Key and address stand with the membership (own.h). */
#include "pin.h"

#include <string.h>

#include "again.h"
#include "invite.h"
#include "propose.h"

int krv_pin_save(struct krv_vault *vault, const struct krv_env *env, const struct krv_pin *pin) {
  struct krv_buf row;
  krv_buf_init(&row, env);
  krv_buf_u32(&row, pin->since);
  krv_buf_u8(&row, pin->moving);
  krv_buf_append(&row, pin->psk.b, sizeof pin->psk.b);
  krv_buf_u64(&row, (uint64_t)pin->void_lid);
  int status = row.status;
  if (status == 0) status = krv_vault_meta_put(vault, KRV_META_PIN, krv_buf_slice(&row));
  krv_buf_wipe(&row);
  return status;
}

int krv_pin_load(struct krv_vault *vault, const struct krv_env *env, struct krv_pin *out) {
  struct krv_buf row;
  memset(out, 0, sizeof *out);
  krv_buf_init(&row, env);
  int status = krv_vault_meta_get(vault, KRV_META_PIN, &row);
  if (status == 0) {
    struct krv_in in = krv_in(krv_buf_slice(&row));
    out->since = krv_in_u32(&in);
    out->moving = krv_in_u8(&in) != 0;
    krv_in_copy(&in, out->psk.b, sizeof out->psk.b);
    out->void_lid = (int64_t)krv_in_u64(&in);
    if (krv_in_end(&in) != 0) status = KRV_DAMAGED;
  }
  krv_buf_wipe(&row);
  return status == KRV_NOT_FOUND ? 0 : status;
}

bool krv_pin_settled(const struct krv_world *world) {
  return !world->pin.moving && krv_roster_serves(world->roster, &world->member.server_pk);
}

/* ---- changing it, in the open transaction */

static int last_invitation(struct krv_world *world, int64_t *lid) {
  struct krv_buf row;
  int status;
  *lid = 0;
  krv_buf_init(&row, world->env);
  while ((status = krv_vault_row_next(world->vault, KRV_TABLE_INVITES, *lid, lid, &row)) == 0)
    krv_buf_reset(&row);
  krv_buf_wipe(&row);
  return status == KRV_END ? 0 : status;
}

/* Another key: what hangs on the one before holds no more. */
static int set_key(struct krv_world *world, const struct krv_key *server_pk) {
  struct krv_standing *standing = &world->standing;
  if (memcmp(world->member.server_pk.b, server_pk->b, sizeof server_pk->b) == 0) return 0;
  world->member.server_pk = *server_pk;
  krv_wipe(&standing->ticket, sizeof standing->ticket);
  standing->ticketed = false;
  return last_invitation(world, &world->pin.void_lid);
}

static int save(struct krv_world *world) {
  int status = krv_member_save(world->vault, world->env, &world->member);
  if (status == 0) status = krv_standing_save(world->vault, world->env, &world->standing);
  return status == 0 ? krv_pin_save(world->vault, world->env, &world->pin) : status;
}

int krv_pin_follow(struct krv_world *world) {
  const struct krv_roster *roster = world->roster;
  if (world->member.state != KRV_MEMBER_IN || world->pin.moving) return 0;
  if (krv_roster_server_since(roster) < world->pin.since) return 0;
  if (krv_roster_serves(roster, &world->member.server_pk)) return 0;
  int status = set_key(world, krv_roster_server_pk(roster));
  return status == 0 ? save(world) : status;
}

/* ---- moving */

static int check_speaker(const struct krv_world *world, enum krv_word word) {
  int status = krv_world_ready(world);
  if (status != 0 || word == KRV_WORD_RECOVERY) return status;
  if (!(krv_world_self(world)->roles & KRV_ROLE_ADMINISTRATOR)) return KRV_DENIED;
  return krv_fork_suspect(world) == world->member.device ? KRV_DENIED : 0;
}

static int propose_server(struct krv_intake *intake, const struct krv_key *server_pk,
                          enum krv_word word) {
  struct krv_world *world = krv_intake_world(intake);
  struct krv_statement server = {.kind = KRV_STATEMENT_SERVER, .server_pk = *server_pk};
  struct krv_roster *roster = NULL;
  int status = krv_again_if_due(world);
  if (status == 0) status = krv_propose_roster(world, &roster);
  if (status == 0)
    status = word == KRV_WORD_RECOVERY ? krv_propose_recovery(world, roster, &server, 1)
                                       : krv_propose(world, roster, &server, 1);
  krv_roster_free(roster);
  return status;
}

int krv_pin_move(struct krv_world *world, const struct krv_founding_code *code,
                 enum krv_word word) {
  struct krv_intake *intake;
  int status = check_speaker(world, word);
  if (status == 0 && world->fork) status = KRV_FORK;
  if (status != 0) return status;
  bool target = memcmp(world->member.server_pk.b, code->server_pk.b, KRV_KEY_LEN) == 0;
  if (target && (world->pin.moving || krv_pin_settled(world))) return 0;
  status = krv_intake_begin(world, &intake);
  if (status != 0) return status;
  status = propose_server(intake, &code->server_pk, word);
  if (status == 0) status = set_key(world, &code->server_pk);
  if (status == 0) {
    memcpy(world->member.address, code->address, sizeof world->member.address);
    world->pin.moving = true;
    world->pin.psk = code->psk;
    status = save(world);
  }
  if (status == 0) return krv_intake_commit(intake);
  krv_intake_rollback(intake);
  return status;
}

int krv_pin_brings(struct krv_world *world, struct krv_roster **out) {
  int status = krv_propose_on(world, world->roster, out);
  if (status == 0 && !krv_roster_serves(*out, &world->member.server_pk)) {
    krv_roster_free(*out);
    *out = NULL;
    status = KRV_DAMAGED;
  }
  return status;
}

/* Proposals of ours up to that height go from the items into the roster. */
static int adopt(struct krv_intake *intake, uint32_t height) {
  struct krv_world *world = krv_intake_world(intake);
  struct krv_vault_item item;
  struct krv_buf bytes;
  int64_t lid = 0;
  int status = 0;
  krv_buf_init(&bytes, world->env);
  while (status == 0 && krv_roster_height(world->roster) < height &&
         (status = krv_vault_marked_next(world->vault, KRV_MARK_NONE, lid, &item, &bytes)) == 0) {
    lid = item.lid;
    if (item.kind == KRV_MSG_ROSTER) {
      status = krv_vault_item_delete(world->vault, lid);
      if (status == 0)
        status = krv_intake_item(intake, KRV_ORIGIN_OWN, KRV_MSG_ROSTER, item.bytes);
    }
    krv_buf_reset(&bytes);
  }
  krv_buf_release(&bytes);
  return status == KRV_END ? KRV_DAMAGED : status;
}

int krv_pin_moved(struct krv_world *world) {
  struct krv_intake *intake;
  struct krv_roster *brought = NULL;
  int status = krv_pin_brings(world, &brought);
  if (status == 0) status = krv_intake_begin(world, &intake);
  if (status == 0) {
    status = adopt(intake, krv_roster_server_since(brought));
    world->pin.moving = false;
    krv_wipe(&world->pin.psk, sizeof world->pin.psk);
    world->pin.since = krv_roster_server_since(world->roster);
    if (status == 0) status = save(world);
    if (status == 0) status = krv_intake_commit(intake);
    else krv_intake_rollback(intake);
  }
  krv_roster_free(brought);
  return status;
}

/* ---- codes */

static int sign_code(struct krv_world *world, enum krv_word word,
                     struct krv_server_code *code) {
  struct krv_sign_pair recovery;
  code->signer = word == KRV_WORD_RECOVERY ? KRV_NO_INDEX : world->member.device;
  if (word != KRV_WORD_RECOVERY) {
    krv_server_code_sign(code, &world->keys.sign);
    return 0;
  }
  int status = krv_propose_recovery_pair(world, &recovery);
  if (status == 0) krv_server_code_sign(code, &recovery);
  krv_wipe(&recovery, sizeof recovery);
  return status;
}

/* host:port, of letters that can be seen. */
static bool address_good(const char *address) {
  size_t len = strlen(address);
  const char *colon = strrchr(address, ':');
  if (len > KRV_ADDRESS_SIZE_MAX || !colon || colon == address) return false;
  for (size_t i = 0; i < len; i++)
    if ((uint8_t)address[i] <= ' ' || address[i] == 0x7f) return false;
  size_t digits = strspn(colon + 1, "0123456789");
  return digits > 0 && digits <= 5 && colon[1 + digits] == 0;
}

static int set_address(struct krv_world *world, const char *address) {
  struct krv_intake *intake;
  int status = krv_intake_begin(world, &intake);
  if (status != 0) return status;
  memcpy(world->member.address, address, strlen(address) + 1);
  krv_intake_touch(intake);
  return krv_intake_commit(intake);
}

int krv_pin_code(struct krv_world *world, enum krv_word word, const char *address,
                 struct krv_buf *text) {
  struct krv_server_code code = {.programme = world->member.programme};
  int status = check_speaker(world, word);
  if (status == 0 && address && !address_good(address)) status = KRV_INVALID;
  if (status == 0 && !krv_pin_settled(world)) status = KRV_STATE;
  if (status != 0) return status;
  code.server_pk = world->member.server_pk;
  code.since = krv_roster_server_since(world->roster);
  const char *where = address ? address : world->member.address;
  memcpy(code.address, where, strlen(where) + 1);
  status = sign_code(world, word, &code);
  if (status == 0 && address) status = set_address(world, address);
  if (status == 0) krv_server_code_format(&code, text);
  return status == 0 ? text->status : status;
}

/* Did an administrator sign it whom this vault believes, or the recovery key? */
static int check_signer(const struct krv_world *world, const struct krv_server_code *code) {
  struct krv_key sign_pk, seal_pk;
  if (code->signer == KRV_NO_INDEX) {
    krv_roster_recovery(world->roster, &sign_pk, &seal_pk);
    return krv_server_code_verify(code, &sign_pk);
  }
  const struct krv_device *signer = krv_roster_device(world->roster, code->signer);
  if (!signer) return KRV_NOT_FOUND;
  int status = krv_server_code_verify(code, &signer->keys.sign_pk);
  if (status != 0) return status;
  bool suspended = krv_fork_suspect(world) == code->signer;
  bool may = (signer->roles & KRV_ROLE_ADMINISTRATOR) && !krv_fork_revoked(world, signer);
  return may && !suspended ? 0 : KRV_DENIED;
}

static int compare(uint32_t since, const struct krv_key *pk, const struct krv_server_code *code) {
  if (code->since < since) return KRV_STALE;
  bool same = memcmp(pk->b, code->server_pk.b, sizeof pk->b) == 0;
  return code->since == since && !same ? KRV_FORK : 0;
}

/* Not below what the roster says, nor below a code that was taken and that nothing has confirmed
 * yet. The recovery key overrules: where two moved the programme at one height, and where
 * somebody who has lost his rights, unknown to this vault, named a height that is never reached. */
static int check_since(const struct krv_world *world, const struct krv_server_code *code) {
  const struct krv_roster *roster = world->roster;
  uint32_t since = krv_roster_server_since(roster);
  if (code->signer == KRV_NO_INDEX) return code->since < since ? KRV_STALE : 0;
  int status = compare(since, krv_roster_server_pk(roster), code);
  bool ahead = !world->pin.moving && !krv_roster_serves(roster, &world->member.server_pk);
  if (status != 0 || !ahead) return status;
  return compare(world->pin.since, &world->member.server_pk, code);
}

static int take(struct krv_intake *intake, const struct krv_server_code *code) {
  struct krv_world *world = krv_intake_world(intake);
  int status = set_key(world, &code->server_pk);
  if (status == 0 && world->pin.moving) { /* it is done, by somebody else: ours is not to be */
    world->pin.moving = false;
    krv_wipe(&world->pin.psk, sizeof world->pin.psk);
    status = krv_again(world);
  }
  memcpy(world->member.address, code->address, sizeof world->member.address);
  world->pin.since = code->since;
  return status == 0 ? save(world) : status;
}

int krv_pin_use(struct krv_world *world, const struct krv_server_code *code) {
  struct krv_intake *intake;
  int status = krv_world_ready(world);
  if (status == 0 && !krv_id_equal(&code->programme, &world->member.programme))
    status = KRV_OTHER_PROGRAMME;
  if (status == 0) status = check_signer(world, code);
  if (status == 0) status = check_since(world, code);
  if (status == 0) status = krv_intake_begin(world, &intake);
  if (status != 0) return status;
  status = take(intake, code);
  if (status == 0) return krv_intake_commit(intake);
  krv_intake_rollback(intake);
  return status;
}

/* ---- invitations that hold no more */

struct voids {
  struct krv_world *world;
  void (*each)(void *ctx, const char *name);
  void *ctx;
};

static bool came_in(const struct krv_roster *roster, const uint8_t invite[KRV_INVITE_ID_LEN]) {
  for (krv_device_ix d = 1; d < krv_roster_device_count(roster); d++)
    if (memcmp(krv_roster_device(roster, d)->invite, invite, KRV_INVITE_ID_LEN) == 0) return true;
  return false;
}

static int tell_void(void *ctx, int64_t lid, const struct krv_invite_note *note) {
  const struct voids *v = ctx;
  if (lid <= v->world->pin.void_lid && !came_in(v->world->roster, note->id))
    v->each(v->ctx, note->name);
  return 0;
}

int krv_pin_void(struct krv_world *world, void (*each)(void *ctx, const char *name), void *ctx) {
  struct voids v = {world, each, ctx};
  return krv_invite_each(world, tell_void, &v);
}
