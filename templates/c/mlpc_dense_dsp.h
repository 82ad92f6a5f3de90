/*
 * Dense layers with the DSP instructions of Cortex-M4, M7 and M33.
 *
 * Two rows share a multiplication: a halfword of weights is 256 * w1 + w0, and with x widened to 16 bits SMLAD adds x * (256 * w1 +
 * w0) of two columns to one sum, and, once SXTB16 has cut the halfwords down to w0, x * w0 to a second. The second sum is row 0;
 * the difference is 256 times row 1. That is exact while the sums of row 1 stay below 2^23, which the compiler has proven.
 *
 * Words of a group: sums b0 + 256 * b1, b0, b2 + 256 * b3, b2; weights for each four columns c: words of the columns (c, c + 2), rows
 * 0 and 1, then rows 2 and 3, then the columns (c + 1, c + 3) likewise; scales. Those of floats in odd rows are for 256 times the sum.
 * Inputs are widened to halfwords in the order of the columns' words.
 *
 * Sparse layers have only the blocks of eight columns in which a weight is not 0, each after a word: twice the place of its inputs in
 * bytes, plus 1 for the last block of the group.
 */
#ifndef MLPC_DENSE_DSP_H
#define MLPC_DENSE_DSP_H

#include "mlpc_dense.h"

/* Four columns of four rows: sums r0 (rows 0 and 1), r1 (row 0), r2 (rows 2 and 3), r3 (row 2); r6 inputs, r9 weights. */
#define MLPC_DSP_FOUR                                                         \
    "ldmia r6!, {r4, r5}\n\t"                                                 \
    "ldmia.w r9!, {r8, r10, r12, lr}\n\t"                                     \
    "smlad r0, r4, r8, r0\n\t"                                                \
    "sxtb16 r8, r8\n\t"                                                       \
    "smlad r2, r4, r10, r2\n\t"                                               \
    "sxtb16 r10, r10\n\t"                                                     \
    "smlad r1, r4, r8, r1\n\t"                                                \
    "smlad r3, r4, r10, r3\n\t"                                               \
    "smlad r0, r5, r12, r0\n\t"                                               \
    "sxtb16 r12, r12\n\t"                                                     \
    "smlad r2, r5, lr, r2\n\t"                                                \
    "sxtb16 lr, lr\n\t"                                                       \
    "smlad r1, r5, r12, r1\n\t"                                               \
    "smlad r3, r5, lr, r3\n\t"

#if MLPC_DSP_FLOAT
/*
 * A layer that is scaled by floats, by hand since no compiler keeps all of this in registers. r0 inputs, r1 results, r2 layer, r3
 * wide. extend: sxtb16 or uxtb16, for the sign of the inputs; saturate: ssat or usat, for that of the results. Registers in the
 * groups: r6 and r11 inputs, r9 words, r7 results; s0 first input, s1 whether the number of four columns is odd, s2 results of the last
 * group, s3 rows to the next group, s4 whether scales are by row, s5 zero, s6 the number 4, s8 to s11 scales.
 */
#define MLPC_DSP_BEGIN(extend)                                                \
    "push.w {r4, r5, r6, r7, r8, r9, r10, r11, lr}\n\t"                       \
    "ldr.w r9, [r2]\n\t"                                                      \
    "ldrh r4, [r2, #4]\n\t"                                                   \
    "mov r11, r3\n\t"                                                         \
    "subs r4, #4\n\t"                                                         \
    "blt 2f\n"                                                                \
    "1:\n\t" /* widen four inputs */                                          \
    "ldr r5, [r0], #4\n\t"                                                    \
    extend " r6, r5\n\t"                                                      \
    extend " r7, r5, ror #8\n\t"                                              \
    "strd r6, r7, [r11], #8\n\t"                                              \
    "subs r4, #4\n\t"                                                         \
    "bge 1b\n"                                                                \
    "2:\n\t"                                                                  \
    "adds r4, #4\n\t"                                                         \
    "beq 4f\n\t"                                                              \
    "movs r5, #0\n"                                                           \
    "3:\n\t" /* the inputs that are left, and zeros */                        \
    "subs r4, #1\n\t"                                                         \
    "ldrb r6, [r0, r4]\n\t"                                                   \
    "orr r5, r6, r5, lsl #8\n\t"                                              \
    "bne 3b\n\t"                                                              \
    extend " r6, r5\n\t"                                                      \
    extend " r7, r5, ror #8\n\t"                                              \
    "strd r6, r7, [r11], #8\n"                                                \
    "4:\n\t"                                                                  \
    "sub.w r6, r11, r3\n\t"                                                   \
    "and r6, #8\n\t"                                                          \
    "vmov s0, s1, r3, r6\n\t"                                                 \
    "ldrh r4, [r2, #6]\n\t"                                                   \
    "ldrb r5, [r2, #12]\n\t"                                                  \
    "adds r4, r4, r1\n\t"                                                     \
    "subs r4, #4\n\t"                                                         \
    "vmov s2, s3, r4, r5\n\t"                                                 \
    "ldrb r4, [r2, #14]\n\t"                                                  \
    "ldrsh r5, [r2, #10]\n\t"                                                 \
    "vmov s4, s5, r4, r5\n\t"                                                 \
    "movs r6, #4\n\t"                                                         \
    "vmov s6, r6\n\t"                                                         \
    "mov r7, r1\n\t"                                                          \
    "cbnz r4, 5f\n\t"                                                         \
    "vldmia r9!, {s8, s9}\n\t"                                                \
    "vmov.f32 s10, s8\n\t"                                                    \
    "vmov.f32 s11, s9\n"                                                      \
    "5:\n\t"                                                                  \
    "ldmia.w r9!, {r0, r1, r2, r3}\n\t"

/* All columns. */
#define MLPC_DSP_DENSE                                                        \
    "vmov r6, r4, s0, s1\n\t"                                                 \
    "cbnz r4, 7f\n"                                                           \
    "6:\n\t" MLPC_DSP_FOUR                                                    \
    "7:\n\t" MLPC_DSP_FOUR                                                    \
    "cmp r6, r11\n\t"                                                         \
    "bne 6b\n\t"

/* The blocks of a sparse layer. */
#define MLPC_DSP_SPARSE                                                       \
    "vmov r11, s0\n"                                                          \
    "6:\n\t"                                                                  \
    "ldr r4, [r9], #4\n\t"                                                    \
    "lsrs r4, r4, #1\n\t"                                                     \
    "add.w r6, r11, r4\n\t" MLPC_DSP_FOUR MLPC_DSP_FOUR                       \
    "bcc 6b\n\t"

/* Scales four sums, rounds half to even, adds zero, limits to 8 bits and stores. */
#define MLPC_DSP_END(saturate)                                                \
    "subs r0, r0, r1\n\t"                                                     \
    "subs r2, r2, r3\n\t"                                                     \
    "vmov r4, r5, s4, s5\n\t"                                                 \
    "cbz r4, 8f\n\t"                                                          \
    "vldmia r9!, {s8, s9, s10, s11}\n"                                        \
    "8:\n\t"                                                                  \
    "vmov s12, s13, r1, r0\n\t"                                               \
    "vmov s14, s15, r3, r2\n\t"                                               \
    "vcvt.f32.s32 s12, s12\n\t"                                               \
    "vcvt.f32.s32 s13, s13\n\t"                                               \
    "vcvt.f32.s32 s14, s14\n\t"                                               \
    "vcvt.f32.s32 s15, s15\n\t"                                               \
    "vmul.f32 s12, s12, s8\n\t"                                               \
    "vmul.f32 s13, s13, s9\n\t"                                               \
    "vmul.f32 s14, s14, s10\n\t"                                              \
    "vmul.f32 s15, s15, s11\n\t"                                              \
    "vcvtr.s32.f32 s12, s12\n\t"                                              \
    "vcvtr.s32.f32 s13, s13\n\t"                                              \
    "vcvtr.s32.f32 s14, s14\n\t"                                              \
    "vcvtr.s32.f32 s15, s15\n\t"                                              \
    "vmov r0, r1, s12, s13\n\t"                                               \
    "vmov r2, r3, s14, s15\n\t"                                               \
    "add r0, r5\n\t"                                                          \
    "add r1, r5\n\t"                                                          \
    "add r2, r5\n\t"                                                          \
    "add r3, r5\n\t"                                                          \
    saturate " r0, #8, r0\n\t"                                                \
    saturate " r1, #8, r1\n\t"                                                \
    saturate " r2, #8, r2\n\t"                                                \
    saturate " r3, #8, r3\n\t"                                                \
    "strb r0, [r7]\n\t"                                                       \
    "strb r1, [r7, #1]\n\t"                                                   \
    "strb r2, [r7, #2]\n\t"                                                   \
    "strb r3, [r7, #3]\n\t"                                                   \
    "vmov r4, r5, s2, s3\n\t"                                                 \
    "cmp r7, r4\n\t"                                                          \
    "add r7, r5\n\t"                                                          \
    "vmov.f32 s3, s6\n\t"                                                     \
    "bne 5b\n\t"                                                              \
    "pop.w {r4, r5, r6, r7, r8, r9, r10, r11, pc}"

#define MLPC_DSP_FLOAT_KERNEL(name, extend, columns, saturate)                \
    __attribute__((naked, noinline, unused)) static void name(const void *x __attribute__((unused)), void *y __attribute__((unused)), \
        const mlpc_dense *l __attribute__((unused)), uint32_t *wide __attribute__((unused))) \
    {                                                                         \
        __asm volatile(".syntax unified\n\t" MLPC_DSP_BEGIN(extend) columns MLPC_DSP_END(saturate)); \
    }

#endif

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

/* The given instructions with one more register. */
#define MLPC_DSP_LOOP(body, more)                                             \
    __asm volatile(body : "+&r"(p), "+&r"(weights), "+&r"(a), "+&r"(b), "+&r"(c), "+&r"(d) : [other] "r"(more) \
                   : "r4", "r5", "r8", "r10", "r12", "lr", "cc", "memory")

/* A layer that is scaled by integers. */
MLPC_INLINE void mlpc_dsp_layer(const void *x, int8_t *y, const mlpc_dense *l, uint32_t *wide, int form, int range, int is_unsigned, int sparse)
{
    const uint32_t *const end = wide + ((l->columns + 3) >> 2 << 1);
    mlpc_head head;
    const uint32_t *w = mlpc_read_head(l, form, range, &head);
    int32_t groups = (l->rows + 3) >> 2;
    int32_t step = l->first;
    mlpc_widen(x, wide, l->columns, !is_unsigned);
    do {
        register int32_t a __asm("r0") = (int32_t)w[0];
        register int32_t b __asm("r1") = (int32_t)w[1];
        register int32_t c __asm("r2") = (int32_t)w[2];
        register int32_t d __asm("r3") = (int32_t)w[3];
        register const uint32_t *p __asm("r6") = wide;
        register const uint32_t *weights __asm("r9") = w + 4;
        int32_t sum[4];
        if (sparse) {
            MLPC_DSP_LOOP("1:\n\tldr r4, [r9], #4\n\tlsrs r4, r4, #1\n\tadd.w r6, %[other], r4\n\t" MLPC_DSP_FOUR MLPC_DSP_FOUR "bcc 1b", wide);
        } else {
            MLPC_DSP_LOOP("1:\n\t" MLPC_DSP_FOUR "cmp r6, %[other]\n\tbne 1b", end);
        }
        sum[0] = b;
        sum[1] = (a - b) >> 8;
        sum[2] = d;
        sum[3] = (c - d) >> 8;
        w = mlpc_results(y, sum, weights, &head, l, form, range);
        y += step * MLPC_BYTES(range);
        step = 4;
    } while (--groups != 0);
}

#define MLPC_DSP_KERNEL(name, form, range, is_unsigned, sparse)               \
    MLPC_SHARED void name(const void *x, void *y, const mlpc_dense *l, uint32_t *wide) \
    {                                                                         \
        mlpc_dsp_layer(x, (int8_t *)y, l, wide, form, range, is_unsigned, sparse); \
    }

#endif
