/* bounds: every limit of kerven in one place. A loop, queue or buffer that a
 * peer can grow has its bound here. Sizes are bytes unless the name says else. */
#ifndef KRV_BOUNDS_H
#define KRV_BOUNDS_H

enum {
  /* commits (R5, R7) */
  KRV_COMMIT_SIZE_MAX = 60 * 1024,      /* whole commit on the wire */
  KRV_BODY_SIZE_MAX = 59 * 1024,        /* padded body: commit less signature, tag, head */
  KRV_BODY_RAW_MAX = 256 * 1024,        /* what a body may grow to when decompressed */
  KRV_BODY_PAD_FLOOR = 64,
  KRV_BODY_PAD_STEP = 32,
  KRV_BODY_PAD_STEP_END = 256,
  KRV_CONTEXT_ENTRIES_MAX = 512,        /* tips that one body may name, all devices */
  KRV_CONTEXT_TIPS_PER_DEVICE_MAX = 16, /* R2 */
  KRV_OPS_MAX = 2048,                   /* operations in one commit */
  KRV_ACCESS_LIST_MAX = 64,             /* groups in a genesis */

  /* msgpack from strangers */
  KRV_MP_DEPTH_MAX = 6,
  KRV_MP_NODES_MAX = 16384,

  /* cases */
  KRV_CASE_COMMITS_MAX = 65536,
  KRV_CASE_EPOCHS_MAX = 1024,
  KRV_CASE_ACCESS_MAX = 512,            /* ACCESS operations that a case takes */
  KRV_CASE_CONTROLS_OF_ONE_MAX = 128,   /* of either, from one device */
  KRV_TEXT_SIZE_MAX = 32 * 1024,        /* one text value */
  /* what a case says: a row of a vault holds it, and its lines */
  KRV_CASE_SIZE_MAX = 12 * 1024 * 1024,
  KRV_CASE_OF_ONE_MAX = 4 * 1024 * 1024, /* of it, what one device wrote */
  /* more than a commit adds: a vault stops before others do */
  KRV_CASE_SPARE = 512 * 1024,

  /* roster (R17) */
  KRV_ENTRY_SIZE_MAX = 16 * 1024,
  KRV_ENTRY_STATEMENTS_MAX = 32,
  KRV_ROSTER_HEIGHT_MAX = 1000000,
  KRV_LOSING_MAX = 256, /* entries of a history that lost, in one statement: 8 KiB */
  KRV_BROUGHT_SIZE_MAX = 64 * 1024 * 1024, /* a roster that founds another server: all entries */
  KRV_NAME_SIZE_MAX = 200,              /* a member's, group's or programme's name */
  KRV_ADDRESS_SIZE_MAX = 255,           /* host:port in an invitation */

  /* frames and messages (R31) */
  KRV_FRAME_HEAD = 3,                   /* length u16 LE, kind u8 */
  KRV_FRAME_SIZE_MAX = 65535,           /* what follows the length's two bytes, less the kind */
  KRV_CAUSES_MAX = 1024, /* missing commits that a session asks for, for the sake of held ones */
  KRV_WANTS_MAX = 64, /* commits that a session has asked for whole and not got yet */
  KRV_FRAME_UNVERIFIED_MAX = 256,
  KRV_FRAME_XK3_MAX = 1024,
  KRV_EARLY_DATA_MAX = 12 * 1024,
  KRV_TK1_SIZE_MAX = 16 * 1024,
  KRV_MESSAGE_SIZE_MAX = 64 * 1024,
  KRV_ACK_EXCEPTIONS_MAX = 4096,
  KRV_RECEIPT_IDS_MAX = 256,

  /* sessions, server side */
  KRV_TICKETS_PER_DEVICE = 4,
  KRV_TICKET_TRIES_MAX = 4,
  KRV_TICKET_DAYS_MAX = 30,
  KRV_SESSIONS_PER_DEVICE_MAX = 2,
  KRV_EARLY_POOL_SIZE = 16 * 1024 * 1024,
  KRV_OUT_POOL_SIZE = 2 * 1024 * 1024,  /* what waits for slow peers, all together */

  /* vault */
  KRV_BATCH_ITEMS_MAX = 256,            /* received commits in one transaction */
  KRV_QUOTA_COMMITS = 200000,           /* R36, per device */
  KRV_REQUESTS_MAX = 512,               /* requests to join that one vault keeps */
  KRV_REQUESTS_OF_ONE_MAX = 128,        /* of them, those that one member's invitations brought */
  KRV_DOCUMENTS_MAX = 16,               /* schema documents that one vault keeps */
  /* own changes without effect at the office that a case names */
  KRV_FOLDER_VOIDS_MAX = 32,
  KRV_RECOVERY_BOXES_MAX = 4,           /* of one group secret, for the recovery key */
  KRV_FOLDER_WAITS_MAX = 32,            /* days whose unconfirmed changes a case tells apart */
  /* what a vault has to tell a person; more is counted together */
  KRV_ALARMS_MAX = 512,
  KRV_CASE_GRANTS_MAX = 1024,           /* received grants of a case that no secret opens yet */
  KRV_CASE_NEEDS_MAX = 256,             /* keys of a case that one vault, one device asks for */
  KRV_CASE_NEEDS_UNNAMED_MAX = 32,      /* of them, those that no commit names */
  KRV_CASE_UNOPENED_MAX = 4096,         /* received commits of a case that can never be opened */
  KRV_CASE_BROUGHT_MAX = 8192,          /* commits of a case that one member may bring */
  KRV_CASE_KEYS_UNNAMED_MAX = 32,       /* keys of a case that no commit names (yet) */
};
#define KRV_QUOTA_BYTES (1024LL * 1024 * 1024) /* R36, per device */

#endif
