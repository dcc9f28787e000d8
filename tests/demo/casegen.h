/* casegen: makes up cases as outreach workers would record them: 26 coded fields
 * of the flat record and a narrative of 300 to 500 characters in English, Russian
 * or Turkmen, about 1,390 bytes of JSON a case. No person's record is in it. The
 * same seed gives the same cases on every machine. */
#ifndef KRV_CASEGEN_H
#define KRV_CASEGEN_H

#include <stddef.h>
#include <stdint.h>

/* NEAR speaks in the sentences on which the dictionary of proto/seal was trained, FAR in sentences
 * that it has never seen: the honest measure of what strangers' narratives cost. */
enum krv_casegen_pool { KRV_CASEGEN_NEAR, KRV_CASEGEN_FAR };

enum krv_casegen_kind {
  KRV_CASEGEN_TEXT,
  KRV_CASEGEN_NUMBER,
  KRV_CASEGEN_BOOL,
  KRV_CASEGEN_CHOICES
};

enum {
  KRV_CASEGEN_FIELDS = 27,
  KRV_CASEGEN_TEXT_MAX = 4096, /* of all values of one case, and of its JSON */
  KRV_CASEGEN_NARRATIVE_MIN = 300, /* characters */
  KRV_CASEGEN_NARRATIVE_MAX = 500,
};

struct krv_casegen {
  uint64_t state;
  enum krv_casegen_pool pool;
};

struct krv_casegen_field {
  const char *path; /* as kerven_edit_set takes it */
  const char *value; /* several choices: "A;B"; lies in the case */
  enum krv_casegen_kind kind;
};

/* Do not copy: the fields point into text. */
struct krv_casegen_case {
  char id[33]; /* 32 hex digits: the case's name in a file */
  struct krv_casegen_field fields[KRV_CASEGEN_FIELDS];
  char text[KRV_CASEGEN_TEXT_MAX];
  size_t text_len;
};

void krv_casegen_init(struct krv_casegen *gen, uint64_t seed, enum krv_casegen_pool pool);
void krv_casegen_next(struct krv_casegen *gen, struct krv_casegen_case *out);

/* The fields as one JSON object without spaces; returns its length. out has KRV_CASEGEN_TEXT_MAX
 * bytes. */
size_t krv_casegen_json(const struct krv_casegen_case *c, char *out);

#endif
