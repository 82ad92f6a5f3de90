/*
 * The integer arithmetic of mlpc: scaling with rounding, saturation and wrap-around, bit for bit as the compiler defines it.
 * C99 and C++. Nothing here depends on the byte order, the word size or the floating-point unit of the machine.
 *
 * Every function names the range of its arguments; the compiler has proven that calls in emitted code keep it, so nothing overflows.
 */
#ifndef MLPC_NUM_H
#define MLPC_NUM_H

#include <stdint.h>

/* C leaves the right shift of a negative number to the compiler; this code needs the usual one, which copies the sign. */
typedef char mlpc_right_shift_copies_the_sign[((int64_t)-1 >> 1) == -1 && ((int32_t)-1 >> 1) == -1 ? 1 : -1];

/* x limited to [lo, hi]. */
static inline int64_t mlpc_clamp(int64_t x, int64_t lo, int64_t hi)
{
    return x < lo ? lo : x > hi ? hi : x;
}

static inline int32_t mlpc_clamp32(int32_t x, int32_t lo, int32_t hi)
{
    return x < lo ? lo : x > hi ? hi : x;
}

/* The low bits of x, 1 <= bits <= 63, read as an unsigned number or as two's complement. */
static inline int64_t mlpc_wrap_unsigned(int64_t x, int bits)
{
    return (int64_t)((uint64_t)x & (((uint64_t)1 << bits) - 1u));
}

static inline int64_t mlpc_wrap_signed(int64_t x, int bits)
{
    uint64_t sign = (uint64_t)1 << (bits - 1);
    uint64_t low = (uint64_t)x & ((sign << 1) - 1u);
    return (int64_t)(low ^ sign) - (int64_t)sign;
}

/* floor((x*mul + add) / 2^shift + 1/2): ties go up. |x*mul + add| < 2^62, 0 <= shift <= 62. */
static inline int64_t mlpc_requant_half_up(int64_t x, int64_t mul, int64_t add, int shift)
{
    int64_t t = x * mul + add;
    return (t + (((int64_t)1 << shift) >> 1)) >> shift;
}

#endif
