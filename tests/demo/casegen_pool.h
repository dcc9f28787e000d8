/* casegen_pool: the words of casegen. Sentences may hold slots: {P} place,
 * {C} country, {N} name, {O} office, {K} a small number, {A} an amount, {D} a date. */
#ifndef KRV_CASEGEN_POOL_H
#define KRV_CASEGEN_POOL_H

#include <stddef.h>

enum krv_casegen_lang { KRV_CASEGEN_EN, KRV_CASEGEN_RU, KRV_CASEGEN_TK, KRV_CASEGEN_LANGS };

struct krv_casegen_list {
  const char *const *items;
  size_t count;
};

extern const struct krv_casegen_list krv_casegen_far[KRV_CASEGEN_LANGS];

/* Women's and men's names, by script. */
enum { KRV_CASEGEN_LATIN, KRV_CASEGEN_CYRILLIC, KRV_CASEGEN_SCRIPTS };
extern const struct krv_casegen_list krv_casegen_women[KRV_CASEGEN_SCRIPTS];
extern const struct krv_casegen_list krv_casegen_men[KRV_CASEGEN_SCRIPTS];
/* Pairs: the woman's form, then the man's. */
extern const struct krv_casegen_list krv_casegen_surnames[KRV_CASEGEN_SCRIPTS];
extern const struct krv_casegen_list krv_casegen_places[KRV_CASEGEN_SCRIPTS];
extern const struct krv_casegen_list krv_casegen_countries;
extern const struct krv_casegen_list krv_casegen_offices;

#endif
