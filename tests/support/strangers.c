#include "strangers.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "mp.h"

enum { EN, RU, TK, LANGS, PER_LANG = 12 };

static const char *const sentences[LANGS][PER_LANG] = {
    {
        "Two men from the garage took turns driving while the passengers lay under blankets.",
        "He kept a small notebook with hours and sums, which may serve as evidence later on.",
        "She would rather talk to someone older, and never in the presence of her uncle.",
        "After the quarrel the landlord changed the lock, so her belongings remained inside.",
        "Our colleague bought bread, soup and diapers before the long ride home.",
        "The foreman laughed when they mentioned salaries and pointed towards the gate.",
        "Swelling of both ankles, probable kidney trouble; hospital suggested tomorrow morning.",
        "The young man hopes to join his elder sister's tailoring business next spring.",
        "No one answered at the number given; a letter was left with the pharmacist.",
        "The judge listened through video link and allowed a screen to protect the witness.",
        "Because the bridge had collapsed, our visit happened nine days later than agreed.",
        "Grandfather signed on behalf of the twins after hearing every paragraph twice.",
    },
    {
        "Двое парней из гаража по очереди вели машину, остальные лежали под одеялами.",
        "Он записывал часы и суммы в тетрадь, она может пригодиться как доказательство.",
        "Разговаривать предпочитает с женщиной постарше и только без дяди.",
        "После ссоры хозяйка сменила замок, вещи остались внутри.",
        "Сотрудница купила хлеб, молоко и подгузники на обратную дорогу.",
        "Бригадир засмеялся, услышав о деньгах, и показал на ворота.",
        "Отёк обеих ног, вероятно почки, утром нужна больница.",
        "Юноша надеется весной помогать сестре в ателье.",
        "По указанному номеру никто не ответил, записку оставили в аптеке.",
        "Судья выслушал её по видеосвязи и разрешил закрыть лицо.",
        "Мост размыло, поэтому мы приехали на девять дней позже.",
        "Дедушка подписал за близнецов, выслушав каждый пункт дважды.",
    },
    {
        "Iki ýigit nobatma-nobat sürdi, galanlar ýorganyň aşagynda ýatdy.",
        "Ol sagatlary we pul möçberini depderine ýazypdyr, bu soň subutnama bolar.",
        "Uly ýaşly zenan bilen gürleşmegi gowy görýär, daýysy ýanynda bolmasyn.",
        "Dawadan soň öý eýesi gulpy çalyşdy, goşlary içerde galdy.",
        "Işgärimiz ýola çörek, süýt we arlyk satyn aldy.",
        "Ussa pul barada eşidip güldi we derwezäni görkezdi.",
        "Iki aýagy çişipdir, böwrek bolmagy mümkin, ertir hassahana gerek.",
        "Ýaş ýigit ýazda aýal doganynyň tikin ussahanasynda işlemekçi.",
        "Görkezilen belgä jogap bolmady, hat dermanhanada galdyryldy.",
        "Kazy ony wideo arkaly diňledi we ýüzüni ýapmaga rugsat berdi.",
        "Köpri ýykylansoň, biz dokuz gün gijä galyp geldik.",
        "Atasy ekizleriň deregine her bendi iki gezek diňläp gol çekdi.",
    },
};

static const char *const names[] = {"Sona", "Witaliý", "Parahat", "Shahlo", "Umida",
                                    "Lola", "Жанна",   "Шохрух",  "Гозель", "Iskander"};
static const char *const towns[] = {"Serdar", "Kerki",  "Gökdepe", "Navoi",  "Panjakent",
                                    "Talas",  "Бухара", "Каган",   "Batken", "Magdanly"};

/* place, name in JSON, kind: n name, p town, o code, m option, d date, i number, b yes or no */
struct field {
  unsigned place;
  const char *name;
  char kind;
};
static const struct field fields[] = {
    {1, "org_Name", 'p'},
    {2, "org_ShippingCity", 'p'},
    {10, "org_Type", 'o'},
    {12, "prs_FirstName", 'n'},
    {14, "prs_SecondName", 'n'},
    {15, "prs_Birthdate", 'd'},
    {16, "prs_Gender", 'o'},
    {18, "prs_MaritalStatus", 'o'},
    {19, "prs_NumberOfChildren", 'i'},
    {20, "prs_PrimaryLanguage", 'o'},
    {22, "prs_HighestLevelOfEducation", 'o'},
    {23, "prs_Citizenship", 'm'},
    {29, "prs_MailingCity", 'p'},
    {30, "prs_MailingCountry", 'o'},
    {36, "vic_AgreementToManagePersonalData", 'b'},
    {37, "vic_TraffickingStatus", 'o'},
    {39, "vic_RelationshipToTrafficker", 'o'},
    {40, "vic_AgeWhenTrafficked", 'i'},
    {42, "vic_MethodOfRecruitment", 'm'},
    {44, "vic_MethodsOfControl", 'm'},
    {45, "vic_TypeOfExploitation", 'm'},
    {46, "vic_ForcedLabourIndustry", 'o'},
    {50, "vic_Vulnerabilities", 'm'},
    {55, "cas_Status", 'o'},
    {59, "cas_IncomingReferralDate", 'd'},
    {61, "cas_ReasonForIncomingReferral", 'o'},
    {71, "hte_City", 'p'},
    {76, "hte_Date", 'd'},
    {77, "hte_Type", 'o'},
    {83, "spl_Type", 'o'},
    {84, "con_Consent", 'b'},
};
enum { FIELDS = sizeof fields / sizeof fields[0] };
static const char *const codes[] = {"Confirmed",     "FamilyMember",   "PsychologicalAbuse",
                                    "Employment",    "WithholdsWages", "Unemployed",
                                    "SexualExploit", "Social work",    "Primary"};

static void put_text(struct krv_buf *out, const char *text) {
  krv_buf_put(out, krv_slice_str(text));
}

static void put_date(struct krv_testenv *t, struct krv_buf *ops, struct krv_buf *json) {
  char text[48];
  unsigned year = 1970 + (unsigned)krv_testenv_below(t, 57);
  unsigned month = 1 + (unsigned)krv_testenv_below(t, 12);
  unsigned day = 1 + (unsigned)krv_testenv_below(t, 28);
  krv_mp_put_array(ops, 4);
  krv_mp_put_uint(ops, year);
  krv_mp_put_uint(ops, month);
  krv_mp_put_uint(ops, day);
  krv_mp_put_bool(ops, false);
  snprintf(text, sizeof text, "\"%04u-%02u-%02u\"", year, month, day);
  put_text(json, text);
}

static void put_value(struct krv_testenv *t, char kind, struct krv_buf *ops, struct krv_buf *json) {
  uint64_t r = krv_testenv_below(t, 1000);
  char text[80];
  const char *word = kind == 'n' ? names[r % 10] : towns[r % 10];
  switch (kind) {
    case 'n':
    case 'p':
      krv_mp_put_str(ops, krv_slice_str(word));
      snprintf(text, sizeof text, "\"%s\"", word);
      break;
    case 'b':
      krv_mp_put_bool(ops, r % 2);
      snprintf(text, sizeof text, "%s", r % 2 ? "true" : "false");
      break;
    case 'i':
      krv_mp_put_uint(ops, r % 35);
      snprintf(text, sizeof text, "%u", (unsigned)(r % 35));
      break;
    case 'd': put_date(t, ops, json); return;
    default:
      krv_mp_put_uint(ops, r % 9);
      snprintf(text, sizeof text, kind == 'm' ? "[\"%s\"]" : "\"%s\"", codes[r % 9]);
      break;
  }
  put_text(json, text);
}

static void put_field(struct krv_testenv *t, const struct field *field, struct krv_buf *ops,
                      struct krv_buf *json) {
  krv_mp_put_array(ops, 4);
  krv_mp_put_uint(ops, field->kind == 'm');
  krv_mp_put_uint(ops, 0);
  krv_mp_put_uint(ops, field->place);
  put_text(json, "\"");
  put_text(json, field->name);
  put_text(json, "\":");
  put_value(t, field->kind, ops, json);
  put_text(json, ",");
}

static void put_narrative(struct krv_testenv *t, size_t len, struct krv_buf *ops,
                          struct krv_buf *json) {
  static const uint8_t shares[] = {EN, EN, EN, EN, RU, RU, TK, TK};
  struct krv_buf text;
  krv_buf_init(&text, &t->env);
  unsigned lang = shares[krv_testenv_below(t, sizeof shares)];
  unsigned first = (unsigned)krv_testenv_below(t, PER_LANG);
  for (unsigned i = 0; text.len < len; i++) {
    if (i > 0) krv_buf_u8(&text, ' ');
    put_text(&text, sentences[lang][(first + 5 * i) % PER_LANG]);
  }
  krv_mp_put_array(ops, 4);
  krv_mp_put_uint(ops, 0);
  krv_mp_put_uint(ops, 0);
  krv_mp_put_uint(ops, 68);
  krv_mp_put_str(ops, krv_buf_slice(&text));
  put_text(json, "\"cco_CaseComment\":\"");
  krv_buf_put(json, krv_buf_slice(&text));
  put_text(json, "\"}");
  krv_buf_release(&text);
}

void krv_stranger(struct krv_testenv *t, unsigned fill, size_t narrative, struct krv_buf *ops,
                  struct krv_buf *json) {
  struct krv_buf list;
  krv_buf_init(&list, &t->env);
  uint32_t count = 1;
  put_text(json, "{");
  for (unsigned i = 0; i < FIELDS; i++) {
    if (krv_testenv_below(t, FIELDS) >= fill) continue;
    put_field(t, &fields[i], &list, json);
    count++;
  }
  put_narrative(t, narrative, &list, json);
  krv_mp_put_array(ops, count);
  krv_buf_put(ops, krv_buf_slice(&list));
  krv_buf_release(&list);
}
