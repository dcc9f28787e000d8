#define _POSIX_C_SOURCE 200809L
#include "saykit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "mock.h"

void say_setup(void) {
  setenv("KERVEN_PASSPHRASE", "correct horse", 1); /* vaultkit's */
  setenv("LC_ALL", "C", 1);
}

const char *say_run(struct fleet_device *device, const char *command, const struct krv_id *kase,
                    int exit_status) {
  static char out[16384];
  char hex[KRV_ID_HEX_LEN] = "", line[512];
  if (kase) krv_id_hex(kase, hex);
  (void)snprintf(line, sizeof line, "%s --vault %s %s %s 2>&1", KRV_KERVEN, device->dir, command,
                 hex);
  fleet_close(device);
  FILE *pipe = popen(line, "r");
  assert_non_null(pipe);
  size_t len = fread(out, 1, sizeof out - 1, pipe);
  out[len] = 0;
  int status = pclose(pipe);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != exit_status)
    fail_msg("%s ends with %d: %s", command, status, out);
  fleet_open(device);
  return out;
}

void says(struct fleet_device *device, const char *command, const struct krv_id *kase,
          const char *part) {
  const char *out = say_run(device, command, kase, 0);
  if (!strstr(out, part)) fail_msg("%s says\n%s\nnot\n%s", command, out, part);
}

void says_not(struct fleet_device *device, const char *command, const struct krv_id *kase,
              const char *part) {
  const char *out = say_run(device, command, kase, 0);
  if (strstr(out, part)) fail_msg("%s says\n%s\nwith\n%s", command, out, part);
}
