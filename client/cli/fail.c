#include "fail.h"

#include "out.h"

#include <kerven/kerven.h>
#include <string.h>

static const struct failure {
  int status, exit;
  const char *what, *advice;
} failures[] = {
    {KERVEN_EUSAGE, 2, "the command was not understood", "See kerven --help."},
    {KERVEN_EPASSPHRASE, 3, "wrong passphrase", "Try again; there is no way around it."},
    {KERVEN_EBUSY, 4, "the vault is in use", "End the other kerven, then try again."},
    {KERVEN_EDAMAGED, 5, "the vault or file is damaged",
     "Keep a copy of it as it is, and tell the office: what was synced is safe at the server."},
    {KERVEN_ENOT_FOUND, 6, "there is no such thing", "Check the name, the id or the folder."},
    {KERVEN_EFIELD, 7, "there is no such field", "kerven schema lists them all."},
    {KERVEN_ECODE, 8, "the value is not in the field's list",
     "kerven schema FIELD lists its codes."},
    {KERVEN_EDATE, 9, "there is no such date", "Write 2001, 2001-04 or 2001-04-30."},
    {KERVEN_EVALUE, 10, "the value does not fit the field", "kerven schema FIELD tells its type."},
    {KERVEN_ECONFLICT, 11, "the field holds something that you have not seen",
     "Look with kerven case show, then use kerven case resolve."},
    {KERVEN_EAMBIGUOUS, 12, "several fit", "Give more of the name or id."},
    {KERVEN_ENOT_APPROVED, 13, "this device is not approved yet",
     "Ask the office to approve it, then run kerven sync."},
    {KERVEN_EDENIED, 14, "this device may not do that", "Ask the office or an administrator."},
    {KERVEN_EINVITE_USED, 15, "the invitation was used already by another device",
     "Ask for a new one."},
    {KERVEN_EINVITE_EXPIRED, 16, "the invitation has expired", "Ask for a new one."},
    {KERVEN_EINVITE_BAD, 17, "the code is not complete or has a typing error",
     "Copy it whole and try again."},
    {KERVEN_EOTHER_PROGRAMME, 18, "the server did not take part",
     "Check the address, or ask the office for a new invitation."},
    {KERVEN_EUPGRADE, 19, "this kerven is too old for the server",
     "Install a newer one; the work is saved."},
    {KERVEN_EOFFLINE, 20, "no connection to the server",
     "The work is saved here; sync again when there is a network."},
    {KERVEN_ECUT, 21, "the connection broke", "The work is saved here; sync again."},
    {KERVEN_ETIMEOUT, 22, "the server did not answer in time",
     "The work is saved here; sync again."},
    {KERVEN_EPROTOCOL, 23, "the other side does not speak kerven",
     "Check the network and the server's address."},
    {KERVEN_EFULL, 24, "the disk is full",
     "Free some space and try again; nothing that was saved is lost."},
    {KERVEN_EUNFIT, 25, "the file is not in the expected format",
     "Check that it is the right file; docs/import.md describes the formats."},
    {KERVEN_EIO, 26, "reading or writing failed", "Check the disk, the path and its permissions."},
    {KERVEN_EREVOKED, 27, "this device was revoked", "Ask the office; it can be invited anew."},
    {KERVEN_EQUOTA, 28, "the device's quota is used up", "Tell the office."},
    {KERVEN_ENO_KEY, 29, "no key opens it yet", "Sync; if that does not help, ask the office."},
    {KERVEN_ENEWER, 30, "a newer kerven made this", "Install a newer kerven."},
    {KERVEN_EEXISTS, 31, "it is there already", "Choose another name or folder."},
    {KERVEN_ETOO_LARGE, 32, "it is larger than the limit", "Split it, or shorten it."},
    {KERVEN_ELOCKED, 33, "the vault is locked", "Unlock it first."},
    {KERVEN_ECRYPTO, 34, "it does not verify", "The key is wrong, or the bytes were changed."},
    {KERVEN_ESTATE, 35, "not possible now", "See kerven status."},
    {KERVEN_EMALFORMED, 36, "the bytes are not well formed", "Fetch or copy it again."},
    {KERVEN_ENOMEM, 37, "out of memory", "Close other programs and try again."},
    {KERVEN_EINVALID, 38, "an argument is not valid", "See --help of the command."},
    {KERVEN_EFORK, 39, "there are two lists of members",
     "Nobody is added until that is ended: see kerven roster show."},
    {KERVEN_ESTALE, 40, "it is older than what this device knows", "Ask for a newer one."},
};

static const struct failure *find(int status) {
  static const struct failure other = {0, 1, "something went wrong", "Run kerven doctor."};
  for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
    if (failures[i].status == status) return &failures[i];
  return &other;
}

int krv_fail_exit(int status) {
  return status == 0 ? 0 : find(status)->exit;
}

void krv_fail_print(FILE *out, int status, const struct krv_fail_words *words) {
  const char *detail = words->detail;
  const struct failure *failure = find(status);
  fprintf(out, "kerven: %s", words->what && *words->what ? words->what : failure->what);
  if (detail && *detail) {
    fputs(": ", out);
    krv_out_text(out, detail);
  }
  const char *stop = detail && *detail && strchr(".!?", detail[strlen(detail) - 1]) ? "" : ".";
  fprintf(out, "%s ", stop);
  krv_out_text(out, words->advice && *words->advice ? words->advice : failure->advice);
  putc('\n', out);
}
