#include "commands.h"
#include "out.h"

#include <string.h>

static json_t *side_json(const struct kerven_roster_side *side) {
  return json_pack("{s:s, s:s, s:I}", "entry", side->entry, "by", side->by, "height",
                   (json_int_t)side->height);
}

static json_t *as_json(const struct kerven_roster_report *r) {
  json_t *root = json_pack("{s:I, s:I, s:s, s:b, s:s}", "height", (json_int_t)r->height, "entries",
                           (json_int_t)r->height + 1, "head", r->head, "forked", r->forked,
                           "invite_again", r->invite_again);
  if (root && r->forked)
    json_object_set_new(root, "fork",
                        json_pack("{s:I, s:b, s:b, s:s, s:o, s:o}", "common",
                                  (json_int_t)r->common, "evident", r->evident, "other_told",
                                  r->other_told, "suspect", r->suspect, "ours",
                                  side_json(&r->ours), "other", side_json(&r->other)));
  if (root && *r->end_entry)
    json_object_set_new(root, "end",
                        json_pack("{s:s, s:s, s:I}", "entry", r->end_entry, "by", r->end_by,
                                  "common", (json_int_t)r->end_common));
  return root;
}

static void print_side(const char *label, const struct kerven_roster_side *side, bool told) {
  printf("%-12s entry %s, signed by ", label, side->entry);
  krv_out_text(stdout, side->by);
  printf("; %u entries%s\n", side->height + 1, told ? "; the server goes on with this one" : "");
}

static void print_fork(const struct kerven_roster_report *r) {
  const struct kerven_roster_side *loser = r->other_told ? &r->ours : &r->other;
  printf("\n! there are two lists of members: they part after entry %u\n", r->common);
  print_side("this vault's", &r->ours, !r->other_told);
  print_side("another", &r->other, r->other_told);
  if (*r->suspect) {
    printf("both were in use, and both are signed by ");
    krv_out_text(stdout, r->suspect);
    puts(": suspended until this is ended");
  } else if (!r->evident) {
    puts("nothing shows yet that both were in use: one may be a proposal that came too late");
  }
  printf("Nobody is added until two administrators, or one with the recovery key, have said which\n"
         "one lost. Speak with the other administrators, compare the entries, then each says:\n"
         "  kerven roster end --entry %s\n",
         loser->entry);
}

static int show(struct krv_cli *cli) {
  struct kerven_roster_report r = {.size = sizeof r};
  int status = kerven_roster(cli->k, &r);
  if (status) return status;
  if (cli->json) return krv_out_json(stdout, as_json(&r));
  printf("%-12s %u\n%-12s %s\n", "entries", r.height + 1, "head", r.head);
  if (r.forked) print_fork(&r);
  if (*r.end_entry) {
    printf("\n! ");
    krv_out_text(stdout, r.end_by);
    printf(" has said that entry %s lost. A second administrator says so with\n"
           "  kerven roster end --entry %s\n",
           r.end_entry, r.end_entry);
  }
  if (*r.invite_again) {
    printf("\nlet in only by a list that lost, to be invited again: ");
    krv_out_text(stdout, r.invite_again);
    putchar('\n');
  }
  return 0;
}

const struct krv_command krv_cmd_roster_show = {
    .verb = "roster",
    .sub = "show",
    .args = "",
    .line = "the signed list of members: its head, and a fork, if there is one",
    .text =
        "All administrators see the same head. Where two lists are in use (the server\n"
        "lost its disk between them, or somebody does not keep to the rules), this says\n"
        "so.",
    .example = "kerven roster show",
    .words_min = 0,
    .words_max = 0,
    .use = KRV_USE_READ,
    .member = true,
    .run = show};

static const struct krv_option end_options[] = {
    {"entry", "HASH", "the first entry of the list that lost, as kerven roster show tells it"},
    {"recovery", NULL, "say it with the programme's recovery key (kerven recovery)"},
    {0}};

static int check_end(struct krv_cli *cli) {
  const char *entry = krv_cli_option(cli, "entry");
  if (entry && strlen(entry) == 16) return 0;
  return krv_cli_why(cli, KERVEN_EUSAGE,
                     "--entry takes the 16 digits that kerven roster show tells");
}

static int end(struct krv_cli *cli) {
  int status =
      kerven_roster_end(cli->k, krv_cli_option(cli, "entry"), krv_cli_has(cli, "recovery"));
  return status ? status : krv_cli_done(cli, "said; it goes out with the next sync");
}

const struct krv_command krv_cmd_roster_end = {
    .verb = "roster",
    .sub = "end",
    .args = "--entry HASH",
    .line = "say that one of two lists of members lost",
    .text =
        "It is so once two administrators have said the same, or one and the recovery\n"
        "key. The list that the server goes on with stays. Records stay all; who only\n"
        "the other list let in is invited again.",
    .example = "kerven roster end --entry 1f0c36a29be4d785",
    .options = end_options,
    .words_min = 0,
    .words_max = 0,
    .use = KRV_USE_WRITE,
    .member = true,
    .check = check_end,
    .run = end};
