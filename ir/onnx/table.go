package onnx

// opRow says how an operator is lowered.
type opRow struct {
	since int64 // first version of the domain with the operator in a form that is read
	most  int   // inputs at most; −1: any number
	lower func(*node) []*value
}

// row finds the operator of a node in the table.
func (sc *scope) row(p *nodeProto) *opRow {
	d := p.domain
	if d == "ai.onnx" {
		d = ""
	}
	if quantDomains[d] {
		d = domainQonnx
	}
	for _, t := range opTables {
		if r, ok := t[opKey{d, p.op}]; ok {
			return &r
		}
	}
	return nil
}

const (
	domainML    = "ai.onnx.ml"
	domainMS    = "com.microsoft"
	domainQonnx = "qonnx.custom_op.general"
)

// quantDomains are the names that exporters have given to the domain of QONNX's operators.
var quantDomains = map[string]bool{
	domainQonnx: true, "onnx.brevitas": true, "finn.custom_op.general": true, "qonnx.custom_op.channels_last": true,
}

// opTables hold a row for every operator that can be lowered, by family. The versions in which an operator changed are read where
// it is lowered.
var opTables = []map[opKey]opRow{mathOps, activationOps, linearOps, convOps, shapeOps, reshapeOps, sliceOps, gatherOps, scatterOps, attentionOps, normOps, reduceOps, poolOps, signalOps, quantOps, qonnxOps, contribOps, mlOps}
