/* libfuzzer: one format under clang's -fsanitize=fuzzer: KRV_FUZZ_RUN names it. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  return KRV_FUZZ_RUN(data, size);
}
