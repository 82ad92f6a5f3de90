/*
 * Dense layers with the vector unit of Cortex-M55 and M85 (M-profile vector extension).
 *
 * Words of a group: the sums; weights as bytes, for each 16 columns 16 weights of row 0, then of rows 1, 2 and 3, what is left of the
 * columns likewise, without filling; scales. The 16 bytes behind the last weights may be read and do not matter. Unsigned inputs are
 * moved to signed ones by flipping their top bit; the sums make up for it.
 *
 * Sparse layers have only the blocks of 16 columns in which a weight is not 0. Behind the sums of a group stand how to enter the loop
 * over pairs of blocks (0: there is no block, 1: their number is odd, 2: even) and the number of its rounds, then each block after a word,
 * how far its inputs are behind those of the block before, be it of another group. A block of less than 16 columns is filled with zeros,
 * and its inputs begin earlier. Without a block, and where four rows are scaled at once, the first sum is the four results and no scales follow.
 */
#ifndef MLPC_DENSE_MVE_H
#define MLPC_DENSE_MVE_H

#include <arm_mve.h>

#include "mlpc_dense.h"

/* One row's 16 products with q0, added to a sum; w moves on by 16, or by rest. */
#define MLPC_MVE_ROW(sum) "vldrb.8 q1, [%[w]], #16\n\tvmladava.s8 %[" sum "], q0, q1\n\t"
#define MLPC_MVE_REST(sum) "vldrb.8 q1, [%[w]]\n\tadd %[w], %[w], %[rest]\n\tvmladava.s8 %[" sum "], q0, q1\n\t"

/* The sums of a group: all blocks of 16 columns, then, where rest is not 0, the columns that are left. */
MLPC_INLINE const int8_t *mlpc_mve_sums(const int8_t *x, const int8_t *weights, int32_t columns, int32_t *sum, int is_unsigned, int sixteen)
{
    const int32_t blocks = columns >> 4;
    const int32_t rest = columns & 15;
    const int8_t *w = weights;
    const uint8x16_t top = vdupq_n_u8(0x80);
    register int32_t a __asm("r0") = sum[0];
    register int32_t b __asm("r2") = sum[1];
    register int32_t c __asm("r4") = sum[2];
    register int32_t d __asm("r6") = sum[3];
    if (is_unsigned) {
        __asm volatile("wls lr, %[n], 2f\n1:\n\t"
                       "vldrb.8 q0, [%[x]], #16\n\tveor q0, q0, %q[top]\n\t"
                       MLPC_MVE_ROW("a") MLPC_MVE_ROW("b") MLPC_MVE_ROW("c") MLPC_MVE_ROW("d")
                       "le lr, 1b\n2:"
                       : [x] "+&r"(x), [w] "+&r"(w), [a] "+&r"(a), [b] "+&r"(b), [c] "+&r"(c), [d] "+&r"(d)
                       : [n] "r"(blocks), [top] "w"(top)
                       : "q0", "q1", "lr", "memory");
    } else {
        __asm volatile("wls lr, %[n], 2f\n1:\n\t"
                       "vldrb.8 q0, [%[x]], #16\n\t"
                       MLPC_MVE_ROW("a") MLPC_MVE_ROW("b") MLPC_MVE_ROW("c") MLPC_MVE_ROW("d")
                       "le lr, 1b\n2:"
                       : [x] "+&r"(x), [w] "+&r"(w), [a] "+&r"(a), [b] "+&r"(b), [c] "+&r"(c), [d] "+&r"(d)
                       : [n] "r"(blocks)
                       : "q0", "q1", "lr", "memory");
    }
    if (!sixteen && rest != 0) {
        if (is_unsigned) { /* the load clears the lanes behind the last column, and the predicate keeps them clear */
            __asm volatile("vctp.8 %[rest]\n\tvpstt\n\tvldrbt.8 q0, [%[x]]\n\tveort q0, q0, %q[top]\n\t"
                           MLPC_MVE_REST("a") MLPC_MVE_REST("b") MLPC_MVE_REST("c") MLPC_MVE_REST("d")
                           : [w] "+r"(w), [a] "+r"(a), [b] "+r"(b), [c] "+r"(c), [d] "+r"(d)
                           : [x] "r"(x), [rest] "r"(rest), [top] "w"(top)
                           : "q0", "q1", "p0", "memory");
        } else {
            __asm volatile("vctp.8 %[rest]\n\tvpst\n\tvldrbt.8 q0, [%[x]]\n\t"
                           MLPC_MVE_REST("a") MLPC_MVE_REST("b") MLPC_MVE_REST("c") MLPC_MVE_REST("d")
                           : [w] "+r"(w), [a] "+r"(a), [b] "+r"(b), [c] "+r"(c), [d] "+r"(d)
                           : [x] "r"(x), [rest] "r"(rest)
                           : "q0", "q1", "p0", "memory");
        }
    }
    sum[0] = a;
    sum[1] = b;
    sum[2] = c;
    sum[3] = d;
    return w;
}

/* The sums of a group of a sparse layer; x moves on to the last block's inputs. */
MLPC_INLINE const int8_t *mlpc_mve_sparse_sums(const int8_t **inputs, const uint32_t *words, int32_t *sum, int is_unsigned)
{
    const uint8x16_t top = vdupq_n_u8((uint8_t)(is_unsigned ? 0x80 : 0));
    const int32_t blocks = (int32_t)(2 * words[1] - (words[0] & 1u));
    const int8_t *x = *inputs;
    const uint32_t *w = words + 2;
    int32_t step;
    register int32_t a __asm("r0") = sum[0];
    register int32_t b __asm("r2") = sum[1];
    register int32_t c __asm("r4") = sum[2];
    register int32_t d __asm("r6") = sum[3];
    __asm volatile("wls lr, %[n], 2f\n1:\n\t"
                   "ldr %[step], [%[w]], #4\n\tadd %[x], %[x], %[step]\n\tvldrb.8 q0, [%[x]]\n\tveor q0, q0, %q[top]\n\t"
                   MLPC_MVE_ROW("a") MLPC_MVE_ROW("b") MLPC_MVE_ROW("c") MLPC_MVE_ROW("d")
                   "le lr, 1b\n2:"
                   : [x] "+&r"(x), [w] "+&r"(w), [a] "+&r"(a), [b] "+&r"(b), [c] "+&r"(c), [d] "+&r"(d), [step] "=&r"(step)
                   : [n] "r"(blocks), [top] "w"(top)
                   : "q0", "q1", "lr", "memory");
    *inputs = x;
    sum[0] = a;
    sum[1] = b;
    sum[2] = c;
    sum[3] = d;
    return (const int8_t *)w;
}

/* The four results of a group by floats. */
MLPC_INLINE void mlpc_mve_floats(int8_t *y, float32x4_t sums, float32x4_t scale, int32_t zero, int32_t lo, int32_t hi)
{
    int32x4_t q = vcvtnq_s32_f32(vmulq_f32(sums, scale));
    q = vaddq_n_s32(q, zero);
    q = vmaxq_s32(q, vdupq_n_s32(lo));
    q = vminq_s32(q, vdupq_n_s32(hi));
    vstrbq_s32(y, q);
}

/* All groups of a layer. sixteen: the columns are a multiple of 16. form and range: see mlpc_dense.h. */
MLPC_INLINE void mlpc_mve_layer(const int8_t *x, int8_t *y, const mlpc_dense *l, int sixteen, int form, int range, int is_unsigned, int sparse)
{
    const int32_t columns = l->columns;
    mlpc_head head;
    const uint32_t *w = mlpc_read_head(l, form, range, &head);
    const float32x4_t alike = vdupq_n_f32(((const float *)(const void *)head.scale)[0]);
    int32_t groups = (l->rows + 3) >> 2;
    int32_t step = l->first;
    do {
        int32_t sum[4] = {(int32_t)w[0], (int32_t)w[1], (int32_t)w[2], (int32_t)w[3]};
        if (sparse) {
            w = (const uint32_t *)(const void *)mlpc_mve_sparse_sums(&x, w + 4, sum, is_unsigned);
        } else {
            w = (const uint32_t *)(const void *)mlpc_mve_sums(x, (const int8_t *)(w + 4), columns, sum, is_unsigned, sixteen);
        }
        if (!MLPC_BY_FLOAT(form)) {
            w = mlpc_results(y, sum, w, &head, l, form, range);
        } else {
            const int32x4_t four = {sum[0], sum[1], sum[2], sum[3]};
            const float32x4_t factor = form == MLPC_FLOAT_ROW ? vld1q_f32((const float *)(const void *)w) : alike;
            mlpc_mve_floats(y, vcvtq_f32_s32(four), factor, l->zero, head.lo, head.hi);
            w += form == MLPC_FLOAT_ROW ? 4 : 0;
        }
        y += step * MLPC_BYTES(range);
        step = 4;
    } while (--groups != 0);
}

#define MLPC_MVE_KERNEL(name, sixteen, form, range, is_unsigned, sparse)      \
    MLPC_SHARED void name(const void *x, void *y, const mlpc_dense *l, uint32_t *wide) \
    {                                                                         \
        (void)wide;                                                           \
        mlpc_mve_layer((const int8_t *)x, (int8_t *)y, l, sixteen, form, range, is_unsigned, sparse); \
    }

/*
 * Layers that are scaled four rows at once, by hand: by floats, or by HIGH, the upper half of sum * mul, divided by 2^down and rounded half
 * up; RAISED does so after it has shifted sums up by mlpc_dense.down. Before the first group stand, where all rows are scaled alike, the float twice or mul and -down; else there are with each group four
 * floats, or four times mul and a word of four times -down.
 * r1 results, r8 words, r10 zero, r11 bytes to the second group's results less those of a group; r0, r2, r4, r6 sums, lr rounds; q2 scales,
 * q3 what flips unsigned inputs; on the stack -down of all rows, or RAISED's shift.
 */
#define MLPC_MVE_ROWS(step)                                                   \
    "vldrb.8 q1, [r8]" step "vmladava.s8 r0, q0, q1\n\t"                      \
    "vldrb.8 q1, [r8]" step "vmladava.s8 r2, q0, q1\n\t"                      \
    "vldrb.8 q1, [r8]" step "vmladava.s8 r4, q0, q1\n\t"                      \
    "vldrb.8 q1, [r8]" step "vmladava.s8 r6, q0, q1\n\t"

#define MLPC_MVE_BEGIN(head, double)                                          \
    ".syntax unified\n\t"                                                     \
    "push.w {r4, r5, r6, r7, r8, r9, r10, r11, lr}\n\t"                       \
    "mov r3, r0\n\t"                                                          \
    "ldr.w r8, [r2]\n\t"                                                      \
    "ldrb.w r11, [r2, #12]\n\t"                                               \
    "sub.w r11, r11, #4\n\t" double("r11")                                    \
    "ldrsh.w r10, [r2, #10]\n\t"                                              \
    "movs r5, #128\n\t"                                                       \
    "vdup.8 q3, r5\n\t" head                                                  \
    "push {r5}\n\t"

/* Four sums to four results. */
#define MLPC_MVE_RESULTS(scale, store)                                        \
    "vmov q0[2], q0[0], r0, r4\n\t"                                           \
    "vmov q0[3], q0[1], r2, r6\n\t" scale                                     \
    "vqadd.s32 q0, q0, r10\n\t" store

#define MLPC_MVE_END "add sp, #4\n\tpop.w {r4, r5, r6, r7, r8, r9, r10, r11, pc}"

/* All columns. r3 first input, r5 inputs, r7 columns that are left, r9 blocks, r12 behind the last result. */
#define MLPC_MVE_DENSE(flip, rest, begin, double, scale, store, one)          \
    begin                                                                     \
    "ldrh r7, [r2, #4]\n\t"                                                   \
    "lsr.w r9, r7, #4\n\t"                                                    \
    "and r7, r7, #15\n\t"                                                     \
    "ldrh.w r12, [r2, #6]\n\t" double("r12")                                  \
    "add r12, r1\n"                                                           \
    "1:\n\t"                                                                  \
    "ldm.w r8!, {r0, r2, r4, r6}\n\t"                                         \
    "mov r5, r3\n\t"                                                          \
    "wls lr, r9, 3f\n"                                                        \
    "2:\n\t"                                                                  \
    "vldrb.8 q0, [r5], #16\n\t" flip MLPC_MVE_ROWS(", #16\n\t")              \
    "le lr, 2b\n"                                                             \
    "3:\n\t"                                                                  \
    "cbz r7, 4f\n\t"                                                          \
    "vctp.8 r7\n\t" rest MLPC_MVE_ROWS("\n\tadd r8, r7\n\t")                \
    "4:\n\t" MLPC_MVE_RESULTS(scale, store)                                   \
    "cmp r1, r12\n\t"                                                         \
    "beq 5f\n\t"                                                              \
    "add r1, r11\n\t"                                                         \
    "mov r11, #0\n\t"                                                         \
    "b 1b\n"                                                                  \
    "5:\n\t" MLPC_MVE_END

/*
 * The blocks of a sparse layer: a group with few is mostly its own beginning and end. Behind the sums stand the distance to the first block
 * times 2^16, if the number of blocks is odd, the way into the loop over pairs of blocks and its rounds; before each pair the two distances
 * in a word. In the place of a group stand, with 3 for the way, the step to a second group that is less than four rows behind the first,
 * and, with 4, the end. r3 inputs, r7 distances, r9 the way.
 */
#define MLPC_MVE_BLOCK(flip)                                                  \
    "vldrb.8 q0, [r3]\n\t" flip MLPC_MVE_ROWS(", #16\n\t")

#define MLPC_MVE_SPARSE(flip, rest, begin, double, scale, store, one)         \
    begin                                                                     \
    "1:\n\t"                                                                  \
    "ldm.w r8!, {r0, r2, r4, r6, r7, r9, lr}\n\t"                             \
    "tbb [pc, r9]\n"                                                          \
    "2:\n\t"                                                                  \
    ".byte (5f - 2b) / 2, (4f - 2b) / 2, (3f - 2b) / 2, (6f - 2b) / 2, (7f - 2b) / 2, 0\n" \
    "3:\n\t"                                                                  \
    "ldr r7, [r8], #4\n\t"                                                    \
    "sxtah r3, r3, r7\n\t" MLPC_MVE_BLOCK(flip)                               \
    "4:\n\t"                                                                  \
    "add.w r3, r3, r7, asr #16\n\t" MLPC_MVE_BLOCK(flip)                      \
    "le lr, 3b\n\t" MLPC_MVE_RESULTS(scale, store)                            \
    "b 1b\n"                                                                  \
    "5:\n\t" one                                                              \
    "b 1b\n"                                                                  \
    "6:\n\t"                                                                  \
    "add r1, r11\n\t"                                                         \
    "b 1b\n"                                                                  \
    "7:\n\t" MLPC_MVE_END

#define MLPC_MVE_FLIP_S8 ""
#define MLPC_MVE_FLIP_U8 "veor q0, q0, q3\n\t"
#define MLPC_MVE_LEFT_S8 "vpst\n\tvldrbt.8 q0, [r5]\n\t"
#define MLPC_MVE_LEFT_U8 "vpstt\n\tvldrbt.8 q0, [r5]\n\tveort q0, q0, q3\n\t"
#define MLPC_MVE_HEAD_FLOAT_ALL "ldr r5, [r8], #8\n\tvdup.32 q2, r5\n\t"
#define MLPC_MVE_HEAD_FLOAT_ROW
#define MLPC_MVE_HEAD_HIGH_ALL "ldr r5, [r8], #8\n\tvdup.32 q2, r5\n\tldrsb.w r5, [r8, #-4]\n\t"
#define MLPC_MVE_HEAD_HIGH_ROW
#define MLPC_MVE_HEAD_RAISED_ROW "ldrb r5, [r2, #13]\n\t"
#define MLPC_MVE_SCALE_FLOAT "vcvt.f32.s32 q0, q0\n\tvmul.f32 q0, q0, q2\n\tvcvtn.s32.f32 q0, q0\n\t"
#define MLPC_MVE_SCALE_FLOAT_ALL MLPC_MVE_SCALE_FLOAT
#define MLPC_MVE_SCALE_FLOAT_ROW "vldrw.32 q2, [r8], #16\n\t" MLPC_MVE_SCALE_FLOAT
#define MLPC_MVE_SCALE_HIGH_ALL "ldr r5, [sp]\n\tvmulh.s32 q0, q0, q2\n\tvrshl.s32 q0, r5\n\t"
#define MLPC_MVE_SCALE_HIGH_ROW "mov r5, r8\n\tvldrw.32 q2, [r8], #20\n\tvldrb.s32 q1, [r5, #16]\n\tvmulh.s32 q0, q0, q2\n\tvrshl.s32 q0, q0, q1\n\t"
#define MLPC_MVE_SCALE_RAISED_ROW "ldr r5, [sp]\n\tvshl.s32 q0, r5\n\t" MLPC_MVE_SCALE_HIGH_ROW
#define MLPC_MVE_STORE_S8 "vqmovnb.s32 q0, q0\n\tvqmovnb.s16 q0, q0\n\tvstrb.32 q0, [r1], #4\n\t"
#define MLPC_MVE_STORE_U8 "vqmovunb.s32 q0, q0\n\tvqmovnb.u16 q0, q0\n\tvstrb.32 q0, [r1], #4\n\t"
#define MLPC_MVE_STORE_S16 "vqmovnb.s32 q0, q0\n\tvstrh.32 q0, [r1], #8\n\t"
#define MLPC_MVE_ONE_S8 "str r0, [r1], #4\n\t"
#define MLPC_MVE_ONE_U8 MLPC_MVE_ONE_S8
#define MLPC_MVE_ONE_S16 "strd r0, r2, [r1], #8\n\t"
#define MLPC_MVE_DOUBLE_S8(r)
#define MLPC_MVE_DOUBLE_U8(r)
#define MLPC_MVE_DOUBLE_S16(r) "lsl.w " r ", " r ", #1\n\t"

/* columns: DENSE or SPARSE; scale: FLOAT, HIGH or RAISED; by: ROW or ALL; from: S8 or U8; to: S8, U8 or S16. */
#define MLPC_MVE_FOUR_KERNEL(name, columns, scale, by, from, to)              \
    __attribute__((naked, noinline, unused)) static void name(const void *x __attribute__((unused)), void *y __attribute__((unused)), \
        const mlpc_dense *l __attribute__((unused)), uint32_t *wide __attribute__((unused))) \
    {                                                                         \
        __asm volatile(MLPC_MVE_##columns(MLPC_MVE_FLIP_##from, MLPC_MVE_LEFT_##from, MLPC_MVE_BEGIN(MLPC_MVE_HEAD_##scale##_##by, MLPC_MVE_DOUBLE_##to), \
                                          MLPC_MVE_DOUBLE_##to, MLPC_MVE_SCALE_##scale##_##by, MLPC_MVE_STORE_##to, MLPC_MVE_ONE_##to)); \
    }

#endif
