/*
 * Dense layers on cores without DSP instructions: MLPC_THUMB2 on Cortex-M3 (ARMv7-M), MLPC_THUMB1 on Cortex-M0, M0+ and M23
 * (ARMv6-M, ARMv8-M Baseline).
 *
 * Words of a group: sums; weights, for each column a word with those of the four rows; scales. THUMB2 takes weights signed and cuts
 * them out by SXTB. THUMB1 has no cheap load of signed bytes; weights are moved up by 128 there, and so are signed inputs, so that all
 * bytes are unsigned:
 *
 *   sum (w + 128) * x' = sum w * x' + 128 * sum x'   where x' is x + 128 or, for unsigned inputs, x
 *
 * The first term's surplus, 128 * sum w for signed inputs, is taken off the sums that rows start from by the compiler; the second
 * is the same for all rows and is taken off once a layer.
 *
 * Sparse layers have only the blocks of eight columns in which a weight is not 0, each after a word: twice the place of its inputs, plus 1
 * for the last block of the group. With a number of columns that eight does not divide, the last block's inputs begin earlier.
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

/* The given instructions. */
#define MLPC_THUMB_BODY(body)                                                 \
    __asm volatile(body                                                       \
                   : [x] "+&r"(x), [w] "+&r"(w), [a] "+&r"(a), [b] "+&r"(b), [c] "+&r"(c), [d] "+&r"(d), [v] "=&r"(v), [t] "=&r"(t) \
                   : : "r4", "r5", "r6", "r8", "memory")

/* Columns from x to end with the given instructions. */
#define MLPC_THUMB_LOOP(body, end)                                            \
    __asm volatile("1:\n\t" body "cmp %[x], %[stop]\n\tbne 1b"                \
                   : [x] "+&r"(x), [w] "+&r"(w), [a] "+&r"(a), [b] "+&r"(b), [c] "+&r"(c), [d] "+&r"(d), [v] "=&r"(v), [t] "=&r"(t) \
                   : [stop] "r"(end)                                          \
                   : "r4", "r5", "r6", "r8", "cc", "memory")

#define MLPC_THUMB_FOUR(load)                                                 \
    "ldmia %[w]!, {r4, r5, r6, r8}\n\t" MLPC_THUMB_COLUMN(load, "r4")         \
    MLPC_THUMB_COLUMN(load, "r5") MLPC_THUMB_COLUMN(load, "r6") MLPC_THUMB_COLUMN(load, "r8")

#define MLPC_THUMB_ONE(load) "ldr r4, [%[w]], #4\n\t" MLPC_THUMB_COLUMN(load, "r4")

/* The sums of a group; end is behind the last four columns, stop behind the last. */
MLPC_INLINE const uint32_t *mlpc_thumb_sums(const uint8_t *x, const uint32_t *w, const uint8_t *end, const uint8_t *stop, int32_t *sum,
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

/* The same of a sparse layer. */
MLPC_INLINE const uint32_t *mlpc_thumb_sparse_sums(const uint8_t *start, const uint32_t *w, int32_t *sum, int is_unsigned)
{
    int32_t a = sum[0], b = sum[1], c = sum[2], d = sum[3], v, t;
    uint32_t place;
    do {
        const uint8_t *x;
        place = *w++;
        x = start + (place >> 1);
        if (is_unsigned) {
            MLPC_THUMB_BODY(MLPC_THUMB_FOUR("ldrb") MLPC_THUMB_FOUR("ldrb"));
        } else {
            MLPC_THUMB_BODY(MLPC_THUMB_FOUR("ldrsb") MLPC_THUMB_FOUR("ldrsb"));
        }
    } while ((place & 1u) == 0u);
    sum[0] = a;
    sum[1] = b;
    sum[2] = c;
    sum[3] = d;
    return w;
}

/* All groups of a layer. form and range: see mlpc_dense.h. */
MLPC_INLINE void mlpc_thumb_layer(const uint8_t *x, int8_t *y, const mlpc_dense *l, int form, int range, int is_unsigned, int sparse)
{
    const uint8_t *const end = x + (l->columns & ~3);
    const uint8_t *const stop = x + l->columns;
    mlpc_head head;
    const uint32_t *w = mlpc_read_head(l, form, range, &head);
    int32_t groups = (l->rows + 3) >> 2;
    int32_t step = l->first;
    do {
        int32_t sum[4] = {(int32_t)w[0], (int32_t)w[1], (int32_t)w[2], (int32_t)w[3]};
        w = sparse ? mlpc_thumb_sparse_sums(x, w + 4, sum, is_unsigned) : mlpc_thumb_sums(x, w + 4, end, stop, sum, is_unsigned);
        w = mlpc_results(y, sum, w, &head, l, form, range);
        y += step * MLPC_BYTES(range);
        step = 4;
    } while (--groups != 0);
}

#define MLPC_THUMB_KERNEL(name, form, range, is_unsigned, sparse)             \
    MLPC_SHARED void name(const void *x, void *y, const mlpc_dense *l, uint32_t *wide) \
    {                                                                         \
        (void)wide;                                                           \
        mlpc_thumb_layer((const uint8_t *)x, (int8_t *)y, l, form, range, is_unsigned, sparse); \
    }

#else

/*
 * A layer by hand, since the instructions can name eight registers only. r0 inputs, r1 results, r2 layer, r3 moved inputs. Registers in
 * the groups: r0 to r3 sums, r4 inputs or scales, r5 words or sums; r8 first input, r9 behind the last four, r10 layer, r11 surplus.
 * On the stack: behind the last input, groups, rows to the next group but 4, results, words, bits that a line is shifted down, the four
 * sums while results are made.
 */
#define MLPC_THUMB_COLUMN(also, i, w0, w1, w2, w3)                            \
    "ldrb r6, [r4, #" i "]\n\t" also                                          \
    "ldrb r7, [r5, #" w0 "]\n\tmuls r7, r6, r7\n\tadds r0, r0, r7\n\t"        \
    "ldrb r7, [r5, #" w1 "]\n\tmuls r7, r6, r7\n\tadds r1, r1, r7\n\t"        \
    "ldrb r7, [r5, #" w2 "]\n\tmuls r7, r6, r7\n\tadds r2, r2, r7\n\t"        \
    "ldrb r7, [r5, #" w3 "]\n\tmuls r7, r6, r7\n\tadds r3, r3, r7\n\t"

#define MLPC_THUMB_ONE MLPC_THUMB_COLUMN("", "0", "0", "1", "2", "3") "adds r4, #1\n\tadds r5, #4\n\t"

#define MLPC_THUMB_FOUR(also)                                                     \
    MLPC_THUMB_COLUMN(also, "0", "0", "1", "2", "3")                                \
    MLPC_THUMB_COLUMN(also, "1", "4", "5", "6", "7")                                \
    MLPC_THUMB_COLUMN(also, "2", "8", "9", "10", "11")                              \
    MLPC_THUMB_COLUMN(also, "3", "12", "13", "14", "15")                            \
    "adds r4, #4\n\tadds r5, #16\n\t"

/* Eight columns; r4 stays. */
#define MLPC_THUMB_EIGHT(also)                                                \
    MLPC_THUMB_COLUMN(also, "0", "0", "1", "2", "3") MLPC_THUMB_COLUMN(also, "1", "4", "5", "6", "7")         \
    MLPC_THUMB_COLUMN(also, "2", "8", "9", "10", "11") MLPC_THUMB_COLUMN(also, "3", "12", "13", "14", "15")   \
    MLPC_THUMB_COLUMN(also, "4", "16", "17", "18", "19") MLPC_THUMB_COLUMN(also, "5", "20", "21", "22", "23") \
    MLPC_THUMB_COLUMN(also, "6", "24", "25", "26", "27") MLPC_THUMB_COLUMN(also, "7", "28", "29", "30", "31") \
    "adds r5, #32\n\t"

/* Keeps what the groups need, and moves the inputs: up by 128 where flip is 128. */
#define MLPC_THUMB_BEGIN(flip)                                                \
    ".syntax unified\n\t"                                                     \
    "push {r4, r5, r6, r7, lr}\n\t"                                           \
    "mov r4, r8\n\tmov r5, r9\n\tmov r6, r10\n\tmov r7, r11\n\t"              \
    "push {r4, r5, r6, r7}\n\t"                                               \
    "sub sp, #44\n\t"                                                         \
    "mov r8, r3\n\t"                                                          \
    "mov r10, r2\n\t"                                                         \
    "ldr r5, [r2]\n\t"                                                        \
    "ldrh r4, [r2, #4]\n\t"                                                   \
    "adds r7, r3, r4\n\t"                                                     \
    "str r7, [sp, #0]\n\t"                                                    \
    "lsrs r6, r4, #2\n\t"                                                     \
    "lsls r6, r6, #2\n\t"                                                     \
    "adds r6, r6, r3\n\t"                                                     \
    "mov r9, r6\n\t"                                                          \
    "ldrh r6, [r2, #6]\n\t"                                                   \
    "adds r6, #3\n\t"                                                         \
    "lsrs r6, r6, #2\n\t"                                                     \
    "str r6, [sp, #4]\n\t"                                                    \
    "ldrb r6, [r2, #12]\n\t"                                                  \
    "subs r6, #4\n\t"                                                         \
    "str r6, [sp, #8]\n\t"                                                    \
    "str r1, [sp, #12]\n\t"                                                   \
    "ldrb r6, [r2, #13]\n\t"                                                  \
    "str r6, [sp, #20]\n\t"                                                   \
    "movs r1, #" flip "\n\t"                                                  \
    "movs r2, #0\n\t"                                                         \
    "subs r4, #1\n"                                                           \
    "1:\n\t"                                                                  \
    "ldrb r6, [r0, r4]\n\t"                                                   \
    "eors r6, r1\n\t"                                                         \
    "strb r6, [r3, r4]\n\t"                                                   \
    "adds r2, r2, r6\n\t"                                                     \
    "subs r4, #1\n\t"                                                         \
    "bpl 1b\n\t"                                                              \
    "lsls r2, r2, #7\n\t"                                                     \
    "mov r11, r2\n"

/* The sums of a group, without the surplus. */
#define MLPC_THUMB_GROUP                                                      \
    "3:\n\t"                                                                  \
    "ldmia r5!, {r0, r1, r2, r3}\n\t"                                         \
    "mov r6, r11\n\t"                                                         \
    "subs r0, r0, r6\n\tsubs r1, r1, r6\n\tsubs r2, r2, r6\n\tsubs r3, r3, r6\n\t" \
    "mov r4, r8\n\t"

/* All columns. */
#define MLPC_THUMB_DENSE                                                      \
    "cmp r4, r9\n\t"                                                          \
    "beq 5f\n"                                                                \
    "4:\n\t" MLPC_THUMB_FOUR("")                                              \
    "cmp r4, r9\n\t"                                                          \
    "bne 4b\n"                                                                \
    "5:\n\t"                                                                  \
    "ldr r6, [sp, #0]\n\t"                                                    \
    "cmp r4, r6\n\t"                                                          \
    "beq 7f\n"                                                                \
    "6:\n\t" MLPC_THUMB_ONE                                                   \
    "ldr r6, [sp, #0]\n\t"                                                    \
    "cmp r4, r6\n\t"                                                          \
    "bne 6b\n"                                                                \
    "7:\n\t"

/* The blocks of a sparse layer: the surplus is that of their inputs, whose sum is in lr. */
#define MLPC_THUMB_SPARSE                                                     \
    "movs r6, #0\n\t"                                                         \
    "mov lr, r6\n"                                                            \
    "4:\n\t"                                                                  \
    "ldmia r5!, {r6}\n\t"                                                     \
    "mov r12, r6\n\t"                                                         \
    "lsrs r4, r6, #1\n\t"                                                     \
    "add r4, r8\n\t" MLPC_THUMB_EIGHT("add lr, r6\n\t")                       \
    "mov r6, r12\n\t"                                                         \
    "lsrs r6, r6, #1\n\t"                                                     \
    "bcc 4b\n\t"                                                              \
    "mov r6, lr\n\t"                                                          \
    "lsls r6, r6, #7\n\t"                                                     \
    "subs r0, r0, r6\n\tsubs r1, r1, r6\n\tsubs r2, r2, r6\n\tsubs r3, r3, r6\n\t"
#define MLPC_THUMB_SPARSE_START "movs r6, #0\n\tmov r11, r6\n"
#define MLPC_THUMB_DENSE_START

/*
 * The result for the sum in r0 by a line and its fixes, limited. r4 points to the line and moves on behind it; r1 to
 * r3 and r6 are free, r7 keeps the sum for the fixes. The line gives the result minus the least one.
 */
#define MLPC_THUMB_LINE(fixes, flip)                                          \
    "ldmia r4!, {r2}\n\t"     /* the multiplier's halves: r2 low, r3 high */  \
    "asrs r3, r2, #16\n\t"                                                    \
    "uxth r2, r2\n\t"                                                         \
    "mov r7, r0\n\t"                                                          \
    "uxth r1, r0\n\t"         /* the sum's: r1 low, r0 high */                \
    "asrs r0, r0, #16\n\t"                                                    \
    "movs r6, r1\n\t"                                                         \
    "muls r6, r2, r6\n\t"     /* low * low */                                 \
    "muls r2, r0, r2\n\t"     /* high * low */                                \
    "muls r1, r3, r1\n\t"     /* low * high */                                \
    "muls r0, r3, r0\n\t"     /* high * high */                               \
    "ldr r3, [r4, #4]\n\t"                                                    \
    "adds r6, r6, r3\n\t"                                                     \
    "ldmia r4!, {r3}\n\t"                                                     \
    "adcs r0, r3\n\t"                                                         \
    "adds r4, #4\n\t"                                                         \
    "lsrs r6, r6, #16\n\t"                                                    \
    "adds r2, r2, r6\n\t"                                                     \
    "asrs r6, r2, #16\n\t"                                                    \
    "adds r0, r0, r6\n\t"                                                     \
    "uxth r2, r2\n\t"                                                         \
    "adds r1, r1, r2\n\t"                                                     \
    "asrs r1, r1, #16\n\t"                                                    \
    "adds r0, r0, r1\n\t"                                                     \
    "ldr r1, [sp, #20]\n\t"                                                   \
    "asrs r0, r1\n\t" fixes                                                   \
    "asrs r1, r0, #31\n\t"    /* at least 0 */                                \
    "bics r0, r1\n\t"                                                         \
    "movs r1, #255\n\t"       /* at most 255: else all ones */                \
    "subs r1, r1, r0\n\t"                                                     \
    "asrs r1, r1, #31\n\t"                                                    \
    "orrs r0, r1\n\t" flip

/* One more where the sum is not the fix. */
#define MLPC_THUMB_FIX                                                        \
    "ldmia r4!, {r1}\n\t"                                                     \
    "eors r1, r7\n\t"                                                         \
    "rsbs r2, r1, #0\n\t"                                                     \
    "orrs r1, r2\n\t"                                                         \
    "lsrs r1, r1, #31\n\t"                                                    \
    "adds r0, r0, r1\n\t"

/* The least result is -128 or 0. */
#define MLPC_THUMB_S8 "movs r1, #128\n\teors r0, r1\n\t"
#define MLPC_THUMB_U8 ""

/* Where the scale of all rows is read, and the words go on: before and behind the results of a group; nothing for scales by row. */
#define MLPC_THUMB_ALL_SCALE "mov r4, r10\n\tldr r4, [r4]\n\t"
#define MLPC_THUMB_ROW_BEGIN "movs r4, r5\n\t"
#define MLPC_THUMB_ROW_END "movs r5, r4\n\t"
#define MLPC_THUMB_ALL_BEGIN "str r5, [sp, #16]\n\t"
#define MLPC_THUMB_ALL_END "ldr r5, [sp, #16]\n\t"

/* A result of 1 or 2 bytes, and the rows to the next group. */
#define MLPC_THUMB_STORE_1 "strb r0, [r1]\n\tadds r1, #1\n\t"
#define MLPC_THUMB_STORE_2 "strh r0, [r1]\n\tadds r1, #2\n\t"
#define MLPC_THUMB_NEXT_1 "adds r1, r1, r2\n\t"
#define MLPC_THUMB_NEXT_2 "adds r1, r1, r2\n\tadds r1, r1, r2\n\t"

/* The four results of a group, and on to the next one. */
#define MLPC_THUMB_END(begin, scale, result, size, end)                       \
    "add r7, sp, #24\n\t"                                                     \
    "stmia r7!, {r0, r1, r2, r3}\n\t" begin                                   \
    "add r5, sp, #24\n"                                                       \
    "8:\n\t"                                                                  \
    "ldmia r5!, {r0}\n\t" scale result                                        \
    "ldr r1, [sp, #12]\n\t" MLPC_THUMB_STORE_##size                           \
    "str r1, [sp, #12]\n\t"                                                   \
    "add r2, sp, #40\n\t"                                                     \
    "cmp r5, r2\n\t"                                                          \
    "bne 8b\n\t" end                                                          \
    "ldr r2, [sp, #8]\n\t" MLPC_THUMB_NEXT_##size                             \
    "str r1, [sp, #12]\n\t"                                                   \
    "movs r2, #0\n\t"                                                         \
    "str r2, [sp, #8]\n\t"                                                    \
    "ldr r2, [sp, #4]\n\t"                                                    \
    "subs r2, #1\n\t"                                                         \
    "str r2, [sp, #4]\n\t"                                                    \
    "beq 9f\n\t"                                                              \
    "b 3b\n"                                                                  \
    "9:\n\t"                                                                  \
    "add sp, #44\n\t"                                                         \
    "pop {r4, r5, r6, r7}\n\t"                                                \
    "mov r8, r4\n\tmov r9, r5\n\tmov r10, r6\n\tmov r11, r7\n\t"              \
    "pop {r4, r5, r6, r7, pc}"

/* Steps over the scale of all rows before the first group. */
#define MLPC_THUMB_ROW_HEAD(bytes)
#define MLPC_THUMB_ALL_HEAD(bytes) "adds r5, #" bytes "\n"

#define MLPC_THUMB_NAKED(name)                                                \
    __attribute__((naked, noinline, unused)) static void name(const void *x __attribute__((unused)), void *y __attribute__((unused)), \
        const mlpc_dense *l __attribute__((unused)), uint32_t *wide __attribute__((unused)))

/* Kernels that scale by lines; columns: DENSE or SPARSE; by: ROW or ALL; bytes: of a scale. */
#define MLPC_THUMB_LINE_KERNEL(name, flip, columns, by, bytes, fixes, back)   \
    MLPC_THUMB_NAKED(name)                                                    \
    {                                                                         \
        __asm volatile(MLPC_THUMB_BEGIN(flip) MLPC_THUMB_##columns##_START MLPC_THUMB_##by##_HEAD(bytes) MLPC_THUMB_GROUP MLPC_THUMB_##columns \
                       MLPC_THUMB_END(MLPC_THUMB_##by##_BEGIN, MLPC_THUMB_##by##_SCALE, MLPC_THUMB_LINE(fixes, back), 1, MLPC_THUMB_##by##_END)); \
    }
#define MLPC_THUMB_ROW_SCALE

/* A result by a function of the sum, the scale and the layer. */
#define MLPC_THUMB_CALL                                                       \
    "movs r1, r4\n\t"                                                         \
    "mov r2, r10\n\t"                                                         \
    "bl %c[row]\n\t"

/* Kernels of the other forms; skip: bytes before the scale of all rows, step: of a row's scale; size: of a result. */
#define MLPC_THUMB_CALL_KERNEL(name, flip, columns, by, skip, bytes, form, range, size) \
    static __attribute__((noinline)) int32_t name##_row(int32_t sum, const uint32_t *scale, const mlpc_dense *l) \
    {                                                                         \
        mlpc_head head;                                                       \
        mlpc_read_head(l, form, range, &head);                                \
        return mlpc_limit(mlpc_result(sum, scale, l, form), &head, range);    \
    }                                                                         \
    MLPC_THUMB_NAKED(name)                                                    \
    {                                                                         \
        __asm volatile(MLPC_THUMB_BEGIN(flip) MLPC_THUMB_##columns##_START "adds r5, #" skip "\n" MLPC_THUMB_##by##_HEAD(bytes) MLPC_THUMB_GROUP MLPC_THUMB_##columns \
                       MLPC_THUMB_END(MLPC_THUMB_##by##_BEGIN, MLPC_THUMB_##by##_SCALE "adds r4, #" MLPC_THUMB_##by##_SKIP(skip) "\n\t", \
                                      MLPC_THUMB_CALL "adds r4, #" bytes "\n\t", size, MLPC_THUMB_##by##_END) \
                       : : [row] "i"(name##_row));                            \
    }
#define MLPC_THUMB_ROW_SKIP(skip) "0"
#define MLPC_THUMB_ALL_SKIP(skip) skip

#endif

#endif
