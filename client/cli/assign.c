/* What set, new and note share: values from the command line into an edit. */
#define _POSIX_C_SOURCE 200809L

#include "cli.h"
#include "out.h"
#include "utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CODES_FEW = 12 };

int krv_cli_read(struct krv_cli *cli, FILE *in, const char *name, char **owned) {
  *owned = NULL;
  if (in == stdin && cli->stdin_read)
    return krv_cli_why(cli, KERVEN_EUSAGE, "standard input can be read once only");
  cli->stdin_read |= in == stdin;
  char *text = calloc(KRV_CLI_TEXT_MAX + 1, 1);
  if (!text) return KERVEN_ENOMEM;
  size_t len = fread(text, 1, KRV_CLI_TEXT_MAX, in);
  int status = 0;
  if (ferror(in)) status = krv_cli_why(cli, KERVEN_EIO, "%s", name);
  if (!status && !feof(in) && getc(in) != EOF)
    status = krv_cli_why(cli, KERVEN_ETOO_LARGE, "a text of over 64 KiB on %s", name);
  if (!status && memchr(text, 0, len))
    status = krv_cli_why(cli, KERVEN_EVALUE, "%s is no text", name);
  if (status) {
    free(text);
    return status;
  }
  if (len && text[len - 1] == '\n') text[len - 1] = 0; /* the line end of echo is not meant */
  *owned = text;
  return 0;
}

int krv_cli_text(struct krv_cli *cli, const char *word, const char **out, char **owned) {
  *owned = NULL;
  *out = word;
  if (strcmp(word, "-")) return 0;
  int status = krv_cli_read(cli, stdin, "standard input", owned);
  if (!status) *out = *owned;
  return status;
}

/* "A;B": each of them. */
static int set_options(kerven_edit *edit, const struct krv_assign *assign, const char *value) {
  char *copy = strdup(value), *rest = NULL;
  if (!copy) return KERVEN_ENOMEM;
  int status = 0;
  for (char *option = strtok_r(copy, ";", &rest); option && !status;
       option = strtok_r(NULL, ";", &rest))
    status = kerven_edit_option(edit, assign->path, option, assign->op == KRV_ASSIGN_ON);
  free(copy);
  return status;
}

int krv_cli_some_change(struct krv_cli *cli, int words_before, const char *otherwise) {
  static const char *const changing[] = {"set", "delete", "restore"};
  for (size_t i = 0; i < sizeof changing / sizeof *changing; i++)
    if (krv_cli_has(cli, changing[i])) return 0;
  const struct krv_command *c = cli->command;
  return cli->word_count > words_before
             ? 0
             : krv_cli_why(cli, KERVEN_EUSAGE, "%s; usage: kerven %s %s %s", otherwise, c->verb,
                           c->sub, c->args);
}

/* "Its codes: a, b" of a field that has few. False: they are too many, or none. */
static bool advise_codes(struct krv_cli *cli, const char *const *codes) {
  char list[sizeof cli->advice - 32];
  size_t used = 0, count = 0;
  for (; codes && codes[count]; count++) {
    int len = snprintf(list + used, sizeof list - used, "%s%s", count ? ", " : "", codes[count]);
    if (count == CODES_FEW || len < 0 || (size_t)len >= sizeof list - used) return false;
    used += (size_t)len;
  }
  if (count) krv_cli_advise(cli, 0, "Its codes: %s.", list);
  return count > 0;
}

int krv_cli_field_status(struct krv_cli *cli, int status, const char *path) {
  if (status != KERVEN_ECODE && status != KERVEN_EVALUE) return status;
  if (!*cli->why)
    krv_cli_why(cli, status, "%s", kerven_detail(cli->k)); /* before it is asked more */
  bool near = strstr(cli->why, ", did you mean ") != NULL;
  char name[256];
  krv_field_name(path, name, sizeof name);
  kerven_iter *iter = NULL;
  struct kerven_schema_item s;
  bool told = false;
  int step = near ? KERVEN_END : kerven_schema(cli->k, &iter);
  while (!told && !step && !(step = kerven_schema_next(iter, &s)))
    told = status == KERVEN_ECODE && krv_field_fits(name, s.record, s.field) &&
           advise_codes(cli, s.codes);
  kerven_iter_free(iter);
  if (!told)
    krv_cli_advise(cli, status, "kerven schema %s %s.", name,
                   status == KERVEN_ECODE ? "lists its codes" : "tells its type");
  return status;
}

int krv_cli_valued(struct krv_cli *cli, kerven_edit *edit, const char *path, int status) {
  const char *doubt = status ? "" : kerven_edit_doubt(edit);
  if (*doubt) fprintf(stderr, "kerven: warning: %s: %s\n", path, doubt);
  return krv_cli_field_status(cli, status, path);
}

/* "name" of a record's own command is "directory[+].name". False: it is too long. */
static bool put_in_record(struct krv_assign *assign, const char *record) {
  char path[sizeof assign->path];
  if (!record || strpbrk(assign->path, ".[")) return true;
  int len = snprintf(path, sizeof path, "%s.%s", record, assign->path);
  if (len < 0 || (size_t)len >= sizeof path) return false;
  memcpy(assign->path, path, sizeof path);
  return true;
}

static int technical(struct krv_cli *cli, const char *path) {
  cli->what = "kerven sets this field itself";
  krv_cli_advise(cli, KERVEN_EUSAGE,
                 "Leave it out. kerven refer makes a referral, kerven directory new a service.");
  return krv_cli_why(cli, KERVEN_EUSAGE, "%s", path);
}

int krv_cli_assign(struct krv_cli *cli, kerven_edit *edit, const char *record, const char *text) {
  struct krv_assign assign;
  const char *value;
  char *owned;
  if (!krv_assign_parse(text, &assign) || !put_in_record(&assign, record))
    return krv_cli_why(cli, KERVEN_EUSAGE,
                       "`%s` is not FIELD=VALUE, FIELD+=OPTION or FIELD-=OPTION", text);
  if (kerven_edit_technical(edit, assign.path)) return technical(cli, assign.path);
  int status = krv_cli_text(cli, assign.value, &value, &owned);
  if (status) return status;
  status = assign.op == KRV_ASSIGN_SET ? kerven_edit_set(edit, assign.path, value)
                                       : set_options(edit, &assign, value);
  free(owned);
  return krv_cli_valued(cli, edit, assign.path, status);
}

int krv_cli_saved(struct krv_cli *cli, const char *id) {
  if (cli->json) printf("{\"case\":\"%s\"}\n", id);
  else printf("saved %s\n", id);
  return 0;
}

/* One line on stderr has room for so much; what is longer is cut. */
struct told {
  char text[480];
  size_t used;
};

static void put(struct told *told, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct told *told, const char *format, ...) {
  size_t room = sizeof told->text - told->used;
  va_list args;
  va_start(args, format);
  int len = vsnprintf(told->text + told->used, room, format, args);
  va_end(args);
  if (len > 0) told->used += (size_t)len < room ? (size_t)len : room - 1;
}

/* "Mila (Aygul, 2026-01-01 09:30); Nina (Bahar, ...)" */
static void put_values(struct told *told, const char *before, const struct kerven_value *values,
                       uint32_t count) {
  char time[KRV_OUT_TIME_MAX];
  put(told, "%s%s", before, count == 0 ? "nothing" : "");
  for (uint32_t i = 0; i < count; i++)
    put(told, "%s%.80s (%.40s, %s)", i ? "; " : "",
        *values[i].display ? values[i].display : "(empty)", values[i].by,
        krv_out_time(values[i].at_s, time));
}

static bool same_values(const struct kerven_clash_item *c) {
  bool same = c->shown_count == c->now_count;
  for (uint32_t i = 0; same && i < c->now_count; i++)
    same = !strcmp(c->shown[i].value, c->now[i].value) && !strcmp(c->shown[i].by, c->now[i].by);
  return same;
}

/* Why an edit was refused with ECONFLICT: both values, and whose they are (R24). */
static int tell_clashes(struct krv_cli *cli, kerven_edit *edit) {
  kerven_iter *iter = NULL;
  struct kerven_clash_item c;
  struct told told = {.used = 0};
  int status = kerven_edit_clashes(edit, &iter);
  while (!status && !(status = kerven_edit_clashes_next(iter, &c))) {
    put(&told, "%s%s", told.used ? "; " : "", c.path);
    if (!same_values(&c)) put_values(&told, ", as it was shown: ", c.shown, c.shown_count);
    put_values(&told, ", as it is now: ", c.now, c.now_count);
  }
  kerven_iter_free(iter);
  krv_utf8_mend(told.text);
  return status < 0 ? status : krv_cli_why(cli, KERVEN_ECONFLICT, "%s", told.text);
}

int krv_cli_save(struct krv_cli *cli, kerven_edit *edit, int status) {
  char id[33] = "";
  if (!status) status = kerven_edit_save(edit, id);
  if (status && !*cli->why) krv_cli_why(cli, status, "%s", kerven_detail(cli->k));
  if (status == KERVEN_ECONFLICT) status = tell_clashes(cli, edit);
  if (!status && !*id) status = krv_cli_why(cli, KERVEN_EUSAGE, "nothing to record: no value");
  kerven_edit_free(edit);
  return status ? status : krv_cli_saved(cli, id);
}
