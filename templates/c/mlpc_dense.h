/*
 * Dense layers of 8-bit values on Cortex-M: rows of weights in groups of four, packed by the compiler for the kernel of the core.
 *
 *   MLPC_MVE    vector unit with floating point (Cortex-M55, M85): mlpc_dense_mve.h
 *   MLPC_DSP    DSP instructions (Cortex-M4, M7, M33): mlpc_dense_dsp.h
 *   MLPC_THUMB  neither: mlpc_dense_word.h and mlpc_dense_thumb.h, which tell MLPC_THUMB2 (Cortex-M3) from MLPC_THUMB1 (Cortex-M0, M0+, M23)
 *
 * Elsewhere, and on big-endian cores, none of them is defined and layers are plain loops. Define MLPC_PORTABLE to have plain loops everywhere. The kernels
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

/* Kernels do not mind what a compiler does to floating point (-ffast-math). */
#if MLPC_FPU || (defined(__FAST_MATH__) && defined(__ARM_FP) && (__ARM_FP & 4))
#define MLPC_HARD_FLOAT 1
#else
#define MLPC_HARD_FLOAT 0
#endif

#if defined(MLPC_PORTABLE) || !defined(__GNUC__) || !defined(__OPTIMIZE__) || !defined(__thumb__) || !defined(__ARM_ARCH_PROFILE) || __ARM_ARCH_PROFILE != 'M'
/* plain loops */
#elif __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
/* plain loops: the kernels read bytes out of words */
#elif defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 2) && MLPC_HARD_FLOAT
#define MLPC_MVE 1
#elif defined(__ARM_FEATURE_DSP)
#define MLPC_DSP 1
#define MLPC_DSP_FLOAT MLPC_HARD_FLOAT
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
 * A layer as the kernels take it. Rows come in groups of four. Where their number is no multiple of four, the second group begins
 * `first` rows after the first, so that the last one ends with the last row.
 */
typedef struct {
    const uint32_t *words; /* limits for MLPC_LIMIT, the scale of an _ALL form; then for each group its sums, weights and scales */
    uint16_t columns;      /* inputs */
    uint16_t rows;         /* results: 4 or more */
    uint16_t to;   /* where in the arena the results go; MLPC_OUT: to the output */
    int16_t zero;  /* added to results that a float or an mlpc_scale scales */
    uint8_t first; /* rows from the first group to the second: 1 to 4 */
    uint8_t down;  /* bits that a line's result is shifted down, or, with scales of a word, sums are shifted up */
    uint8_t by_row; /* 1: the kernel that has both forms scales by _ROW, 0: by _ALL */
    uint8_t zero_byte; /* zero-skip: the input that stands for 0 */
} mlpc_dense;

#define MLPC_OUT 0xFFFFu

/* Scaling by integers: (sum * mul + high * 2^32 + low) / 2^(32 + down), rounded down. */
typedef struct {
    int32_t mul, high;
    uint32_t low;
} mlpc_line;

/* Scaling with the rounding of mlpc_requant_float32_high (mul: its bits), mlpc_requant_gemmlowp or (UP) mlpc_requant_half_up, and their mul and shift. */
typedef struct {
    int32_t mul, shift;
} mlpc_scale;

/*
 * How a kernel scales sums, for each row or for all alike, and how it limits results: to int8_t, to uint8_t, or to any range.
 * FIX1 and FIX2 are lines followed by one or two sums at which the result is not increased by one.
 */
enum {
    MLPC_FLOAT_ROW, MLPC_FLOAT_ALL, MLPC_LINE_ROW, MLPC_LINE_ALL, MLPC_FIX1_ROW, MLPC_FIX1_ALL,
    MLPC_FIX2_ROW, MLPC_FIX2_ALL, MLPC_SOFT_ROW, MLPC_SOFT_ALL, MLPC_DOUBLE_ROW, MLPC_DOUBLE_ALL,
    MLPC_UP_ROW, MLPC_UP_ALL
};
enum { MLPC_S8, MLPC_U8, MLPC_LIMIT, MLPC_16 };

/* Bytes of a result; MLPC_16 is MLPC_LIMIT with results of 16 bits. */
#define MLPC_BYTES(range) ((range) == MLPC_16 ? 2 : 1)

/* Functions that are worth a call, and functions that are worth none. */
#define MLPC_SHARED static __attribute__((noinline, unused))
#define MLPC_INLINE static inline __attribute__((always_inline, unused))

/* A kernel: inputs, results, layer, and memory for the inputs in the form that it reads. */
typedef void mlpc_kernel(const void *x, void *y, const mlpc_dense *l, uint32_t *wide);

/* Runs n layers of one kernel one after the other. */
MLPC_INLINE void mlpc_dense_chain(mlpc_kernel *kernel, const mlpc_dense *l, int32_t n, const void *x, int8_t *arena, void *out, uint32_t *wide)
{
    const mlpc_dense *const end = l + n;
    do {
        void *const y = l->to == MLPC_OUT ? out : arena + l->to;
        kernel(x, y, l, wide);
        x = y;
        l++;
    } while (l != end);
}

/* Whether a form has a scale for each row, and whether it is scaled by floats of the floating-point unit. */
#define MLPC_BY_ROW(form) (((form) & 1) == 0)
#define MLPC_BY_FLOAT(form) ((form) <= MLPC_FLOAT_ALL)
#define MLPC_FIXES(form) ((form) >= MLPC_FIX2_ROW ? 2 : (form) >= MLPC_FIX1_ROW ? 1 : 0)

/* Words of a scale in the integer forms. */
#define MLPC_SCALE_WORDS(form) ((form) >= MLPC_SOFT_ROW ? 2 : 3 + MLPC_FIXES(form))

MLPC_INLINE int32_t mlpc_scale_line(int32_t sum, const mlpc_line *l, int32_t down)
{
    const int64_t start = (int64_t)(((uint64_t)(uint32_t)l->high << 32) | l->low);
    return (int32_t)((mlpc_times(sum, l->mul) + start) >> 32) >> down;
}

/* What stands before the first group of a layer: limits of the results, and the scale of the _ALL forms. */
typedef struct {
    int32_t lo, hi;
    const uint32_t *scale; /* of the next row */
} mlpc_head;

/* Reads it and gives the first word of the first group. */
MLPC_INLINE const uint32_t *mlpc_read_head(const mlpc_dense *l, int form, int range, mlpc_head *head)
{
    const uint32_t *w = l->words;
    head->lo = range == MLPC_S8 ? -128 : 0;
    head->hi = range == MLPC_S8 ? 127 : 255;
    if (range >= MLPC_LIMIT) {
        head->lo = (int32_t)w[0];
        head->hi = (int32_t)w[1];
        w += 2;
    }
    head->scale = w;
    return MLPC_BY_ROW(form) ? w : MLPC_BY_FLOAT(form) ? w + 2 : w + MLPC_SCALE_WORDS(form);
}

MLPC_INLINE int32_t mlpc_limit(int32_t y, const mlpc_head *head, int range)
{
#if defined(__ARM_FEATURE_SAT)
    if (range == MLPC_S8) {
        __asm("ssat %0, #8, %0" : "+r"(y));
        return y;
    }
    if (range == MLPC_U8) {
        __asm("usat %0, #8, %0" : "+r"(y));
        return y;
    }
    __asm("ssat %0, #17, %0" : "+r"(y)); /* then no difference to a limit overflows */
    y -= head->lo;
    y = head->hi - head->lo - (y & ~(y >> 31));
    return head->hi - (y & ~(y >> 31));
#else
    (void)range;
    return mlpc_clamp_32(y, head->lo, head->hi);
#endif
}

/* The result for a sum; scale is that of the row. */
MLPC_INLINE int32_t mlpc_result(int32_t sum, const uint32_t *scale, const mlpc_dense *l, int form)
{
    int32_t y;
#if MLPC_HARD_FLOAT
    if (MLPC_BY_FLOAT(form)) {
        float f;
        memcpy(&f, scale, sizeof f);
        f *= (float)sum;
        __asm("vcvtr.s32.f32 %0, %0" : "+t"(f));
        memcpy(&y, &f, sizeof y);
        return y + l->zero;
    }
#endif
    if (form == MLPC_SOFT_ROW || form == MLPC_SOFT_ALL) {
        return mlpc_requant_float32_high(sum, scale[0], (int32_t)scale[1]) + l->zero;
    }
    if (form == MLPC_DOUBLE_ROW || form == MLPC_DOUBLE_ALL) {
        return mlpc_requant_gemmlowp(sum, (int32_t)scale[0], (int32_t)scale[1]) + l->zero;
    }
    if (form == MLPC_UP_ROW || form == MLPC_UP_ALL) {
        return (int32_t)mlpc_requant_half_up(sum, (int32_t)scale[0], 0, (int)scale[1]) + l->zero;
    }
    y = mlpc_scale_line(sum, (const mlpc_line *)(const void *)scale, l->down);
    for (int i = 0; i < MLPC_FIXES(form); i++) {
        const uint32_t other = (uint32_t)sum ^ scale[3 + i];
        y += (int32_t)((other | (0u - other)) >> 31);
    }
    return y;
}

/* The four results of a group; the word after the group is returned. */
MLPC_INLINE const uint32_t *mlpc_results(int8_t *y, const int32_t *sum, const uint32_t *w, mlpc_head *head, const mlpc_dense *l, int form, int range)
{
    const int32_t words = MLPC_BY_FLOAT(form) ? 1 : MLPC_SCALE_WORDS(form);
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        const uint32_t *const scale = MLPC_BY_ROW(form) ? w + i * words : head->scale;
        const int32_t result = mlpc_limit(mlpc_result(sum[i], scale, l, form), head, range);
        if (range == MLPC_16) {
            ((int16_t *)(void *)y)[i] = (int16_t)result;
        } else {
            y[i] = (int8_t)result;
        }
    }
    return MLPC_BY_ROW(form) ? w + 4 * words : w;
}

#endif

#if defined(MLPC_MVE)
#include "mlpc_dense_mve.h"
#elif defined(MLPC_DSP)
#include "mlpc_dense_dsp.h"
#elif defined(MLPC_THUMB)
#include "mlpc_dense_thumb.h"
#include "mlpc_dense_word.h"
#endif
#if defined(MLPC_MVE) || defined(MLPC_DSP) || defined(MLPC_THUMB)
#include "mlpc_dense_packed.h"
#endif

#endif
