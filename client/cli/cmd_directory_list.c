#define _POSIX_C_SOURCE 200809L

#include "commands.h"
#include "htcdsjson.h"
#include "out.h"

#include <stdlib.h>
#include <string.h>

enum { CELL_MAX = 1024, TEXT_MAX = 64 * 1024, ID_SHOWN = 12 };

/* Who offers what, where, for whom, and how to reach them: the columns of the list after the id, of
 * one field each; the last one joins all that follow, in this order. */
static const char *const shown[] = {"name",    "services", "area",  "forWhom",
                                    "contact", "phone",    "email", "hours"};
enum { SHOWN = sizeof shown / sizeof *shown, COLUMNS = 6 };

struct entry {
  char parts[SHOWN][CELL_MAX];
  char *text; /* all that it says, as it is shown and as it is written; TEXT_MAX */
};

static void append(char *out, size_t cap, const char *between, const char *text) {
  size_t used = strlen(out);
  if (used + strlen(between) + strlen(text) + 1 > cap) return;
  snprintf(out + used, cap - used, "%s%s", used ? between : "", text);
}

static void add_field(struct entry *e, const struct kerven_field_item *item) {
  for (uint32_t v = 0; v < item->count; v++) {
    append(e->text, TEXT_MAX, " ", item->values[v].display);
    append(e->text, TEXT_MAX, " ", item->values[v].value);
    for (size_t i = 0; i < SHOWN; i++)
      if (!strcmp(shown[i], item->field) && *item->values[v].value)
        append(e->parts[i], CELL_MAX, "; ", item->values[v].display);
  }
}

static int read_entry(struct krv_cli *cli, const char *id, struct entry *e) {
  kerven_iter *iter = NULL;
  struct kerven_field_item item;
  struct kerven_field_query query = {.size = sizeof query, .record = "directory"};
  for (size_t i = 0; i < SHOWN; i++) *e->parts[i] = 0;
  *e->text = 0;
  int status = kerven_fields(cli->k, id, &query, &iter);
  while (!status && !(status = kerven_fields_next(iter, &item))) add_field(e, &item);
  kerven_iter_free(iter);
  return status < 0 ? status : 0;
}

/* Do all words occur in what the entry says? 1 yes, 0 no, else a status. folded: 4 * TEXT_MAX. */
static int matches(const struct krv_cli *cli, const struct entry *e, char *folded) {
  int status = cli->word_count ? kerven_fold(e->text, folded, 4 * TEXT_MAX) : 0;
  for (int i = 0; i < cli->word_count && !status; i++) {
    char word[CELL_MAX];
    status = kerven_fold(cli->words[i], word, sizeof word);
    if (!status && !strstr(folded, word)) return 0;
  }
  return status ? status : 1;
}

static int add_json(struct krv_cli *cli, const char *id, json_t *list) {
  json_t *root;
  int status = krv_htcds_case(cli->k, id, false, &root);
  if (status) return status;
  json_t *records = json_object_get(json_object_get(root, "records"), "directory");
  json_t *entry = json_object(), *record = json_array_get(records, 0);
  if (json_object_set_new(entry, "case", json_string(id)) ||
      (record && json_object_update_missing(entry, record)))
    status = KERVEN_ENOMEM;
  json_object_del(entry, "rid");
  json_decref(root);
  return json_array_append_new(list, entry) ? KERVEN_ENOMEM : status;
}

static void add_row(struct krv_table *table, const char *id, struct entry *e) {
  char shown_id[ID_SHOWN + 1];
  snprintf(shown_id, sizeof shown_id, "%.*s", ID_SHOWN, id);
  const char *cells[COLUMNS] = {shown_id};
  for (size_t i = 1; i < COLUMNS; i++) cells[i] = e->parts[i - 1];
  for (size_t i = COLUMNS - 1; i < SHOWN; i++)
    if (*e->parts[i]) append(e->parts[COLUMNS - 2], CELL_MAX, "; ", e->parts[i]);
  krv_table_row(table, cells);
}

struct listing {
  json_t *list;
  struct krv_table *table;
  struct entry *entry;
  char *folded;
};

static int add(struct krv_cli *cli, const char *id, struct listing *l) {
  int status = read_entry(cli, id, l->entry);
  if (!status) status = matches(cli, l->entry, l->folded);
  if (status <= 0) return status;
  if (cli->json) return add_json(cli, id, l->list);
  add_row(l->table, id, l->entry);
  return 0;
}

static int each(struct krv_cli *cli, struct listing *l) {
  kerven_iter *iter = NULL;
  struct kerven_case_item item;
  struct kerven_case_query query = {.size = sizeof query, .type = "directory"};
  int status = kerven_cases(cli->k, &query, &iter);
  while (!status && !(status = kerven_cases_next(iter, &item))) {
    char id[sizeof item.id];
    memcpy(id, item.id, sizeof id);
    status = add(cli, id, l);
  }
  kerven_iter_free(iter);
  return status < 0 ? status : 0;
}

static int print(struct krv_cli *cli, struct listing *l) {
  if (cli->json) return krv_out_json(stdout, json_pack("{s:O}", "entries", l->list));
  if (krv_table_rows(l->table)) return krv_table_print(l->table, stdout);
  puts(cli->word_count ? "no such entry" : "no entries: kerven directory new makes one");
  return 0;
}

static int run(struct krv_cli *cli) {
  static const char *const headers[] = {"ENTRY",    "WHO",     "WHAT", "WHERE",
                                        "FOR WHOM", "CONTACT", NULL};
  struct listing l = {.list = json_array(),
                      .table = krv_table_new(headers),
                      .entry = calloc(1, sizeof *l.entry),
                      .folded = malloc(4 * TEXT_MAX)};
  if (l.entry) l.entry->text = malloc(TEXT_MAX);
  bool room = l.list && l.table && l.folded && l.entry && l.entry->text;
  int status = room ? each(cli, &l) : KERVEN_ENOMEM;
  if (!status) status = print(cli, &l);
  if (l.entry) free(l.entry->text);
  free(l.entry);
  free(l.folded);
  krv_table_free(l.table);
  json_decref(l.list);
  return status;
}

const struct krv_command krv_cmd_directory_list = {
    .verb = "directory",
    .sub = "list",
    .args = "[WORDS]",
    .line = "services: who offers what, where, for whom, and how to reach them",
    .text =
        "Without a network, from what the last sync brought. WORDS: all must occur in\n"
        "an entry, also inside words, in any script.",
    .example = "kerven directory list shelter mary",
    .words_min = 0,
    .words_max = -1,
    .use = KRV_USE_READ,
    .member = true,
    .run = run};
