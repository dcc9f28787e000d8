/* The far sentences stand in no pool of proto/seal/tool; tests/unit/test_casegen.c holds that. */
#include "casegen_pool.h"

#define LIST(array)                                                                                \
  { (array), sizeof(array) / sizeof((array)[0]) }

/* ----------------------------------------------------------------- sentences */

static const char *const far_en[] = {
    "Three girls from the same street left together in the autumn, and only this one came back.",
    "A pharmacist let her use the back room and rang us, quietly, shortly before closing time.",
    "Nothing was said about night shifts until the minibus had already passed the checkpoint.",
    "He still hears the compressor in his sleep and gets up to check that it is switched off.",
    "The woman who cooked for the brigade hid {K} phone chargers under the flour sacks.",
    "Her uncle insists it was a loan, yet nobody can show the paper he says was stamped in {P}.",
    "Asked what would help most, he answered without pausing: boots, a bus ticket, a decent "
    "dentist.",
    "Since Ramadan the calls come from a landline registered to a carpet shop in {P}.",
    "Both knees are swollen; climbing to the fourth floor of our building took a quarter of an "
    "hour.",
    "The twins are bright and draw constantly, mostly houses with very large doors.",
    "Our driver waited outside the bakery so that the visit would look like ordinary shopping.",
    "She counts in manat, then converts to lira aloud, and the total never reaches {A}.",
    "Grandfather's pension card turned out to be in the hands of the landlord's nephew.",
    "According to {N}, the overseer filmed new arrivals and laughed at their accents.",
    "Ginger tea and an hour of silence did more than the questionnaire; we continued on {D}.",
    "The greenhouse stood behind a petrol station, eleven kilometres outside {P}.",
    "Twice he walked to the embassy and twice he turned round at the sight of the queue.",
    "Wedding gold worth {A} vanished from the drawer the night the suitcase was packed.",
    "For the time being she sleeps at her godmother's and keeps a whistle on her keyring.",
    "An elderly beekeeper gave them melon and pointed out the goat track over the ridge.",
    "The interpreter noticed that he switches to Uzbek whenever the boss is mentioned.",
    "Payday was announced every Friday and postponed every Saturday.",
    "Her hands smell of dye even now, and the skin between the fingers has cracked.",
    "{O} can lend a cot and a pushchair as soon as the lease has been countersigned.",
    "They shared one blanket, one kettle and a single pair of rubber gloves.",
    "He would like the ladder back that he bought with his own first earnings.",
};

static const char *const far_ru[] = {
    "С той же улицы осенью уехали трое, домой добралась пока только она.",
    "Аптекарша пустила её в подсобку и тихонько набрала наш номер перед закрытием.",
    "Про ночные смены заговорили, лишь когда маршрутка уже миновала пост.",
    "Ему до сих пор снится гул компрессора, он встаёт и проверяет розетку.",
    "Повариха бригады прятала {K} зарядки под мешками с мукой.",
    "Дядя твердит, что это был заём, однако расписку с печатью никто не видел.",
    "На вопрос, что нужнее всего, ответил сразу: ботинки, проезд и зубной.",
    "После праздников звонят со стационарного аппарата ковровой лавки, {P}.",
    "Колени опухли, на четвёртый этаж поднимались минут пятнадцать.",
    "Близнецы смышлёные, рисуют дома с огромными дверями.",
    "Наш водитель ждал у пекарни, чтобы визит походил на обычную покупку.",
    "Считает вслух в манатах, переводит в лиры, а {A} всё равно не выходит.",
    "Пенсионная карточка деда оказалась у племянника квартирной хозяйки.",
    "{N} вспоминает: надсмотрщик снимал новичков на видео и смеялся над говором.",
    "Чай с имбирём помог больше анкеты, продолжили {D}.",
    "Теплица стояла за автозаправкой, в одиннадцати километрах, {P}.",
    "Дважды доходил до посольства и дважды поворачивал, увидев очередь.",
    "Свадебное золото на {A} исчезло из комода в ночь сборов.",
    "Ночует у крёстной, на связке ключей носит свисток.",
    "Старый пасечник угостил их дыней и показал козью тропу.",
    "Получку объявляли по пятницам, а по субботам откладывали.",
    "Руки и теперь пахнут краской, кожа между пальцами потрескалась.",
};

static const char *const far_tk[] = {
    "Şol bir köçeden güýzde üç gyz gitdi, häzirlikçe diňe şu gelin dolanyp geldi.",
    "Dermanhanaçy zenan ony arka otaga salyp, ýapylmazyndan öň bize ýuwaşja jaň etdi.",
    "Gijeki nobat hakynda maşyn garawulhanadan geçenden soň agzadylar.",
    "Kompressoryň sesi henizem düýşüne girýär, turup düwmesini barlaýar.",
    "Brigadanyň aşpezi un haltalarynyň aşagynda {K} sany zarýad beriji gizläpdir.",
    "Daýysy muny karz diýýär, ýöne möhürli haty gören ýok.",
    "Iň zerur zady soralanda derrew aýtdy: ädik, ýol kireýi, diş lukmany.",
    "Oraza aýyndan bäri {P} tarapdaky haly dükanynyň belgisinden jaňlar gelýär.",
    "Dyzlary çişipdir, dördünji gata çykmak on bäş minuta çekdi.",
    "Ekizler zehinli, gapysy örän uly jaýlaryň suratyny çekýärler.",
    "Sürüjimiz çörek dükanynyň öňünde garaşdy, görene söwda ýaly bolsun diýdik.",
    "Manatda sanap, lira geçirýär, emma {A} hiç çykanok.",
    "Babasynyň pensiýa karty jaý eýesiniň ýegeninde eken.",
    "{N} aýdýar: gözegçi täze gelenleri wideo ýazyp, gepleýşine gülýän eken.",
    "Zenjebilli çaý soragnamadan peýdaly boldy, dowamyny {D} etdik.",
    "Ýyladyşhana ýangyç beketiniň aňyrsynda, {P} tarapdan on bir kilometr uzakda.",
    "Ilçihana iki gezek bardy, nobaty görüp iki gezek yzyna öwrüldi.",
    "Toý şaýlary, {A} töweregi, goş düýnelen gije sandykdan ýitdi.",
    "Häzir ene tarapynyň öýünde ýatýar, açarynda jürlewük göterýär.",
    "Garry balarçy olara gawun berip, geçi ýodasyny görkezdi.",
    "Aýlyk her anna yglan edilip, her şenbe yza süýşürilýän eken.",
    "Ellerinden boýagyň ysy henizem gelýär, barmak aralary jaýrylypdyr.",
};

const struct krv_casegen_list krv_casegen_far[KRV_CASEGEN_LANGS] = {LIST(far_en), LIST(far_ru),
                                                                    LIST(far_tk)};

/* --------------------------------------------------------------------- names */

static const char *const women_latin[] = {
    "Aýgül", "Sona",   "Maral",   "Jennet",  "Gözel",   "Ogulnabat", "Tawus",    "Aýjemal",
    "Bahar", "Altyn",  "Shahlo",  "Umida",   "Lola",    "Mavluda",   "Zebo",     "Aygul",
    "Selbi", "Gülnar", "Parvina", "Begimai", "Cholpon", "Kunduz",    "Mehribon", "Enejan"};
static const char *const women_cyrillic[] = {"Айгуль",  "Гозель",   "Дженнет", "Жанна",   "Умида",
                                             "Лола",    "Светлана", "Марал",   "Энеджан", "Чолпон",
                                             "Парвина", "Людмила",  "Бегимай", "Мехрибон"};
static const char *const men_latin[] = {
    "Parahat",  "Witaliý", "Iskander", "Shohruh", "Merdan", "Guwanç", "Nurmuhammet", "Azat",
    "Bekmyrat", "Rejep",   "Otabek",   "Jasur",   "Bobur",  "Daler",  "Sherali",     "Azamat"};
static const char *const men_cyrillic[] = {"Шохрух", "Виталий", "Азамат", "Мердан", "Отабек",
                                           "Джасур", "Далер",   "Реджеп", "Азат",   "Искандер"};
const struct krv_casegen_list krv_casegen_women[KRV_CASEGEN_SCRIPTS] = {LIST(women_latin),
                                                                        LIST(women_cyrillic)};
const struct krv_casegen_list krv_casegen_men[KRV_CASEGEN_SCRIPTS] = {LIST(men_latin),
                                                                      LIST(men_cyrillic)};

static const char *const surnames_latin[] = {
    "Annaýewa", "Annaýew", "Çaryýewa",   "Çaryýew",   "Meredowa",       "Meredow",
    "Rejepowa", "Rejepow", "Garajaýewa", "Garajaýew", "Hudaýberdiýewa", "Hudaýberdiýew",
    "Mirzaeva", "Mirzaev", "Sobirova",   "Sobirov",   "Tursunova",      "Tursunov",
    "Asanova",  "Asanov",  "Saidova",    "Saidov",    "Jumaýewa",       "Jumaýew"};
static const char *const surnames_cyrillic[] = {
    "Аннаева",  "Аннаев",  "Мередова", "Мередов", "Мирзаева", "Мирзаев",  "Турсунова",
    "Турсунов", "Асанова", "Асанов",   "Саидова", "Саидов",   "Соколова", "Соколов"};
const struct krv_casegen_list krv_casegen_surnames[KRV_CASEGEN_SCRIPTS] = {LIST(surnames_latin),
                                                                           LIST(surnames_cyrillic)};

static const char *const places_latin[] = {
    "Aşgabat",    "Serdar",    "Kerki",      "Gökdepe", "Magdanly",     "Ýolöten",
    "Tagtabazar", "Daşoguz",   "Gyzylarbat", "Navoi",   "Panjakent",    "Talas",
    "Batken",     "Kagan",     "Denau",      "Khorog",  "Istaravshan",  "Naryn",
    "Turkistan",  "Gaziantep", "Konya",      "Sharjah", "Yekaterinburg"};
static const char *const places_cyrillic[] = {"Ашхабад", "Серахс", "Керки",  "Каган",   "Навои",
                                              "Талас",   "Баткен", "Термез", "Душанбе", "Казань"};
const struct krv_casegen_list krv_casegen_places[KRV_CASEGEN_SCRIPTS] = {LIST(places_latin),
                                                                         LIST(places_cyrillic)};

static const char *const countries[] = {"Kazakhstan", "Kyrgyzstan", "Cyprus", "Türkiye", "Belarus"};
const struct krv_casegen_list krv_casegen_countries = LIST(countries);

static const char *const offices[] = {
    "Crisis Centre Umyt",       "Legal Clinic Adalat",    "Hotline 112",
    "Migration Service, Lebap", "Red Crescent, Mary",     "Regional Hospital No. 2",
    "Women's Shelter Mähir",    "Consulate in Istanbul",  "Labour Inspectorate",
    "Border Police, Farap",     "School No. 14, Ýolöten", "Mobile Team North"};
const struct krv_casegen_list krv_casegen_offices = LIST(offices);
