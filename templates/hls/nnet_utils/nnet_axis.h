// Layers that work along one axis: reductions, argmax, topk, lookup, normalisation, and the product of two tensors.
#ifndef NNET_AXIS_H_
#define NNET_AXIS_H_

#include "nnet_types.h"

namespace nnet {

// What the configuration of a reduction holds: the axis has n elements, inner apart, outer * inner times.
struct axis_config {
    static const unsigned outer = 1;
    static const unsigned n = 1;
    static const unsigned inner = 1;
    static const unsigned k = 1; // results of topk
};

// The sum along the axis.
template <class data_T, class res_T, class CONFIG>
void sum(const data_T data[CONFIG::outer * CONFIG::n * CONFIG::inner], res_T res[CONFIG::outer * CONFIG::inner]) {
NNET_LABEL(Lines)
    for (unsigned i = 0; i < CONFIG::outer * CONFIG::inner; i++) {
        const unsigned first = i / CONFIG::inner * CONFIG::n * CONFIG::inner + i % CONFIG::inner;
        res_T total = 0;
    NNET_LABEL(Axis)
        for (unsigned j = 0; j < CONFIG::n; j++) {
            NNET_HLS(PIPELINE II=1)
            total += data[first + j * CONFIG::inner];
        }
        res[i] = total;
    }
}

// The largest along the axis.
template <class data_T, class res_T, class CONFIG>
void reduce_max(const data_T data[CONFIG::outer * CONFIG::n * CONFIG::inner], res_T res[CONFIG::outer * CONFIG::inner]) {
NNET_LABEL(Lines)
    for (unsigned i = 0; i < CONFIG::outer * CONFIG::inner; i++) {
        const unsigned first = i / CONFIG::inner * CONFIG::n * CONFIG::inner + i % CONFIG::inner;
        data_T best = data[first];
    NNET_LABEL(Axis)
        for (unsigned j = 0; j < CONFIG::n; j++) {
            NNET_HLS(PIPELINE II=1)
            const data_T x = data[first + j * CONFIG::inner];
            if (x > best) {
                best = x;
            }
        }
        res[i] = res_T(best);
    }
}

// The index of the largest along the axis, the lowest such index.
template <class data_T, class res_T, class CONFIG>
void argmax(const data_T data[CONFIG::outer * CONFIG::n * CONFIG::inner], res_T res[CONFIG::outer * CONFIG::inner]) {
NNET_LABEL(Lines)
    for (unsigned i = 0; i < CONFIG::outer * CONFIG::inner; i++) {
        const unsigned first = i / CONFIG::inner * CONFIG::n * CONFIG::inner + i % CONFIG::inner;
        data_T best = data[first];
        unsigned at = 0;
    NNET_LABEL(Axis)
        for (unsigned j = 0; j < CONFIG::n; j++) {
            NNET_HLS(PIPELINE II=1)
            const data_T x = data[first + j * CONFIG::inner];
            if (x > best) {
                best = x;
                at = j;
            }
        }
        res[i] = res_T(at);
    }
}

// The indexes of the k largest along the axis, largest first, equals in order: each element moves down a sorted list.
template <class data_T, class res_T, class CONFIG>
void topk(const data_T data[CONFIG::outer * CONFIG::n * CONFIG::inner], res_T res[CONFIG::outer * CONFIG::k * CONFIG::inner]) {
    data_T best[CONFIG::k] = {};
    unsigned at[CONFIG::k] = {};
    NNET_HLS(ARRAY_PARTITION variable=best complete dim=1)
    NNET_HLS(ARRAY_PARTITION variable=at complete dim=1)
NNET_LABEL(Lines)
    for (unsigned i = 0; i < CONFIG::outer * CONFIG::inner; i++) {
        const unsigned column = i % CONFIG::inner;
        const unsigned first = i / CONFIG::inner * CONFIG::n * CONFIG::inner + column;
    NNET_LABEL(Axis)
        for (unsigned j = 0; j < CONFIG::n; j++) {
            NNET_HLS(PIPELINE II=1)
            data_T x = data[first + j * CONFIG::inner];
            unsigned index = j;
        NNET_LABEL(Ranks)
            for (unsigned r = 0; r < CONFIG::k; r++) {
                NNET_HLS(UNROLL)
                if (r >= j + 1) {
                    continue;
                }
                if (r == j || x > best[r] || index < at[r]) {
                    const data_T moved = r == j ? x : best[r];
                    const unsigned moved_at = r == j ? index : at[r];
                    best[r] = x;
                    at[r] = index;
                    x = moved;
                    index = moved_at;
                }
            }
        }
    NNET_LABEL(Results)
        for (unsigned r = 0; r < CONFIG::k; r++) {
            NNET_HLS(PIPELINE II=1)
            res[(i / CONFIG::inner * CONFIG::k + r) * CONFIG::inner + column] = res_T(at[r]);
        }
    }
}

// Rows of data by index: each of the outer batches has n rows of width elements, and picks of them are taken.
template <class data_T, class index_T, class res_T, class CONFIG>
void lookup(const data_T data[CONFIG::outer * CONFIG::n * CONFIG::width], const index_T index[CONFIG::outer * CONFIG::picks],
            res_T res[CONFIG::outer * CONFIG::picks * CONFIG::width]) {
NNET_LABEL(Picks)
    for (unsigned i = 0; i < CONFIG::outer * CONFIG::picks; i++) {
        const unsigned row = i / CONFIG::picks * CONFIG::n + static_cast<unsigned>(index[i]);
    NNET_LABEL(Row)
        for (unsigned j = 0; j < CONFIG::width; j++) {
            NNET_HLS(PIPELINE II=1)
            res[i * CONFIG::width + j] = res_T(data[row * CONFIG::width + j]);
        }
    }
}

// Mantissa of exactly CONFIG::mantissa bits and exponent of each x >= 0: m = floor(x / 2^e); 0 gives (0, 0).
template <class data_T, class res_T, class CONFIG> void norm(const data_T data[CONFIG::n], res_T res[2 * CONFIG::n]) {
NNET_LABEL(Elements)
    for (unsigned i = 0; i < CONFIG::n; i++) {
        NNET_HLS(PIPELINE II=2)
        const long long x = data[i];
        int length = 0;
    NNET_LABEL(Length)
        for (int b = 0; b < CONFIG::data_bits; b++) {
            NNET_HLS(UNROLL)
            if ((x >> b) & 1) {
                length = b + 1;
            }
        }
        const int e = x == 0 ? 0 : length - CONFIG::mantissa;
        res[2 * i] = res_T(e >= 0 ? x >> e : x << -e);
        res[2 * i + 1] = res_T(e);
    }
}

// The product of matrices of rows * inner and inner * columns elements, for each of a batch.
template <class a_T, class b_T, class res_T, class CONFIG>
void matmul(const a_T a[CONFIG::batch * CONFIG::rows * CONFIG::inner], const b_T b[CONFIG::batch * CONFIG::inner * CONFIG::columns],
            res_T res[CONFIG::batch * CONFIG::rows * CONFIG::columns]) {
NNET_LABEL(Batch)
    for (unsigned m = 0; m < CONFIG::batch; m++) {
    NNET_LABEL(Rows)
        for (unsigned r = 0; r < CONFIG::rows; r++) {
        NNET_LABEL(Columns)
            for (unsigned c = 0; c < CONFIG::columns; c++) {
                res_T total = 0;
            NNET_LABEL(Inner)
                for (unsigned i = 0; i < CONFIG::inner; i++) {
                    NNET_HLS(PIPELINE II=1)
                    total += a[(m * CONFIG::rows + r) * CONFIG::inner + i] * b[(m * CONFIG::inner + i) * CONFIG::columns + c];
                }
                res[(m * CONFIG::rows + r) * CONFIG::columns + c] = total;
            }
        }
    }
}

} // namespace nnet

#endif
