/*
 * Dense layers on cores without DSP instructions whose scales take a word each: the rounding of float32, by integers and exactly.
 *
 * sum * 2^up times mul is the exact product of the float's multiplication with 48 bits behind the point: n before it, f behind. A product
 * that is at most half a unit in the last place of a float off a tie is rounded to the tie, and from there to the even result: the result
 * is n + 1 where f reaches 1/2 - e for odd n and 1/2 + e for even n, else n; e = 2^(floor(log2(n + 1/2)) - 24).
 *
 * Words of a layer as in mlpc_dense_thumb.h; scales are the words mul, ROW: four behind the weights of a group, ALL: one before the first.
 * mlpc_dense.down is up, and on THUMB1 mlpc_dense.zero is what is to be added less the least result.
 */
#ifndef MLPC_DENSE_WORD_H
#define MLPC_DENSE_WORD_H

#include "mlpc_dense_thumb.h"

#if defined(MLPC_THUMB2)

/*
 * r0 to r3 sums, r4 inputs, r5 words, r6 an input, r7 a weight, r8 to r11 words, r12 behind the last four inputs, lr behind the last. On
 * the stack: four sums, first input, results, behind the last result, up, zero, rows to the second group less 4, the word of all rows.
 */
#define MLPC_WORD_COLUMN(load, word)                                          \
    load " r6, [r4], #1\n\t"                                                  \
    "sxtb r7, " word "\n\tmla r0, r6, r7, r0\n\t"                             \
    "sxtb r7, " word ", ror #8\n\tmla r1, r6, r7, r1\n\t"                     \
    "sxtb r7, " word ", ror #16\n\tmla r2, r6, r7, r2\n\t"                    \
    "asr r7, " word ", #24\n\tmla r3, r6, r7, r3\n\t"

#define MLPC_WORD_FOUR(load)                                                  \
    "ldmia.w r5!, {r8, r9, r10, r11}\n\t" MLPC_WORD_COLUMN(load, "r8")        \
    MLPC_WORD_COLUMN(load, "r9") MLPC_WORD_COLUMN(load, "r10") MLPC_WORD_COLUMN(load, "r11")

/* All columns of a group. */
#define MLPC_WORD_DENSE(load)                                                 \
    "ldr r4, [sp, #16]\n\t"                                                   \
    "cmp r4, r12\n\t"                                                         \
    "beq 5f\n"                                                                \
    "4:\n\t" MLPC_WORD_FOUR(load)                                             \
    "cmp r4, r12\n\t"                                                         \
    "bne 4b\n"                                                                \
    "5:\n\t"                                                                  \
    "cmp r4, lr\n\t"                                                          \
    "beq 7f\n"                                                                \
    "6:\n\t"                                                                  \
    "ldr r8, [r5], #4\n\t" MLPC_WORD_COLUMN(load, "r8")                       \
    "cmp r4, lr\n\t"                                                          \
    "bne 6b\n"                                                                \
    "7:\n\t"

/* The blocks of a sparse layer; r12 first input, lr the word before a block. */
#define MLPC_WORD_SPARSE(load)                                                \
    "ldr r12, [sp, #16]\n"                                                    \
    "4:\n\t"                                                                  \
    "ldr lr, [r5], #4\n\t"                                                    \
    "add.w r4, r12, lr, lsr #1\n\t" MLPC_WORD_FOUR(load) MLPC_WORD_FOUR(load) \
    "lsrs lr, lr, #1\n\t"                                                     \
    "bcc 4b\n\t"

#define MLPC_WORD_LAYER(columns, load, saturate, head, word)                  \
    ".syntax unified\n\t"                                                     \
    "push.w {r4, r5, r6, r7, r8, r9, r10, r11, lr}\n\t"                       \
    "ldrh r4, [r2, #4]\n\t"                                                   \
    "add.w lr, r0, r4\n\t"                                                    \
    "bic r4, r4, #3\n\t"                                                      \
    "add.w r12, r0, r4\n\t"                                                   \
    "ldrh r4, [r2, #6]\n\t"                                                   \
    "adds r4, r4, r1\n\t"                                                     \
    "ldrb r6, [r2, #13]\n\t"                                                  \
    "ldrsh r7, [r2, #10]\n\t"                                                 \
    "ldr r5, [r2]\n\t"                                                        \
    "ldrb r8, [r2, #12]\n\t"                                                  \
    "sub r8, r8, #4\n\t" head                                                 \
    "push.w {r0, r1, r4, r6, r7, r8, r9}\n\t"                                 \
    "sub sp, #16\n"                                                           \
    "3:\n\t"                                                                  \
    "ldmia r5!, {r0, r1, r2, r3}\n\t" columns                                 \
    "stm.w sp, {r0, r1, r2, r3}\n\t"                                          \
    "mov r4, r5\n\t"                                                          \
    "mov r5, sp\n\t"                                                          \
    "add.w r8, sp, #16\n\t"                                                   \
    "ldrd r6, r9, [sp, #28]\n\t"                                              \
    "ldr r7, [sp, #20]\n\t"                                                   \
    "mov r10, #0x80000000\n"                                                  \
    "8:\n\t"                                                                  \
    "ldmia r5!, {r0}\n\t" word                                                \
    "lsls r0, r6\n\t"                                                         \
    "smull r0, r1, r0, r1\n\t"                                                \
    "eor r3, r1, r1, asr #31\n\t"                                             \
    "lsls r3, r3, #8\n\t"     /* no carry: n has 8 bits, or is limited */     \
    "clz r3, r3\n\t"                                                          \
    "lsr r2, r10, r3\n\t"     /* e */                                         \
    "sbfx r3, r1, #16, #1\n\t"                                                \
    "eors r2, r3\n\t"                                                         \
    "sbcs r0, r2\n\t"         /* for the lack of a carry one more: a product e above a tie is rounded to it */ \
    "sbcs r1, r3\n\t"                                                         \
    "asrs r1, r1, #16\n\t"    /* the carry: whether half a unit is left */    \
    "adcs r1, r1, r9\n\t"                                                     \
    saturate " r1, #8, r1\n\t"                                                \
    "strb r1, [r7], #1\n\t"                                                   \
    "cmp r5, r8\n\t"                                                          \
    "bne 8b\n\t"                                                              \
    "mov r5, r4\n\t"                                                          \
    "ldr r0, [sp, #24]\n\t"                                                   \
    "cmp r7, r0\n\t"                                                          \
    "beq 9f\n\t"                                                              \
    "ldr r0, [sp, #36]\n\t"                                                   \
    "add r7, r0\n\t"                                                          \
    "str r7, [sp, #20]\n\t"                                                   \
    "movs r0, #0\n\t"                                                         \
    "str r0, [sp, #36]\n\t"                                                   \
    "b 3b\n"                                                                  \
    "9:\n\t"                                                                  \
    "add sp, #44\n\t"                                                         \
    "pop.w {r4, r5, r6, r7, r8, r9, r10, r11, pc}"

#define MLPC_WORD_COLUMNS(columns, from) MLPC_WORD_##columns(MLPC_WORD_FROM_##from)
#define MLPC_WORD_FROM_S8 "ldrsb"
#define MLPC_WORD_FROM_U8 "ldrb"
#define MLPC_WORD_TO_S8 "ssat"
#define MLPC_WORD_TO_U8 "usat"
#define MLPC_WORD_HEAD_ROW
#define MLPC_WORD_HEAD_ALL "ldr r9, [r5], #4\n\t"
#define MLPC_WORD_OF_ROW "ldmia r4!, {r1}\n\t"
#define MLPC_WORD_OF_ALL "ldr r1, [sp, #40]\n\t"

#else

/*
 * r0 to r3 sums, r4 inputs, r5 words, r8 rows to the next group less 4, r9 behind the last four inputs, r10 behind the sums on the stack,
 * r11 what inputs moved by 128 add to a sum, negative, r12 behind the last input, lr zero. On the stack: four sums, first input, results,
 * behind the last result, up, the word of all rows.
 */

/* All columns of a group. */
#define MLPC_WORD_DENSE                                                       \
    "ldr r4, [sp, #16]\n\t"                                                   \
    "cmp r4, r9\n\t"                                                          \
    "beq 5f\n"                                                                \
    "4:\n\t" MLPC_THUMB_FOUR("")                                              \
    "cmp r4, r9\n\t"                                                          \
    "bne 4b\n"                                                                \
    "5:\n\t"                                                                  \
    "cmp r4, r12\n\t"                                                         \
    "beq 7f\n"                                                                \
    "6:\n\t" MLPC_THUMB_ONE                                                   \
    "cmp r4, r12\n\t"                                                         \
    "bne 6b\n"                                                                \
    "7:\n\t"                                                                  \
    "add r0, r11\n\tadd r1, r11\n\tadd r2, r11\n\tadd r3, r11\n\t"

/* The blocks of a sparse layer; r9 first input, r11 sum of the inputs, r12 the word before a block. */
#define MLPC_WORD_SPARSE                                                      \
    "ldr r6, [sp, #16]\n\t"                                                   \
    "mov r9, r6\n\t"                                                          \
    "movs r6, #0\n\t"                                                         \
    "mov r11, r6\n"                                                           \
    "4:\n\t"                                                                  \
    "ldmia r5!, {r6}\n\t"                                                     \
    "mov r12, r6\n\t"                                                         \
    "lsrs r4, r6, #1\n\t"                                                     \
    "add r4, r9\n\t" MLPC_THUMB_EIGHT("add r11, r6\n\t")                      \
    "mov r6, r12\n\t"                                                         \
    "lsrs r6, r6, #1\n\t"                                                     \
    "bcc 4b\n\t"                                                              \
    "mov r6, r11\n\t"                                                         \
    "lsls r6, r6, #7\n\t"                                                     \
    "subs r0, r0, r6\n\tsubs r1, r1, r6\n\tsubs r2, r2, r6\n\tsubs r3, r3, r6\n\t"

#define MLPC_WORD_LAYER(columns, flip, back, head, word)                               \
    ".syntax unified\n\t"                                                     \
    "push {r4, r5, r6, r7, lr}\n\t"                                           \
    "mov r4, r8\n\tmov r5, r9\n\tmov r6, r10\n\tmov r7, r11\n\t"              \
    "push {r4, r5, r6, r7}\n\t"                                               \
    "sub sp, #36\n\t"                                                         \
    "ldrh r4, [r2, #4]\n\t"                                                   \
    "adds r5, r3, r4\n\t"                                                     \
    "mov r12, r5\n\t"                                                         \
    "lsrs r6, r4, #2\n\t"                                                     \
    "lsls r6, r6, #2\n\t"                                                     \
    "adds r6, r6, r3\n\t"                                                     \
    "mov r9, r6\n\t"                                                          \
    "ldrh r6, [r2, #6]\n\t"                                                   \
    "adds r6, r6, r1\n\t"                                                     \
    "add r7, sp, #16\n\t"                                                     \
    "mov r10, r7\n\t"                                                         \
    "stmia r7!, {r3}\n\t"                                                     \
    "stmia r7!, {r1, r6}\n\t"                                                 \
    "ldrb r6, [r2, #12]\n\t"                                                  \
    "subs r6, #4\n\t"                                                         \
    "mov r8, r6\n\t"                                                          \
    "ldrb r6, [r2, #13]\n\t"                                                  \
    "str r6, [sp, #28]\n\t"                                                   \
    "ldrh r6, [r2, #10]\n\t"                                                  \
    "mov lr, r6\n\t"                                                          \
    "ldr r5, [r2]\n\t" head                                                   \
    "movs r1, #" flip "\n\t"                                                  \
    "movs r2, #0\n\t"                                                         \
    "subs r4, #1\n"                                                           \
    "1:\n\t"                                                                  \
    "ldrb r6, [r0, r4]\n\t"                                                   \
    "eors r6, r1\n\t"                                                         \
    "strb r6, [r3, r4]\n\t"                                                   \
    "subs r2, r2, r6\n\t"                                                     \
    "subs r4, #1\n\t"                                                         \
    "bpl 1b\n\t"                                                              \
    "lsls r2, r2, #7\n\t"                                                     \
    "mov r11, r2\n"                                                           \
    "3:\n\t"                                                                  \
    "ldmia r5!, {r0, r1, r2, r3}\n\t" columns                                 \
    "ldr r6, [sp, #28]\n\t"                                                   \
    "lsls r0, r6\n\tlsls r1, r6\n\tlsls r2, r6\n\tlsls r3, r6\n\t"            \
    "mov r7, sp\n\t"                                                          \
    "stmia r7!, {r0, r1, r2, r3}\n\t"                                         \
    "movs r4, r5\n\t"                                                         \
    "mov r5, sp\n\t"                                                          \
    "ldr r7, [sp, #20]\n"                                                     \
    "8:\n\t"                                                                  \
    "ldmia r5!, {r0}\n\t" word                                                \
    "asrs r3, r2, #16\n\t"    /* the multiplier's halves: r2 low, r3 high */  \
    "uxth r2, r2\n\t"                                                         \
    "uxth r1, r0\n\t"         /* the sum's: r1 low, r0 high */                \
    "asrs r0, r0, #16\n\t"                                                    \
    "movs r6, r1\n\t"                                                         \
    "muls r6, r2, r6\n\t"     /* low * low */                                 \
    "muls r2, r0, r2\n\t"     /* high * low */                                \
    "muls r1, r3, r1\n\t"     /* low * high */                                \
    "muls r0, r3, r0\n\t"     /* high * high */                               \
    "lsrs r6, r6, #16\n\t"                                                    \
    "adds r2, r2, r6\n\t"                                                     \
    "adds r2, r2, r1\n\t"                                                     \
    "lsls r1, r2, #16\n\t"                                                    \
    "asrs r2, r2, #16\n\t"                                                    \
    "adds r0, r0, r2\n\t"     /* the product: r0 high, r1 low */              \
    "asrs r3, r0, #31\n\t"                                                    \
    "eors r3, r0\n\t"                                                         \
    "lsrs r3, r3, #16\n\t"                                                    \
    "lsrs r2, r3, #1\n\torrs r3, r2\n\t"                                      \
    "lsrs r2, r3, #2\n\torrs r3, r2\n\t"                                      \
    "lsrs r2, r3, #4\n\torrs r3, r2\n\t"                                      \
    "adds r3, #1\n\t"                                                         \
    "lsls r3, r3, #23\n\t"    /* e */                                         \
    "lsls r2, r0, #15\n\t"                                                    \
    "asrs r2, r2, #31\n\t"                                                    \
    "eors r3, r2\n\t"                                                         \
    "subs r1, r1, r3\n\t"                                                     \
    "sbcs r0, r2\n\t"                                                         \
    "mov r1, lr\n\t"                                                          \
    "asrs r0, r0, #16\n\t"    /* the carry: whether half a unit is left */    \
    "adcs r0, r1\n\t"                                                         \
    "asrs r1, r0, #31\n\t"    /* at least 0 */                                \
    "bics r0, r1\n\t"                                                         \
    "movs r1, #255\n\t"       /* at most 255: else all ones */                \
    "subs r1, r1, r0\n\t"                                                     \
    "asrs r1, r1, #31\n\t"                                                    \
    "orrs r0, r1\n\t" back                                                    \
    "strb r0, [r7]\n\t"                                                       \
    "adds r7, #1\n\t"                                                         \
    "cmp r5, r10\n\t"                                                         \
    "bne 8b\n\t"                                                              \
    "movs r5, r4\n\t"                                                         \
    "ldr r2, [sp, #24]\n\t"                                                   \
    "cmp r7, r2\n\t"                                                          \
    "beq 9f\n\t"                                                              \
    "add r7, r8\n\t"                                                          \
    "str r7, [sp, #20]\n\t"                                                   \
    "movs r2, #0\n\t"                                                         \
    "mov r8, r2\n\t"                                                          \
    "b 3b\n"                                                                  \
    "9:\n\t"                                                                  \
    "add sp, #36\n\t"                                                         \
    "pop {r4, r5, r6, r7}\n\t"                                                \
    "mov r8, r4\n\tmov r9, r5\n\tmov r10, r6\n\tmov r11, r7\n\t"              \
    "pop {r4, r5, r6, r7, pc}"

#define MLPC_WORD_COLUMNS(columns, from) MLPC_WORD_##columns

/* Inputs are moved up by 128; the least result, -128 or 0. */
#define MLPC_WORD_FROM_S8 "128"
#define MLPC_WORD_FROM_U8 "0"
#define MLPC_WORD_TO_S8 "subs r0, #128\n\t"
#define MLPC_WORD_TO_U8
#define MLPC_WORD_HEAD_ROW
#define MLPC_WORD_HEAD_ALL "ldmia r5!, {r6}\n\tstr r6, [sp, #32]\n\t"
#define MLPC_WORD_OF_ROW "ldmia r4!, {r2}\n\t"
#define MLPC_WORD_OF_ALL "ldr r2, [sp, #32]\n\t"

#endif

/* columns: DENSE or SPARSE; by: ROW or ALL; from and to: S8 or U8. */
#define MLPC_WORD_KERNEL(name, columns, by, from, to)                         \
    __attribute__((naked, noinline, unused)) static void name(const void *x __attribute__((unused)), void *y __attribute__((unused)), \
        const mlpc_dense *l __attribute__((unused)), uint32_t *wide __attribute__((unused))) \
    {                                                                         \
        __asm volatile(MLPC_WORD_LAYER(MLPC_WORD_COLUMNS(columns, from), MLPC_WORD_FROM_##from, MLPC_WORD_TO_##to, MLPC_WORD_HEAD_##by, MLPC_WORD_OF_##by)); \
    }

#endif
