#define _POSIX_C_SOURCE 200809L

#include "commands.h"
#include "out.h"

#include <string.h>
#include <strings.h>

enum { CODES_MANY = 30 };

static json_t *codes_of(const struct kerven_schema_item *s) {
  json_t *list = json_array();
  for (size_t i = 0; s->codes && s->codes[i]; i++)
    json_array_append_new(list,
                          json_pack("{s:s, s:s}", "code", s->codes[i], "label", s->code_labels[i]));
  return list;
}

static json_t *as_json(const struct kerven_schema_item *s) {
  return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:b, s:b, s:o}", "record",
                   s->record, "field", s->field, "type", s->type, "label", s->label, "help",
                   s->help, "list", s->list, "core", s->core, "required", s->required, "deprecated",
                   s->deprecated, "identifying", s->identifying, "technical", s->technical, "codes",
                   codes_of(s));
}

/* A word fits a field, a record type, or both: consent.decision, consent[1].decision. */
static bool fits(const struct krv_cli *cli, const struct kerven_schema_item *s) {
  const char *record = krv_cli_option(cli, "record");
  if (record && strcmp(record, s->record)) return false;
  if (!cli->word_count) return true;
  char path[256];
  krv_field_name(cli->words[0], path, sizeof path);
  return krv_field_fits(path, s->record, s->field);
}

/* Of a whole record type the long lists would hide the fields. */
static void print_codes(const struct kerven_schema_item *s, bool all) {
  size_t count = 0;
  while (s->codes && s->codes[count]) count++;
  if (!all && count > CODES_MANY) {
    printf("    %zu codes: kerven schema %s.%s\n", count, s->record, s->field);
    return;
  }
  for (size_t i = 0; i < count; i++) {
    printf("    %-32s ", s->codes[i]);
    krv_out_text(stdout, s->code_labels[i]);
    putchar('\n');
  }
}

static void print_whole(const struct kerven_schema_item *s, bool alone) {
  printf("%s%s%s  %s%s%s%s%s%s\n  ", s->record, *s->record ? "." : "", s->field, s->type,
         s->core ? ", core" : "", s->required ? ", required" : "",
         s->identifying ? ", identifying" : "", s->deprecated ? ", no longer used" : "",
         s->technical ? ", set by kerven itself" : "");
  krv_out_text(stdout, s->label);
  fputs(*s->help ? ": " : "", stdout);
  krv_out_text(stdout, s->help);
  putchar('\n');
  print_codes(s, alone);
}

static void add_row(struct krv_table *table, const struct kerven_schema_item *s) {
  char path[256], type[96];
  snprintf(path, sizeof path, "%s%s%s", s->record, *s->record ? "[1]." : "", s->field);
  snprintf(type, sizeof type, "%s%s%s", s->type, *s->list ? " " : "", s->list);
  const char *cells[] = {path, type, s->required ? "yes" : "", s->label};
  krv_table_row(table, cells);
}

struct listing {
  json_t *list;
  struct krv_table *table;
  bool found;
};

static int each(struct krv_cli *cli, struct listing *l) {
  kerven_iter *iter = NULL;
  struct kerven_schema_item item;
  int status = kerven_schema(cli->k, &iter);
  if (!status) kerven_schema_language(iter, krv_cli_language(cli));
  while (!status && !(status = kerven_schema_next(iter, &item))) {
    if (!fits(cli, &item)) continue;
    l->found = true;
    if (cli->json) json_array_append_new(l->list, as_json(&item));
    else if (cli->word_count) print_whole(&item, strcasecmp(cli->words[0], item.record) != 0);
    else add_row(l->table, &item);
  }
  kerven_iter_free(iter);
  return status < 0 ? status : 0;
}

static int run(struct krv_cli *cli) {
  static const char *const headers[] = {"FIELD", "TYPE", "REQUIRED", "LABEL", NULL};
  struct listing l = {.list = json_array(), .table = krv_table_new(headers)};
  int status = l.list && l.table ? each(cli, &l) : KERVEN_ENOMEM;
  if (!status && !l.found)
    status = krv_cli_why(cli, KERVEN_EFIELD, "%s%s", cli->word_count ? "" : "no record is called ",
                         cli->word_count ? cli->words[0] : krv_cli_option(cli, "record"));
  else if (!status && cli->json)
    status = krv_out_json(stdout, json_pack("{s:O}", "fields", l.list));
  else if (!status && !cli->word_count) status = krv_table_print(l.table, stdout);
  krv_table_free(l.table);
  json_decref(l.list);
  return status;
}

static const struct krv_option options[] = {
    {"record", "TYPE", "only the fields of this record type: consent, risk, plan ..."}, {0}};

const struct krv_command krv_cmd_schema = {
    .verb = "schema",
    .args = "[FIELD | RECORD]",
    .line = "the fields that there are; one of them with help and codes",
    .text =
        "Needs no vault; with one, it is the programme's own schema. A case that lacks\n"
        "what is required is marked as incomplete, never refused.",
    .example = "kerven schema vic_MethodsOfControl --lang ru",
    .options = options,
    .words_min = 0,
    .words_max = 1,
    .use = KRV_USE_MAYBE,
    .run = run};
