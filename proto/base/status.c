#include "status.h"

#include <stddef.h>

static const char *const sentences[] = {
    [0] = "done",
#define X(number, name, sentence) [-(number)] = sentence,
    KRV_STATUS_MAP(X)
#undef X
};

/* The enumerators in lower case, which the preprocessor cannot make; a test
 * holds this list against KRV_STATUS_MAP. */
static const char *const names[] = {
    [0] = "ok",
    [-KRV_NOMEM] = "nomem", [-KRV_INVALID] = "invalid", [-KRV_MALFORMED] = "malformed",
    [-KRV_TOO_LARGE] = "too_large", [-KRV_CRYPTO] = "crypto", [-KRV_NOT_FOUND] = "not_found",
    [-KRV_EXISTS] = "exists", [-KRV_STATE] = "state", [-KRV_IO] = "io", [-KRV_FULL] = "full",
    [-KRV_BUSY] = "busy", [-KRV_PASSPHRASE] = "passphrase", [-KRV_LOCKED] = "locked",
    [-KRV_DAMAGED] = "damaged", [-KRV_FIELD] = "field", [-KRV_CODE] = "code",
    [-KRV_DATE] = "date", [-KRV_VALUE] = "value", [-KRV_CONFLICT] = "conflict",
    [-KRV_NOT_APPROVED] = "not_approved", [-KRV_DENIED] = "denied",
    [-KRV_INVITE_USED] = "invite_used", [-KRV_INVITE_EXPIRED] = "invite_expired",
    [-KRV_INVITE_BAD] = "invite_bad", [-KRV_OTHER_PROGRAMME] = "other_programme",
    [-KRV_UPGRADE] = "upgrade", [-KRV_OFFLINE] = "offline", [-KRV_CUT] = "cut",
    [-KRV_TIMEOUT] = "timeout", [-KRV_PROTOCOL] = "protocol", [-KRV_NEED_PREV] = "need_prev",
    [-KRV_UNKNOWN_CASE] = "unknown_case", [-KRV_UNKNOWN_DEVICE] = "unknown_device",
    [-KRV_REVOKED] = "revoked", [-KRV_QUOTA] = "quota", [-KRV_NO_KEY] = "no_key",
    [-KRV_HELD] = "held", [-KRV_NEWER] = "newer", [-KRV_FORK] = "fork",
    [-KRV_NO_GRANT] = "no_grant", [-KRV_STALE] = "stale", [-KRV_UNFIT] = "unfit",
    [-KRV_AMBIGUOUS] = "ambiguous", [-KRV_USAGE] = "usage", [-KRV_RESTART] = "restart",
};

_Static_assert(sizeof sentences == sizeof names, "each status has a sentence and a name");
enum { STATUS_COUNT = sizeof sentences / sizeof *sentences };

static int known(int status) {
  return status <= 0 && status > -STATUS_COUNT;
}

const char *krv_status_text(int status) {
  if (status == KRV_END) return "there is no further item";
  return known(status) ? sentences[-status] : "an unknown error";
}

const char *krv_status_name(int status) {
  if (status == KRV_END) return "end";
  return known(status) ? names[-status] : "unknown";
}
