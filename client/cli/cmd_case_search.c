#include "commands.h"

#include <string.h>

enum { SEARCH_MAX = 1024 };

static int run(struct krv_cli *cli) {
  char words[SEARCH_MAX];
  size_t used = 0;
  for (int i = 0; i < cli->word_count; i++) {
    int len = snprintf(words + used, sizeof words - used, "%s%s", i ? " " : "", cli->words[i]);
    if (len < 0 || (size_t)len >= sizeof words - used)
      return krv_cli_why(cli, KERVEN_ETOO_LARGE, "the words to search for");
    used += (size_t)len;
  }
  struct kerven_case_query query = {
      .size = sizeof query, .search = words, .type = krv_cli_option(cli, "type")};
  return krv_cli_cases(cli, &query);
}

static const struct krv_option options[] = {
    {"type", "TYPE", "case (unless told), referral, directory, part or all"}, {0}};

const struct krv_command krv_cmd_case_search = {
    .verb = "case",
    .sub = "search",
    .args = "WORDS",
    .line = "find cases by names, numbers or words of the narrative",
    .text =
        "All words must occur, also inside words; letters of any script match: Aygul\n"
        "finds \u0410\u0439\u0433\u0443\u043b\u044c and Ay\u011ful.",
    .example = "kerven case search aygul station",
    .options = options,
    .words_min = 1,
    .words_max = -1,
    .use = KRV_USE_READ,
    .member = true,
    .run = run};
