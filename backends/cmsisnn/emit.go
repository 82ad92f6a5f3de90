package cmsisnn

import (
	"fmt"
	"slices"
	"strings"

	cc "mlpc/backends/c"
	"mlpc/backends/cost"
)

// library gives package cc the dense layers as calls, but those of own; one: the library rounds once, half up.
func library(one bool, own []fallback) cc.Library {
	lib := cc.Library{
		Headers: []string{
			`#include "arm_nnfunctions.h"`, "",
			"#ifdef CMSIS_NN_USE_SINGLE_ROUNDING",
			"#error this model rounds twice: build it and CMSIS-NN without CMSIS_NN_USE_SINGLE_ROUNDING",
			"#endif",
		},
		About: []string{"The dense layers call CMSIS-NN, which must round twice (its default build)."},
	}
	if one {
		lib.Headers = []string{
			`#include "arm_nnfunctions.h"`, "",
			"#ifndef CMSIS_NN_USE_SINGLE_ROUNDING",
			"#error this model rounds once: build it and CMSIS-NN with CMSIS_NN_USE_SINGLE_ROUNDING",
			"#endif",
		}
		lib.Defines = []string{"CMSIS_NN_USE_SINGLE_ROUNDING"}
		lib.About = []string{"The dense layers call CMSIS-NN, which must be built with CMSIS_NN_USE_SINGLE_ROUNDING."}
	}
	for _, f := range own {
		lib.About = append(lib.About, fmt.Sprintf("Value %%%d (%s) runs in kernels of our own: %s.", f.layer.Out().ID, f.layer.Head.Op, f.reason))
	}
	callOf := func(l *cc.Layer) (call, bool) {
		c, ok := denseLayer(l)
		return c, ok && !slices.ContainsFunc(own, func(f fallback) bool { return f.layer.Head == l.Head })
	}
	lib.Layer = func(s *cc.Site) bool {
		c, ok := callOf(s.Layer)
		if ok {
			c.print(s)
		}
		return ok
	}
	lib.Costs = costs
	lib.Cost = func(l *cc.Layer) (cost.Layer, bool) {
		c, ok := callOf(l)
		if !ok {
			return cost.Layer{}, false
		}
		return c.cost(), true
	}
	return lib
}

// print prints the function of a layer: its constants, and the call.
func (c call) print(s *cc.Site) {
	out := s.Layer.Out()
	w := c.dense.Args[1]
	rows, k := w.Type.Shape[0], w.Type.Shape[1]
	batch := c.dense.Type.Size() / max(1, rows)
	wide, sum := "int8_t", "int32_t"
	if c.function == "arm_fully_connected_s16" {
		wide, sum = "int16_t", "int64_t"
	}
	bias := make([]int64, rows)
	if len(c.dense.Args) == 3 {
		bias = c.dense.Args[2].Const().Ints
	}
	weights, biases := s.Array("int8_t", "weights", c.dense, c.packed()), s.Array(sum, "bias", c.dense, bias)
	quant := c.quant(s)
	p := s.Code()
	p.P("/* dense, requant : [%d, %d] to [%d, %d] */", batch, k, batch, rows)
	p.P("static int %s(const %s *x, %s *y)", s.Name(), cc.CType(c.dense.Args[0].Type.Elem), cc.CType(out.Type.Elem))
	p.Line("{")
	p.In()
	p.Line("/* The input offset is part of the bias, so the sums that the vector unit starts from are the biases. */")
	p.P("const cmsis_nn_context ctx = {(%s *)%s, sizeof %s};", sum, biases, biases)
	p.P("const cmsis_nn_fc_params params = {0, 0, %d, {%d, %d}};", c.requant.Zero, c.requant.Lo, c.requant.Hi)
	p.Line(quant)
	p.P("const cmsis_nn_dims input = {%d, 1, 1, %d};", batch, k)
	p.P("const cmsis_nn_dims filter = {%d, 1, 1, %d};", k, rows)
	p.P("const cmsis_nn_dims biases = {1, 1, 1, %d};", rows)
	p.P("const cmsis_nn_dims output = {%d, 1, 1, %d};", batch, rows)
	p.P("return %s(&ctx, &params, &quant, &input, (const %s *)x, &filter, %s, &biases, %s, &output, (%s *)y);", c.function, wide, weights, biases, wide)
	p.Out()
	p.Line("}")
	p.Line("")
}

// packed gives the weights as the function reads them.
func (c call) packed() []int64 {
	w := c.dense.Args[1].Const().Ints
	if c.function != "arm_fully_connected_s4" {
		return w
	}
	bytes := make([]int64, len(w)/2)
	for i := range bytes {
		bytes[i] = int64(int8(w[2*i]&15 | w[2*i+1]<<4))
	}
	return bytes
}

// quant spells the declaration of the scale.
func (c call) quant(s *cc.Site) string {
	q := c.requant
	rows := c.dense.Args[1].Type.Shape[0]
	muls, shifts := make([]int64, rows), make([]int64, rows)
	for r := range rows {
		mul, _, shift := q.At(r)
		muls[r], shifts[r] = mul, int64(31-shift)
		if c.function == "arm_fully_connected_s16" {
			muls[r], shifts[r] = mul<<16, int64(15-shift)
		}
	}
	if !strings.Contains(c.function, "per_channel") {
		return fmt.Sprintf("const cmsis_nn_per_tensor_quant_params quant = {%d, %d};", muls[0], shifts[0])
	}
	// The library takes pointers that are not const, and only reads.
	return fmt.Sprintf("const cmsis_nn_per_channel_quant_params quant = {(int32_t *)%s, (int32_t *)%s};",
		s.Array("int32_t", "multiplier", c.dense, muls), s.Array("int32_t", "shift", c.dense, shifts))
}
