package cc

import (
	"fmt"
	"strings"

	"mlpc/backends"
)

// nest is a set of nested loops over a result in row-major order, with the strides of everything that is indexed along.
type nest struct {
	dims    []int
	strides [][]int // for each operand, for each dimension
}

// rowMajor gives the strides of a dense array of a shape.
func rowMajor(shape []int) []int {
	strides := make([]int, len(shape))
	n := 1
	for i := len(shape) - 1; i >= 0; i-- {
		strides[i] = n
		n *= shape[i]
	}
	return strides
}

// broadcastStrides gives the strides with which an operand is read when it is broadcast to shape, numpy's way.
func broadcastStrides(operand, shape []int) []int {
	own := rowMajor(operand)
	strides := make([]int, len(shape))
	off := len(shape) - len(operand)
	for i, d := range operand {
		if d != 1 {
			strides[off+i] = own[i]
		}
	}
	return strides
}

// newNest makes the loops over shape with as few dimensions as the strides allow.
func newNest(shape []int, strides [][]int) nest {
	n := nest{strides: make([][]int, len(strides))}
	for d, size := range shape {
		if size == 1 {
			continue
		}
		last := len(n.dims) - 1
		merge := last >= 0
		for o := range strides {
			merge = merge && n.strides[o][last] == strides[o][d]*size
		}
		if merge {
			n.dims[last] *= size
			for o := range strides {
				n.strides[o][last] = strides[o][d]
			}
			continue
		}
		n.dims = append(n.dims, size)
		for o := range strides {
			n.strides[o] = append(n.strides[o], strides[o][d])
		}
	}
	return n
}

// loopNames are the variables of nested loops, outermost first.
const loopNames = "ijklmnpqrs"

// open prints the loop heads.
func (n *nest) open(p *backends.Printer) {
	for d, size := range n.dims {
		v := loopNames[d]
		p.P("for (int %c = 0; %c < %d; %c++) {", v, v, size, v)
		p.In()
	}
}

// close prints the loop ends.
func (n *nest) close(p *backends.Printer) {
	for range n.dims {
		p.Out()
		p.Line("}")
	}
}

// index spells the place in operand o that the loop variables select.
func (n *nest) index(o int) string {
	var terms []string
	for d, s := range n.strides[o] {
		switch s {
		case 0:
		case 1:
			terms = append(terms, string(loopNames[d]))
		default:
			terms = append(terms, fmt.Sprintf("%d * %c", s, loopNames[d]))
		}
	}
	if len(terms) == 0 {
		return "0"
	}
	return strings.Join(terms, " + ")
}
