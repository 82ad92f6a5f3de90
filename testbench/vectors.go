package testbench

import (
	"fmt"
	"math"
	"math/rand/v2"

	"mlpc/backends"
	"mlpc/ir"
)

// Seed is the seed of random vectors where the user gives none.
const Seed = 1

// Pack gives one vector a row: the integers of all tensors of that row, one after the other. A float32 is the integer that its 32 bits
// spell.
func Pack(ts []*ir.Tensor) [][]int64 {
	if len(ts) == 0 {
		return nil
	}
	rows := make([][]int64, ts[0].Rows)
	for i := range rows {
		for _, t := range ts {
			n := t.Size()
			if t.Reals != nil {
				rows[i] = appendBits(rows[i], t.Reals[i*n:(i+1)*n])
				continue
			}
			rows[i] = append(rows[i], t.Ints[i*n:(i+1)*n]...)
		}
	}
	return rows
}

// Unpack gives one tensor a value from vectors, the inverse of Pack.
func Unpack(rows [][]int64, values []*ir.Value) ([]*ir.Tensor, error) {
	ts := make([]*ir.Tensor, len(values))
	width := 0
	for i, v := range values {
		ts[i] = ir.NewTensor(len(rows), v.Type)
		width += v.Type.Size()
	}
	for r, row := range rows {
		if len(row) != width {
			return nil, fmt.Errorf("vector %d has %d integers, the program takes %d", r+1, len(row), width)
		}
		for _, t := range ts {
			n := t.Size()
			if t.Reals != nil {
				fromBits(t.Reals[r*n:(r+1)*n], row[:n])
			} else {
				copy(t.Ints[r*n:(r+1)*n], row[:n])
			}
			row = row[n:]
		}
	}
	return ts, nil
}

// appendBits appends the bits of float32 numbers.
func appendBits(row []int64, xs []float64) []int64 {
	for _, x := range xs {
		row = append(row, int64(math.Float32bits(float32(x))))
	}
	return row
}

// fromBits reads the bits of float32 numbers.
func fromBits(xs []float64, row []int64) {
	for i, b := range row {
		xs[i] = float64(math.Float32frombits(uint32(b)))
	}
}

// Expected gives the outputs that ir.Run defines for input vectors.
func Expected(g *ir.Graph, in [][]int64) ([][]int64, error) {
	if len(in) == 0 {
		return nil, nil
	}
	ts, err := Unpack(in, g.Inputs())
	if err != nil {
		return nil, err
	}
	outs, err := ir.Run(g, ts)
	if err != nil {
		return nil, err
	}
	return Pack(outs), nil
}

// Random gives n vectors drawn uniformly over the inputs' ranges from a seed.
func Random(g *ir.Graph, n int, seed uint64) [][]int64 {
	rng := rand.New(rand.NewPCG(seed, 0))
	rows := make([][]int64, n)
	for i := range rows {
		for _, v := range g.Inputs() {
			if v.Type.Elem.Single {
				lo, hi := realRange(v)
				for range v.Type.Size() {
					rows[i] = appendBits(rows[i], []float64{lo + float64(rng.Float64()*(hi-lo))})
				}
				continue
			}
			step := v.InputStep()
			for e := range v.Type.Size() {
				lo, hi := v.InputRangeAt(e)
				rows[i] = append(rows[i], lo+step*rng.Int64N((hi-lo)/step+1))
			}
		}
	}
	return rows
}

// realRange gives the numbers that a float32 input is tried with: those seen in calibration, or −4 to 4.
func realRange(v *ir.Value) (lo, hi float64) {
	if r := v.Type.Range; r != nil {
		return r[0], r[1]
	}
	return -4, 4
}

// Corners gives directed vectors: every input at its least, its largest and at zero, and, for each row of a dense layer that reads
// an input, the two vectors that bring its accumulator to its extremes; at most limit vectors.
func Corners(g *ir.Graph, limit int) [][]int64 {
	ins := g.Inputs()
	rows := [][]int64{
		fill(ins, func(_ *ir.Value, _ int, lo, _ int64) int64 { return lo }),
		fill(ins, func(_ *ir.Value, _ int, _, hi int64) int64 { return hi }),
		fill(ins, func(in *ir.Value, _ int, lo, hi int64) int64 {
			if in.Type.Elem.Single {
				return 0
			}
			zero := min(max(0, lo), hi)
			return zero - (zero-lo)%in.InputStep()
		}),
	}
	for _, v := range g.Values {
		if v.Op != ir.OpDense {
			continue
		}
		x, w := v.Args[0], v.Args[1].Const()
		if x.Op != ir.OpInput || w == nil || w.Ints == nil {
			continue
		}
		k := v.Args[1].Type.Shape[1]
		for o := range v.Args[1].Type.Shape[0] {
			for _, sign := range []int64{1, -1} {
				rows = append(rows, fill(ins, func(in *ir.Value, i int, lo, hi int64) int64 {
					if in == x && sign*w.Ints[o*k+i%k] > 0 {
						return hi
					}
					return lo
				}))
			}
		}
	}
	return rows[:min(len(rows), limit)]
}

// fill makes a vector from a function of input, element and range.
func fill(ins []*ir.Value, f func(in *ir.Value, i int, lo, hi int64) int64) []int64 {
	var row []int64
	for _, in := range ins {
		for i := range in.Type.Size() {
			lo, hi := in.InputRangeAt(i)
			if in.Type.Elem.Single {
				l, h := realRange(in)
				lo, hi = int64(math.Float32bits(float32(l))), int64(math.Float32bits(float32(h)))
			}
			row = append(row, f(in, i, lo, hi))
		}
	}
	return row
}

// Vectors gives the vectors that an output directory stores: given rows first, then corners and random ones up to n in all, with
// the outputs that ir.Run defines.
func Vectors(g *ir.Graph, given [][]int64, n int) (backends.Vectors, error) {
	in := given[:min(len(given), n/2)]
	in = append(in[:len(in):len(in)], Corners(g, (n-len(in))/2)...)
	in = append(in, Random(g, n-len(in), Seed)...)
	out, err := Expected(g, in)
	return backends.Vectors{In: in, Out: out}, err
}
