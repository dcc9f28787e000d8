/* The known-bad twin of test_blind: links the code that opens commits. */
int main(void) {
  return 0;
}
