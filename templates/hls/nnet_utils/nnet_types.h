// Types and directives that every layer uses: arbitrary-width integers and streams (the vendor's, or the simulation's own), ROM
// elements, beats of a stream, and the pragmas and loop labels that only the vendor's
// tools see.
#ifndef NNET_TYPES_H_
#define NNET_TYPES_H_

#if defined(__SYNTHESIS__) || defined(__VITIS_HLS__)
#define NNET_VENDOR_TYPES 1
#elif defined(__has_include)
#if __has_include(<ap_int.h>) && __has_include(<hls_stream.h>)
#define NNET_VENDOR_TYPES 1
#endif
#endif

#ifdef NNET_VENDOR_TYPES
#include <ap_int.h>
#include <hls_stream.h>
#define NNET_DIRECTIVE(text) _Pragma(#text)
#define NNET_HLS(...) NNET_DIRECTIVE(HLS __VA_ARGS__)
#define NNET_LABEL(name) name:
#else
#include "../ap_types/mlpc_ap_int.h"
#define NNET_HLS(...)
#define NNET_LABEL(name)
#endif

namespace nnet {

#ifdef NNET_VENDOR_TYPES
// Elements of constant arrays.
template <int W> using rom_int = ap_int<W>;
template <int W> using rom_uint = ap_uint<W>;
#else
// Elements of constant arrays are plain integers in simulation, so that a million of them compile in a second.
template <int W> using rom_int = typename std::conditional<(W <= 8), signed char,
    typename std::conditional<(W <= 16), short, typename std::conditional<(W <= 32), int, long long>::type>::type>::type;
template <int W> using rom_uint = rom_int<W + 1>;
#endif

// One beat of a stream: N elements.
template <class T, unsigned N> struct array {
    typedef T value_type;
    static const unsigned size = N;

    T data[N];

    T &operator[](unsigned i) { return data[i]; }
    const T &operator[](unsigned i) const { return data[i]; }
};

constexpr unsigned div_up(unsigned a, unsigned b) { return (a + b - 1) / b; }

constexpr unsigned larger(unsigned a, unsigned b) { return a > b ? a : b; }

} // namespace nnet

#endif
