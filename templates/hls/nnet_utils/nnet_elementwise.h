// Layers that make each element from the same element of their arguments: maps of one argument, and functions of two or three.
#ifndef NNET_ELEMENTWISE_H_
#define NNET_ELEMENTWISE_H_

#include "nnet_types.h"

namespace nnet {

// What the configuration of a map holds; its type function has a static member of(x, channel).
struct map_config {
    static const unsigned n_rows = 1;
    static const unsigned n_columns = 1; // last axis
    static const unsigned lanes = 1;     // elements computed at once
};

// Each element through CONFIG::function, which also gets the index on the last axis.
template <class data_T, class res_T, class CONFIG>
void map(const data_T data[CONFIG::n_rows * CONFIG::n_columns], res_T res[CONFIG::n_rows * CONFIG::n_columns]) {
NNET_LABEL(Rows)
    for (unsigned r = 0; r < CONFIG::n_rows; r++) {
    NNET_LABEL(Columns)
        for (unsigned c = 0; c < CONFIG::n_columns; c += CONFIG::lanes) {
            NNET_HLS(PIPELINE II=1)
        NNET_LABEL(Lanes)
            for (unsigned l = 0; l < CONFIG::lanes; l++) {
                NNET_HLS(UNROLL)
                if (c + l < CONFIG::n_columns) {
                    const unsigned i = r * CONFIG::n_columns + c + l;
                    res[i] = res_T(CONFIG::function::of(data[i], c + l));
                }
            }
        }
    }
}

// The same on streams of beats of CONFIG::lanes elements; every row starts a beat.
template <class data_T, class res_T, class CONFIG> void map_stream(hls::stream<data_T> &data, hls::stream<res_T> &res) {
NNET_LABEL(Rows)
    for (unsigned r = 0; r < CONFIG::n_rows; r++) {
    NNET_LABEL(Columns)
        for (unsigned c = 0; c < CONFIG::n_columns; c += CONFIG::lanes) {
            NNET_HLS(PIPELINE II=1)
            const data_T in = data.read();
            res_T out;
        NNET_LABEL(Lanes)
            for (unsigned l = 0; l < CONFIG::lanes; l++) {
                NNET_HLS(UNROLL)
                out[l] = 0;
                if (c + l < CONFIG::n_columns) {
                    out[l] = typename res_T::value_type(CONFIG::function::of(in[l], c + l));
                }
            }
            res.write(out);
        }
    }
}

// The value itself, narrowed or widened by the type that stores it.
struct identity {
    template <class X> static long long of(X x, unsigned) { return x; }
};

// x limited to [CONFIG::lo, CONFIG::hi].
template <class CONFIG> struct clamp {
    template <class X> static long long of(X x, unsigned) {
        const long long value = x;
        return value < CONFIG::lo() ? CONFIG::lo() : value > CONFIG::hi() ? CONFIG::hi() : value;
    }
};

// Entry x - CONFIG::lo of a table.
template <class CONFIG> struct table {
    template <class X> static long long of(X x, unsigned) {
        return CONFIG::value(static_cast<unsigned>(static_cast<long long>(x) - CONFIG::lo()));
    }
};

// CONFIG::base + the number of the channel's ascending steps that are <= x, found by halving.
template <class CONFIG> struct threshold {
    template <class X> static long long of(X x, unsigned channel) {
        const long long value = x;
        unsigned from = 0, to = CONFIG::n_steps;
    NNET_LABEL(Halving)
        for (unsigned width = CONFIG::n_steps; width > 0; width /= 2) {
            NNET_HLS(UNROLL)
            if (from < to) {
                const unsigned middle = (from + to) / 2;
                if (CONFIG::step(channel, middle) <= value) {
                    from = middle + 1;
                } else {
                    to = middle;
                }
            }
        }
        return CONFIG::base() + from;
    }
};

// What the configuration of a function of two or three arguments holds; a shorter argument repeats.
struct zip_config {
    static const unsigned n = 1;
    static const unsigned n_a = 1;
    static const unsigned n_b = 1;
    static const unsigned n_c = 1; // the selector of choose
    static const unsigned lanes = 1;
};

// The place in an argument of n_arg elements that serves element i of n; the compiler drops the division where none repeats.
template <unsigned n, unsigned n_arg> unsigned repeated(unsigned i) {
    NNET_HLS(INLINE)
    return n_arg == n ? i : n_arg == 1 ? 0 : i % n_arg;
}

// Each pair of elements through CONFIG::function.
template <class a_T, class b_T, class res_T, class CONFIG>
void zip(const a_T a[CONFIG::n_a], const b_T b[CONFIG::n_b], res_T res[CONFIG::n]) {
NNET_LABEL(Elements)
    for (unsigned first = 0; first < CONFIG::n; first += CONFIG::lanes) {
        NNET_HLS(PIPELINE II=1)
    NNET_LABEL(Lanes)
        for (unsigned l = 0; l < CONFIG::lanes; l++) {
            NNET_HLS(UNROLL)
            const unsigned i = first + l;
            if (i < CONFIG::n) {
                res[i] = res_T(CONFIG::function::of(a[repeated<CONFIG::n, CONFIG::n_a>(i)], b[repeated<CONFIG::n, CONFIG::n_b>(i)]));
            }
        }
    }
}

// a where the selector c is not 0, else b.
template <class c_T, class a_T, class b_T, class res_T, class CONFIG>
void choose(const c_T c[CONFIG::n_c], const a_T a[CONFIG::n_a], const b_T b[CONFIG::n_b], res_T res[CONFIG::n]) {
NNET_LABEL(Elements)
    for (unsigned first = 0; first < CONFIG::n; first += CONFIG::lanes) {
        NNET_HLS(PIPELINE II=1)
    NNET_LABEL(Lanes)
        for (unsigned l = 0; l < CONFIG::lanes; l++) {
            NNET_HLS(UNROLL)
            const unsigned i = first + l;
            if (i < CONFIG::n) {
                if (c[repeated<CONFIG::n, CONFIG::n_c>(i)] != 0) {
                    res[i] = res_T(a[repeated<CONFIG::n, CONFIG::n_a>(i)]);
                } else {
                    res[i] = res_T(b[repeated<CONFIG::n, CONFIG::n_b>(i)]);
                }
            }
        }
    }
}

struct add {
    template <class A, class B> static auto of(A a, B b) -> decltype(a + b) { return a + b; }
};

struct subtract {
    template <class A, class B> static auto of(A a, B b) -> decltype(a - b) { return a - b; }
};

struct multiply {
    template <class A, class B> static auto of(A a, B b) -> decltype(a * b) { return a * b; }
};

struct maximum {
    template <class A, class B> static long long of(A a, B b) { return a > b ? static_cast<long long>(a) : static_cast<long long>(b); }
};

struct minimum {
    template <class A, class B> static long long of(A a, B b) { return a < b ? static_cast<long long>(a) : static_cast<long long>(b); }
};

struct less {
    template <class A, class B> static int of(A a, B b) { return a < b; }
};

struct less_equal {
    template <class A, class B> static int of(A a, B b) { return a <= b; }
};

struct equal {
    template <class A, class B> static int of(A a, B b) { return a == b; }
};

} // namespace nnet

#endif
