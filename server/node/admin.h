/* admin: the client's side of the admin socket, and its name for both sides. */
#ifndef KRV_ADMIN_H
#define KRV_ADMIN_H

#include "dir.h"

enum { KRV_ADMIN_LINE_MAX = 256 };
#define KRV_ADMIN_COPY_PREFIX "copy-"

/* The socket's path, short whatever the folder's (sockaddr_un holds 108 bytes): through the
 * folder's descriptor, which stays open until release. */
struct krv_admin_path {
  int fd;
  char text[64];
};
int krv_admin_path(const char *dir, struct krv_admin_path *out);
void krv_admin_path_release(struct krv_admin_path *path);

/* Sends one command to the running server and appends its answer, less the last line, to out.
 * Blocks. NOT_FOUND: no server runs there; else what the server says. */
int krv_admin_ask(const char *dir, const char *command, struct krv_buf *out);

#endif
