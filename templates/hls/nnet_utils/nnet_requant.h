// Requantization: scale by mul / 2^shift, round, add zero, clamp. Each rounding is bit for bit the compiler's own; the
// configuration gives mul, add and shift for each index of the last axis, and, where mul and add are used as they are, wide_t, which holds
// x * mul + add and the rounding constant.
#ifndef NNET_REQUANT_H_
#define NNET_REQUANT_H_

#include "nnet_types.h"

namespace nnet {

// The end of every requantization: zero added, limited to [lo, hi].
template <class CONFIG> long long requant_clamp(long long scaled) {
    NNET_HLS(INLINE)
    const long long shifted = scaled + CONFIG::zero();
    return shifted < CONFIG::lo() ? CONFIG::lo() : shifted > CONFIG::hi() ? CONFIG::hi() : shifted;
}

// floor((x * mul + add) / 2^shift + 1/2).
template <class CONFIG> struct requant_half_up {
    template <class X> static long long of(X x, unsigned channel) {
        typedef typename CONFIG::wide_t wide_t;
        const int shift = CONFIG::shift(channel);
        wide_t sum = x * CONFIG::mul(channel) + CONFIG::add(channel);
        if (shift > 0) {
            sum += wide_t(1) << (shift - 1);
        }
        return requant_clamp<CONFIG>(sum >> shift);
    }
};

// x / 2^shift to the nearest integer, ties to the even one.
template <class T> long long shift_half_even(T x, int shift) {
    NNET_HLS(INLINE)
    const long long value = x;
    if (shift == 0) {
        return value;
    }
    const long long quotient = value >> shift;
    const unsigned long long rest = static_cast<unsigned long long>(value) & ((1ULL << shift) - 1);
    const unsigned long long half = 1ULL << (shift - 1);
    return quotient + (rest > half || (rest == half && (quotient & 1)));
}

// (x * mul + add) / 2^shift to the nearest integer, ties to the even one.
template <class CONFIG> struct requant_half_even {
    template <class X> static long long of(X x, unsigned channel) {
        const typename CONFIG::wide_t sum = x * CONFIG::mul(channel) + CONFIG::add(channel);
        return requant_clamp<CONFIG>(shift_half_even(sum, CONFIG::shift(channel)));
    }
};

// The doubling high product and the rounding shift of gemmlowp (fixedpoint.h), as TensorFlow Lite and CMSIS-NN have them.
template <class CONFIG> struct requant_gemmlowp {
    template <class X> static long long of(X x, unsigned channel) {
        const int shift = CONFIG::shift(channel);
        const long long left = 1LL << (shift < 31 ? 31 - shift : 0);
        const long long mul = CONFIG::mul(channel);
        long long high = (static_cast<long long>(x) * left * mul + (1LL << 30)) >> 31;
        if (shift > 31) {
            const int right = shift - 31;
            const long long rest = high & ((1LL << right) - 1);
            const long long half = ((1LL << right) >> 1) - (high < 0 ? 0 : 1);
            high = (high >> right) + (rest > half);
        }
        return requant_clamp<CONFIG>(high);
    }
};

// A float of 24 bits without sign: m * 2^e.
struct float24 {
    long long m;
    int e;
};

// x >= 0 rounded to 24 bits, ties to even.
inline float24 round24(long long x) {
    int length = 0;
NNET_LABEL(Length)
    for (int i = 0; i < 63; i++) {
        NNET_HLS(UNROLL)
        if ((x >> i) & 1) {
            length = i + 1;
        }
    }
    float24 f = {x, 0};
    if (length > 24) {
        f.e = length - 24;
        f.m = shift_half_even(x, f.e);
    }
    return f;
}

// float32(x) times the float32 scale mul / 2^shift, rounded to the nearest integer, ties to even.
template <class CONFIG> struct requant_float32 {
    template <class X> static long long of(X x, unsigned channel) {
        const long long value = x;
        const float24 a = round24(value < 0 ? -value : value);
        const long long mul = CONFIG::mul(channel);
        const float24 p = round24(a.m * mul);
        const int e = a.e + p.e - CONFIG::shift(channel);
        long long magnitude = 0;
        if (e >= 39) {
            magnitude = p.m == 0 ? 0 : 1LL << 62; // beyond every result type
        } else if (e >= 0) {
            magnitude = p.m << e;
        } else if (e > -63) {
            magnitude = shift_half_even(p.m, -e);
        }
        return requant_clamp<CONFIG>(value < 0 ? -magnitude : magnitude);
    }
};

} // namespace nnet

#endif
