package cc

import (
	"fmt"

	"mlpc/ir"
)

// skipBits marks the kernels that spend no time on inputs of 0.
const skipBits = 1

// skipLayout is how they read a layer on all cores: a word a column with the weights of four rows. The sums start with the inputs that
// stand for 0 taken in.
var skipLayout = layout{
	sums: func(p *packed, g int) [4]int64 {
		s := p.biases(g)
		for i := range s {
			for c := range p.shape.k {
				s[i] += p.zeroIn * p.weight(4*g+i, c)
			}
		}
		return s
	},
	odd:     1,
	weights: func(p *packed, g int) []uint32 { return thumbWeights(p, g, 0, 0, p.shape.k, 0) },
	wide:    func(p *packed, _ bool) int { return 4 * p.shape.k },
}

// reluZero tells whether a value is at its least number wherever a ReLU gives 0, and gives that number.
func reluZero(v *ir.Value) (int64, bool) {
	for isView(v) {
		v = v.Args[0]
	}
	q, ok := v.Attr.(*ir.Requant)
	if !ok || q.Zero != q.Lo {
		return 0, false
	}
	return q.Lo, true
}

// zeroByte is the input that stands for 0, as a layer's record has it.
func (k *kernel) zeroByte(p *packed) uint8 {
	if k.bits == skipBits {
		return uint8(p.zeroIn)
	}
	return 0
}

// skipping lists the layers that spend no time on inputs of 0.
func (p *Plan) skipping() []*Layer {
	e := newEmitter(p)
	var list []*Layer
	for _, l := range p.Layers {
		if pk, ok := e.packedOf(l); ok && pk.skip {
			list = append(list, l)
		}
	}
	return list
}

// leaks says in the header that time tells about data.
func (p *Plan) leaks() []string {
	if len(p.skipping()) == 0 {
		return nil
	}
	return []string{"Compiled with --zero-skip: the time of an inference tells how many activations are 0, and so about the input."}
}

// Notes says which layers let time tell about data.
func Notes(prog *ir.Program) []string {
	if !prog.ZeroSkip {
		return nil
	}
	plan, err := NewPlan(prog.Graph)
	if err != nil {
		return nil
	}
	plan.Skip = true
	n := len(plan.skipping())
	if n == 0 {
		return []string{"--zero-skip changes nothing: no dense layer of 8-bit weights follows a ReLU"}
	}
	return []string{fmt.Sprintf("--zero-skip: %d layers take less time the more of their inputs are 0, so time tells about the data; not on cores with a vector unit (Cortex-M55)", n)}
}

// Densities says for each layer that spends no time on inputs of 0 which share of its inputs is not 0, over rows of the program's inputs.
func Densities(prog *ir.Program, rows []*ir.Tensor) ([]string, error) {
	if !prog.ZeroSkip {
		return nil, nil
	}
	plan, err := NewPlan(prog.Graph)
	if err != nil {
		return nil, err
	}
	plan.Skip = true
	values, err := ir.RunAll(prog.Graph, rows)
	if err != nil {
		return nil, err
	}
	var list []string
	for _, l := range plan.skipping() {
		x := l.Head.Args[0]
		zero, _ := reluZero(x)
		used := 0
		for _, v := range values[x.ID].Ints {
			if v != zero {
				used++
			}
		}
		list = append(list, fmt.Sprintf("zero-skip: %s: %.0f %% of the inputs are not 0 in the test vectors", describe(l), 100*float64(used)/float64(max(1, len(values[x.ID].Ints)))))
	}
	return list, nil
}
