/* entry: one signed entry of the roster, and the statements that it makes (R17).
 *
 *   body  = msgpack [1, programme bin 16 (zero in the founding), prev bin 32,
 *           height, signer (device index; nil: the recovery key), [statement ...]]
 *   entry = body || Ed25519(H("entry sign"; body))
 *   hash  = H("entry"; entry)
 *
 * Heights start at 0 with the founding. Devices and groups are numbered in the
 * order in which statements make them. */
#ifndef KRV_ENTRY_H
#define KRV_ENTRY_H

#include "bounds.h"
#include "buf.h"
#include "forms.h"
#include "sign.h"

/*  number, name, shape after the number */
#define KRV_STATEMENT_MAP(X)                                                                    \
  X(0, FOUND, "server pk, recovery sign pk, recovery seal pk, practice, schema hash, sign pk, " \
              "seal pk, session pk, everyone pk, office pk, member pk, programme name, name")   \
  X(1, DEVICE, "sign pk, seal pk, session pk, roles, member group or nil, member pk or nil, "   \
               "agency group or nil, agency pk or nil, agency name or nil, invite, signature, " \
               "name")                                                                          \
  X(2, ADMIT, "group, device, rights")                                                          \
  X(3, EXPEL, "group, device")                                                                  \
  X(4, REVOKE, "device, how")                                                                   \
  X(5, ROLES, "device, roles")                                                                  \
  X(6, EPOCH, "group, epoch, pk, back-chain bin 48")                                            \
  X(7, SCHEMA, "version, hash")                                                                 \
  X(8, SERVER, "server pk")                                                                     \
  X(9, GROUP, "pk, name")                                                                       \
  X(10, END, "common height, hashes of the entries that lost (bin, 32 each, rising heights)")

enum krv_statement_kind {
#define X(number, name, shape) KRV_STATEMENT_##name = number,
  KRV_STATEMENT_MAP(X)
#undef X
};

/* What FOUND makes: groups 0 everyone, 1 office, 2 the founder's own; device 0. */
enum { KRV_GROUP_EVERYONE = 0, KRV_GROUP_OFFICE = 1, KRV_DEVICE_FOUNDER = 0 };
enum { KRV_NO_INDEX = UINT32_MAX, KRV_INVITE_ID_LEN = 8 };

enum krv_role {
  KRV_ROLE_WORKER = 1, KRV_ROLE_SUPERVISOR = 2, KRV_ROLE_PROVIDER = 4, KRV_ROLE_OFFICE = 8,
  KRV_ROLE_ADMINISTRATOR = 16, KRV_ROLE_AUDITOR = 32,
  KRV_ROLES_ALL = 63,
};
enum krv_admit_rights { KRV_ADMIT_READ_ONLY = 1, KRV_ADMIT_KEEPER = 2 };
enum krv_revoke_how { KRV_REVOKE_LEFT = 1, KRV_REVOKE_LOST = 2 };

/* One statement; which members mean something says the kind. Slices borrow from the entry.
 * Names are sealed to `everyone` (groupseal). */
struct krv_statement {
  enum krv_statement_kind kind;
  struct krv_device_keys keys;             /* FOUND, DEVICE */
  struct krv_key server_pk;                /* FOUND, SERVER */
  struct krv_key recovery_sign_pk, recovery_seal_pk; /* FOUND */
  bool practice;                           /* FOUND */
  uint8_t schema_hash[32];                 /* FOUND, SCHEMA */
  uint32_t schema_version;                 /* SCHEMA */
  struct krv_key everyone_pk, office_pk;   /* FOUND */
  struct krv_key member_pk;                /* FOUND; DEVICE of a new member */
  bool has_member_pk, has_agency_pk;       /* DEVICE: makes a member group / an agency group */
  struct krv_key agency_pk;
  krv_group_ix member_group;               /* DEVICE of a known member; else KRV_NO_INDEX */
  krv_group_ix agency_group;               /* DEVICE of a known agency; else KRV_NO_INDEX */
  struct krv_slice name;                   /* FOUND, DEVICE, GROUP: sealed */
  struct krv_slice group_name;             /* FOUND: programme's, DEVICE: agency's; sealed */
  uint8_t invite[KRV_INVITE_ID_LEN];       /* DEVICE */
  uint8_t signature[KRV_SIG_LEN];          /* DEVICE: the joiner's (invitation.h) */
  uint8_t roles;                           /* DEVICE, ROLES: mask of enum krv_role */
  krv_group_ix group;                      /* ADMIT, EXPEL, EPOCH */
  krv_device_ix device;                    /* ADMIT, EXPEL, REVOKE, ROLES */
  uint8_t rights;                          /* ADMIT: mask of enum krv_admit_rights */
  uint8_t how;                             /* REVOKE */
  uint32_t epoch;                          /* EPOCH: 1, 2, ... (0 is the first key) */
  struct krv_key pk;                       /* EPOCH, GROUP */
  uint8_t back_chain[48];                  /* EPOCH: the secret before, sealed under this one */
  uint32_t common;                         /* END: the last height that both histories share */
  struct krv_slice losing;                 /* END: 32 bytes for each height above it */
};

struct krv_entry {
  struct krv_id programme;
  uint8_t prev[32];
  uint32_t height;
  krv_device_ix signer;                    /* KRV_NO_INDEX: the recovery key */
  struct krv_statement *statements;        /* from env; at most KRV_ENTRY_STATEMENTS_MAX */
  uint32_t statement_count;
  struct krv_slice body;
  uint8_t signature[KRV_SIG_LEN];
};

/* Appends body || signature; entry's own body and signature are not read. The status, which is also
 * out's: NOMEM, TOO_LARGE. */
int krv_entry_sign(const struct krv_env *env, const struct krv_entry *entry,
                   const struct krv_sign_pair *signer, struct krv_buf *out);
/* Borrows bytes; release frees the statements. Form only: a founding is height 0, signer 0, zeros
 * for programme and prev, FOUND first, and none of this anywhere else. MALFORMED, TOO_LARGE, NOMEM,
 * NEWER (unknown version or statement); on failure out is empty. */
int krv_entry_decode(const struct krv_env *env, struct krv_slice bytes, struct krv_entry *out);
void krv_entry_release(struct krv_entry *entry, const struct krv_env *env);
/* 0 or CRYPTO. */
int krv_entry_verify(const struct krv_entry *entry, const struct krv_key *sign_pk)
    __attribute__((warn_unused_result));
void krv_entry_hash(struct krv_slice bytes, uint8_t out[32]);
/* H16("programme"; founding entry as it is, its programme being zero). */
void krv_programme_id(struct krv_slice founding, struct krv_id *out);

#endif
