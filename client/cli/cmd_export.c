#define _POSIX_C_SOURCE 200809L

#include "commands.h"
#include "export.h"
#include "term.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_CAP = 4096 };

static void progress(void *ctx, uint64_t cases) {
  (void)ctx;
  if (cases % 50 == 0) krv_term_progress("%llu cases", (unsigned long long)cases);
}

static void unread(void *ctx, const char *id) {
  uint64_t *count = ctx;
  krv_term_progress_end();
  fprintf(stderr, "kerven: case %s is damaged and was left out\n", id);
  ++*count;
}

static const char *plural(uint64_t count) {
  return count == 1 ? "" : "s";
}

/* On stderr, so that nobody takes a table for a copy of everything. */
static void tell_loss(const struct krv_export_loss *loss) {
  const struct {
    uint64_t count;
    const char *what;
  } parts[] = {{loss->records, "record"},
               {loss->notes, "note"},
               {loss->conflicts, "conflict's other value"},
               {loss->fields, "unknown field"}};
  const char *between = "kerven: left out of the CSV: ";
  if (!loss->cases) return;
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    if (!parts[i].count) continue;
    fprintf(stderr, "%s%llu %s%s", between, (unsigned long long)parts[i].count, parts[i].what,
            plural(parts[i].count));
    between = ", ";
  }
  fprintf(stderr, " of %llu case%s; --format json holds everything\n",
          (unsigned long long)loss->cases, plural(loss->cases));
}

static int write_csv(struct krv_cli *cli, FILE *out, const struct krv_export_options *options) {
  struct krv_export_loss loss;
  int status = krv_export_csv(cli->k, out, options, &loss);
  krv_term_progress_end();
  if (!status) tell_loss(&loss);
  return status;
}

/* damaged: how many cases could not be read; the others are all there. */
static int write_cases(struct krv_cli *cli, FILE *out, uint64_t *damaged) {
  const char *format = krv_cli_option(cli, "format"), *type = krv_cli_option(cli, "type");
  struct krv_export_options options = {
      .type = type ? type : "all", .progress = progress, .unread = unread, .ctx = damaged};
  if (!strcmp(format, "csv")) return write_csv(cli, out, &options);
  int status = krv_export_json(cli->k, out, &options);
  krv_term_progress_end();
  return status;
}

/* What errno says of the file. */
static int failed_file(struct krv_cli *cli, const char *path) {
  int status = errno == ENOSPC || errno == EDQUOT ? KERVEN_EFULL : KERVEN_EIO;
  return krv_cli_why(cli, status, "%s: %s", path, strerror(errno));
}

static int sync_folder(const char *path) {
  char copy[PATH_CAP];
  strcpy(copy, path);
  int folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return -1;
  int failed = fsync(folder);
  close(folder);
  return failed;
}

static int tell_damaged(struct krv_cli *cli, uint64_t damaged) {
  (void)krv_cli_advise(cli, KERVEN_EDAMAGED,
                       "All others are there. Look closer with kerven doctor, keep a copy of the "
                       "vault as it is, and tell the office.");
  return krv_cli_why(cli, KERVEN_EDAMAGED, "%llu case%s left out", (unsigned long long)damaged,
                     plural(damaged));
}

/* Written beside, synced, renamed: the file is whole or it is not there. Only its owner may read
 * it: it is plain text about people. */
static int write_file(struct krv_cli *cli, const char *path, uint64_t *damaged) {
  char aside[PATH_CAP];
  struct stat there;
  if (!stat(path, &there) && !S_ISREG(there.st_mode))
    return krv_cli_why(cli, KERVEN_EEXISTS, "%s is no ordinary file", path);
  int len = snprintf(aside, sizeof aside, "%s.XXXXXX", path);
  if (len < 0 || (size_t)len >= sizeof aside)
    return krv_cli_why(cli, KERVEN_ETOO_LARGE, "the path");
  int fd = mkstemp(aside); /* 0600 */
  if (fd < 0) return failed_file(cli, path);
  FILE *out = fdopen(fd, "w");
  int status = out ? write_cases(cli, out, damaged) : KERVEN_ENOMEM;
  int failed = out ? fflush(out) || fsync(fd) : 0;
  if (failed && (!status || status == KERVEN_EIO)) status = failed_file(cli, path);
  if (out)
    fclose(out);
  else
    close(fd);
  if (!status && (rename(aside, path) || sync_folder(path))) status = failed_file(cli, path);
  if (status) unlink(aside);
  return status;
}

static int run(struct krv_cli *cli) {
  const char *format = krv_cli_option(cli, "format"), *path = krv_cli_option(cli, "out");
  if (!format || (strcmp(format, "json") && strcmp(format, "csv")))
    return krv_cli_why(cli, KERVEN_EUSAGE, "--format json or --format csv is needed");
  uint64_t damaged = 0;
  int status = path ? write_file(cli, path, &damaged) : write_cases(cli, stdout, &damaged);
  if (!status && path) {
    fputs("kerven: the file is not encrypted: keep it safe, and delete it after use\n", stderr);
    status = krv_cli_done(cli, "exported to %s", path);
  }
  return !status && damaged ? tell_damaged(cli, damaged) : status;
}

static const struct krv_option options[] = {
    {"format", "json|csv", "JSON holds everything; CSV the flat fields, a row a case"},
    {"out", "FILE", "into a file, whole or not at all; else to stdout"},
    {"type", "TYPE", "case, referral, directory, part; all unless told"},
    {0}};

const struct krv_command krv_cmd_export = {
    .verb = "export",
    .args = "--format json|csv [--out FILE]",
    .line = "write all cases out in HTCDS fields, unencrypted",
    .text =
        "Both can be imported again. JSON carries everything; CSV the flat fields of\n"
        "each case, and says what it leaves out. A case that is damaged here is named\n"
        "and left out.",
    .example = "kerven export --format json --out cases.json",
    .options = options,
    .words_min = 0,
    .words_max = 0,
    .use = KRV_USE_READ,
    .member = true,
    .run = run};
