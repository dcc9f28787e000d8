/* kerven.h: the one header of libkerven, an offline-first, end-to-end encrypted
 * vault of cases that syncs through a server which can read none of it.
 *
 * Conventions
 *  - Functions return 0 or a negative KERVEN_E...; iterators return 0 item, 1 end,
 *    <0 error. On error out-parameters are NULL or 0. kerven_strerror has one
 *    sentence for each; kerven_detail has more where more is known.
 *  - Options structs begin with their own size (sizeof), so that programs built
 *    against an older header go on working. NULL options are all defaults.
 *  - Texts are UTF-8, NUL terminated, normalised to NFC on the way in. Times are
 *    Unix seconds (int64_t). A case id is 32 hex digits; where a case is asked
 *    for, a unique prefix does as well.
 *  - A handle belongs to one thread at a time. What an iterator gives is
 *    borrowed until its next step. Nothing calls back after its call returned.
 *  - "Saved" means on disk: a function that saves returns after the fsync.
 */
#ifndef KERVEN_H
#define KERVEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KERVEN_VERSION "0.1.0"
#define KERVEN_API __attribute__((visibility("default")))
#define KERVEN_CHECK __attribute__((warn_unused_result))

/* ------------------------------------------------------------------ errors */

enum kerven_error {
  KERVEN_OK = 0,
  KERVEN_END = 1,
  KERVEN_ENOMEM = -1,
  KERVEN_EINVALID = -2,
  KERVEN_EMALFORMED = -3,
  KERVEN_ETOO_LARGE = -4,
  KERVEN_ECRYPTO = -5,
  KERVEN_ENOT_FOUND = -6,
  KERVEN_EEXISTS = -7,
  KERVEN_ESTATE = -8,
  KERVEN_EIO = -9,
  KERVEN_EFULL = -10,
  KERVEN_EBUSY = -11,
  KERVEN_EPASSPHRASE = -12,
  KERVEN_ELOCKED = -13,
  KERVEN_EDAMAGED = -14,
  KERVEN_EFIELD = -15,
  KERVEN_ECODE = -16,
  KERVEN_EDATE = -17,
  KERVEN_EVALUE = -18,
  KERVEN_ECONFLICT = -19,
  KERVEN_ENOT_APPROVED = -20,
  KERVEN_EDENIED = -21,
  KERVEN_EINVITE_USED = -22,
  KERVEN_EINVITE_EXPIRED = -23,
  KERVEN_EINVITE_BAD = -24,
  KERVEN_EOTHER_PROGRAMME = -25,
  KERVEN_EUPGRADE = -26,
  KERVEN_EOFFLINE = -27,
  KERVEN_ECUT = -28,
  KERVEN_ETIMEOUT = -29,
  KERVEN_EPROTOCOL = -30,
  KERVEN_EREVOKED = -34,
  KERVEN_EQUOTA = -35,
  KERVEN_ENO_KEY = -36,
  KERVEN_ENEWER = -38,
  KERVEN_EFORK = -39,
  KERVEN_ESTALE = -41,
  KERVEN_EUNFIT = -42,
  KERVEN_EAMBIGUOUS = -43,
  KERVEN_EUSAGE = -44,
};

/* One sentence: what happened and what to do. Never NULL. Any thread. */
KERVEN_API const char *kerven_strerror(int status);

typedef struct kerven kerven;

/* What the last failed call on this handle knows beyond its status (the field's
 * name, the nearest one, the process that holds the vault, both values ...);
 * "" when nothing. Holds until the next call. */
KERVEN_API const char *kerven_detail(const kerven *k);

/* ------------------------------------------------------------------- vault */

struct kerven_open_options {
  size_t size;
  const char *key_file;    /* a second secret, beside the passphrase; NULL: none */
  bool read_only;          /* writes nothing: a full disk still reads */
  bool wait;               /* leave a `wanted` mark and wait up to 5 s while it is busy */
  uint32_t argon_mem_kib;  /* create: 0 calibrates for this device */
  uint32_t argon_ops;
};

/* May it be a new passphrase? Digits alone are guessed by trying them all, and so is what has less
 * than KERVEN_PASSPHRASE_MIN characters. Any thread. */
enum { KERVEN_PASSPHRASE_MIN = 8 };
KERVEN_API bool kerven_passphrase_fits(const char *passphrase);

/* No core dump of this process and no other user's debugger. Opening and making a vault do it too;
 * a program that asks for the passphrase first calls it at its start. Best effort. */
KERVEN_API void kerven_harden(void);

/* Makes a vault in a new or empty folder: keys are made here and never leave it. EPASSPHRASE: it
 * does not fit; ENOT_FOUND: the folder in which it would be is not there. */
KERVEN_API int kerven_create(const char *dir, const char *passphrase,
                             const struct kerven_open_options *options, kerven **out) KERVEN_CHECK;
/* Opens and unlocks. EPASSPHRASE, EBUSY, ENOT_FOUND, EDAMAGED. */
KERVEN_API int kerven_open(const char *dir, const char *passphrase,
                           const struct kerven_open_options *options, kerven **out) KERVEN_CHECK;
/* The same, and when EBUSY: the id of the process that holds it. */
KERVEN_API int kerven_open_holder(const char *dir, const char *passphrase,
                                  const struct kerven_open_options *options, kerven **out,
                                  long *holder) KERVEN_CHECK;
/* Wipes keys and contents from memory, closes; an open batch is taken back. NULL is allowed. Edits,
 * iterators and syncs of this handle are freed before. */
KERVEN_API void kerven_close(kerven *k);
/* Replaces it (EPASSPHRASE: the new one does not fit); a key file with which the vault was opened
 * stays needed. */
KERVEN_API int kerven_passphrase(kerven *k, const char *fresh) KERVEN_CHECK;

/* FOUNDING: a founding that did not get through; the next sync, or kerven_found again, goes on. */
enum kerven_membership {
  KERVEN_ALONE,
  KERVEN_JOINING,
  KERVEN_MEMBER,
  KERVEN_REVOKED,
  KERVEN_FOUNDING
};

struct kerven_status_report {
  size_t size;
  enum kerven_membership membership;
  bool practice;             /* a practice programme: say so on every screen */
  char programme[201], name[201], roles[128], device[33], server[256];
  uint64_t cases, commits, unsent, unreceipted, held, quarantined, keyless, conflicts, refused;
  int64_t last_sync_s;       /* 0: never */
  char words[32];            /* while joining: the check words */
  /* this vault was restored from a copy, or a copy is in use (R2): an alarm */
  bool copy_in_use;
  uint64_t vault_bytes;
  uint64_t requests;         /* devices that ask to join and are not answered */
  uint64_t forked;           /* cases in which a device wrote two histories */
  uint64_t strange_receipts; /* receipts that name changes of ours which this vault does not know */
  uint32_t roster_height;
  uint64_t alarms;           /* that nobody has seen: kerven_alarms */
  uint64_t referrals, directory; /* of these types; `cases` has all others that open */
  uint64_t requests_plain;   /* of `requests`: those that kerven_approve's `all` lets in */
  /* changes of this vault's that the office has, and that have no effect there */
  uint64_t without_effect;
  /* 1: the recovery key is in this vault alone: kerven_recovery_export */
  uint64_t recovery_due;
};
KERVEN_API int kerven_status(kerven *k, struct kerven_status_report *out) KERVEN_CHECK;

/* Reads every row and checks every seal, hash, signature and index; tells each
 * finding in a sentence. Returns 0 if all is well, EDAMAGED otherwise. */
KERVEN_API int kerven_doctor(kerven *k, void (*finding)(void *ctx, const char *sentence), void *ctx)
    KERVEN_CHECK;

/* ----------------------------------------------------------------- members */

struct kerven_found_options {
  size_t size;
  const char *programme, *name; /* EEXISTS: a name that means a group of the programme's own */
  bool practice;
  int timeout_ms; /* 0: 30 s */
};
KERVEN_API int kerven_found(kerven *k, const char *code, const struct kerven_found_options *options)
    KERVEN_CHECK;

struct kerven_invite_options {
  size_t size;
  /* worker supervisor provider office administrator auditor; several with '+' */
  const char *role;
  const char *name;   /* who it is; stays here and travels sealed; NULL with my_device: our own */
  const char *agency; /* NULL: none */
  bool my_device;     /* a further device of this member */
  uint32_t days;      /* 0: 14 */
};
enum { KERVEN_INVITE_TEXT_MAX = 1024 };
/* Offline. code has KERVEN_INVITE_TEXT_MAX bytes. EEXISTS: the name means a group of the
 * programme's own. When all is well kerven_detail tells of a name that is somebody's already. */
KERVEN_API int kerven_invite(kerven *k, const struct kerven_invite_options *options, char *code)
    KERVEN_CHECK;

/* What a code is, by its checksum: to tell before a vault is made for it. */
enum kerven_code { KERVEN_CODE_NONE, KERVEN_CODE_INVITATION, KERVEN_CODE_FOUNDING,
                   KERVEN_CODE_SERVER, KERVEN_CODE_SHARE };
KERVEN_API enum kerven_code kerven_code_kind(const char *code);

/* Binds this new vault to the invitation and asks the server; the rest comes with sync. EOFFLINE
 * leaves it joined locally: the next sync asks again. */
KERVEN_API int kerven_join(kerven *k, const char *code, int timeout_ms) KERVEN_CHECK;

struct kerven_approval {
  /* words "": a device that is in, let into groups kept here */
  char name[201], roles[128], words[32];
  bool approved;
  int why_not;  /* status when not approved */
  bool refused; /* by this vault; approving it by its words takes that back */
};
struct kerven_approve_options {
  size_t size;
  bool all;           /* every request that needs no voice check */
  const char *words;  /* the one with these words */
  /* with words: who it is, when somebody else invited; NULL: the invitation's */
  const char *name;
  /* who is in already, by another administrator, and waits for a group that this vault keeps: 16 or
   * more digits of its device id, heard by voice */
  const char *device;
  /* with words, when somebody else invited: the agency that the device makes, or one that is there
   * and that it belongs to */
  const char *agency;
  /* with words: this vault does not approve it, and `all` leaves it out. Nobody else learns of it:
   * other administrators see the request still */
  bool refuse;
};
/* Approves requests that a sync brought, calls back for each; the next sync carries it. EUSAGE:
 * only who made the invitation knows the name (and that of the agency which the device makes), so
 * they are to be given. ESTATE: refused too late, it is approved already. */
KERVEN_API int kerven_approve(kerven *k, const struct kerven_approve_options *options,
                              void (*each)(void *ctx, const struct kerven_approval *approval),
                              void *ctx) KERVEN_CHECK;

/* ---------------------------------------------------------------- recovery */

/* The programme's recovery key mends what nobody else can. It is made in the founder's vault; any
 * two of three shares give it to any other one of the programme. */
enum { KERVEN_SHARES = 3, KERVEN_SHARE_TEXT_MAX = 192 };
struct kerven_recovery_report {
  size_t size;
  /* in this vault; given out; by two shares; taken out again */
  bool here, exported, taken, forgotten;
  bool office; /* what it needs to open old cases lies here, sealed to it */
};
KERVEN_API int kerven_recovery(kerven *k, struct kerven_recovery_report *out) KERVEN_CHECK;
/* The shares, to be wiped: the same each time; fresh: others, which do not fit those. ENO_KEY. */
KERVEN_API int kerven_recovery_export(
    kerven *k, bool fresh, char shares[KERVEN_SHARES][KERVEN_SHARE_TEXT_MAX]) KERVEN_CHECK;
/* The number (1 to 3) of what a person gives as a share. EINVITE_BAD, EOTHER_PROGRAMME. */
KERVEN_API int kerven_recovery_share(kerven *k, const char *share, unsigned *number) KERVEN_CHECK;
/* Kept if, and only if, the founding entry's key follows. EEXISTS: the same share twice; EINVALID:
 * they do not belong together; ECRYPTO: one is wrong; ESTATE: it is here already. */
KERVEN_API int kerven_recovery_take(kerven *k, const char *first, const char *second) KERVEN_CHECK;
/* ENO_KEY; ESTATE: the shares were never exported, or what it signed waits for a sync. */
KERVEN_API int kerven_recovery_forget(kerven *k) KERVEN_CHECK;
/* Signed by it: a device becomes a keeper of a group, with its secrets; or administrator, beside
 * what it is. device: 16 digits or more of its id; NULL: this one. It counts after the next sync.
 * ENO_KEY, ENOT_FOUND, EAMBIGUOUS, EEXISTS (it is so already), EFORK. */
KERVEN_API int kerven_recovery_keeper(kerven *k, const char *group,
                                      const char *device) KERVEN_CHECK;
KERVEN_API int kerven_recovery_administrator(kerven *k, const char *device) KERVEN_CHECK;

/* ------------------------------------------------------------------ server */

struct kerven_server_options {
  size_t size;
  bool recovery;       /* signed by the programme's recovery key, where this vault holds it */
  /* kerven_server_code: HOST:PORT, where only that has changed; NULL: as it is */
  const char *address;
  int timeout_ms;      /* kerven_server_move; 0: 30 s */
};
/* Carries the programme to a new server, whose founding code this is, when the one before is lost
 * for good: signs the entry that names it, brings it the list of members, and goes on with a
 * sync. From the first call on this vault goes to the new server only; after a failure the same
 * call, or any sync, goes on. 0: the new server has the programme (kerven_detail: how the sync
 * after it failed, if it did), and code, KERVEN_INVITE_TEXT_MAX bytes, has the server code for
 * all other devices. EDENIED: no administrator; EFORK; ENO_KEY; EINVITE_BAD; EINVITE_USED:
 * another device used this founding code. */
KERVEN_API int kerven_server_move(kerven *k, const char *founding_code,
                                  const struct kerven_server_options *options, char *code)
    KERVEN_CHECK;
/* The server code, signed by this administrator, for devices that go to another server or
 * address. It holds no secret. Offline. ESTATE while the list of members does not name the server
 * yet. */
KERVEN_API int kerven_server_code(kerven *k, const struct kerven_server_options *options,
                                  char *code) KERVEN_CHECK;
/* Takes a server code: the next sync goes there. Offline. ENOT_APPROVED, EOTHER_PROGRAMME,
 * ENOT_FOUND (who signed is not known here), ECRYPTO, EDENIED, ESTALE (older than what this vault
 * knows), EFORK. */
KERVEN_API int kerven_server_use(kerven *k, const char *code) KERVEN_CHECK;

struct kerven_server_report {
  size_t size;
  char address[256], key[17]; /* key: the first 16 digits of the server's key */
  uint32_t since;             /* the entry of the list of members that names it; 0: the founding */
  /* it does; else a code was taken, and the next sync will show the entry */
  bool confirmed;
  bool moving;                /* a move by this vault is under way */
};
KERVEN_API int kerven_server(kerven *k, struct kerven_server_report *out) KERVEN_CHECK;
/* Who holds an invitation of ours that no server takes any more, since the programme moved. */
KERVEN_API int kerven_server_void(kerven *k, void (*each)(void *ctx, const char *name), void *ctx)
    KERVEN_CHECK;

/* ------------------------------------------------------------------- edits */

typedef struct kerven_iter kerven_iter;
KERVEN_API void kerven_iter_free(kerven_iter *iter); /* of any query; NULL is allowed */
struct kerven_value {
  const char *value;    /* machine form: code name, ISO date; "" when cleared */
  const char *display;  /* for people, in the handle's language */
  const char *by;       /* member name */
  int64_t at_s;         /* a claim */
  bool at_trusted;      /* the clock had been set by the server */
};
typedef struct kerven_edit kerven_edit;

/* An edit remembers what it was shown: saving is refused (ECONFLICT) where a
 * field has come to hold something else meanwhile (R24). NULL case: a new one. */
KERVEN_API int kerven_edit_new(kerven *k, const char *kase, kerven_edit **out) KERVEN_CHECK;
/* path: "prs_FirstName", "consent[+].purpose" (new record; the same [+] within one edit is the same
 * record, a second new one is "consent[+2]"), "consent[1].purpose", "consent[<rid>].purpose".
 * Several choices: "A;B". Codes by name, alias or label; letter case matters only between two that
 * differ in nothing else. EFIELD (detail: the nearest), ECODE (likewise), EDATE, EVALUE,
 * EAMBIGUOUS, ECONFLICT (two values: resolve). */
KERVEN_API int kerven_edit_set(kerven_edit *edit, const char *path, const char *value) KERVEN_CHECK;
/* Does the path name a field that kerven sets itself, for referrals, the directory and imports? Do
 * not offer it to a person: kerven_edit_set takes it. */
KERVEN_API bool kerven_edit_technical(const kerven_edit *edit, const char *path);
/* What is odd about the value that was set last, in a sentence: a phone number or e-mail address
 * that is none, a day in the future where the past is meant, a text where the field's list has a
 * code for most. "" when nothing. It was taken all the same. */
KERVEN_API const char *kerven_edit_doubt(const kerven_edit *edit);
/* One option of a multi-choice field on or off, the others untouched. */
KERVEN_API int kerven_edit_option(kerven_edit *edit, const char *path, const char *option, bool on)
    KERVEN_CHECK;
/* Appends to a NOTES field; path NULL: the case's notes. */
KERVEN_API int kerven_edit_note(kerven_edit *edit, const char *path, const char *text) KERVEN_CHECK;
/* Decides a conflict. ESTATE where the field holds one value: set changes it. */
KERVEN_API int kerven_edit_resolve(kerven_edit *edit, const char *path,
                                   const char *value) KERVEN_CHECK;
/* Deletes (or restores) a record: "consent[1]", "consent[<rid>]" or the rid alone. Values stay. To
 * restore, the number is that of kerven_fields with deleted ones. */
KERVEN_API int kerven_edit_delete(kerven_edit *edit, const char *record, bool deleted) KERVEN_CHECK;
/* Operations that save would write: setting what stands there already is none. */
KERVEN_API uint32_t kerven_edit_pending(const kerven_edit *edit);
/* One signed commit, on disk when it returns. id (33 bytes) gets the case id; may be NULL. An edit
 * without changes saves nothing and returns 0. Once saved it takes nothing more (ESTATE); one that
 * was refused is as it was. */
KERVEN_API int kerven_edit_save(kerven_edit *edit, char *id) KERVEN_CHECK;
KERVEN_API void kerven_edit_free(kerven_edit *edit);
/* After ECONFLICT of kerven_edit_set or kerven_edit_save, the fields that it was about: what this
 * edit was shown, and what they hold now, each with who wrote it. To be freed before the edit. */
struct kerven_clash_item {
  const char *path, *label; /* path: "prs_FirstName", "consent[<rid>].purpose" */
  const struct kerven_value *shown, *now; /* as of kerven_field_item */
  uint32_t shown_count, now_count;        /* 0: nothing was, is recorded */
};
KERVEN_API int kerven_edit_clashes(kerven_edit *edit, kerven_iter **out) KERVEN_CHECK;
KERVEN_API int kerven_edit_clashes_next(kerven_iter *iter,
                                        struct kerven_clash_item *out) KERVEN_CHECK;

/* Several edits of an import in one transaction of at most 256: between begin and end a saved edit
 * is on disk only when end returns; one that fails is taken back alone, the others stay. Sharing,
 * referring and publishing may stand among them; what makes a transaction of its own (invite,
 * approve, passphrase, doctor, sync ...) is ESTATE until the end. Queries read what the batch
 * holds. */
KERVEN_API int kerven_batch_begin(kerven *k) KERVEN_CHECK;
KERVEN_API int kerven_batch_end(kerven *k) KERVEN_CHECK;
/* The case whose import key (a synced field) is this; "" in id when none. id has 33 bytes. */
KERVEN_API int kerven_case_by_key(kerven *k, const char *import_key, char *id) KERVEN_CHECK;

/* ------------------------------------------------------------ sharing cases */

/* with: a member's or group's name (case does not matter), or what kerven_group_item's say has:
 * "office", "agency:NAME", "member:NAME", the first digits of a device of the member, four or more.
 * EAMBIGUOUS: kerven_detail tells what to write instead. */
KERVEN_API int kerven_share(kerven *k, const char *kase, const char *with,
                            bool read_only) KERVEN_CHECK;
/* Takes access away: later changes are sealed under a new key; what was read stays read. */
KERVEN_API int kerven_unshare(kerven *k, const char *kase, const char *with) KERVEN_CHECK;

struct kerven_refer_options {
  size_t size;
  const char *to;       /* group or member */
  const char *share;    /* comma-separated paths that are copied into the referral */
  const char *service, *reason, *expires; /* NULL: not set */
  /* told of each path in which nothing is recorded; may be NULL */
  void (*empty)(void *ctx, const char *path);
  void *ctx;
};
/* A referral is a small case of its own, sealed to the receiver (and the office); id: 33 bytes.
 * ENOT_FOUND: nobody has that name, or nothing is recorded in any of the paths; EVALUE: it would be
 * over already. */
KERVEN_API int kerven_refer(kerven *k, const char *kase, const struct kerven_refer_options *options,
                            char *id) KERVEN_CHECK;

/* ------------------------------------------------------------------ queries */

enum kerven_sync_state { KERVEN_SAVED, KERVEN_AT_SERVER, KERVEN_DELIVERED };

struct kerven_case_item {
  char id[33];
  const char *type;       /* case, referral, directory, part */
  const char *title;      /* what the schema marks for lists, joined, in the handle's language */
  const char *status;     /* code name of cas_Status, "" if not set */
  const char *status_label; /* the same for people */
  enum kerven_sync_state sync;
  uint32_t conflicts, held, missing; /* missing: required things not recorded, consent first */
  bool no_consent, consent_refused; /* of cases: referrals carry none */
  bool keyless, quarantined;
  /* a device wrote two histories: its vault was restored from a copy, or cloned */
  bool forked;
  /* a consent has run out; of a referral: it has. Warns, and deletes nothing */
  bool expired;
  bool unanswered;        /* a referral that nobody has accepted or declined */
  bool cut_off;           /* it is shared with us no longer: what stands here is from before */
  const char *missing_names; /* labels, comma separated; only from kerven_case_get, else "" */
  /* yyyymmdd, the first follow-up (record task) that is not done; 0: none */
  uint32_t due;
  /* yyyymmdd, the last day of the first consent, or of the referral; 0: none */
  uint32_t expires;
  int64_t changed_s;      /* claim of the newest commit */
  uint32_t commits;
  /* changes of ours that the office has, without effect: kerven_history says why */
  uint32_t without_effect;
  /* when the oldest change of this vault's was written that no office device has confirmed, by this
   * vault's clock, to the day; 0: none */
  int64_t waits_since_s;
  uint32_t waits_days;    /* so many days ago, by the same clock */
  bool consent_withdrawn; /* beside consent_refused: it was given, and taken back */
};
struct kerven_case_query {
  size_t size;
  const char *search;     /* words, all must occur, any script, also inside words; NULL: all */
  const char *type;       /* NULL: cases only; "all" */
  bool conflicts_only;
  bool hide_expired;      /* leave out referrals that have run out */
  uint32_t limit;         /* 0: none */
  uint32_t overdue_days;  /* only those whose waits_days is so much at least; 0: all */
  bool held; /* only those with changes that have no effect yet, and those of which nothing
                           * opens (keyless, type ""): they are in no other list, and only
                           * kerven_history takes their ids (else ENO_KEY) */
};
KERVEN_API int kerven_cases(kerven *k, const struct kerven_case_query *query,
                            kerven_iter **out) KERVEN_CHECK;
KERVEN_API int kerven_cases_next(kerven_iter *iter, struct kerven_case_item *out) KERVEN_CHECK;
/* The full id of a prefix; id has 33 bytes. ENOT_FOUND, EAMBIGUOUS. */
KERVEN_API int kerven_case_find(kerven *k, const char *prefix, char *id) KERVEN_CHECK;
/* The day as well as this vault knows it, so many days later, as yyyymmdd: to compare with due,
 * expires. */
KERVEN_API uint32_t kerven_today(kerven *k, uint32_t days);
KERVEN_API int kerven_case_get(kerven *k, const char *kase,
                               struct kerven_case_item *out) KERVEN_CHECK;
/* 32 hex digits made of the text and the case's first key: the same in every vault that reads the
 * case, and nobody else can compute them or try texts against them. out has 33 bytes. ENO_KEY. */
KERVEN_API int kerven_case_mark(kerven *k, const char *kase, const char *text,
                                char *out) KERVEN_CHECK;

struct kerven_field_item {
  const char *record;        /* "" for record 0, else the record's type */
  const char *record_label;  /* for people, of record 0 too */
  /* from 1, of the standing ones, of a deleted one among all; 0 for record 0 */
  uint32_t number;
  char rid[17];              /* stable record id, "" for record 0 */
  const char *field;         /* name; "#<id>" when the schema does not know it */
  const char *label;
  /* text long_text code codes bool integer decimal date phone case record notes */
  const char *type;
  bool conflict, deleted_record, identifying, deprecated;
  /* shown one first; codes: one entry per option that is on; notes: one per note */
  const struct kerven_value *values;
  uint32_t count;
};
struct kerven_field_query {
  size_t size;
  const char *record;   /* only this record type; NULL: all */
  bool deleted;         /* deleted records too */
  bool conflicts_only;
};
KERVEN_API int kerven_fields(kerven *k, const char *kase, const struct kerven_field_query *query,
                             kerven_iter **out) KERVEN_CHECK;
KERVEN_API int kerven_fields_next(kerven_iter *iter, struct kerven_field_item *out) KERVEN_CHECK;

struct kerven_history_item {
  char commit[33];
  const char *by, *device;   /* member name, first 8 digits of the device id */
  uint64_t n;
  int64_t at_s;
  const char *verdict;       /* applied held quarantined noop waits */
  const char *why;           /* sentence, "" when none; held: what it waits for */
  const char *changes;       /* "prs_FirstName = Aygul; vic_MethodsOfControl + PhysicalThreats" */
  enum kerven_sync_state sync;
  bool fork;                 /* another commit stands at the same place of the same device */
  const char *waits_for; /* held: change, key, members (a newer list of them), fork (of that list),
                              * newer (kerven), quota (over what a vault keeps), other; else "" */
  const char *waits_by;      /* waits_for change: whose; else "" */
  uint64_t waits_n;          /* ... and its number among that device's */
  /* held: when it was written, a claim; 0: nobody knows before it opens */
  int64_t waits_since_s;
  const char *no_effect,
      *no_effect_why; /* ours, without effect at the office: quarantined keyless waiting
                              * erased other, as its receipt says, and in a sentence; else "" */
};
KERVEN_API int kerven_history(kerven *k, const char *kase, kerven_iter **out) KERVEN_CHECK;
KERVEN_API int kerven_history_next(kerven_iter *iter, struct kerven_history_item *out) KERVEN_CHECK;

/* What the server did not take: it stays here, and is tried again daily and when rights change. */
struct kerven_refused_item {
  char kase[33];     /* "" when it belongs to none */
  const char *what;  /* "a change", "a key", ... */
  uint64_t n;        /* of a change: its number in the case */
  int status;        /* why: kerven_strerror */
};
KERVEN_API int kerven_refused(kerven *k, kerven_iter **out) KERVEN_CHECK;
KERVEN_API int kerven_refused_next(kerven_iter *iter, struct kerven_refused_item *out) KERVEN_CHECK;

/* What a person must be told: kept, and counted, until kerven_alarm_see. */
struct kerven_alarm_item {
  int64_t number;     /* what kerven_alarm_see takes */
  /* copy_in_use line_fork roster_fork quota strange_receipt passed_over overtaken damaged_case */
  const char *kind;
  char device[33];    /* whose doing; "" when of none, or of several */
  const char *name;   /* of its member */
  char kase[33];      /* "" when of none, or of several */
  int64_t since_s, last_s; /* by this vault's clock; quota: last_s by the server's */
  uint64_t count;     /* how often */
  bool seen;
  const char *what, *advice; /* in sentences: what happened, what to do */
};
KERVEN_API int kerven_alarms(kerven *k, kerven_iter **out) KERVEN_CHECK;
KERVEN_API int kerven_alarms_next(kerven_iter *iter, struct kerven_alarm_item *out) KERVEN_CHECK;
/* A person has seen it: it is told no more until it happens again. 0: all of them. ENOT_FOUND. */
KERVEN_API int kerven_alarm_see(kerven *k, int64_t number) KERVEN_CHECK;

/* The signed list of members, and a fork of it (R17): two lists that part after entry `common`. */
struct kerven_roster_side {
  char entry[17];            /* its first own entry: 8 bytes of the hash, hex */
  char by[201];              /* who signed that */
  uint32_t height;           /* of its head */
};
struct kerven_roster_report {
  size_t size;
  uint32_t height;
  char head[17];             /* what administrators compare */
  bool forked, evident;      /* evident: both were in use */
  bool other_told;           /* the server goes on with the other one */
  uint32_t common;
  struct kerven_roster_side ours, other;
  char suspect[201];         /* who signed both; "" */
  char end_entry[17], end_by[201]; /* a word that wants a second administrator's; "" */
  uint32_t end_common;
  char invite_again[1024];   /* who only a list that lost let in: names, comma separated */
};
KERVEN_API int kerven_roster(kerven *k, struct kerven_roster_report *out) KERVEN_CHECK;
/* Says that the list with that entry lost; two administrators make it so, or one and the recovery
 * key. ENOT_FOUND: no such fork; EDENIED: no administrator, or the suspect; EEXISTS; ENO_KEY. */
KERVEN_API int kerven_roster_end(kerven *k, const char *entry, bool recovery) KERVEN_CHECK;

struct kerven_member_item {
  const char *name, *roles, *agency;
  char device[33];
  bool self, active, pending;  /* pending: asked to join, not approved */
  const char *words;           /* pending ones: check words */
  const char *groups;          /* names, comma separated */
  const char *invited_by;      /* pending ones */
  bool further;                /* pending: a further device of who invited it */
  bool waits;                  /* for this vault to let it into a group */
  bool refused;                /* pending ones: this vault has refused it */
  const char *const *group_names; /* the groups one by one; NULL-terminated, never NULL */
  bool expired;                /* pending ones: the invitation has; refused it is listed no more */
};
KERVEN_API int kerven_members(kerven *k, kerven_iter **out) KERVEN_CHECK;
KERVEN_API int kerven_members_next(kerven_iter *iter, struct kerven_member_item *out) KERVEN_CHECK;

/* A group: office, everyone, an agency, a team, or one member with all his devices. */
struct kerven_group_item {
  const char *name;
  const char *kind;            /* "office", "everyone", "member", "agency", "team" */
  uint32_t devices, keepers;   /* that are in it; of these, who may let others in */
  uint32_t secret;             /* number of its newest secret: 0 is the first */
  bool member, keeper;         /* this device is */
  bool exposed;                /* who left knows the newest secret: new keys go to single devices */
  bool renewing;               /* this vault has renewed it, and the server has not heard yet */
  const char *say;             /* what names it and no other: its name where that is enough */
};
KERVEN_API int kerven_groups(kerven *k, kerven_iter **out) KERVEN_CHECK;
KERVEN_API int kerven_groups_next(kerven_iter *iter, struct kerven_group_item *out) KERVEN_CHECK;
/* Gives the group a new secret, for all devices that are in it; it counts once the server has
 * taken it. ENOT_FOUND, EAMBIGUOUS: the name; EDENIED: this device does not keep it; ENO_KEY:
 * sync first; EEXISTS: under way already; EFORK. */
KERVEN_API int kerven_group_renew(kerven *k, const char *name) KERVEN_CHECK;

/* Who can read and write a case. */
struct kerven_access_item {
  const char *group;
  bool write;
  const char *say; /* as of a group */
};
KERVEN_API int kerven_access(kerven *k, const char *kase, kerven_iter **out) KERVEN_CHECK;
KERVEN_API int kerven_access_next(kerven_iter *iter, struct kerven_access_item *out) KERVEN_CHECK;

struct kerven_schema_item {
  /* list: name of its code list, "" if none */
  const char *record, *field, *type, *label, *help, *list;
  bool core, required, deprecated, identifying;
  const char *const *codes;       /* names; NULL-terminated; NULL when not a code field */
  const char *const *code_labels;
  bool technical;                 /* kerven sets it itself */
};
/* k may be NULL: built-in */
KERVEN_API int kerven_schema(kerven *k, kerven_iter **out) KERVEN_CHECK;
/* The language of what it gives from now on; before, it is the handle's, or English. */
KERVEN_API void kerven_schema_language(kerven_iter *iter, const char *lang);
KERVEN_API int kerven_schema_next(kerven_iter *iter, struct kerven_schema_item *out) KERVEN_CHECK;
/* Publishes a newer schema document (the msgpack that kerven-mkschema makes) with the next sync, to
 * all. Administrators only. EEXISTS: not newer than what is in use; EMALFORMED. */
KERVEN_API int kerven_schema_publish(kerven *k, const void *document, size_t len) KERVEN_CHECK;
KERVEN_API void kerven_language(kerven *k, const char *lang); /* "en", "ru", "tk" */

/* --------------------------------------------------------------------- sync */

struct kerven_sync_report {
  size_t size;
  uint64_t commits_up, commits_down, receipts_up, receipts_down, refused;
  uint64_t bytes_up, bytes_down;   /* TCP payload */
  uint32_t round_trips;            /* times that we had to hear before we could send or finish */
  bool ticket;                     /* opened with a ticket */
  bool restarted;                  /* the server had lost its memory */
  int64_t ms;
  uint64_t unsent;                 /* left over */
  /* the server has answered: it is ours, and it serves this device */
  bool answered;
  /* that others made: referrals to this device, days of follow-ups */
  uint64_t referrals, tasks;
};
struct kerven_sync_options {
  size_t size;
  int timeout_ms;                  /* without any progress; 0: 60 s */
  bool watch;                      /* stay connected until stop says so, or kerven_wanted */
  bool no_ticket;                  /* open anew (kerven_sync_again) */
  bool (*stop)(void *ctx);         /* asked about twice a second; may be NULL */
  void (*progress)(void *ctx, const struct kerven_sync_report *so_far, uint64_t total_up);
  void (*trace)(void *ctx, const char *line); /* the conversation, frame by frame: numbers only */
  void *ctx;
};
/* One whole sync over TCP, for a plain program. While the office has not approved, 0: see
 * kerven_status. EOFFLINE, ECUT, ETIMEOUT: try again later (kerven_backoff). EOTHER_PROGRAMME: a
 * server is there, and it took no part. */
KERVEN_API int kerven_sync_run(kerven *k, const struct kerven_sync_options *options,
                               struct kerven_sync_report *report) KERVEN_CHECK;

/* Another process waits for this vault: whoever holds one for long closes it, and opens it again a
 * second later. Cheap enough to ask twice a second. */
KERVEN_API bool kerven_wanted(const kerven *k);

/* How long to wait before the next try: zeroed at first, and again after a sync that was answered.
 * Milliseconds, at random between 1 s and a bound that doubles with each call from 2 s to 60 s. */
struct kerven_backoff {
  uint32_t tries;
};
KERVEN_API int64_t kerven_backoff_next_ms(struct kerven_backoff *backoff);

/* The same without sockets, inside somebody's own loop: connect to the address of kerven_sync_peer,
 * then move bytes both ways until done. One sync of a handle at a time (ESTATE). Every other
 * function may be called between its calls, saves too: what came so far is kept, and what was saved
 * goes along; while a batch is open pull, feed and timeout are ESTATE and change nothing. */
typedef struct kerven_sync kerven_sync;
KERVEN_API int kerven_sync_new(kerven *k, const struct kerven_sync_options *options,
                               kerven_sync **out) KERVEN_CHECK;
KERVEN_API const char *kerven_sync_peer(const kerven_sync *sync); /* "host:port" */
/* Bytes to send now: borrowed until the next call; *len 0 when there are none. */
KERVEN_API int kerven_sync_pull(kerven_sync *sync, const uint8_t **data, size_t *len) KERVEN_CHECK;
/* The first len of these have gone. EINVALID: more than there were. */
KERVEN_API int kerven_sync_sent(kerven_sync *sync, size_t len) KERVEN_CHECK;
KERVEN_API int kerven_sync_feed(kerven_sync *sync, const uint8_t *data, size_t len) KERVEN_CHECK;
/* The peer closed in good order (recv gave 0), or the connection broke (anything else): 0 if all
 * was done. Then kerven_sync_again tells whether to connect anew. */
KERVEN_API int kerven_sync_closed(kerven_sync *sync);
KERVEN_API int kerven_sync_lost(kerven_sync *sync);
KERVEN_API int64_t kerven_sync_deadline_ms(const kerven_sync *sync); /* from now; -1: none */
KERVEN_API int kerven_sync_timeout(kerven_sync *sync) KERVEN_CHECK;
KERVEN_API bool kerven_sync_done(const kerven_sync *sync); /* nothing more to send or to wait for */
/* The session must be opened anew on a new connection (unknown ticket: the server closed). */
KERVEN_API bool kerven_sync_again(const kerven_sync *sync);
KERVEN_API int kerven_sync_result(kerven_sync *sync, struct kerven_sync_report *report);
KERVEN_API void kerven_sync_free(kerven_sync *sync);

/* ------------------------------------------------------------------- texts */

/* NFC; out has cap bytes. EVALUE when not UTF-8, ETOO_LARGE. */
KERVEN_API int kerven_normalise(const char *text, char *out, size_t cap) KERVEN_CHECK;
/* The form in which search compares: folded case, no marks, Cyrillic and Turkmen letters in
 * Latin. */
KERVEN_API int kerven_fold(const char *text, char *out, size_t cap) KERVEN_CHECK;
/* 32 hex digits of a keyless hash, to name imported rows. */
KERVEN_API void kerven_hash(const void *data, size_t len, char out[33]);

#ifdef __cplusplus
}
#endif
#endif
