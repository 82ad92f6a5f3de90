/*
 * Dense layers with the DSP instructions of Cortex-M4, M7 and M33.
 *
 * Two rows share a multiplication: a halfword of weights is 256 * w1 + w0, and with x widened to 16 bits SMLAD adds x * (256 * w1 +
 * w0) of two columns to one sum, and, once SXTB16 has cut the halfwords down to w0, x * w0 to a second. The second sum is row 0;
 * the difference is 256 times row 1. That is exact while the sums of row 1 stay below 2^23, which the compiler has proven.
 *
 * Weights: for each group of four rows, for each four columns c: words of the columns (c, c + 2), rows 0 and 1, then rows 2 and 3;
 * then the columns (c + 1, c + 3) likewise. Sums: b0 + 256 * b1, b0, b2 + 256 * b3, b2. Scales of odd rows are for 256 times the
 * sum. Inputs: halfwords in the order of the columns' words, made by mlpc_widen_s8 and mlpc_widen_u8.
 */
#ifndef MLPC_DENSE_DSP_H
#define MLPC_DENSE_DSP_H

#include "mlpc_dense.h"

/* Widens four bytes to the words of the columns (0, 2) and (1, 3). */
MLPC_INLINE uint32_t *mlpc_widen_four(uint32_t v, uint32_t *to, int is_signed)
{
    uint32_t even, odd;
    if (is_signed) {
        __asm("sxtb16 %0, %1" : "=r"(even) : "r"(v));
        __asm("sxtb16 %0, %1, ror #8" : "=r"(odd) : "r"(v));
    } else {
        __asm("uxtb16 %0, %1" : "=r"(even) : "r"(v));
        __asm("uxtb16 %0, %1, ror #8" : "=r"(odd) : "r"(v));
    }
    to[0] = even;
    to[1] = odd;
    return to + 2;
}

/* Widens n bytes; a last group of less than four is filled with zeros. */
MLPC_INLINE void mlpc_widen(const void *from, uint32_t *to, int32_t n, int is_signed)
{
    const uint8_t *x = (const uint8_t *)from;
    const uint8_t *const end = x + (n & ~3);
    uint32_t v;
    while (x != end) {
        memcpy(&v, x, 4);
        to = mlpc_widen_four(v, to, is_signed);
        x += 4;
    }
    if ((n & 3) != 0) {
        v = x[0];
        v |= (n & 3) > 1 ? (uint32_t)x[1] << 8 : 0u;
        v |= (n & 3) > 2 ? (uint32_t)x[2] << 16 : 0u;
        mlpc_widen_four(v, to, is_signed);
    }
}

MLPC_SHARED void mlpc_widen_s8(const int8_t *x, uint32_t *to, int32_t n)
{
    mlpc_widen(x, to, n, 1);
}

MLPC_SHARED void mlpc_widen_u8(const uint8_t *x, uint32_t *to, int32_t n)
{
    mlpc_widen(x, to, n, 0);
}

/* Four columns of four rows: sums a (rows 0 and 1), b (row 0), c (rows 2 and 3), d (row 2). */
#define MLPC_DSP_COLUMNS                                                      \
    "ldmia %[x]!, {r4, r5}\n\t"                                               \
    "ldmia %[w]!, {r6, r8, r10, r12}\n\t"                                     \
    "smlad %[a], r4, r6, %[a]\n\t"                                            \
    "sxtb16 r6, r6\n\t"                                                       \
    "smlad %[c], r4, r8, %[c]\n\t"                                            \
    "sxtb16 r8, r8\n\t"                                                       \
    "smlad %[b], r4, r6, %[b]\n\t"                                            \
    "smlad %[d], r4, r8, %[d]\n\t"                                            \
    "smlad %[a], r5, r10, %[a]\n\t"                                           \
    "sxtb16 r10, r10\n\t"                                                     \
    "smlad %[c], r5, r12, %[c]\n\t"                                           \
    "sxtb16 r12, r12\n\t"                                                     \
    "smlad %[b], r5, r10, %[b]\n\t"                                           \
    "smlad %[d], r5, r12, %[d]\n\t"

/* Columns from x to end; the registers are chosen by hand, since too few are left to choose from. */
#define MLPC_DSP_LOOP(body)                                                   \
    __asm volatile("1:\n\t" body "cmp %[x], %[end]\n\tbne 1b"                 \
                   : [x] "+r"(x), [w] "+r"(w), [a] "+r"(a), [b] "+r"(b), [c] "+r"(c), [d] "+r"(d) \
                   : [end] "r"(stop)                                          \
                   : "r4", "r5", "r6", "r8", "r10", "r12", "cc", "memory")

#if MLPC_FPU
/* Scales four sums, rounds half to even, adds zero, limits to 8 bits and stores. e, o, f, p: the scales of the four rows. */
#define MLPC_DSP_SCALE(saturate, e, o, f, p)                                  \
    "vmov s12, s13, %[b], %[a]\n\t"                                           \
    "vmov s14, s15, %[d], %[c]\n\t"                                           \
    "vcvt.f32.s32 s12, s12\n\t"                                              \
    "vcvt.f32.s32 s13, s13\n\t"                                              \
    "vcvt.f32.s32 s14, s14\n\t"                                              \
    "vcvt.f32.s32 s15, s15\n\t"                                              \
    "vmul.f32 s12, s12, " e "\n\t"                                           \
    "vmul.f32 s13, s13, " o "\n\t"                                           \
    "vmul.f32 s14, s14, " f "\n\t"                                           \
    "vmul.f32 s15, s15, " p "\n\t"                                           \
    "vcvtr.s32.f32 s12, s12\n\t"                                             \
    "vcvtr.s32.f32 s13, s13\n\t"                                             \
    "vcvtr.s32.f32 s14, s14\n\t"                                             \
    "vcvtr.s32.f32 s15, s15\n\t"                                             \
    "vmov %[b], %[a], s12, s13\n\t"                                          \
    "vmov %[d], %[c], s14, s15\n\t"                                          \
    "add %[b], %[b], %[z]\n\t"                                               \
    "add %[a], %[a], %[z]\n\t"                                               \
    "add %[d], %[d], %[z]\n\t"                                               \
    "add %[c], %[c], %[z]\n\t"                                               \
    saturate " %[b], #8, %[b]\n\t"                                           \
    saturate " %[a], #8, %[a]\n\t"                                           \
    saturate " %[d], #8, %[d]\n\t"                                           \
    saturate " %[c], #8, %[c]\n\t"                                           \
    "strb %[b], [%[y]]\n\t"                                                  \
    "strb %[a], [%[y], #1]\n\t"                                              \
    "strb %[d], [%[y], #2]\n\t"                                              \
    "strb %[c], [%[y], #3]"

/* One scale for all rows: even for even rows, odd for odd ones. */
#define MLPC_DSP_FLOAT_ALL(saturate)                                          \
    __asm volatile(MLPC_DSP_SCALE(saturate, "%[e]", "%[o]", "%[e]", "%[o]")   \
                   : [a] "+r"(a), [b] "+r"(b), [c] "+r"(c), [d] "+r"(d)       \
                   : [y] "r"(y), [z] "r"(zero), [e] "t"(even), [o] "t"(odd)   \
                   : "s12", "s13", "s14", "s15", "memory")

/* A scale for each row, read from scale on. */
#define MLPC_DSP_FLOAT_ROW(saturate)                                          \
    __asm volatile("vldmia %[s]!, {s8, s9, s10, s11}\n\t"                    \
                   MLPC_DSP_SCALE(saturate, "s8", "s9", "s10", "s11")         \
                   : [a] "+r"(a), [b] "+r"(b), [c] "+r"(c), [d] "+r"(d), [s] "+r"(scale) \
                   : [y] "r"(y), [z] "r"(zero)                                \
                   : "s8", "s9", "s10", "s11", "s12", "s13", "s14", "s15", "memory")
#endif

/*
 * All groups of a layer. wide: the widened inputs. sixteen: the columns are a multiple of 16, not only of 4. form and range: see
 * mlpc_dense.h.
 */
MLPC_INLINE void mlpc_dsp_layer(const uint32_t *wide, int8_t *y, const mlpc_dense *l, int sixteen, int form, int range)
{
    const uint32_t *const end = wide + (l->columns >> 1);
    const uint32_t *weights = (const uint32_t *)l->weights;
    const int32_t *sums = l->sums;
    const void *scales = l->scale;
    int32_t groups = l->groups;
    int32_t step = l->first;
#if MLPC_FPU
    const int32_t zero = l->zero;
    const float *scale = (const float *)l->scale;
    const float even = scale[0], odd = scale[1];
#endif
    do {
        register int32_t a __asm("r0") = sums[0];
        register int32_t b __asm("r1") = sums[1];
        register int32_t c __asm("r2") = sums[2];
        register int32_t d __asm("r3") = sums[3];
        register const uint32_t *x __asm("r9") = wide;
        register const uint32_t *w __asm("r11") = weights;
        register const uint32_t *stop __asm("lr") = end;
        sums += 4;
        if (sixteen) {
            MLPC_DSP_LOOP(MLPC_DSP_COLUMNS MLPC_DSP_COLUMNS MLPC_DSP_COLUMNS MLPC_DSP_COLUMNS);
        } else {
            MLPC_DSP_LOOP(MLPC_DSP_COLUMNS);
        }
        weights = w;
        a -= b;
        c -= d;
        if (!MLPC_BY_FLOAT(form)) {
            const int32_t sum[4] = {b, a >> 8, d, c >> 8};
            scales = mlpc_results(y, sum, scales, l, form, range);
        }
#if MLPC_FPU
        if (form == MLPC_FLOAT_ALL && range == MLPC_S8) {
            MLPC_DSP_FLOAT_ALL("ssat");
        }
        if (form == MLPC_FLOAT_ALL && range == MLPC_U8) {
            MLPC_DSP_FLOAT_ALL("usat");
        }
        if (form == MLPC_FLOAT_ROW && range == MLPC_S8) {
            MLPC_DSP_FLOAT_ROW("ssat");
        }
        if (form == MLPC_FLOAT_ROW && range == MLPC_U8) {
            MLPC_DSP_FLOAT_ROW("usat");
        }
#endif
        y += step;
        step = 4;
    } while (--groups != 0);
}

#define MLPC_DENSE_KERNEL(name, sixteen, form, range, is_unsigned)            \
    MLPC_SHARED void name(const void *x, int8_t *y, const mlpc_dense *l)      \
    {                                                                         \
        mlpc_dsp_layer((const uint32_t *)x, y, l, sixteen, form, range);      \
    }

#endif
