/* example: libkerven in a plain program, without an event loop.
 *
 *   example DIR found CODE   make a vault, found the programme of a new server
 *   example DIR join CODE    make a vault, ask to join
 *   example DIR              open the vault
 *
 * Then, once it is a member: record a case, list all cases, sync. The passphrase is in
 * KERVEN_PASSPHRASE. Build: cc example.c $(pkg-config --cflags --libs kerven) */
#include <kerven/kerven.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int enter(kerven *k, const char *how, const char *code) {
  struct kerven_found_options founder = {
      .size = sizeof founder, .programme = "Example", .name = "Head", .practice = true};
  return strcmp(how, "found") ? kerven_join(k, code, 0) : kerven_found(k, code, &founder);
}

/* One edit is one signed commit: it is on disk when save returns. */
static int record(kerven *k) {
  kerven_edit *edit;
  char id[33];
  int status = kerven_edit_new(k, NULL, &edit);
  if (!status)
    status = kerven_edit_set(edit, "prs_FirstName", "Aygul");
  if (!status)
    status = kerven_edit_set(edit, "consent[+].purposes", "store;share");
  if (!status)
    status = kerven_edit_set(edit, "consent[+].decision", "granted");
  if (!status)
    status = kerven_edit_note(edit, NULL, "Met at the bus station; asked for shelter.");
  if (!status)
    status = kerven_edit_save(edit, id);
  if (!status)
    printf("recorded %s\n", id);
  kerven_edit_free(edit);
  return status;
}

static int list(kerven *k) {
  kerven_iter *iter;
  struct kerven_case_item item;
  int status = kerven_cases(k, NULL, &iter);
  if (status)
    return status;
  while ((status = kerven_cases_next(iter, &item)) == KERVEN_OK)
    printf("case %s %s%s\n", item.id, item.title,
           item.sync == KERVEN_DELIVERED ? ", read by an office" : "");
  kerven_iter_free(iter);
  return status == KERVEN_END ? 0 : status;
}

static int sync_now(kerven *k) {
  struct kerven_sync_report report = {.size = sizeof report};
  int status = kerven_sync_run(k, NULL, &report);
  if (!status)
    printf("synced: %llu up, %llu down\n", (unsigned long long)report.commits_up,
           (unsigned long long)report.commits_down);
  return status;
}

static int work(kerven *k) {
  struct kerven_status_report now = {.size = sizeof now};
  int status = kerven_status(k, &now);
  if (!status && now.membership == KERVEN_JOINING) {
    status = sync_now(k); /* asks whether the office has approved */
    if (!status)
      status = kerven_status(k, &now);
  }
  if (!status && now.membership != KERVEN_MEMBER) {
    printf("waits for approval; check words: %s\n", now.words);
    return 0;
  }
  if (!status)
    status = record(k);
  if (!status)
    status = list(k);
  return status ? status : sync_now(k);
}

int main(int argc, char **argv) {
  const char *passphrase = getenv("KERVEN_PASSPHRASE");
  if ((argc != 2 && argc != 4) || !passphrase) {
    fprintf(stderr, "usage: KERVEN_PASSPHRASE=... %s DIR [found CODE | join CODE]\n", argv[0]);
    return 2;
  }
  kerven *k = NULL;
  int status = argc == 4 ? kerven_create(argv[1], passphrase, NULL, &k)
                         : kerven_open(argv[1], passphrase, NULL, &k);
  if (!status && argc == 4)
    status = enter(k, argv[2], argv[3]);
  if (!status)
    status = work(k);
  if (status)
    fprintf(stderr, "%s. %s\n", kerven_strerror(status), k ? kerven_detail(k) : "");
  kerven_close(k); /* wipes the keys from memory */
  return status ? 1 : 0;
}
