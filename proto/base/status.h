/* status: one negative code for everything that can go wrong, one sentence each.
 *
 * Every function of kerven that can fail returns 0 or one of these. Iterators
 * return <0 error, 0 item, 1 end. The numbers are part of kerven.h and never
 * change; new ones are added at the end. */
#ifndef KRV_STATUS_H
#define KRV_STATUS_H

/*  number, name, sentence: what happened (and, where one thing helps, what to do) */
#define KRV_STATUS_MAP(X)                                                                        \
  X(-1, NOMEM, "out of memory")                                                                  \
  X(-2, INVALID, "an argument is not valid")                                                     \
  X(-3, MALFORMED, "the bytes are not well formed")                                              \
  X(-4, TOO_LARGE, "larger than the limit")                                                      \
  X(-5, CRYPTO, "does not verify: wrong key, or the bytes were changed")                         \
  X(-6, NOT_FOUND, "there is no such thing")                                                     \
  X(-7, EXISTS, "it is there already")                                                           \
  X(-8, STATE, "not possible in this state")                                                     \
  X(-9, IO, "the disk or the network failed")                                                    \
  X(-10, FULL, "the disk is full; free some space and try again, nothing that was saved is lost") \
  X(-11, BUSY, "the vault is in use by another process")                                         \
  X(-12, PASSPHRASE, "wrong passphrase")                                                         \
  X(-13, LOCKED, "the vault is locked; unlock it first")                                         \
  X(-14, DAMAGED, "the file is damaged; run `kerven doctor`")                                    \
  X(-15, FIELD, "no such field in the schema; `kerven schema` lists them")                       \
  X(-16, CODE, "the value is not in the field's list of codes")                                  \
  X(-17, DATE, "no such date; write 2001, 2001-04 or 2001-04-30")                                \
  X(-18, VALUE, "the value does not fit the type of the field")                                  \
  X(-19, CONFLICT, "the field changed since it was shown; look at both values and resolve")      \
  X(-20, NOT_APPROVED, "this device is not approved yet; ask the office and sync")               \
  X(-21, DENIED, "this device may not do that")                                                  \
  X(-22, INVITE_USED, "the invitation was used already by another device; ask for a new one")    \
  X(-23, INVITE_EXPIRED, "the invitation has expired; ask for a new one")                        \
  X(-24, INVITE_BAD, "the code is not complete or has a typing error")                           \
  X(-25, OTHER_PROGRAMME, "the server belongs to another programme")                             \
  X(-26, UPGRADE, "this version is too old for the server; install a newer kerven")              \
  X(-27, OFFLINE, "no connection to the server; the work is saved and will be sent later")       \
  X(-28, CUT, "the connection broke; the work is saved and will be sent later")                  \
  X(-29, TIMEOUT, "the other side did not answer in time")                                       \
  X(-30, PROTOCOL, "the other side does not speak this protocol")                                \
  X(-31, NEED_PREV, "the commit before this one is not known")                                   \
  X(-32, UNKNOWN_CASE, "the case is not known")                                                  \
  X(-33, UNKNOWN_DEVICE, "the device is not in the roster")                                      \
  X(-34, REVOKED, "the device was revoked")                                                      \
  X(-35, QUOTA, "the device's quota is used up; tell the office")                                \
  X(-36, NO_KEY, "no key opens it yet")                                                          \
  X(-37, HELD, "it waits for a change that has not arrived")                                     \
  X(-38, NEWER, "it needs a newer version of kerven")                                            \
  X(-39, FORK, "two histories contradict each other; tell the administrator")                    \
  X(-40, NO_GRANT, "a new case must come with a grant to the office")                            \
  X(-41, STALE, "the roster has moved on; fetch it and try again")                               \
  X(-42, UNFIT, "the file is not in the expected format")                                        \
  X(-43, AMBIGUOUS, "several fit; give more of it")                                              \
  X(-44, USAGE, "the command was not understood; see --help")                                    \
  X(-45, RESTART, "the server lost its memory; everything held is sent again")

enum krv_status {
  KRV_OK = 0,
  KRV_END = 1, /* iterators: no further item */
#define X(number, name, sentence) KRV_##name = number,
  KRV_STATUS_MAP(X)
#undef X
};

/* The sentence of a status; never NULL, never to be freed. Any thread. */
const char *krv_status_text(int status);

/* The short name of a status, as logs and JSON show it ("wrong_passphrase"
 * would be "passphrase"); never NULL. Any thread. */
const char *krv_status_name(int status);

#endif
