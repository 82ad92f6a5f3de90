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
	case MVAU, MatMul:
		return l.Rows, l.Columns
	case Float32:
		if l.Single {
			return LastAxis(l.Head), 1
		}
		return l.Rows, 1
	case TopK:
		return 1, 1
	case Norm:
		return LastAxis(l.Head.Args[0]), 1
	case Lookup:
		return l.Out.Length, 1
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
	case MatMul:
		l.matmul()
	case Float32:
		l.foldFloat32()
	case Norm:
		l.Operands[0].Form.Lanes, l.Out.Lanes = pe, 2*pe
	case Lookup:
		l.Out.Lanes = pe
		if l.HasTable() {
			l.Operands[0].Form.Lanes = pe
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
	if l.Step.Engine == MVAU || l.Step.Engine == MatMul {
		return l.Operands[0].Form.Groups * l.Rows * l.Columns
	}
	if l.Step.Engine == Float32 && !l.Single {
		return l.Operands[0].Form.Groups * (l.Rows + sumStages + mostSlots) * (2*l.Columns + 1)
	}
	n := l.Out.Groups * l.Out.Length
	for _, o := range l.Operands {
		n = max(n, o.Form.Groups*o.Form.Length)
	}
	return n
}

// OutLanes is the number of lanes that leave the layer with that PE.
func (l *Layer) OutLanes(pe int) int {
	switch l.Step.Engine {
	case Reduce:
		return 1
	case TopK:
		return l.Out.Lanes
	case Float32:
		return l.quantizers(pe)
	case Norm:
		return 2 * pe
	}
	return pe
}

// InLanes is the number of lanes that the layer takes with that folding.
func (l *Layer) InLanes(pe, simd int) int {
	switch l.Step.Engine {
	case Eltwise, Norm:
		return pe
	case TopK:
		return 1
	case Float32:
		if l.Single {
			return pe
		}
		return 1
	case Lookup:
		return l.Operands[0].Form.Lanes
	}
	return simd
}

// fewFoldings is the number of PE and SIMD pairs up to which Foldings lists all of them.
const fewFoldings = 256

// Foldings lists PE and SIMD pairs of a layer that may take so many cycles. Of an MVAU with many pairs it lists those that are worth
// looking at: for each number of folds of the rows the least PE, with it the least SIMD that meets the cycles, and the next ones that
// divide the columns or are a power of two, which may save a converter. Lanes of other engines: every number up to the last axis.
func (l *Layer) Foldings(cycles int) [][2]int {
	pe, simd := l.Most()
	var list [][2]int
	switch {
	case l.Step.Engine != MVAU && l.Step.Engine != MatMul:
		for n := 1; n <= max(pe, simd); n++ {
			list = append(list, [2]int{min(n, pe), min(n, simd)})
		}
	case pe*simd <= fewFoldings:
		for p := 1; p <= pe; p++ {
			for s := 1; s <= simd; s++ {
				list = append(list, [2]int{p, s})
			}
		}
	default:
		list = l.rowFoldings(cycles)
	}
	return list
}

// rowFoldings lists the foldings of an MVAU with many.
func (l *Layer) rowFoldings(cycles int) [][2]int {
	var list [][2]int
	groups := l.Operands[0].Form.Groups
	for pe := 1; ; {
		folds := ceil(l.Rows, pe)
		if cols := cycles / (groups * folds); cols > 0 {
			least := ceil(l.Columns, min(cols, l.Columns))
			list = append(list, [2]int{pe, least})
			divisor, power := least, 1
			for l.Columns%divisor != 0 {
				divisor++
			}
			for power < least {
				power *= 2
			}
			if divisor != least {
				list = append(list, [2]int{pe, divisor})
			}
			if power != least && power != divisor && power <= l.Columns {
				list = append(list, [2]int{pe, power})
			}
		}
		if folds == 1 {
			return list
		}
		pe = ceil(l.Rows, folds-1)
	}
}

// AllFoldings lists a PE and SIMD pair of the layer for every number of folds of the rows and of the columns: the least of both.
func (l *Layer) AllFoldings() [][2]int {
	pe, simd := l.Most()
	if l.Step.Engine != MVAU && l.Step.Engine != MatMul || pe*simd <= fewFoldings {
		return l.Foldings(l.Work())
	}
	var list [][2]int
	for _, p := range leastOf(pe) {
		for _, s := range leastOf(simd) {
			list = append(list, [2]int{p, s})
		}
	}
	return list
}

// leastOf lists the least number of lanes for each number of beats that n elements can take, the most beats first.
func leastOf(n int) []int {
	list := []int{1}
	for beats := n; beats > 1; {
		list = append(list, ceil(n, beats-1))
		beats = ceil(n, list[len(list)-1])
	}
	return list
}

func ceil(a, b int) int { return (a + b - 1) / b }
