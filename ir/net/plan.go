package net

import "math/bits"

// Port is what is known of an input of a constant matrix: its interval, and how many levels of adders stand before it.
type Port struct {
	Lo, Hi int64
	Depth  int32
}

// Step is one adder of a plan: A ± B·2^Shift, or A·2^−Shift ± B where Shift < 0. Operands below the number of inputs are inputs,
// the others earlier steps.
type Step struct {
	A, B  int32
	Shift int8
	Sub   bool
}

// Plan computes y = x·W with shared adders. An output whose ID is −1 is zero. Shifts of outputs are not negative.
type Plan struct {
	Inputs int
	Steps  []Step
	Outs   []Ref
}

// zeroRef is the output of a column of zeros.
var zeroRef = Ref{ID: -1}

// coefficients gives for every value of the plan what it is in terms of the inputs.
func (p *Plan) coefficients() [][]int64 {
	n := p.Inputs
	all := make([]int64, (n+len(p.Steps))*n)
	coef := make([][]int64, n+len(p.Steps))
	for i := range coef {
		coef[i] = all[i*n : (i+1)*n]
		if i < n {
			coef[i][i] = 1
		}
	}
	for k, s := range p.Steps {
		ka, kb := max(0, -int(s.Shift)), max(0, int(s.Shift))
		a, b, y := coef[s.A], coef[s.B], coef[n+k]
		for i := range y {
			if s.Sub {
				y[i] = a[i]<<ka - b[i]<<kb
			} else {
				y[i] = a[i]<<ka + b[i]<<kb
			}
		}
	}
	return coef
}

// matrix tells whether coefficients of the plan's values make its outputs the columns of w.
func (p *Plan) matrix(coef, w [][]int64) bool {
	if len(w) != p.Inputs {
		return false
	}
	for j, o := range p.Outs {
		for i := range w {
			x := int64(0)
			if o.ID >= 0 {
				x = coef[o.ID][i] << o.Shift
			}
			if o.Neg {
				x = -x
			}
			if x != w[i][j] {
				return false
			}
		}
	}
	return true
}

// Equals tells whether the plan computes exactly w, whose rows belong to inputs and whose columns belong to outputs.
func (p *Plan) Equals(w [][]int64) bool { return p.matrix(p.coefficients(), w) }

// Ports gives interval and depth of every input and step. The intervals are exact for independent inputs, since every step is a
// linear form of the inputs.
func (p *Plan) Ports(in []Port) []Port { return p.exactPorts(p.coefficients(), in) }

func (p *Plan) exactPorts(coef [][]int64, in []Port) []Port {
	ports := make([]Port, p.Inputs, p.Inputs+len(p.Steps))
	copy(ports, in)
	for k, s := range p.Steps {
		y := Port{Depth: max(ports[s.A].Depth, ports[s.B].Depth) + 1}
		for i, c := range coef[p.Inputs+k] {
			if c > 0 {
				y.Lo, y.Hi = y.Lo+c*in[i].Lo, y.Hi+c*in[i].Hi
			} else {
				y.Lo, y.Hi = y.Lo+c*in[i].Hi, y.Hi+c*in[i].Lo
			}
		}
		ports = append(ports, y)
	}
	return ports
}

// port is the port of a step from those of its operands alone: the interval may be wider than it has to.
func (s Step) port(a, b *Port) Port {
	ka, kb := max(0, -int(s.Shift)), max(0, int(s.Shift))
	if s.Sub {
		return Port{a.Lo<<ka - b.Hi<<kb, a.Hi<<ka - b.Lo<<kb, max(a.Depth, b.Depth) + 1}
	}
	return Port{a.Lo<<ka + b.Lo<<kb, a.Hi<<ka + b.Hi<<kb, max(a.Depth, b.Depth) + 1}
}

// Depth is the number of levels of adders, those before the inputs included, at the deepest output.
func (p *Plan) Depth(in []Port) int {
	ports := p.Ports(in)
	d := int32(0)
	for _, o := range p.Outs {
		if o.ID >= 0 {
			d = max(d, ports[o.ID].Depth)
		}
	}
	return int(d)
}

// Bits is the cost of the plan in one-bit adders. Bits below the lowest bit of the shifted operand pass by the adder; A·2^k − B
// needs them all, since B enters inverted with a carry.
func (p *Plan) Bits(in []Port) int {
	ports := p.Ports(in)
	n := 0
	for k, s := range p.Steps {
		n += adderBits(s, &ports[s.A], &ports[s.B], &ports[p.Inputs+k])
	}
	return n
}

// adderBits is the number of one-bit adders of a step: the positions that both operands reach. Sign bits reach all the way up; above
// an operand that is never negative a carry passes along the other one for nothing.
func adderBits(s Step, a, b, y *Port) int {
	ka, kb := max(0, -int(s.Shift)), max(0, int(s.Shift))
	topA, topB := ka+Width(a.Lo, a.Hi), kb+Width(b.Lo, b.Hi)
	top := min(max(topA, topB), Width(y.Lo, y.Hi))
	if s.Sub && ka > 0 {
		return top
	}
	if !s.Sub && a.Lo >= 0 {
		top = min(top, topA)
	}
	if !s.Sub && b.Lo >= 0 {
		top = min(top, topB)
	}
	return max(0, top-max(ka, kb))
}

// unsignedBits is the cost of the plan in one-bit adders where every value stands above 0: a sum costs the positions that both
// operands reach, a difference the complement of the narrower one.
func (p *Plan) unsignedBits(in []Port) int {
	ports := p.Ports(in)
	n := 0
	for _, s := range p.Steps {
		a, b := ports[s.A].span(), ports[s.B].span()
		if s.Sub {
			n += min(a, b)
			continue
		}
		ka, kb := max(0, -int(s.Shift)), max(0, int(s.Shift))
		n += max(0, min(a+ka, b+kb)-max(ka, kb))
	}
	return n
}

// span is the number of bits that tell the values of a port apart.
func (p *Port) span() int { return Width(0, p.Hi-p.Lo) }

// width is the number of bits of a port.
func (p *Port) width() int { return Width(p.Lo, p.Hi) }

// scaled gives the plan for inputs x[i]·2^rows[i] and outputs y[j]·2^cols[j], given the one for x and y.
func (p *Plan) scaled(rows, cols []int) *Plan {
	off := make([]int, p.Inputs+len(p.Steps)) // each value of p is the new one times 2^off
	copy(off, rows)
	q := &Plan{Inputs: p.Inputs, Steps: make([]Step, len(p.Steps)), Outs: make([]Ref, len(p.Outs))}
	for k, s := range p.Steps {
		ka, kb := max(0, -int(s.Shift))+off[s.A], max(0, int(s.Shift))+off[s.B]
		off[p.Inputs+k] = min(ka, kb)
		s.Shift = int8(kb - ka)
		q.Steps[k] = s
	}
	for j, o := range p.Outs {
		if o.ID >= 0 {
			o.Shift += int8(cols[j] + off[o.ID])
		}
		q.Outs[j] = o
	}
	return q
}

// factor takes the common powers of two out of the rows and the columns of w.
func factor(w [][]int64, outs int) (core [][]int64, rows, cols []int) {
	core = make([][]int64, len(w))
	rows, cols = make([]int, len(w)), make([]int, outs)
	var all []uint64
	for i, row := range w {
		var bitsOr uint64
		for _, x := range row {
			bitsOr |= uint64(x)
		}
		if bitsOr != 0 {
			rows[i] = bits.TrailingZeros64(bitsOr)
		}
		core[i] = make([]int64, outs)
		for j, x := range row {
			core[i][j] = x >> rows[i]
		}
	}
	all = make([]uint64, outs)
	for _, row := range core {
		for j, x := range row {
			all[j] |= uint64(x)
		}
	}
	for j, u := range all {
		if u != 0 {
			cols[j] = bits.TrailingZeros64(u)
		}
		for i := range core {
			core[i][j] >>= cols[j]
		}
	}
	return core, rows, cols
}
