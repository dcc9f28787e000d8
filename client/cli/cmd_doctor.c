#include "commands.h"
#include "out.h"

struct findings {
  bool json;
  json_t *list;
};

static void finding(void *ctx, const char *sentence) {
  struct findings *f = ctx;
  if (f->json) {
    json_array_append_new(f->list, json_string(sentence));
    return;
  }
  fputs("! ", stdout);
  krv_out_text(stdout, sentence);
  putchar('\n');
}

/* Nothing is wrong with the vault; but if it is lost, so is this. */
static int remind(struct krv_cli *cli) {
  struct kerven_status_report r = {.size = sizeof r};
  int status = kerven_status(cli->k, &r);
  if (!status && r.recovery_due)
    puts("the programme's recovery key is in this vault alone: kerven recovery export");
  return status;
}

static int run(struct krv_cli *cli) {
  struct findings f = {.json = cli->json, .list = json_array()};
  int status = f.list ? kerven_doctor(cli->k, finding, &f) : KERVEN_ENOMEM;
  if (cli->json) {
    int printed =
        krv_out_json(stdout, json_pack("{s:b, s:O}", "ok", status == 0, "findings", f.list));
    if (!status) status = printed;
  } else if (!status) {
    puts("all is well: every row opens, every seal, hash and signature holds");
    status = remind(cli);
  }
  json_decref(f.list);
  return status;
}

const struct krv_command krv_cmd_doctor = {
    .verb = "doctor",
    .args = "",
    .line = "check the whole vault, row by row",
    .text =
        "Reads everything and changes nothing. Each finding is a line. If there is one,\n"
        "keep the folder as it is, make a copy of it, and tell the office.",
    .example = "kerven doctor",
    .words_min = 0,
    .words_max = 0,
    .use = KRV_USE_READ,
    .run = run};
