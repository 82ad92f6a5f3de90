/*
 * Dense layers of integers through float32, bit for bit as the compiler defines them: dequantize, add products with one rounding each,
 * quantize. C99; float and double have to be IEEE 754. Where double is done in software, a product takes some hundred instructions, and
 * their number depends on the data.
 */
#ifndef MLPC_FLOAT32_H
#define MLPC_FLOAT32_H

#include <float.h>
#include <stdint.h>
#include <string.h>

#if defined(__FAST_MATH__) || !defined(FLT_EVAL_METHOD) || (FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16) || DBL_MANT_DIG != 53
#error "mlpc: every float operation has to be rounded to its own type: compile without -ffast-math and -Ofast, on x86 with -mfpmath=sse, with a double of 64 bits"
#endif

/* q * scale with one rounding; |q| < 2^24. */
static inline float mlpc_dequantize32(int32_t q, float scale)
{
    return (float)q * scale;
}

/*
 * a * b + c with one rounding. The product is exact in double; where the sum is not, its last bit is made odd, so that the second
 * rounding sees on which side of a tie the exact sum lies.
 */
static inline float mlpc_fma32(float a, float b, float c)
{
    const double p = (double)a * (double)b, d = (double)c;
    double s = p + d;
    const double t = s - p, rest = (p - (s - t)) + (d - t);
    uint64_t bits;
    memcpy(&bits, &s, sizeof bits);
    if ((rest > 0.0 || rest < 0.0) && (bits & 1u) == 0u) {
        bits += (rest > 0.0) == (s > 0.0) ? (uint64_t)1 : ~(uint64_t)0;
        memcpy(&s, &bits, sizeof s);
    }
    return (float)s;
}

/* x / scale, half to even, plus zero, limited to [lo, hi]; all integers have 22 bits at most. */
static inline int32_t mlpc_quantize32(float x, float scale, int32_t zero, int32_t lo, int32_t hi)
{
    const float t = x / scale;
    if (t < (float)(lo - zero)) {
        return lo;
    }
    if (t > (float)(hi - zero)) {
        return hi;
    }
    int32_t whole = (int32_t)t;
    const float part = t - (float)whole; /* exact, with the sign of t */
    if (part > 0.5f || (part >= 0.5f && (whole & 1) != 0)) {
        whole++;
    }
    if (part < -0.5f || (part <= -0.5f && (whole & 1) != 0)) {
        whole--;
    }
    return zero + whole;
}

#endif
