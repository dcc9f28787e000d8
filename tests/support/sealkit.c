#include "sealkit.h"

#include <string.h>

#include "mp.h"

int krv_sealkit_init(struct krv_sealkit *kit, uint64_t seed) {
  uint64_t fail_at = kit->t.fail_at;
  memset(kit, 0, sizeof *kit);
  krv_testenv_init(&kit->t, seed);
  kit->t.fail_at = fail_at;
  const struct krv_env *env = &kit->t.env;
  krv_buf_init(&kit->ops, env);
  krv_buf_init(&kit->sealed, env);
  krv_case_key_random(env, 0, &kit->key);
  krv_sign_pair_random(env, &kit->author);
  for (uint32_t i = 0; i < 2; i++) {
    kit->context[i] = (struct krv_context_entry){.device = 3 + i, .n = 20 + i};
    env->random(env->ctx, kit->context[i].id8, sizeof kit->context[i].id8);
  }
  struct krv_head *head = &kit->commit.head;
  head->n = 1;
  env->random(env->ctx, head->programme.b, KRV_ID_LEN);
  env->random(env->ctx, head->kase.b, KRV_ID_LEN);
  env->random(env->ctx, head->device.b, KRV_ID_LEN);
  return krv_zip_new(env, 1, &kit->zip);
}

void krv_sealkit_release(struct krv_sealkit *kit) {
  krv_zip_free(kit->zip);
  krv_buf_release(&kit->ops);
  krv_buf_release(&kit->sealed);
}

struct krv_body krv_sealkit_body(struct krv_sealkit *kit, const char *text) {
  krv_buf_reset(&kit->ops);
  krv_mp_put_array(&kit->ops, 1);
  krv_mp_put_array(&kit->ops, 4);
  krv_mp_put_uint(&kit->ops, 0);
  krv_mp_put_uint(&kit->ops, 0);
  krv_mp_put_uint(&kit->ops, 12);
  krv_mp_put_str(&kit->ops, krv_slice_str(text));
  return (struct krv_body){
      .roster_height = 30,
      .roster_head8 = {1, 2, 3, 4, 5, 6, 7, 8},
      .wall_s = kit->t.wall_s,
      .wall_quality = KRV_WALL_DEVICE,
      .context = kit->context,
      .context_count = 2,
      .ops = krv_buf_slice(&kit->ops),
  };
}

int krv_sealkit_seal(struct krv_sealkit *kit, const struct krv_body *body) {
  krv_buf_reset(&kit->sealed);
  return krv_commit_seal(kit->zip, &kit->t.env, &kit->key, &kit->author, body, &kit->commit,
                         &kit->sealed);
}

int krv_sealkit_open(struct krv_sealkit *kit) {
  struct krv_opened opened;
  krv_opened_init(&opened, &kit->t.env);
  int status = krv_commit_open(kit->zip, &kit->key, &kit->author.pk, &kit->commit, &opened);
  krv_opened_release(&opened);
  return status;
}
