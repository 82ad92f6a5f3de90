package passes

import (
	"mlpc/ir"
	"mlpc/ir/stream"
)

// RoughLUTs is a cost for choosing a folding without a device: LUTs of multipliers made of logic (a product of a and b bits takes about
// a·b), adders, registers of lanes and the ops behind.
func RoughLUTs(l *stream.Layer) float64 { return engineLUTs(l) + sortingLUTs(l) }

// sortingLUTs is the cost of bringing operands into another order: a copy of the sample for each lane, in memories of 32 bits a LUT.
func sortingLUTs(l *stream.Layer) float64 {
	n := 0
	for _, o := range l.Operands {
		if o.Index != nil || l.Step.Engine == stream.Route {
			n += o.Value.Type.Size() * o.Value.Type.Elem.Bits * max(o.Form.Lanes, l.Out.Lanes)
		}
	}
	return float64(n) / 32
}

func engineLUTs(l *stream.Layer) float64 {
	s := l.Step
	switch s.Engine {
	case stream.Wires:
		return 0
	case stream.MVAU, stream.MatMul:
		x, w := l.Operands[0].Value.Type.Elem.Bits, l.Head.Args[1].Type.Elem.Bits
		acc := l.Head.Type.Elem.Bits
		lane := float64(s.SIMD*(x*w+x+w) + 2*acc)
		return float64(s.PE)*(lane+behind(s.Values[1:])) + float64(s.SIMD*x)
	case stream.Float32:
		n := float64(l.Format().N)
		return float64(s.PE)*8*n + float64(l.Out.Lanes)*(550+behind(s.Values[1:]))
	case stream.Reduce:
		return float64(s.SIMD*3*l.Operands[0].Value.Type.Elem.Bits) + behind(s.Values[1:])
	case stream.Route:
		n := 0
		for _, o := range l.Operands {
			n += o.Form.Lanes
		}
		return float64(s.PE*l.Head.Type.Elem.Bits*(n+2)) + float64(s.PE)*behind(s.Values[1:])
	}
	return float64(s.PE) * behind(s.Values)
}

// behind is the cost of elementwise ops for one lane.
func behind(values []*ir.Value) float64 {
	n := 0
	for _, v := range values {
		x, y := v.Args[0].Type.Elem.Bits, v.Type.Elem.Bits
		switch a := v.Attr.(type) {
		case *ir.Requant:
			n += 16*x + 3*(x+16)
		case *ir.Threshold:
			n += len(a.Steps) / a.Channels * x
		case *ir.Table:
			n += (len(a.Values) + 63) / 64 * y
		}
		if v.Op == ir.OpMul {
			n += x * v.Args[1].Type.Elem.Bits
		}
		n += x + 2*y
	}
	return float64(n)
}
