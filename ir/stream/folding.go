package stream

import "mlpc/ir"

// Layers gives the layers of a program's steps without joining them. Changing the folding of a step calls for Fold.
func Layers(p *ir.Program) []*Layer {
	fixed := constants(p.Graph)
	var list []*Layer
	for i := range p.Steps {
		list = append(list, newLayer(&p.Steps[i], fixed))
	}
	return list
}

// Most gives the largest PE and SIMD of the layer.
func (l *Layer) Most() (pe, simd int) {
	switch l.Step.Engine {
	case MVAU:
		return l.Rows, l.Columns
	case Reduce:
		return 1, l.Operands[0].Form.Length
	case Wires:
		return 1, 1
	case Route:
		for _, o := range l.Operands {
			simd = max(simd, LastAxis(o.Value))
		}
		return LastAxis(l.Head), simd
	}
	return LastAxis(l.Head), LastAxis(l.Head)
}

// Fold sets PE and SIMD of the layer's step, and its forms.
func (l *Layer) Fold(pe, simd int) {
	l.Step.PE, l.Step.SIMD = pe, simd
	switch l.Step.Engine {
	case Reduce:
		l.Operands[0].Form.Lanes = simd
	case Eltwise:
		l.Step.SIMD = pe
		l.Out.Lanes = pe
		for i := range l.Operands {
			l.Operands[i].Form.Lanes = pe
		}
	case MVAU, Route:
		l.Out.Lanes = pe
		for i := range l.Operands {
			l.Operands[i].Form.Lanes = min(simd, l.Operands[i].Form.Length)
		}
	}
}

// Work is the number of cycles of the layer with PE and SIMD 1.
func (l *Layer) Work() int {
	if l.Step.Engine == MVAU {
		return l.Operands[0].Form.Groups * l.Rows * l.Columns
	}
	n := l.Out.Groups * l.Out.Length
	for _, o := range l.Operands {
		n = max(n, o.Form.Groups*o.Form.Length)
	}
	return n
}

// OutLanes is the number of lanes that leave the layer with that PE.
func (l *Layer) OutLanes(pe int) int {
	if l.Step.Engine == Reduce {
		return 1
	}
	return pe
}

// InLanes is the number of lanes that the layer takes with that SIMD.
func (l *Layer) InLanes(simd int) int { return simd }

// Foldings lists PE and SIMD pairs that are worth looking at for a layer that may take so many cycles: for each number of folds of the
// rows the least PE, and with it the least SIMD that meets the cycles. Lanes of other engines: every number up to the last axis that meets them.
func (l *Layer) Foldings(cycles int) [][2]int {
	var list [][2]int
	switch l.Step.Engine {
	case MVAU:
		groups := l.Operands[0].Form.Groups
		for pe := 1; pe <= l.Rows; {
			folds := ceil(l.Rows, pe)
			if cols := cycles / (groups * folds); cols > 0 {
				list = append(list, [2]int{pe, ceil(l.Columns, min(cols, l.Columns))})
			}
			if folds == 1 {
				break
			}
			pe = ceil(l.Rows, folds-1)
		}
	case Wires:
		list = append(list, [2]int{1, 1})
	default:
		pe, simd := l.Most()
		for n := 1; n <= max(pe, simd); n++ {
			list = append(list, [2]int{min(n, pe), min(n, simd)})
		}
	}
	return list
}

func ceil(a, b int) int { return (a + b - 1) / b }
