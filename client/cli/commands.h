/* commands: every command that there is. The row of krv_cmd_x stands in cmd_x.c;
 * the order is the one that --help shows. */
#ifndef KRV_COMMANDS_H
#define KRV_COMMANDS_H

#include "cli.h"

/* The table, ended by NULL. */
#define KRV_COMMANDS(X)                                                                            \
  X(found) X(invite) X(join) X(members) X(approve)                                                 \
  X(case_new) X(case_list) X(case_show) X(case_set) X(case_search) X(case_conflicts)               \
  X(case_resolve) X(case_share) X(case_unshare) X(case_history) X(case_close)                      \
  X(note) X(refer) X(tasks) X(directory_list) X(directory_new) X(directory_show) X(directory_set)  \
  X(import) X(export) X(sync) X(status) X(alarms) X(group_list) X(group_renew)              \
  X(roster_show) X(roster_end) X(server_show) X(server_move) X(server_code) X(server_use)          \
  X(recovery_export) X(recovery_take) X(recovery_forget) X(recovery_status) X(recovery_keeper)     \
  X(recovery_administrator)                                                                        \
  X(doctor) X(schema) X(publish) X(passwd)

#define X(name) extern const struct krv_command krv_cmd_##name;
KRV_COMMANDS(X)
#undef X

#endif
