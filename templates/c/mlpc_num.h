/*
 * The integer arithmetic of mlpc: scaling with rounding, saturation and wrap-around, bit for bit as the compiler defines it.
 * C99 and C++. Only the functions under MLPC_FPU use floating point; they give the same bits as their integer forms.
 *
 * Every function names the range of its arguments. The compiler has proven that the calls in emitted code keep it, so nothing
 * overflows and nothing is checked at run time. No function branches on data except through ?:, which compilers turn into
 * selects where the machine has them; MLPC_SMALL is for those that have not.
 */
#ifndef MLPC_NUM_H
#define MLPC_NUM_H

#include <float.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>

/* C leaves the right shift of a negative number to the compiler; this code needs the usual one, which copies the sign. */
typedef char mlpc_right_shift_copies_the_sign[((int64_t)-1 >> 1) == -1 && ((int32_t)-1 >> 1) == -1 ? 1 : -1];

/*
 * MLPC_FPU is 1 where float is IEEE single precision in hardware and every float operation is rounded to it (FLT_EVAL_METHOD 16:
 * there are narrower types as well). Define it as 0 to use integers only.
 */
#ifndef MLPC_FPU
#if defined(__FAST_MATH__) || !defined(FLT_EVAL_METHOD) || (FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16)
#define MLPC_FPU 0
#elif defined(__ARM_FP) && (__ARM_FP & 4)
#define MLPC_FPU 1
#elif defined(__x86_64__) || defined(__aarch64__) || (defined(__riscv_flen) && __riscv_flen >= 32)
#define MLPC_FPU 1
#else
#define MLPC_FPU 0
#endif
#endif

/*
 * MLPC_SMALL is 1 on cores that have neither conditional instructions nor long products (ARMv6-M, ARMv8-M Baseline). Selections are
 * masks there, since a compiler would branch.
 */
#ifndef MLPC_SMALL
#if defined(__ARM_ARCH_ISA_THUMB) && __ARM_ARCH_ISA_THUMB == 1
#define MLPC_SMALL 1
#else
#define MLPC_SMALL 0
#endif
#endif

/* MLPC_PAIRS is 1 where 64 bits are a pair of registers: selections of them are masks there too. */
#if MLPC_SMALL || UINTPTR_MAX <= 0xFFFFFFFFu
#define MLPC_PAIRS 1
#else
#define MLPC_PAIRS 0
#endif

/* ---- Products ---- */

/* a * b; in pieces of 16 bits on cores that multiply 32 by 32 bits to 32. */
static inline uint64_t mlpc_product(uint32_t a, uint32_t b)
{
#if MLPC_SMALL
    const uint32_t al = a & 0xFFFFu, ah = a >> 16, bl = b & 0xFFFFu, bh = b >> 16;
    const uint32_t low = al * bl;
    const uint32_t middle = ah * bl + (low >> 16); /* no sum of these reaches 2^32 */
    const uint32_t other = al * bh + (middle & 0xFFFFu);
    return ((uint64_t)(ah * bh + (middle >> 16) + (other >> 16)) << 32) | (other << 16) | (low & 0xFFFFu);
#else
    return (uint64_t)a * b;
#endif
}

/* x * y, which fits in 64 bits. */
static inline int64_t mlpc_times(int64_t x, int64_t y)
{
#if MLPC_SMALL
    const uint32_t xl = (uint32_t)x, xh = (uint32_t)((uint64_t)x >> 32), yl = (uint32_t)y, yh = (uint32_t)((uint64_t)y >> 32);
    return (int64_t)(mlpc_product(xl, yl) + ((uint64_t)(xl * yh + xh * yl) << 32));
#else
    return x * y;
#endif
}

/* ---- Selection ---- */

/* All ones where x is not 0, else 0. */
static inline int32_t mlpc_any(int64_t x)
{
#if MLPC_PAIRS
    return -(int32_t)(((uint64_t)x | (0u - (uint64_t)x)) >> 63);
#else
    return -(int32_t)(x != 0);
#endif
}

static inline int32_t mlpc_any_32(int32_t x)
{
#if MLPC_SMALL
    return -(int32_t)(((uint32_t)x | (0u - (uint32_t)x)) >> 31);
#else
    return -(int32_t)(x != 0);
#endif
}

/* All ones where a < b, else 0. */
static inline int32_t mlpc_less(int64_t a, int64_t b)
{
#if MLPC_PAIRS
    const uint64_t x = (uint64_t)a, y = (uint64_t)b;
    return -(int32_t)(((x & ~y) | (~(x ^ y) & (x - y))) >> 63);
#else
    return -(int32_t)(a < b);
#endif
}

static inline int32_t mlpc_less_32(int32_t a, int32_t b)
{
#if MLPC_SMALL
    return (int32_t)(((int64_t)a - b) >> 63);
#else
    return -(int32_t)(a < b);
#endif
}

/* a where mask is all ones, b where it is 0. */
static inline int64_t mlpc_pick(int32_t mask, int64_t a, int64_t b)
{
#if MLPC_PAIRS
    return b ^ ((a ^ b) & mask);
#else
    return mask != 0 ? a : b;
#endif
}

static inline int32_t mlpc_pick_32(int32_t mask, int32_t a, int32_t b)
{
#if MLPC_SMALL
    return b ^ ((a ^ b) & mask);
#else
    return mask != 0 ? a : b;
#endif
}

/* ---- Shifts by an amount that depends on data ---- */

/* x * 2^n without its high bits, 0 <= n <= 63; compilers branch on n < 32 where they shift words by hand. */
static inline uint64_t mlpc_shift_left(uint64_t x, int n)
{
#if MLPC_SMALL
    const uint32_t xl = (uint32_t)x, xh = (uint32_t)(x >> 32);
    const int k = n & 31;
    const int32_t across = -(n >> 5);
    const uint32_t low = xl << k, high = (xh << k) | (xl >> 1 >> (31 - k));
    return ((uint64_t)(uint32_t)mlpc_pick_32(across, (int32_t)low, (int32_t)high) << 32) | (low & (uint32_t)~across);
#else
    return x << n;
#endif
}

/* x / 2^n rounded down, 0 <= n <= 63. */
static inline uint64_t mlpc_shift_right(uint64_t x, int n)
{
#if MLPC_SMALL
    const uint32_t xl = (uint32_t)x, xh = (uint32_t)(x >> 32);
    const int k = n & 31;
    const int32_t across = -(n >> 5);
    const uint32_t high = xh >> k, low = (xl >> k) | (xh << 1 << (31 - k));
    return ((uint64_t)(high & (uint32_t)~across) << 32) | (uint32_t)mlpc_pick_32(across, (int32_t)high, (int32_t)low);
#else
    return x >> n;
#endif
}

/* ---- Saturation and wrap-around ---- */

/* x limited to [lo, hi]. |x|, |lo|, |hi| < 2^62. */
static inline int64_t mlpc_clamp(int64_t x, int64_t lo, int64_t hi)
{
#if MLPC_PAIRS
    const int64_t below = (x - lo) >> 63, above = (hi - x) >> 63;
    return (x & ~(below | above)) | (lo & below) | (hi & above);
#else
    return x < lo ? lo : x > hi ? hi : x;
#endif
}

static inline int32_t mlpc_clamp_32(int32_t x, int32_t lo, int32_t hi)
{
#if MLPC_SMALL
    const int32_t below = (int32_t)(((int64_t)x - lo) >> 63), above = (int32_t)(((int64_t)hi - x) >> 63);
    return (x & ~(below | above)) | (lo & below) | (hi & above);
#else
    return x < lo ? lo : x > hi ? hi : x;
#endif
}

/* The low bits of x, 1 <= bits <= 63, read as an unsigned number. */
static inline int64_t mlpc_wrap_unsigned(int64_t x, int bits)
{
    return (int64_t)((uint64_t)x & (((uint64_t)1 << bits) - 1u));
}

/* The low bits of x, 1 <= bits <= 63, read as two's complement. */
static inline int64_t mlpc_wrap_signed(int64_t x, int bits)
{
    const uint64_t sign = (uint64_t)1 << (bits - 1);
    const uint64_t low = (uint64_t)x & ((sign << 1) - 1u);
    return (int64_t)(low ^ sign) - (int64_t)sign;
}

/* ---- Half up: ties go towards plus infinity ---- */

/* floor((x*mul + add) / 2^shift + 1/2). |x*mul + add| < 2^62, 0 <= shift <= 62. */
static inline int64_t mlpc_requant_half_up(int64_t x, int64_t mul, int64_t add, int shift)
{
    return (mlpc_times(x, mul) + add + (((int64_t)1 << shift) >> 1)) >> shift;
}

/* The same in 32 bits. |x*mul + add| < 2^30, 0 <= shift <= 30. */
static inline int32_t mlpc_requant_half_up_32(int32_t x, int32_t mul, int32_t add, int shift)
{
    return (x * mul + add + (((int32_t)1 << shift) >> 1)) >> shift;
}

/*
 * The same from the high word of the product, one multiply-accumulate and one shift where the machine multiplies 32 by 32 bits:
 * mlpc_requant_half_up(x, mul, add, 32 + shift) with bias = add + 2^(31 + shift). |x*mul + bias| < 2^63, 0 <= shift <= 30.
 */
static inline int32_t mlpc_requant_high(int32_t x, int32_t mul, int64_t bias, int shift)
{
    return (int32_t)((mlpc_times(x, mul) + bias) >> 32) >> shift;
}

/* ---- Half even: ties go to the even neighbour ---- */

/* x / 2^shift, nearest, ties to even. |x| < 2^62, 0 <= shift <= 62. */
static inline int64_t mlpc_shift_half_even(int64_t x, int shift)
{
    const int64_t half = ((int64_t)1 << shift) >> 1;
    const int64_t even = shift > 0 ? 1 - ((x >> shift) & 1) : 0;
    return (x + half - even) >> shift;
}

/* (x*mul + add) / 2^shift, nearest, ties to even. |x*mul + add| < 2^62, 0 <= shift <= 62. */
static inline int64_t mlpc_requant_half_even(int64_t x, int64_t mul, int64_t add, int shift)
{
    return mlpc_shift_half_even(mlpc_times(x, mul) + add, shift);
}

/* The same in 32 bits. |x*mul + add| < 2^30, 0 <= shift <= 30. */
static inline int32_t mlpc_requant_half_even_32(int32_t x, int32_t mul, int32_t add, int shift)
{
    const int32_t t = x * mul + add;
    const int32_t half = ((int32_t)1 << shift) >> 1;
    const int32_t even = shift > 0 ? 1 - ((t >> shift) & 1) : 0;
    return (t + half - even) >> shift;
}

/* ---- gemmlowp: doubling high multiply, then a rounding shift (TFLite, CMSIS-NN in its default build) ---- */

/*
 * x * mul / 2^shift with two roundings: to nearest after the multiplication, ties up; then by the rest of the shift, ties away
 * from zero. 2^30 <= mul < 2^31, 0 <= shift <= 62, x * 2^max(31 - shift, 0) fits in 32 bits.
 */
static inline int32_t mlpc_requant_gemmlowp(int32_t x, int32_t mul, int shift)
{
    const int left = shift < 31 ? 31 - shift : 0;
    const int right = shift > 31 ? shift - 31 : 0;
    const int64_t wide = mlpc_times(x, (int64_t)1 << left);
    const int32_t high = (int32_t)((mlpc_times(wide, mul) + ((int64_t)1 << 30)) >> 31);
    const uint32_t mask = ((uint32_t)1 << right) - 1u;
    const uint32_t rest = (uint32_t)high & mask;
    const uint32_t half = (mask >> 1) + ((uint32_t)high >> 31);
    return (high >> right) + (int32_t)((half - rest) >> 31); /* one more where rest > half */
}

/* ---- float32: what a single-precision multiplication and rint compute ---- */

/* The number of bits of x without leading zeros; 0 for 0. */
static inline int mlpc_bit_length(uint64_t x)
{
#if defined(__GNUC__) && !MLPC_PAIRS
    return 64 - __builtin_clzll(x | 1u) - (x == 0u ? 1 : 0);
#else
    const uint32_t high = (uint32_t)(x >> 32);
    const uint32_t any = 0u - ((high | (0u - high)) >> 31); /* all ones where high is not 0 */
    uint32_t word = high | ((uint32_t)x & ~any);
    uint32_t n = any & 32u;
#if defined(__GNUC__) && !MLPC_SMALL && UINT_MAX == 0xFFFFFFFFu
    return (int)n + 32 - __builtin_clz(word | 1u) - (word == 0u ? 1 : 0);
#else
    uint32_t step;
    for (step = 16; step > 0; step >>= 1) {
        const uint32_t rest = word >> step;
        const uint32_t more = (0u - ((rest | (0u - rest)) >> 31)) & step;
        n += more;
        word >>= more;
    }
    return (int)(n + word);
#endif
#endif
}

/* x, or 0 where it is negative. */
static inline int mlpc_positive(int x)
{
    return x & ~(x >> (8 * (int)sizeof x - 1));
}

/* The number of low bits that x has beyond the 24 of a float's significand. */
static inline int mlpc_beyond_24(uint64_t x)
{
    return mlpc_positive(mlpc_bit_length(x) - 24);
}

/* mlpc_shift_half_even where x >= 0, by a shift that depends on data. */
static inline uint64_t mlpc_shift_even(uint64_t x, int shift)
{
    const uint64_t unit = mlpc_shift_left(1, shift);
    const uint64_t even = ~(mlpc_shift_right(x, shift) | unit) & 1u; /* 0 where nothing is shifted */
    return mlpc_shift_right(x + (unit >> 1) - even, shift);
}

/* m / 2^down rounded to an integer, ties to even, m <= 2^24, |down| <= 200; results from 2^62 on come out as 2^62. */
static inline int64_t mlpc_scale_24(uint64_t m, int down)
{
    const int up = 62 - mlpc_positive(62 - mlpc_positive(-down));
    const int limited = 62 - mlpc_positive(62 - mlpc_positive(down)); /* 62 shifts all of m out */
    const int32_t large = mlpc_less_32(62, mlpc_bit_length(m) + up);
    return mlpc_pick(large, (int64_t)1 << 62, (int64_t)mlpc_shift_left(mlpc_shift_even(m, limited), up));
}

/*
 * rint((float)x * scale) where the float scale is mul / 2^shift: x is rounded to 24 bits, then the product is, then the result
 * to an integer, each half to even. |x| < 2^53, 0 < mul < 2^24, -60 <= shift <= 120. Results from 2^62 on come out as 2^62.
 */
static inline int64_t mlpc_requant_float32(int64_t x, int32_t mul, int shift)
{
    const int64_t sign = x >> 63;
    const uint64_t size = (uint64_t)((x ^ sign) - sign);
    const int drop_x = mlpc_beyond_24(size);
    const uint64_t product = (uint64_t)mlpc_times((int64_t)mlpc_shift_even(size, drop_x), mul);
    const int drop = mlpc_beyond_24(product);
    const int64_t y = mlpc_scale_24(mlpc_shift_even(product, drop), shift - drop - drop_x);
    return (y ^ sign) - sign;
}

/*
 * mlpc_requant_float32 where a float holds x exactly and the result is less than 2^22 in size, without normalizing; a greater result
 * comes out as some number of at least that size. |x| <= 2^24, 0 < mul < 2^24, 1 <= shift <= 62.
 *
 * A float32 multiplication can only change the rounding to an integer by moving the exact product onto a tie. It does so where the
 * product lies within half a unit of its 24th bit (reach) from the tie, and the tie then goes to the even neighbour. So the product
 * is rounded with the reach added and with it taken off, and the even one of two different results is right.
 */
static inline int64_t mlpc_requant_float32_near(int32_t x, int32_t mul, int shift)
{
    const int64_t sign = x >> 31;
    const int64_t product = mlpc_times((x ^ sign) - sign, mul);
    const int64_t reach = ((uint32_t)1 << mlpc_positive(mlpc_bit_length((uint64_t)product) - 24)) >> 1;
    const int64_t raised = product + ((int64_t)1 << (shift - 1));
    const int64_t upper = (raised + reach) >> shift;
    const int64_t lower = (raised - reach - 1) >> shift;
    const int64_t y = lower + ((upper - lower) & ((upper & 1) - 1)); /* the even one */
    return (y ^ sign) - sign;
}

/*
 * The same from the high word of the product, for scales below 1/4: mlpc_requant_float32(x, mul / 2^8, 24 + shift), where the scale's
 * significand is moved to the top of 32 bits; results from 2^15 on come out as some number of at least that size. |x| < 2^24,
 * 2^31 <= mul < 2^32, mul % 2^8 = 0, 2 <= shift <= 25.
 */
static inline int32_t mlpc_requant_float32_high(int32_t x, uint32_t mul, int shift)
{
    const uint32_t sign = 0u - ((uint32_t)x >> 31);
    const uint64_t product = mlpc_product(((uint32_t)x ^ sign) - sign, mul);
    const uint64_t raised = product + ((uint64_t)((uint32_t)1 << (shift - 1)) << 32);
    uint32_t top = (uint32_t)(product >> 32) >> (shift - 1); /* twice the result, whose leading bit tells the reach */
    uint32_t reach, upper, lower;
    top |= top >> 1;
    top |= top >> 2;
    top |= top >> 4;
    top |= top >> 8;
    reach = (top + 1u) << (shift + 6);
    upper = (uint32_t)((raised + reach) >> 32) >> shift;
    lower = (uint32_t)((raised - reach - 1u) >> 32) >> shift;
    lower += (upper - lower) & ~upper; /* the even one: they differ by 0 or 1 */
    return (int32_t)((lower ^ sign) - sign);
}

#if MLPC_FPU
/* Keeps GCC from a branch to what follows for a limit's constant. */
#if defined(__GNUC__) && defined(__arm__)
#define MLPC_NOT_CONSTANT(y) __asm("" : "+t"(y))
#else
#define MLPC_NOT_CONSTANT(y) (void)(y)
#endif

/*
 * mlpc_requant_float32 with its result limited to [lo, hi], on the floating-point unit; scale = mul / 2^shift.
 * -2^22 <= lo <= hi <= 2^22. Adding 3*2^22 leaves no bits for a fraction, so the addition rounds half to even; the clamp before
 * it keeps the sum in range, and keeps the compiler from fusing the addition with the multiplication.
 */
static inline int32_t mlpc_requant_float32_fpu(int32_t x, float scale, float lo, float hi)
{
    const float magic = 12582912.0f;
    float y = (float)x * scale;
    int32_t bits;
    y = y < lo ? lo : y;
    MLPC_NOT_CONSTANT(y);
    y = y > hi ? hi : y;
    MLPC_NOT_CONSTANT(y);
    y += magic;
    memcpy(&bits, &y, sizeof bits);
    return bits - 0x4B400000;
}
#endif

/* ---- Approximate multiplication ---- */

/*
 * w * x without the drop lowest columns of the partial-product array: each x * 2^i, one for each set bit i of |w|, loses its bits
 * below 2^drop (floor, so that the result is monotone in x). |w| < 2^31, 0 < drop < 32, |w| * (|x| + 2^drop) < 2^62.
 */
static inline int64_t mlpc_trunc_mul(int64_t w, int64_t x, int drop)
{
    const int64_t size = w < 0 ? -w : w;
    const int64_t unit = (int64_t)1 << drop;
    int64_t p = mlpc_times(x, size - (size & (unit - 1)));
    int i;
    for (i = 0; i < drop; i++) {
        p += (int64_t)((uint64_t)(x >> (drop - i)) << drop) & -((size >> i) & 1);
    }
    return w < 0 ? -p : p;
}

#endif
