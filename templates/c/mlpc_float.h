/*
 * Networks in floating point: functions of one variable and dense layers in float32, bit for bit as the compiler defines them. C99.
 *
 * Every sum and every product is rounded to float32 by itself, in the order in which the plain loop computes them, so that all
 * machines give the same bits: no operation is fused or moved. Numbers have to stay finite.
 */
#ifndef MLPC_FLOAT_H
#define MLPC_FLOAT_H

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

/* 16: float is rounded to float where there are narrower types as well. */
#if defined(__FAST_MATH__) || !defined(FLT_EVAL_METHOD) || (FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16)
#error "mlpc: every float operation has to be rounded to float: compile without -ffast-math and -Ofast, on x86 with -mfpmath=sse"
#endif

/* Rounds a product before anything is added to it: without this, compilers may fuse the two where the machine can. */
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__)) && (defined(__FMA__) || defined(__FMA4__) || defined(__AVX512F__))
#define MLPC_ROUNDED(p) __asm("" : "+x"(p))
#elif defined(__GNUC__) && defined(__aarch64__)
#define MLPC_ROUNDED(p) __asm("" : "+w"(p))
#elif defined(__GNUC__) && defined(__ARM_FEATURE_FMA) && defined(__ARM_FP)
#define MLPC_ROUNDED(p) __asm("" : "+t"(p))
#elif defined(__GNUC__) && defined(__riscv_flen)
#define MLPC_ROUNDED(p) __asm("" : "+f"(p))
#elif defined(__GNUC__) && !defined(__FP_FAST_FMAF)
#define MLPC_ROUNDED(p) (void)0
#else
#define MLPC_ROUNDED(p) do { volatile float mlpc_rounded = (p); (p) = mlpc_rounded; } while (0)
#endif

#if defined(__GNUC__)
#define MLPC_SHARED static __attribute__((noinline, unused))
#define MLPC_INLINE static inline __attribute__((always_inline, unused))
#else
#define MLPC_SHARED static
#define MLPC_INLINE static inline
#endif

MLPC_INLINE float mlpc_mul(float a, float b)
{
    float p = a * b;
    MLPC_ROUNDED(p);
    return p;
}

MLPC_INLINE uint32_t mlpc_bits(float x)
{
    uint32_t b;
    memcpy(&b, &x, sizeof b);
    return b;
}

MLPC_INLINE float mlpc_from_bits(uint32_t b)
{
    float x;
    memcpy(&x, &b, sizeof x);
    return x;
}

/* An index that a float holds, kept inside [0, n). */
MLPC_INLINE int32_t mlpc_index(float x, int32_t n)
{
    return x < 0.0f ? 0 : x > (float)(n - 1) ? n - 1 : (int32_t)x;
}

/* ---- Functions of one variable ---- */

MLPC_INLINE float mlpc_abs(float x) { return mlpc_from_bits(mlpc_bits(x) & 0x7FFFFFFFu); }

/* x >= 0 with the sign of y. */
MLPC_INLINE float mlpc_with_sign(float x, float y) { return mlpc_from_bits(mlpc_bits(x) | (mlpc_bits(y) & 0x80000000u)); }

MLPC_INLINE float mlpc_sqrt(float x) { return sqrtf(x); }
MLPC_INLINE float mlpc_recip(float x) { return 1.0f / x; }
MLPC_INLINE float mlpc_sign(float x) { return (x > 0.0f ? 1.0f : 0.0f) - (x < 0.0f ? 1.0f : 0.0f); }

/* The nearest integer, ties to even: adding 2^23 leaves no bits for a fraction. */
MLPC_INLINE float mlpc_round(float x)
{
    const float limit = 8388608.0f;
    float a = mlpc_abs(x);
    if (a < limit) {
        a = a + limit;
        a = a - limit;
    }
    return mlpc_with_sign(a, x);
}

MLPC_INLINE float mlpc_floor(float x)
{
    const float r = mlpc_round(x);
    return r - (r > x ? 1.0f : 0.0f);
}

MLPC_INLINE float mlpc_ceil(float x)
{
    const float r = mlpc_round(x);
    return r + (r < x ? 1.0f : 0.0f);
}

MLPC_INLINE float mlpc_trunc(float x)
{
    const float a = mlpc_abs(x);
    const float r = mlpc_round(a);
    return mlpc_with_sign(r - (r > a ? 1.0f : 0.0f), x);
}

/* A polynomial of n coefficients, the highest first. */
MLPC_INLINE float mlpc_horner(float x, const float *c, int n)
{
    float sum = c[0];
    int i;
    for (i = 1; i < n; i++) {
        sum = mlpc_mul(sum, x) + c[i];
    }
    return sum;
}

/* e^x from -87 to 88, beyond them that of the nearer end: x = n * ln 2 + r with ln 2 in two parts. */
MLPC_SHARED float mlpc_exp(float x)
{
    static const float c[5] = {0.00138131424f, 0.00836941879f, 0.041668456f, 0.166665152f, 0.49999994f};
    float n, r, y;
    x = x > -87.0f ? x : -87.0f;
    x = x > 88.0f ? 88.0f : x;
    n = mlpc_round(mlpc_mul(x, 1.442695f));
    r = x - mlpc_mul(n, 0.693359375f);
    r = r - mlpc_mul(n, -2.1219444e-4f);
    y = mlpc_mul(mlpc_mul(mlpc_horner(r, c, 5), r), r) + r;
    y = y + 1.0f;
    return y * mlpc_from_bits((uint32_t)((int32_t)n + 127) << 23);
}

/* ln x for x >= 2^-126, below it that of 2^-126: x = 2^n * (1 + r) with 1 + r between the root of 1/2 and that of 2. */
MLPC_SHARED float mlpc_log(float x)
{
    static const float c[8] = {-0.0763444006f, 0.127615511f, -0.131601915f, 0.142017618f, -0.166233569f, 0.200012267f, -0.250008196f, 0.333333313f};
    int32_t bits;
    float n, r, z, y;
    x = x > 1.17549435e-38f ? x : 1.17549435e-38f;
    bits = (int32_t)mlpc_bits(x) - 0x3F3504F3;
    n = (float)(bits >> 23);
    r = mlpc_from_bits((uint32_t)((bits & 0x7FFFFF) + 0x3F3504F3)) - 1.0f;
    z = mlpc_mul(r, r);
    y = mlpc_mul(mlpc_mul(mlpc_horner(r, c, 8), r), z) + mlpc_mul(n, -2.1219444e-4f);
    y = y - mlpc_mul(0.5f, z);
    y = y + r;
    return mlpc_mul(n, 0.693359375f) + y;
}

MLPC_SHARED float mlpc_tanh(float x)
{
    static const float c[5] = {-0.00571704097f, 0.0206505843f, -0.0537434965f, 0.133314908f, -0.333332837f};
    const float a = mlpc_abs(x);
    if (a < 0.625f) {
        const float z = mlpc_mul(x, x);
        return x + mlpc_mul(mlpc_mul(mlpc_horner(z, c, 5), z), x);
    }
    return mlpc_with_sign(1.0f - 2.0f / (mlpc_exp(a + a) + 1.0f), x);
}

MLPC_INLINE float mlpc_sigmoid(float x) { return 1.0f / (1.0f + mlpc_exp(-x)); }

MLPC_SHARED float mlpc_erf(float x)
{
    static const float near[7] = {7.8891193e-05f, -0.000802084105f, 0.00518953521f, -0.0268544443f, 0.112836003f, -0.37612626f, 0.128379166f};
    static const float far[8] = {-2.16868502e-05f, 0.000441336364f, -0.00420456193f, 0.0252082571f, -0.108418576f, -0.633219898f, -1.12957847f, 0.000188040227f};
    float a = mlpc_abs(x);
    if (a < 1.0f) {
        return x + mlpc_mul(mlpc_horner(mlpc_mul(x, x), near, 7), x);
    }
    a = a > 4.0f ? 4.0f : a;
    return mlpc_with_sign(1.0f - mlpc_exp(mlpc_horner(a, far, 8)), x);
}

/*
 * The sine of x + quarter * pi/2 for |x| <= 65536, beyond that of the nearer end: x = n * pi/2 + r with pi/2 in three parts.
 */
MLPC_SHARED float mlpc_sine(float x, int32_t quarter)
{
    static const float odd[3] = {-0.000195043162f, 0.008332083f, -0.166666538f};
    static const float even[3] = {2.44238872e-05f, -0.00138872431f, 0.0416666456f};
    const float most = 65536.0f;
    float n, r, z, y;
    x = x > -most ? x : -most;
    x = x > most ? most : x;
    n = mlpc_round(mlpc_mul(x, 0.636619747f));
    r = x - mlpc_mul(n, 1.5703125f);
    r = r - mlpc_mul(n, 0.000483751297f);
    r = r - mlpc_mul(n, 7.54979013e-08f);
    z = mlpc_mul(r, r);
    quarter += (int32_t)n;
    if ((quarter & 1) == 0) {
        y = r + mlpc_mul(mlpc_mul(mlpc_horner(z, odd, 3), z), r);
    } else {
        y = 1.0f - mlpc_mul(0.5f, z);
        y = y + mlpc_mul(mlpc_mul(mlpc_horner(z, even, 3), z), z);
    }
    return (quarter & 2) != 0 ? -y : y;
}

MLPC_INLINE float mlpc_sin(float x) { return mlpc_sine(x, 0); }
MLPC_INLINE float mlpc_cos(float x) { return mlpc_sine(x, 1); }

/* ---- Dense layers ----
 *
 * Weights: groups of four rows, column by column (the four weights of column 0, of column 1, ...), then up to three rows that are
 * left, one after the other. A result is the sum of the products in the order of the columns, then plus the bias, 0 for none.
 * relu: results below 0 become 0.
 */

#if defined(MLPC_PORTABLE) || !defined(__GNUC__) || !defined(__OPTIMIZE__)
#define MLPC_FLOAT_PLAIN 1
#elif defined(__thumb__) && defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M' && defined(__ARM_FP) && (__ARM_FP & 4)
#include "mlpc_float_vfp.h"
#elif defined(__SSE__) || defined(__aarch64__)
#include "mlpc_float_vector.h"
#else
#define MLPC_FLOAT_PLAIN 1
#endif

#if defined(MLPC_FLOAT_PLAIN)
/* count rows whose weights are step apart from column to column. */
MLPC_INLINE void mlpc_float_plain(const float *x, float *y, const float *w, const float *b, int count, int columns, int row, int step, int relu)
{
    int r, c;
    for (r = 0; r < count; r++) {
        float sum = 0.0f;
        for (c = 0; c < columns; c++) {
            sum += mlpc_mul(w[r * row + c * step], x[c]);
        }
        sum += b[r];
        y[r] = relu && !(sum > 0.0f) ? 0.0f : sum;
    }
}

MLPC_SHARED void mlpc_float_dense(const float *x, float *y, const float *w, const float *b, int rows, int columns, int relu)
{
    int r;
    for (r = 0; r + 4 <= rows; r += 4) {
        mlpc_float_plain(x, y + r, w, b + r, 4, columns, 1, 4, relu);
        w += 4 * columns;
    }
    mlpc_float_plain(x, y + r, w, b + r, rows - r, columns, columns, 1, relu);
}
#endif

#endif
