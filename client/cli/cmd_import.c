#include "commands.h"
#include "import.h"
#include "out.h"
#include "term.h"

#include <string.h>

static void progress(void *ctx, uint64_t rows) {
  (void)ctx;
  if (rows % 50 == 0) krv_term_progress("%llu rows", (unsigned long long)rows);
}

static void tell_rows(const char *what, const json_t *rows) {
  size_t i;
  const json_t *row;
  json_array_foreach ((json_t *)rows, i, row) {
    const char *id = json_string_value(json_object_get(row, "case"));
    const char *field = json_string_value(json_object_get(row, "field"));
    const char *why = json_string_value(json_object_get(row, "why"));
    printf("%s: line %lld", what, (long long)json_integer_value(json_object_get(row, "line")));
    if (id) printf(", case %.12s", id);
    if (field) printf(", %s", field);
    fputs(": ", stdout);
    krv_out_text(stdout, why ? why : "");
    putchar('\n');
  }
}

static int tell(struct krv_cli *cli, const struct krv_import_report *report) {
  if (cli->json)
    return krv_out_json(stdout,
                        json_pack("{s:I, s:I, s:I, s:O, s:O}", "taken", (json_int_t)report->taken,
                                  "updated", (json_int_t)report->updated, "unchanged",
                                  (json_int_t)report->unchanged, "refused", report->refused,
                                  "left_out", report->left_out));
  tell_rows("refused", report->refused);
  tell_rows("left out", report->left_out);
  printf("%llu taken, %llu updated, %llu unchanged, %zu refused\n",
         (unsigned long long)report->taken, (unsigned long long)report->updated,
         (unsigned long long)report->unchanged, json_array_size(report->refused));
  return 0;
}

static bool is_json(const char *file) {
  size_t len = strlen(file);
  return len > 5 && !strcmp(file + len - 5, ".json");
}

static int run(struct krv_cli *cli) {
  struct krv_import_options options = {.map = krv_cli_option(cli, "map"), .progress = progress};
  struct krv_import_report report;
  const char *file = cli->words[0];
  int status = options.map     ? krv_import_csv(cli->k, file, &options, &report)
               : is_json(file) ? krv_import_json(cli->k, file, &options, &report)
                               : krv_import_sheet(cli->k, file, &options, &report);
  krv_term_progress_end();
  if (status == KERVEN_EUNFIT && options.map && is_json(file))
    krv_cli_advise(cli, status, "--map is for CSV; an export in JSON needs none.");
  uint64_t saved = report.taken + report.updated;
  if (status && saved)
    krv_cli_why(cli, status, "%s%s%llu rows were saved before that", report.why,
                *report.why ? "; " : "", (unsigned long long)saved);
  else if (status)
    krv_cli_why(cli, status, "%s", report.why);
  else
    status = tell(cli, &report);
  krv_import_report_release(&report);
  return status;
}

static const struct krv_option options[] = {
    {"map", "MAP", "for CSV from elsewhere: which column is which field, a small JSON file"}, {0}};

const struct krv_command krv_cmd_import = {
    .verb = "import",
    .args = "FILE [--map MAP]",
    .line = "take in cases from a CSV file or an export of kerven",
    .text =
        "Each row is taken whole or refused whole, with its line number and all\n"
        "reasons. Importing the same again makes no duplicates. Rows that are refused\n"
        "do not change the exit status. An export, JSON or CSV, needs no map. Of its\n"
        "CSV form only the cells that were edited are taken into a case that is here,\n"
        "and none whose field has changed in the case since.",
    .example = "kerven import intake.csv --map docs/maps/ctdc.json",
    .options = options,
    .words_min = 1,
    .words_max = 1,
    .use = KRV_USE_WRITE,
    .member = true,
    .run = run};
