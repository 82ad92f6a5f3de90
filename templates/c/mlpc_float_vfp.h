/*
 * Dense layers in float32 on the floating-point units of Cortex-M4, M7, M33 and M55: four rows share the inputs that VLDM reads.
 *
 * VMLA rounds the product before it adds, as the plain loop does. The vector unit of M55 is not used: it flushes subnormal numbers.
 */
#ifndef MLPC_FLOAT_VFP_H
#define MLPC_FLOAT_VFP_H

/* Column x of four rows: weights from w on. */
#define MLPC_VFP_COLUMN(x, w0, w1, w2, w3)                                    \
    "vmla.f32 s20, " x ", " w0 "\n\tvmla.f32 s21, " x ", " w1 "\n\t"          \
    "vmla.f32 s22, " x ", " w2 "\n\tvmla.f32 s23, " x ", " w3 "\n\t"

/* Four columns of four rows. */
#define MLPC_VFP_BLOCK                                                        \
    "vldmia %[x]!, {s16-s19}\n\tvldmia %[w]!, {s0-s15}\n\t"                   \
    MLPC_VFP_COLUMN("s16", "s0", "s1", "s2", "s3")                            \
    MLPC_VFP_COLUMN("s17", "s4", "s5", "s6", "s7")                            \
    MLPC_VFP_COLUMN("s18", "s8", "s9", "s10", "s11")                          \
    MLPC_VFP_COLUMN("s19", "s12", "s13", "s14", "s15")

/* Groups of four rows; the weights behind the last one are returned. */
MLPC_INLINE const float *mlpc_vfp_groups(const float *inputs, float *y, const float *w, const float *b, int groups, int columns, int relu)
{
    do {
        const float *x = inputs;
        int32_t n, t, u, v;
        __asm volatile("movs %[n], #0\n\tvmov s20, s21, %[n], %[n]\n\tvmov s22, s23, %[n], %[n]\n\t"
                       "lsrs %[n], %[k], #3\n\tbeq 2f\n"
                       "1:\n\t" MLPC_VFP_BLOCK MLPC_VFP_BLOCK
                       "subs %[n], %[n], #1\n\tbne 1b\n"
                       "2:\n\tands %[n], %[k], #7\n\tbeq 4f\n"
                       "3:\n\tvldmia %[x]!, {s16}\n\tvldmia %[w]!, {s0-s3}\n\t"
                       MLPC_VFP_COLUMN("s16", "s0", "s1", "s2", "s3")
                       "subs %[n], %[n], #1\n\tbne 3b\n"
                       "4:\n\tvldmia %[b]!, {s0-s3}\n\t"
                       "vadd.f32 s20, s20, s0\n\tvadd.f32 s21, s21, s1\n\tvadd.f32 s22, s22, s2\n\tvadd.f32 s23, s23, s3\n\t"
                       "cbz %[relu], 5f\n\t" /* the sign bit of a sum clears the word */
                       "vmov %[n], %[t], s20, s21\n\tvmov %[u], %[v], s22, s23\n\t"
                       "bic %[n], %[n], %[n], asr #31\n\tbic %[t], %[t], %[t], asr #31\n\t"
                       "bic %[u], %[u], %[u], asr #31\n\tbic %[v], %[v], %[v], asr #31\n\t"
                       "vmov s20, s21, %[n], %[t]\n\tvmov s22, s23, %[u], %[v]\n"
                       "5:\n\tvstmia %[y]!, {s20-s23}"
                       : [x] "+r"(x), [w] "+r"(w), [b] "+r"(b), [y] "+r"(y), [n] "=&r"(n), [t] "=&r"(t), [u] "=&r"(u), [v] "=&r"(v)
                       : [k] "r"(columns), [relu] "l"(relu)
                       : "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "s12", "s13", "s14", "s15", "s16",
                         "s17", "s18", "s19", "s20", "s21", "s22", "s23", "cc", "memory");
    } while (--groups != 0);
    return w;
}

/* Single rows. */
MLPC_INLINE void mlpc_vfp_rows(const float *inputs, float *y, const float *w, const float *b, int rows, int columns, int relu)
{
    do {
        const float *x = inputs;
        int32_t n;
        __asm volatile("movs %[n], #0\n\tvmov s16, %[n]\n\t"
                       "lsrs %[n], %[k], #3\n\tbeq 2f\n"
                       "1:\n\tvldmia %[x]!, {s0-s7}\n\tvldmia %[w]!, {s8-s15}\n\t"
                       "vmla.f32 s16, s0, s8\n\tvmla.f32 s16, s1, s9\n\tvmla.f32 s16, s2, s10\n\tvmla.f32 s16, s3, s11\n\t"
                       "vmla.f32 s16, s4, s12\n\tvmla.f32 s16, s5, s13\n\tvmla.f32 s16, s6, s14\n\tvmla.f32 s16, s7, s15\n\t"
                       "subs %[n], %[n], #1\n\tbne 1b\n"
                       "2:\n\tands %[n], %[k], #7\n\tbeq 4f\n"
                       "3:\n\tvldmia %[x]!, {s0}\n\tvldmia %[w]!, {s8}\n\tvmla.f32 s16, s0, s8\n\t"
                       "subs %[n], %[n], #1\n\tbne 3b\n"
                       "4:\n\tvldmia %[b]!, {s0}\n\tvadd.f32 s16, s16, s0\n\tvmov %[n], s16\n\t"
                       "cbz %[relu], 5f\n\tbic %[n], %[n], %[n], asr #31\n"
                       "5:\n\tstr %[n], [%[y]], #4"
                       : [x] "+r"(x), [w] "+r"(w), [b] "+r"(b), [y] "+r"(y), [n] "=&r"(n)
                       : [k] "r"(columns), [relu] "l"(relu)
                       : "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "s12", "s13", "s14", "s15", "s16",
                         "cc", "memory");
    } while (--rows != 0);
}

MLPC_SHARED void mlpc_float_dense(const float *x, float *y, const float *w, const float *b, int rows, int columns, int relu)
{
    const int whole = rows & ~3;
    if (whole != 0) {
        w = mlpc_vfp_groups(x, y, w, b, rows >> 2, columns, relu);
    }
    if (whole != rows) {
        mlpc_vfp_rows(x, y + whole, w, b + whole, rows & 3, columns, relu);
    }
}

#endif
