/* upgrade: the vault's format is a number in the file. Besides, one meta row, the version of the
 * program that held something as NEWER. It is there only if one did, so that no other vault pays
 * for more than the question. */
#include "upgrade.h"

#include "intake_in.h"

static struct krv_slice program(void) {
  return krv_slice_str(KRV_PROGRAM);
}

/* NOT_FOUND: nothing was held so. */
static int held_by(struct krv_world *world, bool *another) {
  struct krv_buf row;
  krv_buf_init(&row, world->env);
  int status = krv_vault_meta_get(world->vault, KRV_META_HELD_BY, &row);
  *another = status == 0 && !krv_slice_equal(krv_buf_slice(&row), program());
  krv_buf_release(&row);
  return status;
}

int krv_upgrade_note(struct krv_world *world) {
  bool another;
  int status = held_by(world, &another);
  if (status == KRV_NOT_FOUND) another = true;
  else if (status != 0) return status;
  return another ? krv_vault_meta_put(world->vault, KRV_META_HELD_BY, program()) : 0;
}

static int fold_anew(struct krv_intake *intake, const struct krv_id *kase, const void *ctx) {
  struct krv_folder *folder;
  (void)ctx;
  int status = krv_intake_folder(intake, kase, &folder);
  return status == 0 ? krv_intake_rejudge(intake) : status;
}

void krv_upgrade_fold(struct krv_world *world) {
  struct krv_intake *intake;
  int64_t format;
  if (krv_vault_format(world->vault, &format) != 0 || format == KRV_VAULT_FORMAT) return;
  if (krv_intake_begin(world, &intake) != 0) return;
  int status = krv_intake_each_case(intake, fold_anew, NULL);
  if (status == 0) status = krv_vault_format_put(world->vault);
  if (status == 0) (void)krv_intake_commit(intake);
  else krv_intake_rollback(intake);
}

void krv_upgrade_retry(struct krv_world *world) {
  struct krv_intake *intake;
  bool another;
  if (held_by(world, &another) != 0 || !another) return;
  if (krv_intake_begin(world, &intake) != 0) return;
  intake->grew = intake->secret_came = true; /* the cases that are set aside as well */
  if (krv_upgrade_note(world) == 0) (void)krv_intake_commit(intake);
  else krv_intake_rollback(intake);
}
