// Moving elements: constant index maps, concatenation, copies for several readers, and the passage between arrays and streams.
#ifndef NNET_ROUTE_H_
#define NNET_ROUTE_H_

#include "nnet_types.h"

namespace nnet {

// Element i is data[CONFIG::index(i)], or CONFIG::fill(-1 - index) where the index is negative.
template <class data_T, class res_T, class CONFIG> void route(const data_T data[CONFIG::n_in], res_T res[CONFIG::n_out]) {
NNET_LABEL(Elements)
    for (unsigned i = 0; i < CONFIG::n_out; i++) {
        NNET_HLS(PIPELINE II=1)
        const int at = CONFIG::index(i);
        if (at >= 0) {
            res[i] = res_T(data[at]);
        } else {
            res[i] = res_T(CONFIG::fill(-1 - at));
        }
    }
}

// a and then b.
template <class a_T, class b_T, class res_T, unsigned n_a, unsigned n_b> void concat(const a_T a[n_a], const b_T b[n_b], res_T res[n_a + n_b]) {
NNET_LABEL(First)
    for (unsigned i = 0; i < n_a; i++) {
        NNET_HLS(PIPELINE II=1)
        res[i] = res_T(a[i]);
    }
NNET_LABEL(Second)
    for (unsigned i = 0; i < n_b; i++) {
        NNET_HLS(PIPELINE II=1)
        res[n_a + i] = res_T(b[i]);
    }
}

// The same array for two readers, since a channel of a dataflow region has one.
template <class data_T, unsigned n, unsigned lanes> void clone(const data_T data[n], data_T first[n], data_T second[n]) {
NNET_LABEL(Elements)
    for (unsigned i = 0; i < n; i += lanes) {
        NNET_HLS(PIPELINE II=1)
    NNET_LABEL(Lanes)
        for (unsigned l = 0; l < lanes; l++) {
            NNET_HLS(UNROLL)
            if (i + l < n) {
                first[i + l] = data[i + l];
                second[i + l] = data[i + l];
            }
        }
    }
}

// The same stream for two readers.
template <class data_T, unsigned beats> void clone_stream(hls::stream<data_T> &data, hls::stream<data_T> &first, hls::stream<data_T> &second) {
NNET_LABEL(Beats)
    for (unsigned i = 0; i < beats; i++) {
        NNET_HLS(PIPELINE II=1)
        const data_T beat = data.read();
        first.write(beat);
        second.write(beat);
    }
}

// A stream that nothing else reads.
template <class data_T, unsigned beats> void drain(hls::stream<data_T> &data) {
NNET_LABEL(Beats)
    for (unsigned i = 0; i < beats; i++) {
        NNET_HLS(PIPELINE II=1)
        data.read();
    }
}

// From beats to an array; every row of columns elements starts a beat.
template <class data_T, unsigned rows, unsigned columns> void load(hls::stream<data_T> &data, typename data_T::value_type res[rows * columns]) {
NNET_LABEL(Rows)
    for (unsigned r = 0; r < rows; r++) {
    NNET_LABEL(Columns)
        for (unsigned c = 0; c < columns; c += data_T::size) {
            NNET_HLS(PIPELINE II=1)
            const data_T beat = data.read();
        NNET_LABEL(Lanes)
            for (unsigned l = 0; l < data_T::size; l++) {
                NNET_HLS(UNROLL)
                if (c + l < columns) {
                    res[r * columns + c + l] = beat[l];
                }
            }
        }
    }
}

// From an array to beats; lanes beyond the end of a row are 0.
template <class res_T, unsigned rows, unsigned columns, class data_T> void store(const data_T data[rows * columns], hls::stream<res_T> &res) {
NNET_LABEL(Rows)
    for (unsigned r = 0; r < rows; r++) {
    NNET_LABEL(Columns)
        for (unsigned c = 0; c < columns; c += res_T::size) {
            NNET_HLS(PIPELINE II=1)
            res_T beat;
        NNET_LABEL(Lanes)
            for (unsigned l = 0; l < res_T::size; l++) {
                NNET_HLS(UNROLL)
                beat[l] = 0;
                if (c + l < columns) {
                    beat[l] = typename res_T::value_type(data[r * columns + c + l]);
                }
            }
            res.write(beat);
        }
    }
}

// From beats of one width to beats of another, row by row, through a shift register.
template <class data_T, class res_T, unsigned rows, unsigned columns> void repack(hls::stream<data_T> &data, hls::stream<res_T> &res) {
    const unsigned room = data_T::size + res_T::size;
    typename res_T::value_type kept[room] = {};
    NNET_HLS(ARRAY_PARTITION variable=kept complete dim=1)
NNET_LABEL(Rows)
    for (unsigned r = 0; r < rows; r++) {
        unsigned count = 0, got = 0, put = 0;
    NNET_LABEL(Beats)
        while (put < columns) {
            NNET_HLS(PIPELINE II=1)
            if (count < res_T::size && got < columns) {
                const data_T beat = data.read();
            NNET_LABEL(In)
                for (unsigned l = 0; l < data_T::size; l++) {
                    NNET_HLS(UNROLL)
                    kept[count + l] = beat[l];
                }
                count += data_T::size;
                got += data_T::size;
            }
            if (count >= res_T::size || got >= columns) {
                res_T beat;
            NNET_LABEL(Out)
                for (unsigned l = 0; l < res_T::size; l++) {
                    NNET_HLS(UNROLL)
                    beat[l] = 0;
                    if (l < count) {
                        beat[l] = kept[l];
                    }
                }
            NNET_LABEL(Shift)
                for (unsigned l = 0; l < data_T::size; l++) {
                    NNET_HLS(UNROLL)
                    if (l + res_T::size < count) {
                        kept[l] = kept[l + res_T::size];
                    }
                }
                count = count > res_T::size ? count - res_T::size : 0;
                put += res_T::size;
                res.write(beat);
            }
        }
    }
}

} // namespace nnet

#endif
