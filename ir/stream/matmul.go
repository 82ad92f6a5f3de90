package stream

import "mlpc/ir"

// matmul derives a layer of two run-time tensors a [.., M, K] and b [.., K, N]. Each row of a takes the product with all columns of b, PE at
// once, as an MVAU does with weights; so b is brought into words of PE columns by SIMD rows, filled up with zeros, in the order in which
// they are used.
func (l *Layer) matmul() {
	v := l.Head
	a, b, out := v.Args[0], v.Args[1], v.Type.Shape
	lead := out[:len(out)-2]
	m, k, n := out[len(out)-2], LastAxis(a), LastAxis(v)
	l.Columns, l.Rows, l.Blocks, l.Repeat = k, n, ir.Size(lead), m
	pe, simd := l.Step.PE, l.Step.SIMD
	words := ceil(n, pe) * ceil(k, simd)
	full := append(append([]int{}, lead...), m, k)
	l.Operands = []Operand{
		{a, broadcast(a.Type.Shape, full), Form{l.Blocks * m, k, simd}},
		{b, func() []int32 { return matrixWords(b, lead, pe, simd) }, Form{l.Blocks * words, pe * simd, pe * simd}},
	}
	l.Out = Form{l.Blocks * m, n, pe}
}

// matrixWords lists the elements of b in the order of use: for each block, fold of the columns and fold of the rows a word.
func matrixWords(b *ir.Value, lead []int, pe, simd int) []int32 {
	shape := b.Type.Shape
	k, n := shape[len(shape)-2], shape[len(shape)-1]
	block := Broadcast(shape[:len(shape)-2], lead)
	var index []int32
	for l := range ir.Size(lead) {
		base := block(l) * k * n
		for col := 0; col < n; col += pe {
			for row := 0; row < k; row += simd {
				for p := range pe {
					for s := range simd {
						e := int32(-1)
						if col+p < n && row+s < k {
							e = int32(base + (row+s)*n + col + p)
						}
						index = append(index, e)
					}
				}
			}
		}
	}
	return index
}
