/* htcdsjson: cases as JSON, in the field names and codes of HTCDS 2.0. The form
 * is that of `kerven case show --json` and of an export; docs/import.md has it
 * whole. All functions give new references; NULL: out of memory. */
#ifndef KRV_HTCDSJSON_H
#define KRV_HTCDSJSON_H

#include <jansson.h>
#include <kerven/kerven.h>

#define KRV_HTCDS_FORMAT "kerven-htcds"
#define KRV_HTCDS_IMPORT_KEY "kvn_ImportKey"
enum { KRV_HTCDS_VERSION = 1 };

/* "saved", "server" or "delivered". */
const char *krv_htcds_sync(enum kerven_sync_state state);

/* "2026-01-31T09:30:00Z"; null for 0. */
json_t *krv_htcds_time(int64_t at_s);

/* What lists show of a case, without its contents. */
json_t *krv_htcds_head(const struct kerven_case_item *item);

/* The path by which a command names the field: "prs_FirstName", "consent[<rid>].decision". */
void krv_htcds_path(const struct kerven_field_item *item, char *out, size_t cap);

/* The value of a field of the type (as kerven_schema_item has it) from the text that
 * krv_plan_text makes of it; a text that does not fit stays a text, for the schema to refuse. */
json_t *krv_htcds_value(const char *type, const char *text);

/* A conflict: {"case", "field", "label", "values": [{"value", "display", "by", "at",
 * "at_trusted"}]} */
json_t *krv_htcds_conflict(const char *id, const struct kerven_field_item *item);

/* The head, then "import_key", "fields", "records", "notes" and "conflicts". Deleted records are
 * there only if asked for. Returns a status; *out is NULL on error. */
int krv_htcds_case(kerven *k, const char *id, bool deleted, json_t **out)
    __attribute__((warn_unused_result));

#endif
