// Dense layers of integers through float32: dequantize, add products with one rounding each, quantize. Bit for bit the compiler's own
// arithmetic, as float and double are IEEE 754 here and in hardware.
#ifndef NNET_FLOAT32_H_
#define NNET_FLOAT32_H_

#include <cstring>

#include "nnet_types.h"

namespace nnet {

// a * b + c with one rounding. The product is exact in double; where the sum is not, its last bit is made odd, so that the second
// rounding sees on which side of a tie the exact sum lies.
inline float fma_float32(float a, float b, float c) {
    NNET_HLS(INLINE)
    const double p = double(a) * double(b), d = double(c);
    double s = p + d;
    const double t = s - p, rest = (p - (s - t)) + (d - t);
    unsigned long long bits;
    std::memcpy(&bits, &s, sizeof bits);
    if ((rest > 0.0 || rest < 0.0) && (bits & 1) == 0) {
        bits += (rest > 0.0) == (s > 0.0) ? 1ULL : ~0ULL;
        std::memcpy(&s, &bits, sizeof s);
    }
    return float(s);
}

// x divided by the scale of the result, half to even, plus its zero point, limited to [lo, hi].
template <class CONFIG> int quantize_float32(float x) {
    NNET_HLS(INLINE)
    const float t = x / CONFIG::out_scale();
    if (t < float(CONFIG::lo() - CONFIG::out_zero())) {
        return CONFIG::lo();
    }
    if (t > float(CONFIG::hi() - CONFIG::out_zero())) {
        return CONFIG::hi();
    }
    int whole = int(t);
    const float part = t - float(whole);
    if (part > 0.5f || (part >= 0.5f && whole % 2 != 0)) {
        whole++;
    }
    if (part < -0.5f || (part <= -0.5f && whole % 2 != 0)) {
        whole--;
    }
    return whole + CONFIG::out_zero();
}

// y = quantize(bias + W dequantize(x)); products are added in parts of CONFIG::depth, each of which is then added to the bias.
template <class data_T, class weight_T, class res_T, class CONFIG>
void dense_float32(const data_T data[CONFIG::n_vectors * CONFIG::groups * CONFIG::n_in], const weight_T weights[CONFIG::n_out * CONFIG::n_in],
                   res_T res[CONFIG::n_vectors * CONFIG::n_out]) {
NNET_LABEL(Rows)
    for (unsigned i = 0; i < CONFIG::n_vectors * CONFIG::n_out; i++) {
        const unsigned vector = i / CONFIG::n_out, row = i % CONFIG::n_out;
        const unsigned first = (vector * CONFIG::groups + row / (CONFIG::n_out / CONFIG::groups)) * CONFIG::n_in;
        float sum = CONFIG::bias(row);
    NNET_LABEL(Parts)
        for (unsigned from = 0; from < CONFIG::n_in; from += CONFIG::depth) {
            const unsigned end = from + CONFIG::depth < CONFIG::n_in ? from + CONFIG::depth : CONFIG::n_in;
            float part = 0.0f;
        NNET_LABEL(Products)
            for (unsigned c = from; c < end; c++) {
                NNET_HLS(PIPELINE)
                const int q = int(data[first + c]) - CONFIG::zero();
                const int w = int(weights[row * CONFIG::n_in + c]);
                part = fma_float32(float(q) * CONFIG::scale(), float(w) * CONFIG::weight_scale(row), part);
            }
            sum += part;
        }
        res[i] = res_T(quantize_float32<CONFIG>(sum));
    }
}

} // namespace nnet

#endif
