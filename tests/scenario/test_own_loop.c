/* A sync inside a loop that is not ours: kerven_sync_* between a plain socket and poll(2), with
 * reads of one byte, short writes, a connection that is cut anywhere, saves while news come in, and
 * watching. */
#define _GNU_SOURCE
#include "embedkit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROUNDS_MAX = 2000000 };

/* One connection and the session on it, and what the test does to both. */
struct loop {
  kerven *k;
  kerven_sync *sync;
  int fd;
  size_t read_max, write_max; /* a slow link */
  size_t cut_after; /* bytes either way; 0: never */
  size_t moved;
  void (*each)(struct loop *loop); /* after every read; may be NULL */
  unsigned saves, saves_max;
  int status; /* the first failure of a call */
};

static kerven *office, *worker;

static int set_up(void **state) {
  if (embed_set_up(state) != 0) return -1;
  office = embed_found("office");
  worker = embed_member(office, "Batyr", "worker");
  embed_sync(office);
  return 0;
}

static int tear_down(void **state) {
  kerven_close(office);
  kerven_close(worker);
  return embed_tear_down(state);
}

static int dial(const char *peer) {
  struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  assert_memory_equal(peer, "127.0.0.1:", 10);
  name.sin_port = htons((uint16_t)atoi(peer + 10));
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(connect(fd, (struct sockaddr *)&name, sizeof name), 0);
  assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
  return fd;
}

static struct loop begin(kerven *k, const struct kerven_sync_options *options) {
  struct loop loop = {.k = k, .read_max = 65536, .write_max = 65536};
  assert_ok(k, kerven_sync_new(k, options, &loop.sync));
  loop.fd = dial(kerven_sync_peer(loop.sync));
  return loop;
}

static int end(struct loop *loop, struct kerven_sync_report *report) {
  struct kerven_sync_report unwanted = {.size = sizeof unwanted};
  if (report) report->size = sizeof *report;
  int status = kerven_sync_result(loop->sync, report ? report : &unwanted);
  kerven_sync_free(loop->sync);
  close(loop->fd);
  return status;
}

static bool cut(struct loop *loop) {
  return loop->cut_after > 0 && loop->moved >= loop->cut_after;
}

/* Sends what there is to send; true if more waits. */
static bool write_some(struct loop *loop) {
  const uint8_t *data;
  size_t len;
  loop->status = kerven_sync_pull(loop->sync, &data, &len);
  if (loop->status != 0 || len == 0) return false;
  ssize_t n = send(loop->fd, data, len < loop->write_max ? len : loop->write_max, MSG_NOSIGNAL);
  if (n < 0) return errno == EAGAIN;
  loop->moved += (size_t)n;
  loop->status = kerven_sync_sent(loop->sync, (size_t)n);
  return true;
}

/* False when the peer closed. */
static bool read_some(struct loop *loop) {
  uint8_t bytes[65536];
  ssize_t n = recv(loop->fd, bytes, loop->read_max, 0);
  if (n < 0 && errno == EAGAIN) return true;
  if (n <= 0) {
    loop->status = n == 0 ? kerven_sync_closed(loop->sync) : kerven_sync_lost(loop->sync);
    return false;
  }
  loop->moved += (size_t)n;
  loop->status = kerven_sync_feed(loop->sync, bytes, (size_t)n);
  if (loop->status == 0 && loop->each) loop->each(loop);
  return true;
}

/* One turn: false when there will be no further one. */
static bool turn(struct loop *loop) {
  bool more = write_some(loop);
  if (loop->status != 0 || kerven_sync_done(loop->sync) || kerven_sync_again(loop->sync))
    return false;
  if (cut(loop)) {
    loop->status = kerven_sync_lost(loop->sync);
    return false;
  }
  int64_t wait = kerven_sync_deadline_ms(loop->sync);
  struct pollfd events = {.fd = loop->fd, .events = (short)(POLLIN | (more ? POLLOUT : 0))};
  assert_true(wait >= 0 && wait <= 130000);
  int ready = poll(&events, 1, (int)wait);
  if (ready == 0) loop->status = kerven_sync_timeout(loop->sync);
  if (ready > 0 && events.revents & (POLLIN | POLLHUP | POLLERR) && !read_some(loop)) return false;
  return loop->status == 0;
}

static int run(struct loop *loop) {
  int rounds = 0;
  while (turn(loop)) assert_true(++rounds < ROUNDS_MAX);
  return loop->status;
}

static int sync_once(kerven *k, size_t read_max, size_t write_max, size_t cut_after,
                     struct kerven_sync_report *report) {
  struct loop loop = begin(k, NULL);
  loop.read_max = read_max, loop.write_max = write_max, loop.cut_after = cut_after;
  int status = run(&loop);
  assert_int_equal(end(&loop, report), status);
  return status;
}

/* ---- a slow link, a broken one */

static void test_a_byte_at_a_time_is_as_good(void **state) {
  (void)state;
  struct kerven_sync_report report = {.size = sizeof report};
  char id[33];
  embed_case(worker, "Slow", id);
  assert_int_equal(sync_once(worker, 1, 1, 0, &report), 0);
  assert_int_equal(report.commits_up, 1);
  assert_int_equal(report.unsent, 0);
  assert_true(report.bytes_up > 100 && report.bytes_down > 50);
  assert_int_equal(sync_once(office, 1, 3, 0, &report), 0);
  assert_int_equal(report.commits_down, 1);
  assert_string_equal(embed_value(office, id, "prs_FirstName"), "Slow");
}

/* Wherever it is cut, what was saved stays, and the next whole sync ends it. */
static void test_a_connection_cut_anywhere_loses_nothing(void **state) {
  (void)state;
  struct kerven_sync_report report = {.size = sizeof report};
  char id[33], other[33], name[32];
  struct kerven_sync_options anew = {.size = sizeof anew, .no_ticket = true};
  unsigned silent = 0, cuts = 0;
  embed_case(worker, "Cut 0", id);
  embed_case(office, "Other", other);
  assert_ok(office, kerven_share(office, other, "Batyr", false));
  embed_sync(office);
  for (size_t at = 1; at < 1000; at += 37) {
    snprintf(name, sizeof name, "Cut %zu", at);
    assert_ok(worker, embed_set(worker, id, "prs_FirstName", name));
    struct loop loop = begin(worker, at % 2 ? &anew : NULL);
    loop.read_max = 7, loop.write_max = 11, loop.cut_after = at;
    int status = run(&loop);
    silent += kerven_sync_again(loop.sync); /* no answer on a ticket: as if it were unknown */
    cuts += status == KERVEN_ECUT;
    assert_true(status == 0 || status == KERVEN_ECUT);
    assert_int_equal(end(&loop, NULL), status);
    assert_string_equal(embed_value(worker, id, "prs_FirstName"), name);
  }
  assert_true(silent > 1 && cuts > 4);
  embed_sync(worker);
  assert_ok(worker, kerven_sync_run(worker, NULL, &report));
  assert_int_equal(report.unsent, 0);
  embed_sync(office);
  assert_string_equal(embed_value(office, id, "prs_FirstName"), name);
  assert_string_equal(embed_value(worker, other, "prs_FirstName"), "Other");
  assert_ok(worker, kerven_doctor(worker, NULL, NULL));
  assert_ok(office, kerven_doctor(office, NULL, NULL));
}

/* ---- saves while it is under way */

/* A case with a text that does not compress: several make a slice of news that spans frames, so
 * that its transaction is open between two reads. */
static void make_news(char id[33]) {
  static char text[15001];
  static uint32_t seed = 7;
  for (size_t i = 0; i < sizeof text - 1; i++) {
    seed = seed * 1664525 + 1013904223;
    text[i] = (char)('0' + (seed >> 24) % 64);
  }
  embed_case(worker, "News", id);
  assert_ok(worker, embed_set(worker, id, "kvn_Narrative", text));
}

static void save_now_and_then(struct loop *loop) {
  char id[33];
  if (loop->saves == loop->saves_max || loop->moved < 4096 * (loop->saves + 1)) return;
  loop->saves++;
  embed_case(loop->k, "While syncing", id);
}

static void test_a_save_in_the_middle_of_news_keeps_both(void **state) {
  (void)state;
  struct kerven_sync_report report = {.size = sizeof report};
  char ids[12][33], id[33];
  uint32_t before = embed_cases(office);
  for (unsigned i = 0; i < 12; i++) {
    make_news(ids[i]);
  }
  embed_sync(worker);
  embed_case(office, "Own before", id);
  struct loop loop = begin(office, NULL);
  loop.each = save_now_and_then, loop.saves_max = 20, loop.read_max = 997;
  assert_int_equal(run(&loop), 0);
  unsigned saves = loop.saves;
  assert_int_equal(end(&loop, &report), 0);
  assert_int_equal(saves, 20);
  assert_int_equal(report.commits_down, 24);
  assert_int_equal(report.commits_up, 21); /* those saved meanwhile went along */
  assert_int_equal(report.unsent, 0);
  assert_int_equal(embed_cases(office), before + 12 + 1 + saves);
  for (unsigned i = 0; i < 12; i++)
    assert_true(strlen(embed_value(office, ids[i], "kvn_Narrative")) > 500);
  assert_ok(office, kerven_sync_run(office, NULL, &report));
  assert_int_equal(report.commits_down + report.commits_up, 0);
  assert_ok(office, kerven_doctor(office, NULL, NULL));
}

/* All else that writes may be called at such a moment too. */
static void write_otherwise(struct loop *loop) {
  struct kerven_invite_options invite = {.size = sizeof invite, .role = "worker", .name = "Nobody"};
  struct kerven_approve_options approve = {.size = sizeof approve, .all = true};
  char code[KERVEN_INVITE_TEXT_MAX], id[33];
  if (loop->saves == loop->saves_max || loop->moved < 12000 * (loop->saves + 1)) return;
  loop->saves++;
  assert_ok(loop->k, kerven_invite(loop->k, &invite, code));
  assert_ok(loop->k, kerven_approve(loop->k, &approve, NULL, NULL));
  assert_ok(loop->k, kerven_batch_begin(loop->k));
  embed_case(loop->k, "In a batch", id);
  assert_int_equal(kerven_sync_feed(loop->sync, (const uint8_t *)"x", 1), KERVEN_ESTATE);
  assert_ok(loop->k, kerven_batch_end(loop->k));
  assert_ok(loop->k, kerven_doctor(loop->k, NULL, NULL));
}

static void test_invitations_batches_and_the_doctor_in_the_middle_of_news(void **state) {
  (void)state;
  char id[33];
  for (unsigned i = 0; i < 12; i++) make_news(id);
  embed_sync(worker);
  struct loop loop = begin(office, NULL);
  loop.each = write_otherwise, loop.saves_max = 8, loop.read_max = 997;
  assert_int_equal(run(&loop), 0);
  assert_int_equal(loop.saves, 8);
  assert_int_equal(end(&loop, NULL), 0);
  assert_string_equal(embed_value(office, id, "prs_FirstName"), "News");
}

/* What a batch holds is not saved yet: none of it goes out, and the session is as before. */
static void test_nothing_of_an_open_batch_goes_out(void **state) {
  (void)state;
  struct kerven_sync_report report = {.size = sizeof report};
  const uint8_t *data;
  size_t len;
  char id[33];
  embed_sync(worker);
  struct loop loop = begin(worker, NULL);
  assert_ok(worker, kerven_batch_begin(worker));
  embed_case(worker, "Not yet", id);
  assert_int_equal(kerven_sync_pull(loop.sync, &data, &len), KERVEN_ESTATE);
  assert_int_equal(len, 0);
  assert_int_equal(kerven_sync_timeout(loop.sync), KERVEN_ESTATE);
  assert_ok(worker, kerven_batch_end(worker));
  assert_int_equal(run(&loop), 0);
  assert_int_equal(end(&loop, &report), 0);
  assert_int_equal(report.commits_up, 1);
}

static void test_calls_in_the_wrong_order_change_nothing(void **state) {
  (void)state;
  struct kerven_sync_report report = {.size = sizeof report};
  struct kerven_sync_options wrong = {.size = 2};
  kerven_sync *second;
  const uint8_t *data;
  size_t len;
  struct loop loop = begin(worker, NULL);
  assert_int_equal(kerven_sync_new(worker, NULL, &second), KERVEN_ESTATE);
  assert_null(second);
  assert_int_equal(kerven_sync_run(worker, NULL, NULL), KERVEN_ESTATE);
  assert_detail(worker, "under way");
  assert_int_equal(kerven_sync_sent(loop.sync, 1), KERVEN_EINVALID); /* nothing was pulled */
  assert_ok(worker, kerven_sync_pull(loop.sync, &data, &len));
  assert_true(len > 0);
  assert_int_equal(kerven_sync_sent(loop.sync, len + 1), KERVEN_EINVALID);
  assert_int_equal(kerven_sync_sent(loop.sync, 0), 0);
  assert_int_equal(kerven_sync_feed(loop.sync, NULL, 0), 0);
  assert_int_equal(kerven_sync_timeout(loop.sync), 0); /* not due */
  assert_false(kerven_sync_done(loop.sync));
  assert_int_equal(run(&loop), 0);
  assert_true(kerven_sync_done(loop.sync));
  assert_int_equal(kerven_sync_closed(loop.sync), 0);
  assert_int_equal(kerven_sync_feed(loop.sync, (const uint8_t *)"late", 4), 0);
  assert_int_equal(kerven_sync_deadline_ms(loop.sync), -1);
  assert_int_equal(end(&loop, &report), 0);
  kerven_sync_free(NULL);
  assert_int_equal(kerven_sync_new(worker, &wrong, &second), KERVEN_EINVALID);
  embed_sync(worker); /* and none is under way */
}

static void test_a_server_of_nonsense_is_left(void **state) {
  (void)state;
  uint8_t noise[300];
  for (size_t i = 0; i < sizeof noise; i++) noise[i] = (uint8_t)(i * 7 + 3);
  struct loop loop = begin(worker, NULL);
  const uint8_t *data;
  size_t len;
  assert_ok(worker, kerven_sync_pull(loop.sync, &data, &len));
  int status = kerven_sync_feed(loop.sync, noise, sizeof noise);
  assert_true(status < 0);
  assert_int_equal(kerven_sync_pull(loop.sync, &data, &len), status); /* the first failure stays */
  assert_int_equal(len, 0);
  assert_int_equal(kerven_sync_feed(loop.sync, noise, 1), status);
  assert_int_equal(kerven_sync_closed(loop.sync), status);
  assert_int_equal(end(&loop, NULL), status);
  embed_sync(worker);
}

/* timeout_ms is for silence; nobody answers on this socket. */
static void test_silence_ends_it_at_the_time_that_was_asked_for(void **state) {
  (void)state;
  struct kerven_sync_options options = {.size = sizeof options, .timeout_ms = 50};
  int ends[2];
  struct loop loop = begin(worker, &options);
  close(loop.fd);
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
  loop.fd = ends[0];
  assert_true(kerven_sync_deadline_ms(loop.sync) <= 50);
  assert_int_equal(run(&loop), KERVEN_ETIMEOUT);
  assert_int_equal(end(&loop, NULL), KERVEN_ETIMEOUT);
  close(ends[1]);
  embed_sync(worker);
}

/* Who closes before a byte took no part; a connection that breaks says nothing of who was there. */
static void test_a_close_without_a_word_is_not_a_reset(void **state) {
  (void)state;
  struct kerven_sync_options options = {.size = sizeof options, .no_ticket = true};
  const uint8_t *data;
  size_t len;
  struct loop loop = begin(worker, &options);
  assert_ok(worker, kerven_sync_pull(loop.sync, &data, &len));
  assert_ok(worker, kerven_sync_sent(loop.sync, len));
  assert_int_equal(kerven_sync_closed(loop.sync), KERVEN_EOTHER_PROGRAMME);
  assert_int_equal(kerven_sync_lost(loop.sync), KERVEN_EOTHER_PROGRAMME); /* the first one stays */
  assert_int_equal(end(&loop, NULL), KERVEN_EOTHER_PROGRAMME);
  loop = begin(worker, &options);
  assert_ok(worker, kerven_sync_pull(loop.sync, &data, &len));
  assert_ok(worker, kerven_sync_sent(loop.sync, len));
  assert_int_equal(kerven_sync_lost(loop.sync), KERVEN_ECUT);
  assert_int_equal(end(&loop, NULL), KERVEN_ECUT);
  embed_sync(worker);
}

/* A loop that holds a vault for long asks whether somebody waits, and pauses while nobody
 * answers. */
static void test_a_loop_can_ask_whether_to_let_go_and_how_long_to_pause(void **state) {
  (void)state;
  struct kerven_backoff backoff = {0};
  assert_false(kerven_wanted(worker));
  FILE *mark = fopen(embed_path("Batyr/wanted"), "w");
  assert_non_null(mark);
  fclose(mark);
  assert_true(kerven_wanted(worker));
  assert_int_equal(remove(embed_path("Batyr/wanted")), 0);
  assert_false(kerven_wanted(worker));
  assert_in_range(kerven_backoff_next_ms(&backoff), 1000, 2000);
  assert_in_range(kerven_backoff_next_ms(&backoff), 1000, 4000);
  for (int i = 0; i < 20; i++) assert_in_range(kerven_backoff_next_ms(&backoff), 1000, 60000);
  assert_int_equal(backoff.tries, 22);
}

/* ---- tickets */

/* A server that was restored, or lost its tickets, closes without a word. */
static void test_an_unknown_ticket_is_tried_again_without_one(void **state) {
  (void)state;
  struct kerven_sync_options anew = {.size = sizeof anew, .no_ticket = true};
  struct kerven_sync_report report = {.size = sizeof report};
  char tickets[224], id[33];
  embed_sync(worker);
  embed_case(worker, "Ticketless", id);
  embed_stop_server();
  snprintf(tickets, sizeof tickets, "%s/tickets", embed_path("programme"));
  assert_int_equal(unlink(tickets), 0);
  embed_run_server();
  struct loop loop = begin(worker, NULL);
  assert_int_equal(run(&loop), 0);
  assert_true(kerven_sync_again(loop.sync));
  assert_false(kerven_sync_done(loop.sync));
  assert_int_equal(end(&loop, &report), 0);
  assert_true(report.ticket);
  loop = begin(worker, &anew);
  assert_int_equal(run(&loop), 0);
  assert_false(kerven_sync_again(loop.sync));
  assert_int_equal(end(&loop, &report), 0);
  assert_false(report.ticket);
  assert_int_equal(report.commits_up, 1);
  assert_int_equal(sync_once(worker, 65536, 65536, 0, &report), 0);
  assert_true(report.ticket);
  embed_sync(office);
}

/* ---- watching */

static uint64_t count_unsent(kerven *k) {
  struct kerven_status_report report = {.size = sizeof report};
  assert_ok(k, kerven_status(k, &report));
  return report.unsent;
}

static enum kerven_sync_state sync_state(kerven *k, const char *id) {
  struct kerven_case_item item;
  return kerven_case_get(k, id, &item) == 0 ? item.sync : KERVEN_SAVED;
}

/* Two watch at once, in one loop: each change of one comes to the other by itself, the office's
 * receipt comes back by itself, and marks are settled after the PING. */
static void test_watching_carries_saves_news_and_receipts_without_being_asked(void **state) {
  (void)state;
  struct kerven_sync_options watch = {.size = sizeof watch, .watch = true};
  struct kerven_sync_report report = {.size = sizeof report};
  char id[33];
  embed_sync(office);
  embed_sync(worker);
  struct loop loops[2] = {begin(office, &watch), begin(worker, &watch)};
  bool saved = false, answered = false, delivered = false;
  for (int rounds = 0; rounds < ROUNDS_MAX && !delivered; rounds++) {
    struct pollfd events[2];
    int64_t wait = 60000;
    for (int i = 0; i < 2; i++) {
      while (write_some(&loops[i])) continue;
      assert_int_equal(loops[i].status, 0);
      assert_false(kerven_sync_done(loops[i].sync));
      int64_t deadline = kerven_sync_deadline_ms(loops[i].sync);
      if (deadline >= 0 && deadline < wait) wait = deadline;
      events[i] = (struct pollfd){.fd = loops[i].fd, .events = POLLIN};
    }
    if (!saved && loops[1].moved > 150) { /* its session is open: a save is pushed at once */
      embed_case(worker, "Live", id);
      saved = true;
      continue;
    }
    assert_true(poll(events, 2, (int)wait) >= 0);
    for (int i = 0; i < 2; i++) {
      if (kerven_sync_deadline_ms(loops[i].sync) == 0)
        assert_ok(loops[i].k, kerven_sync_timeout(loops[i].sync));
      if (events[i].revents) assert_true(read_some(&loops[i]));
      assert_int_equal(loops[i].status, 0);
    }
    if (saved && !answered && sync_state(office, id) == KERVEN_DELIVERED) {
      assert_ok(office, embed_set(office, id, "prs_SecondName", "Answer"));
      answered = true;
    }
    delivered = answered && sync_state(worker, id) == KERVEN_DELIVERED &&
                count_unsent(worker) == 0 && count_unsent(office) == 0 &&
                strcmp(embed_value(worker, id, "prs_SecondName"), "Answer") == 0;
  }
  assert_true(delivered);
  for (int i = 0; i < 2; i++) end(&loops[i], &report);
  assert_int_equal(report.commits_up, 1);
  assert_int_equal(report.commits_down, 1);
  assert_int_equal(report.receipts_down, 1);
  assert_ok(worker, kerven_sync_run(worker, NULL, &report)); /* nothing was left */
  assert_int_equal(report.commits_up + report.commits_down, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_byte_at_a_time_is_as_good),
      cmocka_unit_test(test_a_connection_cut_anywhere_loses_nothing),
      cmocka_unit_test(test_a_save_in_the_middle_of_news_keeps_both),
      cmocka_unit_test(test_invitations_batches_and_the_doctor_in_the_middle_of_news),
      cmocka_unit_test(test_nothing_of_an_open_batch_goes_out),
      cmocka_unit_test(test_calls_in_the_wrong_order_change_nothing),
      cmocka_unit_test(test_a_server_of_nonsense_is_left),
      cmocka_unit_test(test_silence_ends_it_at_the_time_that_was_asked_for),
      cmocka_unit_test(test_a_close_without_a_word_is_not_a_reset),
      cmocka_unit_test(test_a_loop_can_ask_whether_to_let_go_and_how_long_to_pause),
      cmocka_unit_test(test_an_unknown_ticket_is_tried_again_without_one),
      cmocka_unit_test(test_watching_carries_saves_news_and_receipts_without_being_asked),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
