/*
 * The kernels of mlpc that are shared by all models: counting of thresholds, and the quantizer of the float helpers.
 * C99 and C++. Run time does not depend on the data.
 */
#ifndef MLPC_KERNELS_H
#define MLPC_KERNELS_H

#include <stdint.h>

#include "mlpc_num.h"

/*
 * MLPC_WIDE: plain loops hold 8-bit weights in 16 bits, at twice the memory, since the compiler turns a sum of products of 16 bits into
 * vector instructions for pairs.
 */
#if !defined(MLPC_WIDE)
#if defined(__SSE2__) || defined(__aarch64__)
#define MLPC_WIDE 1
#else
#define MLPC_WIDE 0
#endif
#endif

#if MLPC_WIDE
typedef int16_t mlpc_weight;

/* The sums of products of rows of columns weights with x, four rows at a time. */
static inline void mlpc_wide_sums(const int16_t *w, const int16_t *x, int32_t *sums, int rows, int columns)
{
    int r, c;
    for (r = 0; r + 4 <= rows; r += 4) {
        int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
        for (c = 0; c < columns; c++) {
            s0 += w[c] * x[c];
            s1 += w[columns + c] * x[c];
            s2 += w[2 * columns + c] * x[c];
            s3 += w[3 * columns + c] * x[c];
        }
        sums[r] = s0;
        sums[r + 1] = s1;
        sums[r + 2] = s2;
        sums[r + 3] = s3;
        w += 4 * columns;
    }
    for (; r < rows; r++) {
        int32_t s0 = 0;
        for (c = 0; c < columns; c++) {
            s0 += w[c] * x[c];
        }
        sums[r] = s0;
        w += columns;
    }
}
#else
typedef int8_t mlpc_weight;
#endif

/* The number of entries <= x of an ascending list of n entries. The search takes the same steps for every x. */
static inline int32_t mlpc_count_32(const int32_t *steps, int32_t n, int32_t x)
{
    int32_t from = 0;
    while (n > 0) {
        const int32_t half = (n + 1) >> 1;
        from += half & ~mlpc_less_32(x, steps[from + half - 1]);
        n -= half;
    }
    return from;
}

/* The same for 64-bit values. */
static inline int32_t mlpc_count_64(const int64_t *steps, int32_t n, int64_t x)
{
    int32_t from = 0;
    while (n > 0) {
        const int32_t half = (n + 1) >> 1;
        from += half & ~mlpc_less(x, steps[from + half - 1]);
        n -= half;
    }
    return from;
}

/* The whole part of x / scale, towards zero and within 2^30, and what is left of it. NaN gives zero. */
static inline int32_t mlpc_steps(float x, float scale, float *rest)
{
    const float limit = 1073741824.0f;
    float y = x / scale;
    int32_t q;
    y = y > -limit ? y : -limit;
    y = y < limit ? y : limit;
    q = x == x ? (int32_t)y : 0;
    *rest = x == x ? y - (float)q : 0.0f;
    return q;
}

/* x / scale + zero rounded to the nearest integer, ties to even, limited to [lo, hi]. NaN gives zero. */
static inline int32_t mlpc_quantize(float x, float scale, int32_t zero, int32_t lo, int32_t hi)
{
    float rest;
    int32_t q = mlpc_steps(x, scale, &rest);
    q += rest > 0.5f || (rest == 0.5f && (q & 1) != 0) ? 1 : 0;
    q -= rest < -0.5f || (rest == -0.5f && (q & 1) != 0) ? 1 : 0;
    q = q < lo - zero ? lo - zero : q;
    q = q > hi - zero ? hi - zero : q;
    return q + zero;
}

/* How mlpc_quantize_by rounds. */
enum mlpc_rounding {
    MLPC_ROUND_FLOOR,
    MLPC_ROUND_CEIL,
    MLPC_ROUND_UP,        /* away from zero */
    MLPC_ROUND_DOWN,      /* towards zero */
    MLPC_ROUND_HALF_UP,   /* ties up */
    MLPC_ROUND_HALF_AWAY, /* ties away from zero */
    MLPC_ROUND_HALF_DOWN, /* ties towards zero */
    MLPC_ROUND_BIPOLAR    /* 1 from zero on, else -1 */
};

/* mlpc_quantize with another rounding. */
static inline int32_t mlpc_quantize_by(enum mlpc_rounding rounding, float x, float scale, int32_t zero, int32_t lo, int32_t hi)
{
    float rest;
    int32_t q = mlpc_steps(x, scale, &rest);
    switch (rounding) {
    case MLPC_ROUND_FLOOR:
        q -= rest < 0.0f ? 1 : 0;
        break;
    case MLPC_ROUND_CEIL:
        q += rest > 0.0f ? 1 : 0;
        break;
    case MLPC_ROUND_UP:
        q += rest > 0.0f ? 1 : 0;
        q -= rest < 0.0f ? 1 : 0;
        break;
    case MLPC_ROUND_DOWN:
        break;
    case MLPC_ROUND_HALF_UP:
        q += rest >= 0.5f ? 1 : 0;
        q -= rest < -0.5f ? 1 : 0;
        break;
    case MLPC_ROUND_HALF_AWAY:
        q += rest >= 0.5f ? 1 : 0;
        q -= rest <= -0.5f ? 1 : 0;
        break;
    case MLPC_ROUND_HALF_DOWN:
        q += rest > 0.5f ? 1 : 0;
        q -= rest < -0.5f ? 1 : 0;
        break;
    case MLPC_ROUND_BIPOLAR:
        q = q < 0 || rest < 0.0f ? -1 : 1;
        break;
    }
    q = q < lo - zero ? lo - zero : q;
    q = q > hi - zero ? hi - zero : q;
    return q + zero;
}

#endif
