/* Known bad: a name that begins like none of ours, and one that no program may see. */
int krv_should_not_be_seen(void);
int unprefixed(void);

int krv_should_not_be_seen(void) {
  return 1;
}

int unprefixed(void) {
  return 2;
}
