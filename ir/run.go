package ir

import (
	"fmt"
	"runtime"
	"sync"
)

// kernel computes rows of a value: args and out have the same number of rows, save that arguments known beforehand have one row.
type kernel func(args []*Tensor, out *Tensor)

// blockRows is how many rows one goroutine carries through the whole graph at a time: enough to reuse weights from cache.
const blockRows = 64

// Runner runs one graph, as often as wanted, from any number of goroutines.
type Runner struct {
	g       *Graph
	single  bool      // reals are float32
	static  []*Tensor // by ID: values that no input reaches, one row
	kernels []kernel  // by ID
	last    []int     // by ID: the last value that uses it; outputs: beyond the end
}

// NewRunner prepares a graph: it computes what does not depend on inputs and arranges the weights.
func NewRunner(g *Graph) *Runner { return newRunner(g, false) }

// newRunner prepares a graph for float64, or for float32 as RunFloat32 says.
func newRunner(g *Graph, single bool) *Runner {
	n := len(g.Values)
	r := &Runner{g: g, single: single, static: make([]*Tensor, n), kernels: make([]kernel, n), last: make([]int, n)}
	for _, v := range g.Values {
		for _, a := range v.Args {
			r.last[a.ID] = v.ID
		}
	}
	for _, o := range g.Outs {
		r.last[o.ID] = n
	}
	for _, v := range g.Values {
		r.prepare(v)
	}
	return r
}

func (r *Runner) prepare(v *Value) {
	switch v.Op {
	case OpInput:
		return
	case OpConst:
		d := v.Attr.(*Data)
		r.static[v.ID] = &Tensor{Rows: 1, Shape: v.Type.Shape, Ints: d.Ints, Reals: d.Reals}
		if r.single {
			r.static[v.ID] = toFloat32(r.static[v.ID])
		}
		return
	}
	args := make([]*Tensor, len(v.Args))
	all := true
	for i, a := range v.Args {
		args[i] = r.static[a.ID]
		all = all && args[i] != nil
	}
	k := kernelOf(v, args)
	if r.single {
		k = float32Kernel(v, args, k)
	}
	if all {
		out := NewTensor(1, v.Type)
		k(args, out)
		r.static[v.ID] = out
		return
	}
	r.kernels[v.ID] = k
}

// Run computes the outputs of g for all rows of the inputs, which stand in the order of g.Inputs. The graph must verify.
func Run(g *Graph, inputs []*Tensor) ([]*Tensor, error) {
	return NewRunner(g).Run(inputs)
}

// RunAll computes every value of g, indexed by ID; constants have one row.
func RunAll(g *Graph, inputs []*Tensor) ([]*Tensor, error) {
	return NewRunner(g).run(inputs, g.Values)
}

// Run computes the outputs for all rows of the inputs.
func (r *Runner) Run(inputs []*Tensor) ([]*Tensor, error) {
	return r.run(inputs, r.g.Outs)
}

// run computes the wanted values, in blocks of rows spread over the processors.
func (r *Runner) run(inputs []*Tensor, want []*Value) ([]*Tensor, error) {
	ins := r.g.Inputs()
	if len(ins) != len(inputs) {
		return nil, fmt.Errorf("the graph has %d inputs, %d were given", len(ins), len(inputs))
	}
	rows := 1
	for i, in := range inputs {
		if err := in.check(ins[i].Type); err != nil {
			return nil, fmt.Errorf("input %q: %w", ins[i].Name, err)
		}
		if rows = in.Rows; in.Rows != inputs[0].Rows {
			return nil, fmt.Errorf("input %q has %d rows, the first has %d", ins[i].Name, in.Rows, inputs[0].Rows)
		}
	}
	outs := make([]*Tensor, len(want))
	wanted := make(map[int]*Tensor)
	for i, v := range want {
		if s := r.static[v.ID]; s != nil {
			outs[i] = repeat(s, rows, v.Type)
			continue
		}
		if wanted[v.ID] == nil {
			wanted[v.ID] = NewTensor(rows, v.Type)
		}
		outs[i] = wanted[v.ID]
	}
	blocks := make(chan int, (rows+blockRows-1)/blockRows)
	for at := 0; at < rows; at += blockRows {
		blocks <- at
	}
	close(blocks)
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), cap(blocks)) {
		wg.Go(func() {
			for at := range blocks {
				r.block(inputs, wanted, at, min(at+blockRows, rows))
			}
		})
	}
	wg.Wait()
	return outs, nil
}

// repeat gives a known value once for each row.
func repeat(s *Tensor, rows int, t Type) *Tensor {
	out := NewTensor(rows, t)
	n := t.Size()
	for i := range rows {
		if s.Ints != nil {
			copy(out.Ints[i*n:], s.Ints)
		} else {
			copy(out.Reals[i*n:], s.Reals)
		}
	}
	return out
}

// block carries rows [from, to) through the graph; wanted values are written straight into their tensors.
func (r *Runner) block(inputs []*Tensor, wanted map[int]*Tensor, from, to int) {
	vals := make([]*Tensor, len(r.g.Values))
	next := 0
	for _, v := range r.g.Values {
		if v.Op == OpInput {
			vals[v.ID] = inputs[next].Slice(from, to)
			next++
			if w := wanted[v.ID]; w != nil {
				d := w.Slice(from, to)
				copy(d.Ints, vals[v.ID].Ints)
				copy(d.Reals, vals[v.ID].Reals)
			}
			continue
		}
		if r.static[v.ID] != nil {
			vals[v.ID] = r.static[v.ID]
			continue
		}
		args := make([]*Tensor, len(v.Args))
		for i, a := range v.Args {
			args[i] = vals[a.ID]
		}
		out := wanted[v.ID]
		if out != nil {
			out = out.Slice(from, to)
		} else {
			out = NewTensor(to-from, v.Type)
		}
		r.kernels[v.ID](args, out)
		vals[v.ID] = out
		for _, a := range v.Args {
			if r.last[a.ID] == v.ID {
				vals[a.ID] = nil
			}
		}
	}
}
