/*
 * Dense layers on cores without DSP instructions: MLPC_THUMB2 on Cortex-M3 (ARMv7-M), MLPC_THUMB1 on Cortex-M0, M0+ and M23
 * (ARMv6-M, ARMv8-M Baseline).
 *
 * Weights: for each group of four rows, for each column: the weights of the four rows. THUMB2 takes them signed, four in a word,
 * and cuts them out by SXTB. THUMB1 has no cheap load of signed bytes; weights are moved up by 128 there, and so are signed
 * inputs (mlpc_move_s8), so that all bytes are unsigned:
 *
 *   sum (w + 128) * x' = sum w * x' + 128 * sum x'   where x' is x + 128 or, for unsigned inputs, x
 *
 * The first term's surplus, 128 * sum w for signed inputs, is taken off the sums that rows start from by the compiler; the second
 * is the same for all rows and is taken off once a layer.
 */
#ifndef MLPC_DENSE_THUMB_H
#define MLPC_DENSE_THUMB_H

#include "mlpc_dense.h"

#if defined(MLPC_THUMB2)

/* One column: an input in v, times the four weights of a word. */
#define MLPC_THUMB_COLUMN(load, word)                                         \
    load " %[v], [%[x]], #1\n\t"                                              \
    "sxtb %[t], " word "\n\t"                                                 \
    "mla %[a], %[v], %[t], %[a]\n\t"                                          \
    "sxtb %[t], " word ", ror #8\n\t"                                         \
    "mla %[b], %[v], %[t], %[b]\n\t"                                          \
    "sxtb %[t], " word ", ror #16\n\t"                                        \
    "mla %[c], %[v], %[t], %[c]\n\t"                                          \
    "asr %[t], " word ", #24\n\t"                                             \
    "mla %[d], %[v], %[t], %[d]\n\t"

/* Columns from x to end with the given instructions. */
#define MLPC_THUMB_LOOP(body, end)                                            \
    __asm volatile("1:\n\t" body "cmp %[x], %[stop]\n\tbne 1b"                \
                   : [x] "+r"(x), [w] "+r"(w), [a] "+r"(a), [b] "+r"(b), [c] "+r"(c), [d] "+r"(d), [v] "=&r"(v), [t] "=&r"(t) \
                   : [stop] "r"(end)                                          \
                   : "r4", "r5", "r6", "r8", "cc", "memory")

#define MLPC_THUMB_FOUR(load)                                                 \
    "ldmia %[w]!, {r4, r5, r6, r8}\n\t" MLPC_THUMB_COLUMN(load, "r4")         \
    MLPC_THUMB_COLUMN(load, "r5") MLPC_THUMB_COLUMN(load, "r6") MLPC_THUMB_COLUMN(load, "r8")

#define MLPC_THUMB_ONE(load) "ldr r4, [%[w]], #4\n\t" MLPC_THUMB_COLUMN(load, "r4")

/* The sums of a group; end is behind the last four columns, stop behind the last. */
MLPC_INLINE const uint8_t *mlpc_thumb_sums(const uint8_t *x, const uint8_t *w, const uint8_t *end, const uint8_t *stop, int32_t *sum,
                                           int is_unsigned)
{
    int32_t a = sum[0], b = sum[1], c = sum[2], d = sum[3], v, t;
    if (x != end) {
        if (is_unsigned) {
            MLPC_THUMB_LOOP(MLPC_THUMB_FOUR("ldrb"), end);
        } else {
            MLPC_THUMB_LOOP(MLPC_THUMB_FOUR("ldrsb"), end);
        }
    }
    if (x != stop) {
        if (is_unsigned) {
            MLPC_THUMB_LOOP(MLPC_THUMB_ONE("ldrb"), stop);
        } else {
            MLPC_THUMB_LOOP(MLPC_THUMB_ONE("ldrsb"), stop);
        }
    }
    sum[0] = a;
    sum[1] = b;
    sum[2] = c;
    sum[3] = d;
    return w;
}

#else

/* Moves n signed bytes up by 128. */
MLPC_SHARED void mlpc_move_s8(const int8_t *x, uint8_t *to, int32_t n)
{
    do {
        *to++ = (uint8_t)((uint8_t)*x++ ^ 0x80u);
    } while (--n != 0);
}

/* One column: the input at offset i of x, times the four weights at offset 4 * i of w. */
#define MLPC_THUMB_COLUMN(i, w0, w1, w2, w3)                                  \
    "ldrb r6, [r4, #" i "]\n\t"                                               \
    "ldrb r7, [r5, #" w0 "]\n\tmuls r7, r6, r7\n\tadds r0, r0, r7\n\t"        \
    "ldrb r7, [r5, #" w1 "]\n\tmuls r7, r6, r7\n\tadds r1, r1, r7\n\t"        \
    "ldrb r7, [r5, #" w2 "]\n\tmuls r7, r6, r7\n\tadds r2, r2, r7\n\t"        \
    "ldrb r7, [r5, #" w3 "]\n\tmuls r7, r6, r7\n\tadds r3, r3, r7\n\t"

#define MLPC_THUMB_ONE MLPC_THUMB_COLUMN("0", "0", "1", "2", "3") "adds r4, #1\n\tadds r5, #4\n\t"

#define MLPC_THUMB_FOUR                                                       \
    MLPC_THUMB_COLUMN("0", "0", "1", "2", "3")                                \
    MLPC_THUMB_COLUMN("1", "4", "5", "6", "7")                                \
    MLPC_THUMB_COLUMN("2", "8", "9", "10", "11")                              \
    MLPC_THUMB_COLUMN("3", "12", "13", "14", "15")                            \
    "adds r4, #4\n\tadds r5, #16\n\t"

/* What mlpc_thumb_columns works on; it moves w on and adds to the sums. */
typedef struct {
    int32_t sum[4];
    const uint8_t *x, *w, *end, *stop; /* end: behind the last four columns, stop: behind the last */
} mlpc_columns;

/*
 * The sums of a group. A function of its own, since it needs all registers that the instructions can name: r0 to r3 sums, r4 x,
 * r5 w, r6 and r7 an input and a weight; r12 is where to stop, lr the argument.
 */
__attribute__((naked, noinline, unused)) static void mlpc_thumb_columns(mlpc_columns *columns __attribute__((unused)))
{
    __asm volatile(".syntax unified\n\t"
                   "push {r4, r5, r6, r7, lr}\n\t"
                   "mov lr, r0\n\t"
                   "ldr r4, [r0, #24]\n\t"
                   "mov r12, r4\n\t"
                   "ldr r4, [r0, #16]\n\t"
                   "ldr r5, [r0, #20]\n\t"
                   "ldmia r0, {r0, r1, r2, r3}\n\t"
                   "cmp r4, r12\n\t"
                   "beq 2f\n"
                   "1:\n\t" MLPC_THUMB_FOUR
                   "cmp r4, r12\n\t"
                   "bne 1b\n"
                   "2:\n\t"
                   "mov r6, lr\n\t"
                   "ldr r6, [r6, #28]\n\t"
                   "mov r12, r6\n\t"
                   "cmp r4, r12\n\t"
                   "beq 4f\n"
                   "3:\n\t" MLPC_THUMB_ONE
                   "cmp r4, r12\n\t"
                   "bne 3b\n"
                   "4:\n\t"
                   "mov r6, lr\n\t"
                   "stmia r6!, {r0, r1, r2, r3}\n\t"
                   "str r5, [r6, #4]\n\t"
                   "pop {r4, r5, r6, r7, pc}");
}

MLPC_INLINE const uint8_t *mlpc_thumb_sums(const uint8_t *x, const uint8_t *w, const uint8_t *end, const uint8_t *stop, int32_t *sum,
                                           int is_unsigned)
{
    mlpc_columns columns = {{sum[0], sum[1], sum[2], sum[3]}, x, w, end, stop};
    (void)is_unsigned;
    mlpc_thumb_columns(&columns);
    sum[0] = columns.sum[0];
    sum[1] = columns.sum[1];
    sum[2] = columns.sum[2];
    sum[3] = columns.sum[3];
    return columns.w;
}

#endif

/* All groups of a layer; x is moved up where THUMB1 needs it. form and range: see mlpc_dense.h. */
MLPC_INLINE void mlpc_thumb_layer(const uint8_t *x, int8_t *y, const mlpc_dense *l, int form, int range, int is_unsigned)
{
    const uint8_t *w = (const uint8_t *)l->weights;
    const uint8_t *const end = x + (l->columns & ~3);
    const uint8_t *const stop = x + l->columns;
    const int32_t *sums = l->sums;
    const void *scales = l->scale;
    int32_t groups = l->groups;
    int32_t step = l->first;
    int32_t surplus = 0;
#if defined(MLPC_THUMB1)
    for (const uint8_t *p = x; p != stop; p++) {
        surplus += *p;
    }
    surplus *= 128;
#endif
    do {
        int32_t sum[4] = {sums[0] - surplus, sums[1] - surplus, sums[2] - surplus, sums[3] - surplus};
        sums += 4;
        w = mlpc_thumb_sums(x, w, end, stop, sum, is_unsigned);
        scales = mlpc_results(y, sum, scales, l, form, range);
        y += step;
        step = 4;
    } while (--groups != 0);
}

#define MLPC_DENSE_KERNEL(name, sixteen, form, range, is_unsigned)            \
    MLPC_SHARED void name(const void *x, int8_t *y, const mlpc_dense *l)      \
    {                                                                         \
        mlpc_thumb_layer((const uint8_t *)x, y, l, form, range, is_unsigned); \
    }

#endif
