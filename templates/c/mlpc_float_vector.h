/*
 * Dense layers in float32 with the vector types of GCC and Clang: four rows are the lanes of a vector, so that each lane adds its
 * products in the order of the plain loop.
 */
#ifndef MLPC_FLOAT_VECTOR_H
#define MLPC_FLOAT_VECTOR_H

typedef float mlpc_v4 __attribute__((vector_size(16)));
typedef int32_t mlpc_i4 __attribute__((vector_size(16)));

MLPC_INLINE mlpc_v4 mlpc_v4_load(const float *p)
{
    mlpc_v4 v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* n groups of four rows, n at most 8 and known to the compiler. */
MLPC_INLINE void mlpc_vector_groups(const float *x, float *y, const float *w, const float *b, int n, int columns, int relu)
{
    const mlpc_v4 zero = {0.0f, 0.0f, 0.0f, 0.0f};
    mlpc_v4 sum[8];
    int c, g;
    for (g = 0; g < n; g++) {
        sum[g] = zero;
    }
    for (c = 0; c < columns; c++) {
        const mlpc_v4 xs = {x[c], x[c], x[c], x[c]};
        for (g = 0; g < n; g++) {
            mlpc_v4 p = mlpc_v4_load(w + 4 * (g * columns + c)) * xs;
            MLPC_ROUNDED(p);
            sum[g] += p;
        }
    }
    for (g = 0; g < n; g++) {
        sum[g] += mlpc_v4_load(b + 4 * g);
        if (relu) {
            sum[g] = (mlpc_v4)((mlpc_i4)sum[g] & (sum[g] > zero));
        }
        memcpy(y + 4 * g, &sum[g], sizeof sum[g]);
    }
}

/* n single rows, n at most 3 and known to the compiler. */
MLPC_INLINE void mlpc_vector_rows(const float *x, float *y, const float *w, const float *b, int n, int columns, int relu)
{
    float sum[3] = {0.0f, 0.0f, 0.0f};
    int c, r;
    for (c = 0; c < columns; c++) {
        for (r = 0; r < n; r++) {
            sum[r] += mlpc_mul(w[r * columns + c], x[c]);
        }
    }
    for (r = 0; r < n; r++) {
        sum[r] += b[r];
        y[r] = relu && !(sum[r] > 0.0f) ? 0.0f : sum[r];
    }
}

/* Takes groups of 4 * n rows as long as there are any. */
#define MLPC_VECTOR_GROUPS(n)                                                 \
    for (; r + 4 * (n) <= rows; r += 4 * (n)) {                               \
        mlpc_vector_groups(x, y + r, w, b + r, n, columns, relu);             \
        w += 4 * (n) * columns;                                               \
    }

MLPC_INLINE void mlpc_float_dense(const float *x, float *y, const float *w, const float *b, int rows, int columns, int relu)
{
    int r = 0;
    MLPC_VECTOR_GROUPS(8)
    MLPC_VECTOR_GROUPS(4)
    MLPC_VECTOR_GROUPS(2)
    MLPC_VECTOR_GROUPS(1)
    if (rows - r == 3) {
        mlpc_vector_rows(x, y + r, w, b + r, 3, columns, relu);
    } else if (rows - r == 2) {
        mlpc_vector_rows(x, y + r, w, b + r, 2, columns, relu);
    } else if (rows - r == 1) {
        mlpc_vector_rows(x, y + r, w, b + r, 1, columns, relu);
    }
}

#endif
