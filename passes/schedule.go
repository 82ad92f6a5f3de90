package passes

import (
	"slices"

	"mlpc/ir"
)

var schedule = &Pass{
	Name: "schedule", Effect: Exact, Default: true,
	Doc:     "decides what runs when and where values live",
	Options: scheduleOptions, Layers: []string{"pe", "simd", "reuse", "style", "rom"},
	Run: func(c *Context, g *ir.Graph, o Options) (*ir.Graph, error) {
		p := &ir.Program{Graph: g, Target: c.Config.Target}
		var err error
		switch p.Target {
		case "verilog":
			err = scheduleHardware(c.Config, p, o)
		case "hls":
			err = scheduleHLS(c.Config, p, o)
		default:
			scheduleSoftware(p)
			p.Bytes, p.ZeroSkip = o["pack"] == "no", o["zero-skip"] == "yes"
		}
		if err != nil {
			return nil, err
		}
		c.Out = p
		return p.Graph, nil
	},
}

// scheduleSoftware makes one loop nest of each value and the elementwise ops that alone use it, and places what lies between loop
// nests in one arena.
func scheduleSoftware(p *ir.Program) {
	p.Steps = loopNests(p.Graph)
	p.Buffers = arena(p.Graph, p.Steps)
}

// loopNests groups values into steps.
func loopNests(g *ir.Graph) []ir.Step {
	uses := g.Uses()
	outs := make([]bool, len(g.Values))
	for _, o := range g.Outs {
		outs[o.ID] = true
	}
	var steps []ir.Step
	of := make([]int, len(g.Values)) // step of a value, from 1
	for _, v := range g.Values {
		if v.Op == ir.OpInput || v.Op == ir.OpConst {
			continue
		}
		if isElementwise(v.Op) {
			if a := v.Args[0]; of[a.ID] > 0 && uses[a.ID] == 1 && !outs[a.ID] && steps[of[a.ID]-1].Out() == a {
				s := &steps[of[a.ID]-1]
				s.Values = append(s.Values, v)
				of[v.ID] = of[a.ID]
				continue
			}
		}
		steps = append(steps, ir.Step{Values: []*ir.Value{v}, Engine: v.Op.String(), PE: 1, SIMD: 1})
		of[v.ID] = len(steps)
	}
	return steps
}

// isElementwise tells whether an op makes each element from the same element of its one run-time argument.
func isElementwise(op ir.Op) bool {
	switch op {
	case ir.OpRequant, ir.OpThreshold, ir.OpClamp, ir.OpTable, ir.OpWrap:
		return true
	}
	return false
}

// arena places the result of each step that another step reads: largest first, each at the lowest offset that is free while it
// lives. Inputs and outputs belong to the caller.
func arena(g *ir.Graph, steps []ir.Step) []ir.Buffer {
	type life struct {
		buffer      ir.Buffer
		first, last int
	}
	step := map[*ir.Value]int{}
	var lives []*life
	at := map[*ir.Value]*life{}
	for i := range steps {
		out := steps[i].Out()
		step[out] = i
		if slices.Contains(g.Outs, out) {
			continue
		}
		l := &life{buffer: ir.Buffer{Value: out, Bytes: out.Type.Size() * StorageBytes(out.Type.Elem)}, first: i, last: i}
		lives = append(lives, l)
		at[out] = l
	}
	for i := range steps {
		for _, v := range steps[i].Values {
			for _, a := range v.Args {
				if l := at[a]; l != nil {
					l.last = max(l.last, i)
				}
			}
		}
	}
	slices.SortStableFunc(lives, func(a, b *life) int { return b.buffer.Bytes - a.buffer.Bytes })
	var placed []*life
	for _, l := range lives {
		offset := 0
		for moved := true; moved; {
			moved = false
			for _, q := range placed {
				if q.first <= l.last && l.first <= q.last && q.buffer.Offset < offset+l.buffer.Bytes && offset < q.buffer.Offset+q.buffer.Bytes {
					offset, moved = align(q.buffer.Offset+q.buffer.Bytes), true
				}
			}
		}
		l.buffer.Offset = offset
		placed = append(placed, l)
	}
	slices.SortFunc(placed, func(a, b *life) int { return a.first - b.first })
	var buffers []ir.Buffer
	for _, l := range placed {
		buffers = append(buffers, l.buffer)
	}
	return buffers
}

// align rounds a byte offset up to a multiple of 8, so that every buffer suits every integer type.
func align(n int) int { return (n + 7) &^ 7 }

// StorageBytes is the size of the C or Go number that holds an element: 1, 2, 4 or 8.
func StorageBytes(e ir.Elem) int {
	if e.Single {
		return 4
	}
	for n := 1; n < 8; n *= 2 {
		if e.Bits <= 8*n {
			return n
		}
	}
	return 8
}
