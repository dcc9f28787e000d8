#include "utf8.h"

/* Lead bytes: how many follow, which bits count, the least code point of the length. */
static const struct {
  unsigned char mask, lead;
  int more;
  uint32_t least;
} leads[] = {
    {0x80, 0x00, 0, 0},
    {0xe0, 0xc0, 1, 0x80},
    {0xf0, 0xe0, 2, 0x800},
    {0xf8, 0xf0, 3, 0x10000},
};

static bool surrogate_or_beyond(uint32_t point) {
  return (point >= 0xd800 && point <= 0xdfff) || point > 0x10ffff;
}

uint32_t krv_utf8_next(const char **at) {
  const unsigned char *p = (const unsigned char *)*at;
  if (*p == 0) return 0;
  *at += 1;
  for (size_t i = 0; i < sizeof leads / sizeof *leads; i++) {
    if ((*p & leads[i].mask) != leads[i].lead) continue;
    uint32_t point = *p & (unsigned char)~leads[i].mask;
    for (int k = 1; k <= leads[i].more; k++) {
      if ((p[k] & 0xc0) != 0x80) return KRV_UTF8_BAD; /* a NUL ends here too */
      point = point << 6 | (p[k] & 0x3fu);
    }
    if (point < leads[i].least || surrogate_or_beyond(point)) return KRV_UTF8_BAD;
    *at += leads[i].more;
    return point;
  }
  return KRV_UTF8_BAD;
}

bool krv_utf8_valid(const char *text) {
  for (uint32_t point; (point = krv_utf8_next(&text)) != 0;)
    if (point == KRV_UTF8_BAD) return false;
  return true;
}

void krv_utf8_mend(char *text) {
  const char *from = text, *at = text;
  char *to = text;
  for (uint32_t point; (point = krv_utf8_next(&at)) != 0; from = at) {
    if (point == KRV_UTF8_BAD) continue;
    while (from < at) *to++ = *from++;
  }
  *to = 0;
}

struct range {
  uint32_t first, last;
};

static bool within(uint32_t point, const struct range *ranges, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (point >= ranges[i].first && point <= ranges[i].last) return true;
  return false;
}

/* Marks of the scripts in use here, joiners and variation selectors. */
static const struct range marks[] = {
    {0x0300, 0x036f}, {0x0483, 0x0489}, {0x0610, 0x061a}, {0x064b, 0x065f}, {0x0670, 0x0670},
    {0x06d6, 0x06dc}, {0x06df, 0x06e4}, {0x200b, 0x200f}, {0x202a, 0x202e}, {0x2060, 0x2069},
    {0x20d0, 0x20f0}, {0xfe00, 0xfe0f}, {0xfeff, 0xfeff},
};

static const struct range wide[] = {
    {0x1100, 0x115f}, {0x2e80, 0x303e}, {0x3041, 0x33ff},   {0x3400, 0x4dbf},   {0x4e00, 0x9fff},
    {0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe30, 0xfe6f},   {0xff00, 0xff60},   {0xffe0, 0xffe6},
    {0x1f300, 0x1f64f}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
};

size_t krv_utf8_width(const char *text) {
  size_t width = 0;
  for (uint32_t point; (point = krv_utf8_next(&text)) != 0;) {
    if (within(point, marks, sizeof marks / sizeof *marks) && !krv_utf8_is_control(point)) continue;
    width += within(point, wide, sizeof wide / sizeof *wide) ? 2 : 1;
  }
  return width;
}

/* C0, DEL, C1, and the marks that turn the direction of writing around (a name
 * that holds one could rewrite the line that it stands in). */
static const struct range controls[] = {
    {0x01, 0x1f}, {0x7f, 0x9f}, {0x202a, 0x202e}, {0x2066, 0x2069}, {KRV_UTF8_BAD, KRV_UTF8_BAD},
};

bool krv_utf8_is_control(uint32_t point) {
  return within(point, controls, sizeof controls / sizeof *controls);
}
