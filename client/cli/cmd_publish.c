#include "commands.h"

#include <stdio.h>
#include <stdlib.h>

enum { DOCUMENT_MAX = 1024 * 1024 };

static int run(struct krv_cli *cli) {
  const char *path = cli->words[0];
  FILE *file = fopen(path, "rb");
  if (!file) return krv_cli_why(cli, KERVEN_ENOT_FOUND, "%s", path);
  char *bytes = malloc(DOCUMENT_MAX);
  size_t len = bytes ? fread(bytes, 1, DOCUMENT_MAX, file) : 0;
  int status = bytes ? kerven_schema_publish(cli->k, bytes, len) : KERVEN_ENOMEM;
  if (status == KERVEN_EMALFORMED)
    krv_cli_advise(cli, krv_cli_why(cli, status, "%s is no schema", path),
                   "kerven-mkschema makes one of a schema in JSON.");
  if (!status && !cli->json) puts("The new schema goes out with the next sync.");
  fclose(file);
  free(bytes);
  return status;
}

const struct krv_command krv_cmd_publish = {
    .verb = "publish",
    .args = "FILE",
    .line = "administrators: a newer schema for the whole programme",
    .text =
        "FILE is what kerven-mkschema makes of a schema in JSON. It reaches everybody\n"
        "sealed, with the syncs; whoever has not got it keeps the values of fields that\n"
        "it adds.",
    .example =
        "kerven-mkschema schema.json schema.krvs && kerven --vault office publish schema.krvs",
    .words_min = 1,
    .words_max = 1,
    .use = KRV_USE_WRITE,
    .run = run};
