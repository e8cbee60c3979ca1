// Debian compiles FAISS for the first x86-64 processors, where its inner product multiplies one number at a time. This one
// stands in for it (faiss/utils/distances_simd.cpp); the loader picks the widest version that the processor at hand runs.
#include <cstddef>
#include <cstring>

#if defined(__x86_64__) && defined(__linux__)
#define FOR_EACH_PROCESSOR __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define FOR_EACH_PROCESSOR
#endif

namespace {

constexpr size_t WIDTH = 16;
typedef float Numbers __attribute__((vector_size(WIDTH * sizeof(float))));

__attribute__((always_inline)) inline void load(Numbers& numbers, const float* from) {
  std::memcpy(&numbers, from, sizeof(Numbers));
}

__attribute__((always_inline)) inline float total(const Numbers& numbers) {
  float sum = 0;
  for (size_t place = 0; place < WIDTH; place++) sum += numbers[place];
  return sum;
}

}  // namespace

namespace faiss {

FOR_EACH_PROCESSOR float fvec_inner_product(const float* x, const float* y, size_t d) {
  Numbers even = {}, odd = {}, one, other;
  size_t i = 0;
  for (; i + 2 * WIDTH <= d; i += 2 * WIDTH) {
    load(one, x + i);
    load(other, y + i);
    even += one * other;
    load(one, x + i + WIDTH);
    load(other, y + i + WIDTH);
    odd += one * other;
  }
  float sum = total(even + odd);
  for (; i < d; i++) sum += x[i] * y[i];
  return sum;
}

}  // namespace faiss
