/*
 * The types of the CMSIS-NN interface that code of mlpc uses. Same names, fields and meaning as in Arm's arm_nn_types.h, written
 * for mlpc so that the code builds without the library; with the library, its own header takes the place of this one.
 */
#ifndef ARM_NN_TYPES_H
#define ARM_NN_TYPES_H

#include <stdint.h>

typedef enum {
    ARM_CMSIS_NN_SUCCESS = 0,
    ARM_CMSIS_NN_ARG_ERROR = -1,
    ARM_CMSIS_NN_NO_IMPL_ERROR = -2,
    ARM_CMSIS_NN_FAILURE = -3
} arm_cmsis_nn_status;

/* Scratch memory of a function; for fully connected layers the sums that the vector unit starts from. */
typedef struct {
    void *buf;
    int32_t size; /* bytes */
} cmsis_nn_context;

/* Extents; the meaning of each field depends on the operand, see arm_nnfunctions.h. */
typedef struct {
    int32_t n, h, w, c;
} cmsis_nn_dims;

/* A real scale as multiplier * 2^(shift - 31); a positive shift is to the left. */
typedef struct {
    int32_t multiplier, shift;
} cmsis_nn_per_tensor_quant_params;

/* The same, one entry for each output row. */
typedef struct {
    int32_t *multiplier, *shift;
} cmsis_nn_per_channel_quant_params;

/* The range of the results, zero point included. */
typedef struct {
    int32_t min, max;
} cmsis_nn_activation;

/* What is added to inputs and weights before multiplication, and to results before they are limited. */
typedef struct {
    int32_t input_offset, filter_offset, output_offset;
    cmsis_nn_activation activation;
} cmsis_nn_fc_params;

#endif
