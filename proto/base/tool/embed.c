/* embed: turns a file into C. Runs while building, on the building machine.
 *
 *   krv_embed_tool FILE SYMBOL OUT     writes OUT.h and OUT.c with
 *   const unsigned char SYMBOL[]; const size_t SYMBOL_len; */
#include <stdio.h>
#include <string.h>

static int write_header(const char *symbol, const char *out) {
  char path[4096];
  if (snprintf(path, sizeof path, "%s.h", out) >= (int)sizeof path) return 1;
  FILE *f = fopen(path, "w");
  if (!f) return 1;
  fprintf(f, "/* generated: do not edit */\n#include <stddef.h>\n\n");
  fprintf(f, "extern const unsigned char %s[];\nextern const size_t %s_len;\n", symbol, symbol);
  return fclose(f) != 0;
}

static int write_source(FILE *in, const char *symbol, const char *out) {
  char path[4096];
  if (snprintf(path, sizeof path, "%s.c", out) >= (int)sizeof path) return 1;
  FILE *f = fopen(path, "w");
  if (!f) return 1;
  fprintf(f, "/* generated: do not edit */\n#include \"%s.h\"\n\n", symbol);
  fprintf(f, "const unsigned char %s[] = {", symbol);
  size_t len = 0;
  for (int c = fgetc(in); c != EOF; c = fgetc(in), len++)
    fprintf(f, "%s%d,", len % 24 == 0 ? "\n" : "", c);
  if (len == 0) fprintf(f, "0"); /* C has no empty arrays */
  fprintf(f, "\n};\nconst size_t %s_len = %zu;\n", symbol, len);
  int bad = ferror(in) | ferror(f);
  return (fclose(f) != 0) | bad;
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: %s FILE SYMBOL OUT\n", argc > 0 ? argv[0] : "embed");
    return 2;
  }
  FILE *in = fopen(argv[1], "rb");
  if (!in) {
    perror(argv[1]);
    return 1;
  }
  int status = write_header(argv[2], argv[3]) || write_source(in, argv[2], argv[3]);
  fclose(in);
  if (status) perror(argv[3]);
  return status;
}
