/*
 * Dense layers of 8-bit values on Cortex-M: rows of weights in groups of four, packed by the compiler for the kernel of the core.
 *
 *   MLPC_MVE    vector unit with floating point (Cortex-M55, M85): mlpc_dense_mve.h
 *   MLPC_DSP    DSP instructions (Cortex-M4, M7, M33): mlpc_dense_dsp.h
 *   MLPC_THUMB  neither: mlpc_dense_thumb.h, which tells MLPC_THUMB2 (Cortex-M3) from MLPC_THUMB1 (Cortex-M0, M0+, M23)
 *
 * Elsewhere none of them is defined and layers are plain loops. Define MLPC_PORTABLE to have plain loops everywhere. The kernels
 * need an optimizing compiler that understands GNU assembly (GCC, Clang, Arm Compiler 6).
 *
 * All kernels give the same bits, and take the same number of instructions whatever the data.
 */
#ifndef MLPC_DENSE_H
#define MLPC_DENSE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "mlpc_num.h"

#if defined(MLPC_PORTABLE) || !defined(__GNUC__) || !defined(__OPTIMIZE__) || !defined(__thumb__) || !defined(__ARM_ARCH_PROFILE) || __ARM_ARCH_PROFILE != 'M'
/* plain loops */
#elif defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 2) && MLPC_FPU
#define MLPC_MVE 1
#elif defined(__ARM_FEATURE_DSP)
#define MLPC_DSP 1
#else
#define MLPC_THUMB 1
#if __ARM_ARCH_ISA_THUMB == 2
#define MLPC_THUMB2 1
#else
#define MLPC_THUMB1 1
#endif
#endif

#if defined(MLPC_MVE) || defined(MLPC_DSP) || defined(MLPC_THUMB)

/*
 * A layer as the kernels take it. Groups of four rows follow each other; where the number of rows is no multiple of four, the
 * second group begins `first` rows after the first, so that the last one ends with the last row.
 */
typedef struct {
    const void *weights; /* packed for the kernel */
    const int32_t *sums; /* what the sums of each group start from: four words, prepared for the kernel */
    const void *scale;   /* float, mlpc_line or mlpc_scale: for each row in the order of the groups, or one for all */
    int32_t columns;     /* columns as packed */
    int32_t groups;
    int32_t first; /* rows from the first group to the second: 1 to 4 */
    int32_t zero;  /* added to results that a float or an mlpc_scale scales */
    int32_t down;  /* bits that a line's result is shifted down */
    int32_t lo, hi; /* range of the results, for MLPC_LIMIT */
} mlpc_dense;

/* Scaling by integers: (sum * mul + high * 2^32 + low) / 2^(32 + down), rounded down. */
typedef struct {
    int32_t mul, high;
    uint32_t low;
} mlpc_line;

/* Scaling with the rounding of mlpc_requant_float32_high (mul: its bits) or mlpc_requant_gemmlowp, and their mul and shift. */
typedef struct {
    int32_t mul, shift;
} mlpc_scale;

/* How a kernel scales sums, for each row or for all alike, and how it limits results: to int8_t, to uint8_t, or to any range. */
enum { MLPC_FLOAT_ROW, MLPC_FLOAT_ALL, MLPC_LINE_ROW, MLPC_LINE_ALL, MLPC_SOFT_ROW, MLPC_SOFT_ALL, MLPC_DOUBLE_ROW, MLPC_DOUBLE_ALL };
enum { MLPC_S8, MLPC_U8, MLPC_LIMIT };

/* Functions that are worth a call, and functions that are worth none. */
#define MLPC_SHARED static __attribute__((noinline, unused))
#define MLPC_INLINE static inline __attribute__((always_inline, unused))

#if defined(MLPC_THUMB1)
/* High word of sum * mul + start in pieces of 16 bits, for cores that multiply 32 by 32 bits to 32. */
MLPC_SHARED int32_t mlpc_scale_line(int32_t sum, const mlpc_line *l, int32_t down)
{
    const uint32_t sum_low = (uint32_t)sum & 0xFFFFu, mul_low = (uint32_t)l->mul & 0xFFFFu;
    const int32_t sum_high = sum >> 16, mul_high = l->mul >> 16;
    const uint32_t low = sum_low * mul_low, with_start = low + l->low;
    const int32_t middle = sum_high * (int32_t)mul_low + (int32_t)(with_start >> 16);
    const int32_t middle2 = (int32_t)sum_low * mul_high + (int32_t)((uint32_t)middle & 0xFFFFu);
    const int32_t carry = with_start < low ? 1 : 0;
    return (sum_high * mul_high + l->high + carry + (middle >> 16) + (middle2 >> 16)) >> down;
}

/* Limits without branches: the sign of a difference makes the mask. */
MLPC_INLINE int32_t mlpc_masked_limit(int32_t y, int32_t lo, int32_t hi)
{
    y -= lo;
    y &= ~(y >> 31);
    y -= hi - lo;
    y &= y >> 31;
    return y + hi;
}
#else
MLPC_INLINE int32_t mlpc_scale_line(int32_t sum, const mlpc_line *l, int32_t down)
{
    const int64_t start = (int64_t)(((uint64_t)(uint32_t)l->high << 32) | l->low);
    return (int32_t)(((int64_t)sum * l->mul + start) >> 32) >> down;
}
#endif

MLPC_INLINE int8_t mlpc_limit(int32_t y, const mlpc_dense *l, int range)
{
    const int32_t lo = range == MLPC_S8 ? -128 : range == MLPC_U8 ? 0 : l->lo;
    const int32_t hi = range == MLPC_S8 ? 127 : range == MLPC_U8 ? 255 : l->hi;
#if defined(__ARM_FEATURE_SAT)
    if (range == MLPC_S8) {
        __asm("ssat %0, #8, %0" : "+r"(y));
        return (int8_t)y;
    }
    if (range == MLPC_U8) {
        __asm("usat %0, #8, %0" : "+r"(y));
        return (int8_t)y;
    }
#endif
#if defined(MLPC_THUMB1)
    return (int8_t)mlpc_masked_limit(y, lo, hi);
#else
    return (int8_t)mlpc_clamp_32(y, lo, hi);
#endif
}

/* Whether a form has a scale for each row, and whether it is scaled by floats of the floating-point unit. */
#define MLPC_BY_ROW(form) (((form) & 1) == 0)
#define MLPC_BY_FLOAT(form) ((form) == MLPC_FLOAT_ROW || (form) == MLPC_FLOAT_ALL)

/* The result for a sum by the integer forms; scale is that of the row. */
MLPC_INLINE int32_t mlpc_result(int32_t sum, const void *scale, const mlpc_dense *l, int form)
{
    const mlpc_scale *const s = (const mlpc_scale *)scale;
    if (form == MLPC_SOFT_ROW || form == MLPC_SOFT_ALL) {
        return mlpc_requant_float32_high(sum, (uint32_t)s->mul, s->shift) + l->zero;
    }
    if (form == MLPC_DOUBLE_ROW || form == MLPC_DOUBLE_ALL) {
        return mlpc_requant_gemmlowp(sum, s->mul, s->shift) + l->zero;
    }
    return mlpc_scale_line(sum, (const mlpc_line *)scale, l->down);
}

/* The four results of a group by the integer forms; the scale of the next group is returned. */
MLPC_INLINE const void *mlpc_results(int8_t *y, const int32_t *sum, const void *scale, const mlpc_dense *l, int form, int range)
{
    const size_t size = form == MLPC_LINE_ROW || form == MLPC_LINE_ALL ? sizeof(mlpc_line) : sizeof(mlpc_scale);
    const size_t step = MLPC_BY_ROW(form) ? size : 0;
    const char *const at = (const char *)scale;
    y[0] = mlpc_limit(mlpc_result(sum[0], at, l, form), l, range);
    y[1] = mlpc_limit(mlpc_result(sum[1], at + step, l, form), l, range);
    y[2] = mlpc_limit(mlpc_result(sum[2], at + 2 * step, l, form), l, range);
    y[3] = mlpc_limit(mlpc_result(sum[3], at + 3 * step, l, form), l, range);
    return at + 4 * step;
}

#endif

#if defined(MLPC_MVE)
#include "mlpc_dense_mve.h"
#elif defined(MLPC_DSP)
#include "mlpc_dense_dsp.h"
#elif defined(MLPC_THUMB)
#include "mlpc_dense_thumb.h"
#endif

#endif
