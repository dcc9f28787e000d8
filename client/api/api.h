/* api: what the files behind kerven.h share. Nothing of this is installed. */
#ifndef KRV_API_H
#define KRV_API_H

#include <kerven/kerven.h>

#include "dossier.h"
#include "edit.h"
#include "groupname.h"
#include "sync.h"

/* Remembers what a failure was about; returns status. printf form. */
int api_fail(kerven *k, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* What a status means to one call, where it means more than everywhere; ended by a NULL
 * sentence. */
struct api_meaning {
  int status;
  const char *sentence;
};
/* Remembers the sentence that the status has there, if it has one; returns status. */
int api_explain(kerven *k, int status, const struct api_meaning *meanings);
/* Forgets the last one. Every call begins with it. */
void api_begin(kerven *k);
/* The id of a case from a prefix of its hex digits. NOT_FOUND, AMBIGUOUS, NO_KEY (it is here, and
 * nothing of it opens); explained. any: those too. */
int api_case(kerven *k, const char *prefix, struct krv_id *out);
int api_case_any(kerven *k, const char *prefix, struct krv_id *out);
/* The transaction of one change: a part of the open batch, or (*own) one of its own. api_close ends
 * either, kept or, when status is not 0, taken back alone. */
int api_intake(kerven *k, struct krv_intake **out, bool *own);
int api_close(struct krv_intake *intake, bool own, int status);
/* Before what makes its own transaction: STATE inside a batch; news that were coming in are
 * kept. */
int api_alone(kerven *k);

/* The group that a person means. AMBIGUOUS: the detail has what to write instead; NOT_FOUND is the
 * caller's to explain. */
int api_group(kerven *k, const char *name, krv_group_ix *out);
/* EXISTS, explained: nobody and no agency may be called so. */
int api_name_free(kerven *k, const char *name);
/* Of a call that is well: a detail when the name is somebody's already. Returns 0. */
int api_name_doubt(kerven *k, const char *name);

/* Explains how a session over TCP failed, where there is more to say than the status; returns
 * it. */
int api_sync_failed(kerven *k, int status, const struct krv_sync_counts *counts);

/* Texts that an iterator lends until its next step: put returns a handle, text gives it back once
 * all are in (the buffer moves while it grows). */
typedef size_t api_text;
struct api_texts {
  struct krv_buf buf;
};
api_text api_put(struct api_texts *texts, struct krv_slice text);
/* Begins a text that is appended to texts->buf by the caller; end closes it with its NUL. */
api_text api_put_begin(struct api_texts *texts);
void api_put_end(struct api_texts *texts);
const char *api_get(const struct api_texts *texts, api_text handle);

struct kerven {
  struct krv_world *world;
  char detail[512];
  struct krv_buf key_file; /* its contents: a new passphrase is mixed with it as well */
  bool syncing; /* a kerven_sync is there: one at a time */
  struct api_texts item_texts; /* what kerven_case_get lends */
};

struct kerven_edit {
  kerven *k;
  struct krv_edit *edit;
  bool saved; /* it is a commit now: nothing can be added */
};

/* Every query's iterator begins with this. */
struct kerven_iter {
  kerven *k;
  struct api_texts texts;
  void (*release)(struct kerven_iter *iter);
};
/* A zeroed iterator of size bytes. NULL when out of memory. */
void *api_iter_new(kerven *k, size_t size, void (*release)(struct kerven_iter *iter));
void api_iter_step(struct kerven_iter *iter); /* takes back what the last step lent */

/* The values of a field for people: what api_fields and api_clash lend. */
struct api_values {
  struct kerven_value *items;
  size_t cap;
  uint32_t count;
};
/* Where a shown field comes from. */
struct api_shown {
  const struct krv_world *world;
  const struct krv_schema *schema;
  const struct krv_state *state;
};
/* In place of what was there; its texts go to texts, to which nothing may be added after. */
int api_values_fill(struct api_values *values, const struct api_shown *at,
                    const struct krv_shown_field *shown, struct api_texts *texts);
void api_values_release(struct api_values *values);

/* Changes that this vault wrote and the server has not got. */
uint64_t api_unsent(const struct krv_world *world);
/* How far change n of this device has come: an office device's own is at the office by being
 * sent. */
enum kerven_sync_state api_reached(const struct krv_world *world, uint64_t n, uint64_t server_n,
                                   uint64_t receipt_n);
enum kerven_sync_state api_sync_state(const struct krv_world *world, const struct krv_card *card);
/* "en", "ru", "tk"; false: another, or NULL. */
bool api_lang(const char *name, enum krv_lang *out);
/* A copy of an options struct of the caller's version over defaults; INVALID when its size is
 * odd. */
int api_options(void *out, size_t size, const void *given, size_t given_size);

#endif
