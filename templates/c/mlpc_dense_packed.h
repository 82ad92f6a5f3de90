/*
 * Dense layers on Cortex-M whose weights have 4 or 2 bits and lie in memory as such, and layers of 16-bit inputs.
 *
 * Packed weights are moved up by half their range, so that a mask cuts them out. A field w + up gives sum w * x + up * sum x; the
 * second part is the same for all rows: it is computed once a layer and taken off. Words of a group: the sums; weights as below;
 * scales.
 *
 *   MVE    for each 16 columns, and for the columns that are left, bytes of one column each: with 4 bits the rows 0 and 1 (row 0 low),
 *          then 2 and 3; with 2 bits all four rows, row 0 lowest. Filled up to whole words. 16 bytes behind the last may be read.
 *   DSP    halfwords of two columns that SMLAD multiplies at once: for each four columns with 4 bits a word of the columns (c, c + 2),
 *          rows 0 to 3 from the lowest bits up, and one of (c + 1, c + 3); with 2 bits one word, the first pair below the second.
 *   THUMB  halfwords of two rows: a word has 2 columns (4 bits) or 4 (2 bits), the lowest bits of its halfwords the rows 0 and 1 of the first
 *          column, the next ones its rows 2 and 3. Inputs are moved to unsigned ones, as mlpc_dense_thumb.h says, so that one
 *          multiplication serves two rows until a halfword is full.
 *
 * Zero-skip has a word a column like THUMB2, on all cores but those with a vector unit.
 *
 * 16-bit inputs, of which MVE and DSP flip the top bit of unsigned ones, have weights of a byte: MVE for each 8 columns 8 weights of row 0, then of rows 1, 2 and 3; DSP for each four columns a
 * word a row with the columns c, c + 2, c + 1, c + 3; THUMB a word a column, moved up by 128 on THUMB1.
 */
#ifndef MLPC_DENSE_PACKED_H
#define MLPC_DENSE_PACKED_H

#include "mlpc_dense.h"

/* What fields of packed weights are moved up by. */
#define MLPC_UP(bits) ((int32_t)1 << ((bits) - 1))

/* The fields of two halfwords, in a register: an instruction that shifts has no room for a constant. */
MLPC_INLINE uint32_t mlpc_packed_mask(int bits)
{
    uint32_t mask = bits == 4 ? 0x000F000Fu : 0x00030003u;
    __asm("" : "+r"(mask));
    return mask;
}

#if defined(MLPC_MVE)

/* Up to 16 inputs from x on, 0 behind the last; top: what flips unsigned ones to signed. */
MLPC_INLINE int8x16_t mlpc_packed_inputs(const int8_t *x, mve_pred16_t lanes, uint8x16_t top, int is_unsigned)
{
    const uint8x16_t v = vldrbq_z_u8((const uint8_t *)x, lanes);
    return vreinterpretq_s8_u8(is_unsigned ? veorq_m_u8(v, v, top, lanes) : v);
}

/* What the fields' moving adds to each sum. */
MLPC_INLINE int32_t mlpc_packed_begin(const void *x, uint32_t *wide, int32_t columns, int bits, int is_unsigned)
{
    const int8_t *p = (const int8_t *)x;
    const uint8x16_t top = vdupq_n_u8(0x80);
    int32_t sum = 0;
    (void)wide;
    for (; columns > 0; columns -= 16, p += 16) {
        sum = vaddvaq_s8(sum, mlpc_packed_inputs(p, vctp8q((uint32_t)columns), top, is_unsigned));
    }
    return sum * MLPC_UP(bits);
}

/* A load of weights that moves on by 16, or by rest. */
#define MLPC_PACKED_LOAD "vldrb.8 q1, [%[w]], #16\n\t"
#define MLPC_PACKED_LOAD_REST "vldrb.8 q1, [%[w]]\n\tadd %[w], %[w], %[rest]\n\t"

/* Columns in q0 times two rows of 4 bits, or times four rows of 2: there the sums of b and c come out 4 and 16 times too large. */
#define MLPC_PACKED_TWO(load, low, high)                                      \
    load "vand q2, q1, %q[lowest]\n\tvshr.u8 q1, q1, #4\n\t"                 \
    "vmladava.s8 %[" low "], q0, q2\n\tvmladava.s8 %[" high "], q0, q1\n\t"
#define MLPC_PACKED_COLUMNS_4(load) MLPC_PACKED_TWO(load, "a", "b") MLPC_PACKED_TWO(load, "c", "d")
#define MLPC_PACKED_COLUMNS_2(load)                                           \
    load "vand q2, q1, %q[lowest]\n\tvand q3, q1, %q[second]\n\t"            \
    "vmladava.s8 %[a], q0, q2\n\tvand q2, q1, %q[third]\n\t"                 \
    "vmladava.s8 %[b], q0, q3\n\tvshr.u8 q1, q1, #6\n\t"                     \
    "vmladava.s8 %[c], q0, q2\n\tvmladava.s8 %[d], q0, q1\n\t"

/* All blocks of 16 columns, then, where rest is not 0, the columns that are left; flip makes unsigned inputs signed. */
#define MLPC_PACKED_MVE(columns, flip, begin_rest)                            \
    __asm volatile("wls lr, %[n], 2f\n1:\n\tvldrb.8 q0, [%[x]], #16\n\t" flip columns(MLPC_PACKED_LOAD) "le lr, 1b\n2:" \
                   : [x] "+&r"(p), [w] "+&r"(w), [a] "+&r"(a), [b] "+&r"(b), [c] "+&r"(c), [d] "+&r"(d) \
                   : [n] "r"(blocks), [top] "w"(top), [lowest] "w"(lowest), [second] "w"(second), [third] "w"(third) \
                   : "q0", "q1", "q2", "q3", "lr", "memory");                 \
    if (rest != 0) {                                                          \
        __asm volatile("vctp.8 %[rest]\n\t" begin_rest columns(MLPC_PACKED_LOAD_REST) \
                       : [w] "+&r"(w), [a] "+&r"(a), [b] "+&r"(b), [c] "+&r"(c), [d] "+&r"(d) \
                       : [x] "r"(p), [rest] "r"(rest), [top] "w"(top), [lowest] "w"(lowest), [second] "w"(second), [third] "w"(third) \
                       : "q0", "q1", "q2", "q3", "p0", "memory");             \
    }

/* Adds the products of a group. */
MLPC_INLINE const uint32_t *mlpc_packed_sums(const void *x, const uint32_t *wide, const uint32_t *words, int32_t columns, int32_t *sum, int bits, int is_unsigned)
{
    const int32_t blocks = columns >> 4, rest = columns & 15;
    const int8_t *p = (const int8_t *)x;
    const uint32_t *w = words;
    const uint8x16_t top = vdupq_n_u8(0x80), lowest = vdupq_n_u8((uint8_t)((1 << bits) - 1)), second = vdupq_n_u8(0x0C), third = vdupq_n_u8(0x30);
    register int32_t a __asm("r0") = 0;
    register int32_t b __asm("r2") = 0;
    register int32_t c __asm("r4") = 0;
    register int32_t d __asm("r6") = 0;
    (void)wide;
    if (bits == 4 && is_unsigned) {
        MLPC_PACKED_MVE(MLPC_PACKED_COLUMNS_4, "veor q0, q0, %q[top]\n\t", "vpstt\n\tvldrbt.8 q0, [%[x]]\n\tveort q0, q0, %q[top]\n\t")
    } else if (bits == 4) {
        MLPC_PACKED_MVE(MLPC_PACKED_COLUMNS_4, "", "vpst\n\tvldrbt.8 q0, [%[x]]\n\t")
    } else if (is_unsigned) {
        MLPC_PACKED_MVE(MLPC_PACKED_COLUMNS_2, "veor q0, q0, %q[top]\n\t", "vpstt\n\tvldrbt.8 q0, [%[x]]\n\tveort q0, q0, %q[top]\n\t")
    } else {
        MLPC_PACKED_MVE(MLPC_PACKED_COLUMNS_2, "", "vpst\n\tvldrbt.8 q0, [%[x]]\n\t")
    }
    sum[0] += a;
    sum[1] += bits == 4 ? b : b >> 2;
    sum[2] += bits == 4 ? c : c >> 4;
    sum[3] += d;
    return words + ((columns * (bits == 4 ? 2 : 1) + 3) >> 2);
}

MLPC_INLINE int32_t mlpc_half_begin(const int16_t *x, int32_t columns, int is_unsigned)
{
    (void)x;
    (void)is_unsigned;
    (void)columns;
    return 0;
}

/* A load that widens wants its address in a low register. */
#define MLPC_HALF_ROW(sum) "vldrb.s16 q1, [%[w]], #8\n\tvmladava.s16 %[" sum "], q0, q1\n\t"
#define MLPC_HALF_REST(sum) "vldrb.s16 q1, [%[w]]\n\tadd %[w], %[w], %[rest]\n\tvmladava.s16 %[" sum "], q0, q1\n\t"

MLPC_INLINE const uint32_t *mlpc_half_sums(const int16_t *x, const uint32_t *words, int32_t columns, int32_t *sum, int is_unsigned)
{
    const int32_t blocks = columns >> 3, rest = columns & 7;
    const uint16x8_t top = vdupq_n_u16((uint16_t)(is_unsigned ? 0x8000 : 0));
    const uint32_t *w = words;
    register int32_t a __asm("r0") = sum[0];
    register int32_t b __asm("r2") = sum[1];
    register int32_t c __asm("r4") = sum[2];
    register int32_t d __asm("r6") = sum[3];
    __asm volatile("wls lr, %[n], 2f\n1:\n\tvldrh.16 q0, [%[x]], #16\n\tveor q0, q0, %q[top]\n\t"
                   MLPC_HALF_ROW("a") MLPC_HALF_ROW("b") MLPC_HALF_ROW("c") MLPC_HALF_ROW("d") "le lr, 1b\n2:"
                   : [x] "+&r"(x), [w] "+&l"(w), [a] "+&r"(a), [b] "+&r"(b), [c] "+&r"(c), [d] "+&r"(d)
                   : [n] "r"(blocks), [top] "w"(top)
                   : "q0", "q1", "lr", "memory");
    if (rest != 0) {
        __asm volatile("vctp.16 %[rest]\n\tvpstt\n\tvldrht.16 q0, [%[x]]\n\tveort q0, q0, %q[top]\n\t"
                       MLPC_HALF_REST("a") MLPC_HALF_REST("b") MLPC_HALF_REST("c") MLPC_HALF_REST("d")
                       : [w] "+&l"(w), [a] "+&r"(a), [b] "+&r"(b), [c] "+&r"(c), [d] "+&r"(d)
                       : [x] "r"(x), [rest] "r"(rest), [top] "w"(top)
                       : "q0", "q1", "p0", "memory");
    }
    sum[0] = a;
    sum[1] = b;
    sum[2] = c;
    sum[3] = d;
    return words + columns;
}

#elif defined(MLPC_DSP)

MLPC_INLINE int32_t mlpc_smlad(uint32_t x, uint32_t y, int32_t sum)
{
    __asm("smlad %0, %1, %2, %0" : "+r"(sum) : "r"(x), "r"(y));
    return sum;
}

/* Widens the inputs, and gives what the fields' moving adds to each sum. */
MLPC_INLINE int32_t mlpc_packed_begin(const void *x, uint32_t *wide, int32_t columns, int bits, int is_unsigned)
{
    const uint32_t *const end = wide + ((columns + 3) >> 2 << 1);
    int32_t sum = 0;
    mlpc_widen(x, wide, columns, !is_unsigned);
    do {
        sum = mlpc_smlad(*wide++, 0x00010001u, sum);
    } while (wide != end);
    return sum * MLPC_UP(bits);
}

/* Adds the products of a group. */
MLPC_INLINE const uint32_t *mlpc_packed_sums(const void *x, const uint32_t *wide, const uint32_t *w, int32_t columns, int32_t *sum, int bits, int is_unsigned)
{
    const uint32_t mask = mlpc_packed_mask(bits);
    const uint32_t *const end = wide + ((columns + 3) >> 2 << 1);
    int32_t a = sum[0], b = sum[1], c = sum[2], d = sum[3];
    (void)x;
    (void)is_unsigned;
    do {
        const uint32_t v = wide[0], u = wide[1];
        uint32_t m = *w++;
        wide += 2;
        a = mlpc_smlad(m & mask, v, a);
        b = mlpc_smlad((m >> bits) & mask, v, b);
        c = mlpc_smlad((m >> 2 * bits) & mask, v, c);
        d = mlpc_smlad((m >> 3 * bits) & mask, v, d);
        m = bits == 4 ? *w++ : m >> 8;
        a = mlpc_smlad(m & mask, u, a);
        b = mlpc_smlad((m >> bits) & mask, u, b);
        c = mlpc_smlad((m >> 2 * bits) & mask, u, c);
        d = mlpc_smlad((m >> 3 * bits) & mask, u, d);
    } while (wide != end);
    sum[0] = a;
    sum[1] = b;
    sum[2] = c;
    sum[3] = d;
    return w;
}

MLPC_INLINE int32_t mlpc_half_begin(const int16_t *x, int32_t columns, int is_unsigned)
{
    (void)x;
    (void)is_unsigned;
    (void)columns;
    return 0;
}

/* Two products of each row: a word's bytes 0 and 2, or 1 and 3, with two inputs. */
#define MLPC_HALF_PAIR(extend, v)                                             \
    __asm(extend : "=r"(t) : "r"(w[0]));                                      \
    a = mlpc_smlad(t, v, a);                                                  \
    __asm(extend : "=r"(t) : "r"(w[1]));                                      \
    b = mlpc_smlad(t, v, b);                                                  \
    __asm(extend : "=r"(t) : "r"(w[2]));                                      \
    c = mlpc_smlad(t, v, c);                                                  \
    __asm(extend : "=r"(t) : "r"(w[3]));                                      \
    d = mlpc_smlad(t, v, d);

MLPC_INLINE const uint32_t *mlpc_half_sums(const int16_t *x, const uint32_t *w, int32_t columns, int32_t *sum, int is_unsigned)
{
    const int16_t *const end = x + (columns & ~3);
    const int32_t rest = columns & 3;
    const uint32_t flip = is_unsigned ? 0x80008000u : 0u;
    int32_t a = sum[0], b = sum[1], c = sum[2], d = sum[3];
    uint32_t v, u, t;
    for (; x != end; x += 4, w += 4) {
        memcpy(&v, x, 4);
        memcpy(&u, x + 2, 4);
        v ^= flip;
        u ^= flip;
        MLPC_HALF_PAIR("sxtb16 %0, %1", v)
        MLPC_HALF_PAIR("sxtb16 %0, %1, ror #8", u)
    }
    if (rest != 0) {
        v = (uint16_t)x[0] | (rest > 1 ? (uint32_t)(uint16_t)x[1] << 16 : 0u);
        u = rest > 2 ? (uint16_t)x[2] : 0u;
        v ^= flip; /* weights behind the last column are 0 */
        u ^= flip;
        MLPC_HALF_PAIR("sxtb16 %0, %1", v)
        MLPC_HALF_PAIR("sxtb16 %0, %1, ror #8", u)
        w += 4;
    }
    sum[0] = a;
    sum[1] = b;
    sum[2] = c;
    sum[3] = d;
    return w;
}

#else

/* Moves the inputs to unsigned ones, and gives what the fields' moving adds to each sum. */
MLPC_INLINE int32_t mlpc_packed_begin(const void *x, uint32_t *wide, int32_t columns, int bits, int is_unsigned)
{
    const uint8_t *p = (const uint8_t *)x;
    const uint8_t *const end = p + columns;
    uint8_t *to = (uint8_t *)wide;
    uint8_t *const stop = to + ((columns + 3) & ~3);
    int32_t sum = 0;
    do {
        const uint8_t v = (uint8_t)(*p++ ^ (is_unsigned ? 0u : 128u));
        sum += v;
        *to++ = v;
    } while (p != end);
    while (to != stop) {
        *to++ = 0;
    }
    return sum * MLPC_UP(bits);
}

/* Two rows of a column twice. */
#define MLPC_PACKED_COLUMN(i)                                                 \
    a += ((m >> 2 * (i) * bits) & mask) * p[i];                               \
    b += ((m >> (2 * (i) + 1) * bits) & mask) * p[i];

/* Adds the products of a group. A halfword holds the sum of 16 columns of 15 * 255 at most, or of 64 of 3 * 255. */
MLPC_INLINE const uint32_t *mlpc_packed_sums(const void *x, const uint32_t *wide, const uint32_t *w, int32_t columns, int32_t *sum, int bits, int is_unsigned)
{
    const uint32_t mask = mlpc_packed_mask(bits);
    const uint8_t *p = (const uint8_t *)wide;
    const uint32_t *const end = w + (bits == 4 ? (columns + 1) >> 1 : (columns + 3) >> 2);
    (void)x;
    (void)is_unsigned;
    do {
        const int32_t most = bits == 4 ? 8 : 16;
        const uint32_t *const stop = end - w > most ? w + most : end;
        uint32_t a = 0, b = 0;
        do {
            const uint32_t m = *w++;
            MLPC_PACKED_COLUMN(0)
            MLPC_PACKED_COLUMN(1)
            if (bits == 2) {
                MLPC_PACKED_COLUMN(2)
                MLPC_PACKED_COLUMN(3)
            }
            p += bits == 4 ? 2 : 4;
        } while (w != stop);
        sum[0] += (int32_t)(a & 0xFFFFu);
        sum[1] += (int32_t)(a >> 16);
        sum[2] += (int32_t)(b & 0xFFFFu);
        sum[3] += (int32_t)(b >> 16);
    } while (w != end);
    return w;
}

/* A 16-bit input; unsigned ones lie under the same type. */
MLPC_INLINE uint32_t mlpc_half_input(const int16_t *x, int is_unsigned)
{
    return is_unsigned ? (uint32_t)(uint16_t)*x : (uint32_t)*x;
}

#if defined(MLPC_THUMB2)

MLPC_INLINE int32_t mlpc_half_begin(const int16_t *x, int32_t columns, int is_unsigned)
{
    (void)x;
    (void)is_unsigned;
    (void)columns;
    return 0;
}

#define MLPC_HALF_WEIGHT(i) (int32_t)(int8_t)(*w >> 8 * (i))

#else

/* What the moving of weights adds to each sum, which may wrap around until it is taken off. */
MLPC_INLINE int32_t mlpc_half_begin(const int16_t *x, int32_t columns, int is_unsigned)
{
    uint32_t sum = 0;
    do {
        sum += mlpc_half_input(x++, is_unsigned);
    } while (--columns != 0);
    return (int32_t)(sum << 7);
}

#define MLPC_HALF_WEIGHT(i) ((const uint8_t *)w)[i]

#endif

MLPC_INLINE const uint32_t *mlpc_half_sums(const int16_t *x, const uint32_t *w, int32_t columns, int32_t *sum, int is_unsigned)
{
    const int16_t *const end = x + columns;
    uint32_t a = (uint32_t)sum[0], b = (uint32_t)sum[1], c = (uint32_t)sum[2], d = (uint32_t)sum[3];
    do {
        const uint32_t v = mlpc_half_input(x++, is_unsigned);
        a += v * (uint32_t)MLPC_HALF_WEIGHT(0);
        b += v * (uint32_t)MLPC_HALF_WEIGHT(1);
        c += v * (uint32_t)MLPC_HALF_WEIGHT(2);
        d += v * (uint32_t)MLPC_HALF_WEIGHT(3);
        w++;
    } while (x != end);
    sum[0] = (int32_t)a;
    sum[1] = (int32_t)b;
    sum[2] = (int32_t)c;
    sum[3] = (int32_t)d;
    return w;
}

#endif

/* The four results of a group; none is stored before all are there, so that the layer's fields are read once. */
MLPC_INLINE const uint32_t *mlpc_packed_results(int8_t *y, const int32_t *sum, const uint32_t *w, mlpc_head *head, const mlpc_dense *l, int form, int range)
{
    const int32_t words = MLPC_BY_FLOAT(form) ? 1 : MLPC_SCALE_WORDS(form);
    int32_t result[4];
#if defined(MLPC_MVE)
    if (MLPC_BY_FLOAT(form)) {
        const int32x4_t four = {sum[0], sum[1], sum[2], sum[3]};
        const float *const scale = (const float *)(const void *)(MLPC_BY_ROW(form) ? w : head->scale);
        mlpc_mve_floats(y, vcvtq_f32_s32(four), MLPC_BY_ROW(form) ? vld1q_f32(scale) : vdupq_n_f32(*scale), l->zero, head->lo, head->hi);
        return MLPC_BY_ROW(form) ? w + 4 : w;
    }
#endif
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        result[i] = mlpc_limit(mlpc_result(sum[i], MLPC_BY_ROW(form) ? w + i * words : head->scale, l, form), head, range);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        if (range == MLPC_16) {
            ((int16_t *)(void *)y)[i] = (int16_t)result[i];
        } else {
            y[i] = (int8_t)result[i];
        }
    }
    return MLPC_BY_ROW(form) ? w + 4 * words : w;
}

/* All groups of a layer of packed weights, bits 4 or 2, or, bits 16, of 16-bit inputs. form and range: see mlpc_dense.h. */
MLPC_INLINE void mlpc_packed_layer(const void *x, void *y, const mlpc_dense *l, uint32_t *wide, int bits, int form, int range, int is_unsigned)
{
    const int32_t columns = l->columns;
    const int32_t more = bits == 16 ? mlpc_half_begin((const int16_t *)x, columns, is_unsigned) : mlpc_packed_begin(x, wide, columns, bits, is_unsigned);
    int8_t *to = (int8_t *)y;
    mlpc_head head;
    const uint32_t *w = mlpc_read_head(l, form, range, &head);
    int32_t groups = (l->rows + 3) >> 2;
    int32_t step = l->first;
    do {
        int32_t sum[4];
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++) {
            sum[i] = (int32_t)(w[i] - (uint32_t)more);
        }
        w = bits == 16 ? mlpc_half_sums((const int16_t *)x, w + 4, columns, sum, is_unsigned) : mlpc_packed_sums(x, wide, w + 4, columns, sum, bits, is_unsigned);
        w = mlpc_packed_results(to, sum, w, &head, l, form, range);
        to += step * MLPC_BYTES(range);
        step = 4;
    } while (--groups != 0);
}

#if !defined(MLPC_MVE)

/* Lists the inputs that are not 0, with their columns above; gives their number. */
MLPC_INLINE int32_t mlpc_skip_begin(const void *x, uint32_t *list, const mlpc_dense *l, int is_unsigned)
{
    const int32_t zero = is_unsigned ? (int32_t)l->zero_byte : (int32_t)(int8_t)l->zero_byte;
    int32_t n = 0;
    for (int32_t c = 0; c < l->columns; c++) {
        const int32_t v = (is_unsigned ? (int32_t)((const uint8_t *)x)[c] : (int32_t)((const int8_t *)x)[c]) - zero;
        list[n] = (uint32_t)c << 16 | (uint16_t)v;
        n += v != 0;
    }
    return n;
}

/* A layer that spends no time on inputs of 0: how long it takes tells how many they are. A word of weights is a column of four rows. */
MLPC_INLINE void mlpc_skip_layer(const void *x, void *y, const mlpc_dense *l, uint32_t *list, int form, int range, int is_unsigned)
{
    const uint32_t *const end = list + mlpc_skip_begin(x, list, l, is_unsigned);
    int8_t *to = (int8_t *)y;
    mlpc_head head;
    const uint32_t *w = mlpc_read_head(l, form, range, &head);
    int32_t groups = (l->rows + 3) >> 2;
    int32_t step = l->first;
    do {
        int32_t sum[4] = {(int32_t)w[0], (int32_t)w[1], (int32_t)w[2], (int32_t)w[3]};
        const uint32_t *e;
        w += 4;
        for (e = list; e != end; e++) {
            const int32_t v = (int16_t)(*e & 0xFFFFu);
            const uint32_t m = w[*e >> 16];
            sum[0] += v * (int8_t)(m & 255u);
            sum[1] += v * (int8_t)(m >> 8 & 255u);
            sum[2] += v * (int8_t)(m >> 16 & 255u);
            sum[3] += v * (int8_t)(m >> 24);
        }
        w = mlpc_packed_results(to, sum, w + l->columns, &head, l, form, range);
        to += step * MLPC_BYTES(range);
        step = 4;
    } while (--groups != 0);
}

#define MLPC_SKIP_KERNEL(name, form, range, is_unsigned)                      \
    MLPC_SHARED void name(const void *x, void *y, const mlpc_dense *l, uint32_t *wide) \
    {                                                                         \
        mlpc_skip_layer(x, y, l, wide, form, range, is_unsigned);             \
    }

#endif

#define MLPC_PACKED_KERNEL(name, bits, form, range, is_unsigned)              \
    MLPC_SHARED void name(const void *x, void *y, const mlpc_dense *l, uint32_t *wide) \
    {                                                                         \
        mlpc_packed_layer(x, y, l, wide, bits, form, range, is_unsigned);     \
    }

#endif
