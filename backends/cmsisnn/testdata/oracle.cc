// Compares arm_nn_requantize with gemmlowp's fixed-point functions on the corners and on two million random arguments.
#include <gemmlowp/fixedpoint/fixedpoint.h>

#include <cstdint>
#include <cstdio>
#include <random>

#include "arm_nn_requantize.h"

static std::int32_t Oracle(std::int32_t value, std::int32_t multiplier, std::int32_t shift) {
  const int left = shift > 0 ? shift : 0;
  const int right = shift > 0 ? 0 : -shift;
  return gemmlowp::RoundingDivideByPOT(gemmlowp::SaturatingRoundingDoublingHighMul(value * (1 << left), multiplier), right);
}

static bool Same(std::int32_t value, std::int32_t multiplier, std::int32_t shift) {
  const std::int32_t got = arm_nn_requantize(value, multiplier, shift);
  const std::int32_t want = Oracle(value, multiplier, shift);
  if (got != want) {
    std::printf("value %d multiplier %d shift %d: got %d, want %d\n", value, multiplier, shift, got, want);
  }
  return got == want;
}

int main() {
  std::mt19937_64 random(1);
  for (std::int32_t shift = -31; shift <= 8; shift++) {
    const int bits = shift > 0 ? 31 - shift : 31;
    for (int i = 0; i < 50000; i++) {
      const std::int32_t value = static_cast<std::int32_t>(static_cast<std::int64_t>(random()) >> (64 - bits + random() % (bits - 2)));
      const std::int32_t multiplier = static_cast<std::int32_t>((1u << 30) + random() % (1u << 30));
      if (!Same(value, multiplier, shift)) return 1;
    }
    for (std::int32_t value : {-65536, -32769, -2, -1, 0, 1, 2, 3, 32767, 65535}) {
      for (std::int32_t multiplier : {1 << 30, (1 << 30) + 1, 2147483647}) {
        if (!Same(value, multiplier, shift)) return 1;
      }
    }
  }
  return 0;
}
