/* One table lists the fields in their order; each row says where its value comes
 * from: a weighted choice, several of them, or a function of the person. Whatever
 * the person is (sex, script, language) is drawn first, so that name, surname and
 * narrative go together. */
#include "casegen.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "casegen_pool.h"
#include "krv_near_en.h"
#include "krv_near_ru.h"
#include "krv_near_tk.h"

struct person {
  bool man;
  unsigned script, lang;
  unsigned born; /* year */
};

struct maker {
  struct krv_casegen *gen;
  struct krv_casegen_case *out;
  struct person person;
};

struct weighted {
  const char *value;
  unsigned weight;
};

struct row {
  const char *path;
  enum krv_casegen_kind kind;
  void (*make)(struct maker *m);   /* NULL: from choices */
  const struct weighted *choices; /* ends with a NULL value */
  unsigned few;                   /* at most so many different ones; 0 is 1 */
};

/* -------------------------------------------------------------------- chance */

/* splitmix64 (Steele, Lea, Flood, OOPSLA 2014) */
static uint64_t next(struct krv_casegen *gen) {
  uint64_t z = (gen->state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static unsigned below(struct maker *m, unsigned n) {
  return (unsigned)(next(m->gen) % n);
}

static const char *any(struct maker *m, const struct krv_casegen_list *list) {
  return list->items[below(m, (unsigned)list->count)];
}

static const char *weigh(struct maker *m, const struct weighted *choices) {
  unsigned sum = 0;
  for (const struct weighted *c = choices; c->value; c++) sum += c->weight;
  unsigned at = below(m, sum);
  while (at >= choices->weight) at -= (choices++)->weight;
  return choices->value;
}

/* ---------------------------------------------------------------------- text */

/* What does not fit is cut: the tests hold that nothing comes near. */
static void put_bytes(struct maker *m, const char *bytes, size_t len) {
  struct krv_casegen_case *out = m->out;
  size_t room = sizeof out->text - 1 - out->text_len;
  if (len > room) len = room;
  memcpy(out->text + out->text_len, bytes, len);
  out->text_len += len;
  out->text[out->text_len] = '\0';
}

static void put(struct maker *m, const char *text) {
  put_bytes(m, text, strlen(text));
}

static void put_number(struct maker *m, const char *format, unsigned number) {
  char text[32];
  snprintf(text, sizeof text, format, number);
  put(m, text);
}

static size_t characters(const char *text, size_t len) {
  size_t n = 0;
  for (size_t i = 0; i < len; i++) n += ((unsigned char)text[i] & 0xC0u) != 0x80u;
  return n;
}

static void put_day(struct maker *m, unsigned first_year, unsigned years) {
  put_number(m, "%04u", first_year + below(m, years));
  put_number(m, "-%02u", 1 + below(m, 12));
  put_number(m, "-%02u", 1 + below(m, 28));
}

static void put_slot(struct maker *m, char slot) {
  static const char *const money[] = {"USD", "TMT", "EUR", "lira"};
  unsigned script = m->person.lang == KRV_CASEGEN_RU ? KRV_CASEGEN_CYRILLIC : KRV_CASEGEN_LATIN;
  switch (slot) {
    case 'P': put(m, any(m, &krv_casegen_places[script])); return;
    case 'C': put(m, any(m, &krv_casegen_countries)); return;
    case 'N': put(m, any(m, &krv_casegen_women[script])); return;
    case 'O': put(m, any(m, &krv_casegen_offices)); return;
    case 'K': put_number(m, "%u", 2 + below(m, 11)); return;
    case 'D': put_day(m, 2023, 4); return;
    default: /* 'A' */
      put_number(m, "%u00 ", 1 + below(m, 28));
      put(m, money[below(m, 4)]);
  }
}

static void put_sentence(struct maker *m, const char *text, size_t len) {
  for (size_t i = 0; i < len; i++) {
    if (text[i] == '{') put_slot(m, text[i + 1]), i += 2;
    else put_bytes(m, text + i, 1);
  }
}

/* ----------------------------------------------------------------- narrative */

/* The n-th line of a text; wraps. */
static const char *line_of(const unsigned char *text, size_t text_len, unsigned n, size_t *len) {
  const char *at = (const char *)text, *end = at + text_len, *stop;
  for (;;) {
    stop = memchr(at, '\n', (size_t)(end - at));
    if (!stop) stop = end;
    if (n-- == 0) break;
    at = stop + 1 >= end ? (const char *)text : stop + 1;
  }
  *len = (size_t)(stop - at);
  return at;
}

static const char *any_sentence(struct maker *m, size_t *len) {
  static const unsigned char *const near[] = {krv_near_en, krv_near_ru, krv_near_tk};
  const size_t near_len[] = {krv_near_en_len, krv_near_ru_len, krv_near_tk_len};
  unsigned lang = m->person.lang;
  if (m->gen->pool == KRV_CASEGEN_NEAR)
    return line_of(near[lang], near_len[lang], below(m, 1000), len);
  const char *text = any(m, &krv_casegen_far[lang]);
  *len = strlen(text);
  return text;
}

enum { TOLD_MAX = 20 }; /* fewer than any pool has: there is always another one */

/* The sentences of one narrative, taken or left out. */
struct told {
  const char *texts[TOLD_MAX];
  size_t count;
};

/* Nobody tells the same twice, and what stands twice costs the compressor next to nothing. */
static bool told_before(struct told *told, const char *text) {
  for (size_t i = 0; i < told->count; i++)
    if (told->texts[i] == text) return true;
  if (told->count < TOLD_MAX) told->texts[told->count++] = text;
  return false;
}

/* Sentences until the length drawn is reached; one that would lead beyond the cap is left out. */
static void make_narrative(struct maker *m) {
  struct krv_casegen_case *out = m->out;
  struct told told = {.count = 0};
  size_t begin = out->text_len, least = KRV_CASEGEN_NARRATIVE_MIN + below(m, 60);
  while (characters(out->text + begin, out->text_len - begin) < least) {
    size_t len, before = out->text_len;
    const char *text = any_sentence(m, &len);
    if (told_before(&told, text)) continue;
    if (before > begin) put(m, " ");
    put_sentence(m, text, len);
    if (characters(out->text + begin, out->text_len - begin) <= KRV_CASEGEN_NARRATIVE_MAX) continue;
    out->text_len = before;
    out->text[before] = '\0';
  }
}

/* -------------------------------------------------------------------- people */

static void make_person(struct maker *m) {
  static const unsigned char langs[] = {KRV_CASEGEN_EN, KRV_CASEGEN_EN, KRV_CASEGEN_RU,
                                        KRV_CASEGEN_TK};
  m->person.lang = langs[below(m, 4)];
  unsigned cyrillic = m->person.lang == KRV_CASEGEN_RU ? 80 : 10; /* of 100 */
  m->person.script = below(m, 100) < cyrillic ? KRV_CASEGEN_CYRILLIC : KRV_CASEGEN_LATIN;
  m->person.man = below(m, 100) < 36;
  m->person.born = 1966 + below(m, 22) + below(m, 22);
}

static void make_first_name(struct maker *m) {
  const struct krv_casegen_list *names = m->person.man ? krv_casegen_men : krv_casegen_women;
  put(m, any(m, &names[m->person.script]));
}

static void make_surname(struct maker *m) {
  const struct krv_casegen_list *list = &krv_casegen_surnames[m->person.script];
  put(m, list->items[2 * below(m, (unsigned)list->count / 2) + m->person.man]);
}

static void make_birthdate(struct maker *m) {
  unsigned exact = below(m, 10);
  put_number(m, "%u", m->person.born);
  if (exact == 0) return; /* the year is all that is known */
  put_number(m, "-%02u", 1 + below(m, 12));
  if (exact > 1) put_number(m, "-%02u", 1 + below(m, 28));
}

static void make_gender(struct maker *m) {
  put(m, m->person.man ? "Masculine" : "Feminine");
}

static void make_children(struct maker *m) {
  put_number(m, "%u", (below(m, 3) + below(m, 4)) / 2 + below(m, 2));
}

static void make_phone(struct maker *m) {
  put_number(m, "+9936%u", 1 + below(m, 5));
  put_number(m, "%06u", below(m, 1000000));
}

static void make_place(struct maker *m) {
  put(m, any(m, &krv_casegen_places[m->person.script]));
}

static void make_office(struct maker *m) {
  put(m, any(m, &krv_casegen_offices));
}

static void make_age(struct maker *m) {
  unsigned most = 2024 - m->person.born;
  put_number(m, "%u", most - below(m, 8) % most);
}

static void make_recent(struct maker *m) {
  put_day(m, 2024, 3);
}

/* -------------------------------------------------------------------- fields */

#define CHOICES (const struct weighted[])

static const struct row rows[KRV_CASEGEN_FIELDS] = {
    {"prs_FirstName", KRV_CASEGEN_TEXT, make_first_name, NULL, 0},
    {"prs_SecondName", KRV_CASEGEN_TEXT, make_surname, NULL, 0},
    {"prs_Birthdate", KRV_CASEGEN_TEXT, make_birthdate, NULL, 0},
    {"prs_Gender", KRV_CASEGEN_TEXT, make_gender, NULL, 0},
    {"prs_MaritalStatus", KRV_CASEGEN_TEXT, NULL,
     CHOICES{{"Single", 44}, {"Married", 30}, {"Divorced", 16}, {"Separated", 6},
             {"Widowed", 4}, {NULL, 0}}, 0},
    {"prs_NumberOfChildren", KRV_CASEGEN_NUMBER, make_children, NULL, 0},
    {"prs_PrimaryLanguage", KRV_CASEGEN_TEXT, NULL,
     CHOICES{{"tuk", 52}, {"uzb", 21}, {"rus", 15}, {"tgk", 7}, {"kir", 5}, {NULL, 0}}, 0},
    {"prs_Citizenship", KRV_CASEGEN_CHOICES, NULL,
     CHOICES{{"TM", 60}, {"UZ", 20}, {"TJ", 9}, {"KG", 6}, {"RU", 3}, {"AF", 2}, {NULL, 0}}, 1},
    {"prs_MobilePhone", KRV_CASEGEN_TEXT, make_phone, NULL, 0},
    {"prs_MailingCity", KRV_CASEGEN_TEXT, make_place, NULL, 0},
    {"prs_MailingCountry", KRV_CASEGEN_TEXT, NULL,
     CHOICES{{"TM", 78}, {"UZ", 14}, {"TJ", 5}, {"KG", 3}, {NULL, 0}}, 0},
    {"vic_TraffickingStatus", KRV_CASEGEN_TEXT, NULL,
     CHOICES{{"PossibleVictimOfTrafficking", 57}, {"ActualVictimOfTrafficking", 38},
             {"NotAVictimOfTrafficking", 5}, {NULL, 0}}, 0},
    {"vic_TraffickingStatusDecisionMakingOrg", KRV_CASEGEN_TEXT, NULL,
     CHOICES{{"NGO", 55}, {"Police", 22}, {"CourtOrProsecution", 9},
             {"NonPoliceGovernmentalOrganization", 10}, {"Other", 4}, {NULL, 0}}, 0},
    {"vic_RelationshipToTrafficker", KRV_CASEGEN_TEXT, NULL,
     CHOICES{{"Acquainted", 58}, {"Unaquainted", 27}, {"Familial", 15}, {NULL, 0}}, 0},
    {"vic_AgeWhenTrafficked", KRV_CASEGEN_NUMBER, make_age, NULL, 0},
    {"vic_MethodOfRecruitment", KRV_CASEGEN_CHOICES, NULL,
     CHOICES{{"ThroughFriendsOrSocialEvents", 30}, {"ThroughOnlineSocialNetworks", 25},
             {"ThroughAnOnlineAdvertisement", 17}, {"ThroughFamilyOrFamilyEvents", 14},
             {"AtWork", 8}, {"AtAPlaceOfBusiness", 6}, {NULL, 0}}, 2},
    {"vic_LocationOfRecruitment", KRV_CASEGEN_TEXT, make_place, NULL, 0},
    {"vic_MethodsOfControl", KRV_CASEGEN_CHOICES, NULL,
     CHOICES{{"TakesEarnings", 17}, {"WithholdsDocuments", 16}, {"DebtBondage", 13},
             {"FalsePromises", 12},
             {"ExcessiveWorkingHours", 11}, {"PsychologicalAbuse", 9}, {"RestrictsMovement", 8},
             {"PhysicalAbuse", 7}, {"PhysicalThreats", 4}, {"SexualAbuse", 3}, {NULL, 0}}, 4},
    {"vic_TypeOfExploitation", KRV_CASEGEN_CHOICES, NULL,
     CHOICES{{"ForcedLabour", 56}, {"SexualExploitation", 29}, {"Servitude", 7},
             {"ForcedMarriage", 5},
             {"ForcedBegging", 3}, {NULL, 0}}, 2},
    {"vic_LocationOfExploitation", KRV_CASEGEN_TEXT, make_place, NULL, 0},
    {"cas_Status", KRV_CASEGEN_TEXT, NULL,
     CHOICES{{"Active", 61}, {"FollowUp", 24}, {"Closed", 10},
             {"ClosedReferred", 5}, {NULL, 0}}, 0},
    {"cas_ReferringOrganisation", KRV_CASEGEN_TEXT, make_office, NULL, 0},
    {"cas_IncomingReferralDate", KRV_CASEGEN_TEXT, make_recent, NULL, 0},
    {"con_Consent", KRV_CASEGEN_BOOL, NULL, CHOICES{{"true", 94}, {"false", 6}, {NULL, 0}}, 0},
    {"kvn_SafeContactWay", KRV_CASEGEN_TEXT, NULL,
     CHOICES{{"phone", 46}, {"message", 33}, {"meeting", 9}, {"person", 8},
             {"none", 4}, {NULL, 0}}, 0},
    {"kvn_ImmediateDanger", KRV_CASEGEN_TEXT, NULL,
     CHOICES{{"no", 68}, {"possible", 25}, {"yes", 7}, {NULL, 0}}, 0},
    {"kvn_Narrative", KRV_CASEGEN_TEXT, make_narrative, NULL, 0},
};

/* Draws up to row->few times; what comes again counts once. */
static void put_choices(struct maker *m, const struct row *row) {
  const char *drawn[8];
  size_t count = 0;
  for (unsigned left = 1 + below(m, row->few ? row->few : 1); left > 0; left--) {
    const char *value = weigh(m, row->choices);
    size_t i = 0;
    while (i < count && drawn[i] != value) i++;
    if (i < count) continue;
    drawn[count++] = value;
    if (count > 1) put(m, ";");
    put(m, value);
  }
}

void krv_casegen_init(struct krv_casegen *gen, uint64_t seed, enum krv_casegen_pool pool) {
  *gen = (struct krv_casegen){.state = seed, .pool = pool};
}

void krv_casegen_next(struct krv_casegen *gen, struct krv_casegen_case *out) {
  struct maker m = {.gen = gen, .out = out};
  out->text_len = 0;
  unsigned long long high = next(gen), low = next(gen);
  snprintf(out->id, sizeof out->id, "%016llx%016llx", high, low);
  make_person(&m);
  for (size_t i = 0; i < KRV_CASEGEN_FIELDS; i++) {
    out->fields[i] = (struct krv_casegen_field){
        .path = rows[i].path, .value = out->text + out->text_len, .kind = rows[i].kind};
    if (rows[i].make) rows[i].make(&m);
    else put_choices(&m, &rows[i]);
    if (out->text_len + 1 < sizeof out->text) out->text_len++; /* the NUL stays */
  }
}

/* ---------------------------------------------------------------------- JSON */

static size_t add(char *out, size_t at, const char *text) {
  int n = snprintf(out + at, KRV_CASEGEN_TEXT_MAX - at, "%s", text);
  return at + (size_t)n < KRV_CASEGEN_TEXT_MAX ? at + (size_t)n : KRV_CASEGEN_TEXT_MAX - 1;
}

static size_t add_choices(char *out, size_t at, const char *value) {
  char one[2] = "";
  at = add(out, at, "[\"");
  for (; *value; value++) {
    one[0] = *value;
    at = add(out, at, *value == ';' ? "\",\"" : one);
  }
  return add(out, at, "\"]");
}

/* No value holds a quote, a backslash or a control character, so none is escaped. */
size_t krv_casegen_json(const struct krv_casegen_case *c, char *out) {
  size_t at = 0;
  for (size_t i = 0; i < KRV_CASEGEN_FIELDS; i++) {
    const struct krv_casegen_field *field = &c->fields[i];
    const char *quote = field->kind == KRV_CASEGEN_TEXT ? "\"" : "";
    at = add(out, at, i == 0 ? "{\"" : ",\"");
    at = add(out, at, field->path);
    at = add(out, at, "\":");
    if (field->kind == KRV_CASEGEN_CHOICES) {
      at = add_choices(out, at, field->value);
      continue;
    }
    at = add(out, at, quote);
    at = add(out, at, field->value);
    at = add(out, at, quote);
  }
  return add(out, at, "}");
}
