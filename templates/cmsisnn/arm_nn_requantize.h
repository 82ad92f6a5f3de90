/* Scaling of sums to results, as CMSIS-NN and TFLite compute it. */
#ifndef ARM_NN_REQUANTIZE_H
#define ARM_NN_REQUANTIZE_H

#include <stdint.h>

/*
 * value * multiplier * 2^(shift - 31), |value * 2^max(shift, 0)| < 2^31, 0 < multiplier < 2^31, -31 <= shift <= 30.
 *
 * Twice rounded: gemmlowp's SaturatingRoundingDoublingHighMul, then RoundingDivideByPOT, which takes halves away from zero.
 */
static inline int32_t arm_nn_requantize(int32_t value, int32_t multiplier, int32_t shift)
{
#ifdef CMSIS_NN_USE_SINGLE_ROUNDING
    const int64_t product = (int64_t)value * multiplier;
    return (int32_t)(((product >> (30 - shift)) + 1) >> 1);
#else
    const int32_t left = shift > 0 ? shift : 0;
    const int32_t right = shift > 0 ? 0 : -shift;
    const int64_t product = (int64_t)value * ((int64_t)1 << left) * multiplier;
    const int32_t high = (int32_t)((product + ((int64_t)1 << 30)) >> 31);
    const int64_t mask = ((int64_t)1 << right) - 1;
    const int64_t rest = high & mask;
    const int64_t half = (mask >> 1) + (high < 0 ? 1 : 0);
    return (int32_t)((int64_t)high >> right) + (rest > half ? 1 : 0);
#endif
}

/* The same for sums of 48 bits, with a multiplier of 16 bits, rounded once, half up; -31 <= shift <= 7. */
static inline int32_t arm_nn_requantize_s64(int64_t value, int32_t reduced_multiplier, int32_t shift)
{
    return (int32_t)(((value * reduced_multiplier >> (14 - shift)) + 1) >> 1);
}

static inline int32_t arm_nn_limit(int32_t value, int32_t lo, int32_t hi)
{
    return value < lo ? lo : value > hi ? hi : value;
}

#endif
