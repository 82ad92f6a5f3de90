// Dense layers folded onto pe rows times simd columns of multipliers.
#ifndef NNET_DENSE_H_
#define NNET_DENSE_H_

#include "nnet_types.h"

namespace nnet {

// What a dense layer's configuration holds; the types weight_t, bias_t, accum_t and product come with it.
struct dense_config {
    static const unsigned n_vectors = 1; // input vectors of a sample
    static const unsigned n_in = 1;
    static const unsigned n_out = 1;
    static const unsigned groups = 1; // inputs and outputs fall into so many independent parts
    static const unsigned pe = 1;     // rows computed at once
    static const unsigned simd = 1;   // columns computed at once
};

// The exact product of a weight and an input.
struct exact_product {
    template <class W, class X> static auto of(W w, X x) -> decltype(w * x) {
        NNET_HLS(INLINE)
        return w * x;
    }
};

// The exact product in a DSP block.
struct dsp_product {
    template <class W, class X> static auto of(W w, X x) -> decltype(w * x) {
        NNET_HLS(INLINE)
        const decltype(w * x) product = w * x;
        NNET_HLS(BIND_OP variable=product op=mul impl=dsp)
        return product;
    }
};

// The exact product in logic.
struct fabric_product {
    template <class W, class X> static auto of(W w, X x) -> decltype(w * x) {
        NNET_HLS(INLINE)
        const decltype(w * x) product = w * x;
        NNET_HLS(BIND_OP variable=product op=mul impl=fabric)
        return product;
    }
};

// The product of an array multiplier without its drop lowest columns: each partial product x * 2^i loses its bits below 2^drop.
template <int weight_bits, int drop> struct truncated_product {
    template <class W, class X> static long long of(W w, X x) {
        NNET_HLS(INLINE)
        const long long signed_w = w;
        const long long magnitude = signed_w < 0 ? -signed_w : signed_w;
        const long long step = 1LL << drop;
        long long sum = 0;
        for (int i = 0; i < weight_bits; i++) {
            NNET_HLS(UNROLL)
            if ((magnitude >> i) & 1) {
                const long long part = static_cast<long long>(x) * (1LL << i);
                sum += (part >> drop) * step;
            }
        }
        return signed_w < 0 ? -sum : sum;
    }
};

// The folds of a layer: weights[fold][p * simd + s] belongs to row (fold / column_folds) * pe + p and column
// (fold % column_folds) * simd + s of its group, and is 0 beyond the last row or column.
template <class CONFIG> struct dense_folds {
    static const unsigned columns = CONFIG::n_in / CONFIG::groups;
    static const unsigned rows_of_group = CONFIG::n_out / CONFIG::groups;
    static const unsigned column_folds = div_up(columns, CONFIG::simd);
    static const unsigned row_folds = div_up(CONFIG::n_out, CONFIG::pe);
};

// y = W * x + b with all elements in arrays.
template <class data_T, class res_T, class CONFIG>
void dense(const data_T data[CONFIG::n_vectors * CONFIG::n_in], res_T res[CONFIG::n_vectors * CONFIG::n_out],
           const typename CONFIG::weight_t weights[][CONFIG::pe * CONFIG::simd], const typename CONFIG::bias_t biases[CONFIG::n_out]) {
    typedef dense_folds<CONFIG> folds;
    typename CONFIG::accum_t acc[CONFIG::pe] = {};
    NNET_HLS(ARRAY_PARTITION variable=acc complete dim=1)
NNET_LABEL(Vectors)
    for (unsigned v = 0; v < CONFIG::n_vectors; v++) {
    NNET_LABEL(Rows)
        for (unsigned r = 0; r < folds::row_folds; r++) {
        NNET_LABEL(Columns)
            for (unsigned c = 0; c < folds::column_folds; c++) {
                NNET_HLS(PIPELINE II=1)
            NNET_LABEL(Lanes)
                for (unsigned p = 0; p < CONFIG::pe; p++) {
                    NNET_HLS(UNROLL)
                    const unsigned row = r * CONFIG::pe + p;
                    if (row < CONFIG::n_out) {
                        typename CONFIG::accum_t sum = c == 0 ? typename CONFIG::accum_t(biases[row]) : acc[p];
                        const unsigned first = v * CONFIG::n_in + row / folds::rows_of_group * folds::columns;
                    NNET_LABEL(Products)
                        for (unsigned s = 0; s < CONFIG::simd; s++) {
                            NNET_HLS(UNROLL)
                            const unsigned column = c * CONFIG::simd + s;
                            if (column < folds::columns) {
                                sum += CONFIG::product::of(weights[r * folds::column_folds + c][p * CONFIG::simd + s], data[first + column]);
                            }
                        }
                        acc[p] = sum;
                        if (c == folds::column_folds - 1) {
                            res[v * CONFIG::n_out + row] = sum;
                        }
                    }
                }
            }
        }
    }
}

// The same on streams, for one group: beats of simd inputs in, beats of pe outputs out. The input is kept while the first rows read it.
template <class data_T, class res_T, class CONFIG>
void dense_stream(hls::stream<data_T> &data, hls::stream<res_T> &res, const typename CONFIG::weight_t weights[][CONFIG::pe * CONFIG::simd],
                  const typename CONFIG::bias_t biases[CONFIG::n_out]) {
    typedef dense_folds<CONFIG> folds;
    typename CONFIG::accum_t acc[CONFIG::pe] = {};
    NNET_HLS(ARRAY_PARTITION variable=acc complete dim=1)
    data_T kept[folds::column_folds] = {};
NNET_LABEL(Vectors)
    for (unsigned v = 0; v < CONFIG::n_vectors; v++) {
    NNET_LABEL(Rows)
        for (unsigned r = 0; r < folds::row_folds; r++) {
        NNET_LABEL(Columns)
            for (unsigned c = 0; c < folds::column_folds; c++) {
                NNET_HLS(PIPELINE II=1)
                if (r == 0) {
                    kept[c] = data.read();
                }
                const data_T beat = kept[c];
                res_T out;
            NNET_LABEL(Lanes)
                for (unsigned p = 0; p < CONFIG::pe; p++) {
                    NNET_HLS(UNROLL)
                    const unsigned row = r * CONFIG::pe + p;
                    typename CONFIG::accum_t sum = 0;
                    if (row < CONFIG::n_out) {
                        sum = c == 0 ? typename CONFIG::accum_t(biases[row]) : acc[p];
                    NNET_LABEL(Products)
                        for (unsigned s = 0; s < CONFIG::simd; s++) {
                            NNET_HLS(UNROLL)
                            if (c * CONFIG::simd + s < folds::columns) {
                                sum += CONFIG::product::of(weights[r * folds::column_folds + c][p * CONFIG::simd + s], beat[s]);
                            }
                        }
                    }
                    acc[p] = sum;
                    out[p] = typename res_T::value_type(sum);
                }
                if (c == folds::column_folds - 1) {
                    res.write(out);
                }
            }
        }
    }
}

} // namespace nnet

#endif
