package onnx

// refusedOp says why an operator is left out on purpose, and what to do instead.
type refusedOp struct {
	why, remedy string
	dynamic     bool // it belongs to dynamic quantization
}

const (
	staticRemedy = "quantize the model statically, with calibration data"
	unrollRemedy = "export the model with its steps written out, as a network without state"
)

var (
	computedScale  = refusedOp{"the scale of the quantization is computed from the data at run time; hardware needs fixed scales", staticRemedy, true}
	dynamicProduct = refusedOp{"the operator belongs to dynamic quantization, whose scales are computed at run time; hardware needs fixed scales", staticRemedy, true}
	loop           = refusedOp{why: "loops whose number of rounds is known only at run time are not supported", remedy: unrollRemedy}
	recurrent      = refusedOp{why: "recurrent layers are not supported", remedy: unrollRemedy}
)

// refused lists the operators that are left out on purpose, of any domain.
var refused = map[string]refusedOp{
	"DynamicQuantizeLinear": computedScale, "DynamicQuantizeLSTM": computedScale,
	"MatMulInteger": dynamicProduct, "ConvInteger": dynamicProduct, "MatMulIntegerToFloat": dynamicProduct, "DynamicQuantizeMatMul": dynamicProduct,
	"FloatQuant": {why: "numbers of a small floating-point type have no common step that integers could count", remedy: "quantize to integers (IntQuant), or export the model in float"},
	"If":         {why: "branches that are chosen at run time are not supported", remedy: "export the branch that is taken"},
	"Loop":       loop, "Scan": loop,
	"LSTM": recurrent, "GRU": recurrent, "RNN": recurrent,
}
