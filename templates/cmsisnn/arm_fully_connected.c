/* Fully connected layers of the CMSIS-NN interface, see arm_nnfunctions.h. */
#include <stddef.h>

#include "arm_nn_requantize.h"
#include "arm_nnfunctions.h"

/* The sum of one row: bias + sum over the columns of (x + input_offset) * (w + filter_offset). */
static int32_t row_sum(const int8_t *x, const int8_t *w, int32_t columns, int32_t bias, const cmsis_nn_fc_params *p)
{
    int32_t sum = bias;
    for (int32_t k = 0; k < columns; k++) {
        sum += (x[k] + p->input_offset) * (w[k] + p->filter_offset);
    }
    return sum;
}

/* The result for a sum. */
static int8_t finish(int32_t sum, int32_t multiplier, int32_t shift, const cmsis_nn_fc_params *p)
{
    const int32_t y = arm_nn_requantize(sum, multiplier, shift) + p->output_offset;
    return (int8_t)arm_nn_limit(y, p->activation.min, p->activation.max);
}

arm_cmsis_nn_status arm_fully_connected_s8(const cmsis_nn_context *ctx, const cmsis_nn_fc_params *fc_params,
                                           const cmsis_nn_per_tensor_quant_params *quant_params,
                                           const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                           const cmsis_nn_dims *filter_dims, const int8_t *filter_data,
                                           const cmsis_nn_dims *bias_dims, const int32_t *bias_data,
                                           const cmsis_nn_dims *output_dims, int8_t *output_data)
{
    const int32_t columns = filter_dims->n;
    const int32_t rows = output_dims->c;
    (void)ctx;
    (void)bias_dims;
    for (int32_t n = 0; n < input_dims->n; n++) {
        for (int32_t r = 0; r < rows; r++) {
            const int32_t bias = bias_data != NULL ? bias_data[r] : 0;
            const int32_t sum = row_sum(input_data, filter_data + r * columns, columns, bias, fc_params);
            output_data[r] = finish(sum, quant_params->multiplier, quant_params->shift, fc_params);
        }
        input_data += columns;
        output_data += rows;
    }
    return ARM_CMSIS_NN_SUCCESS;
}

arm_cmsis_nn_status arm_fully_connected_per_channel_s8(const cmsis_nn_context *ctx, const cmsis_nn_fc_params *fc_params,
                                                       const cmsis_nn_per_channel_quant_params *quant_params,
                                                       const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                                       const cmsis_nn_dims *filter_dims, const int8_t *filter_data,
                                                       const cmsis_nn_dims *bias_dims, const int32_t *bias_data,
                                                       const cmsis_nn_dims *output_dims, int8_t *output_data)
{
    const int32_t columns = filter_dims->n;
    const int32_t rows = output_dims->c;
    (void)ctx;
    (void)bias_dims;
    for (int32_t n = 0; n < input_dims->n; n++) {
        for (int32_t r = 0; r < rows; r++) {
            const int32_t bias = bias_data != NULL ? bias_data[r] : 0;
            const int32_t sum = row_sum(input_data, filter_data + r * columns, columns, bias, fc_params);
            output_data[r] = finish(sum, quant_params->multiplier[r], quant_params->shift[r], fc_params);
        }
        input_data += columns;
        output_data += rows;
    }
    return ARM_CMSIS_NN_SUCCESS;
}

arm_cmsis_nn_status arm_fully_connected_s4(const cmsis_nn_context *ctx, const cmsis_nn_fc_params *fc_params,
                                           const cmsis_nn_per_tensor_quant_params *quant_params,
                                           const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                           const cmsis_nn_dims *filter_dims, const int8_t *filter_data,
                                           const cmsis_nn_dims *bias_dims, const int32_t *bias_data,
                                           const cmsis_nn_dims *output_dims, int8_t *output_data)
{
    const int32_t columns = filter_dims->n;
    const int32_t rows = output_dims->c;
    (void)ctx;
    (void)bias_dims;
    if (fc_params->filter_offset != 0 || (columns & 1) != 0) {
        return ARM_CMSIS_NN_ARG_ERROR;
    }
    for (int32_t n = 0; n < input_dims->n; n++) {
        for (int32_t r = 0; r < rows; r++) {
            int32_t sum = bias_data != NULL ? bias_data[r] : 0;
            for (int32_t k = 0; k < columns; k += 2) {
                const int32_t pair = filter_data[(r * columns + k) / 2];
                const int32_t low = ((pair & 15) ^ 8) - 8;
                sum += (input_data[k] + fc_params->input_offset) * low;
                sum += (input_data[k + 1] + fc_params->input_offset) * (pair >> 4);
            }
            output_data[r] = finish(sum, quant_params->multiplier, quant_params->shift, fc_params);
        }
        input_data += columns;
        output_data += rows;
    }
    return ARM_CMSIS_NN_SUCCESS;
}

arm_cmsis_nn_status arm_fully_connected_s16(const cmsis_nn_context *ctx, const cmsis_nn_fc_params *fc_params,
                                            const cmsis_nn_per_tensor_quant_params *quant_params,
                                            const cmsis_nn_dims *input_dims, const int16_t *input_data,
                                            const cmsis_nn_dims *filter_dims, const int8_t *filter_data,
                                            const cmsis_nn_dims *bias_dims, const int64_t *bias_data,
                                            const cmsis_nn_dims *output_dims, int16_t *output_data)
{
    const int32_t columns = filter_dims->n;
    const int32_t rows = output_dims->c;
    const int32_t multiplier = quant_params->multiplier;
    const int32_t reduced = multiplier < 0x7FFF0000 ? (multiplier + 0x8000) >> 16 : 0x7FFF;
    (void)ctx;
    (void)bias_dims;
    for (int32_t n = 0; n < input_dims->n; n++) {
        for (int32_t r = 0; r < rows; r++) {
            int64_t sum = bias_data != NULL ? bias_data[r] : 0;
            for (int32_t k = 0; k < columns; k++) {
                sum += input_data[k] * filter_data[r * columns + k];
            }
            output_data[r] = (int16_t)arm_nn_limit(arm_nn_requantize_s64(sum, reduced, quant_params->shift),
                                                   fc_params->activation.min, fc_params->activation.max);
        }
        input_data += columns;
        output_data += rows;
    }
    return ARM_CMSIS_NN_SUCCESS;
}
