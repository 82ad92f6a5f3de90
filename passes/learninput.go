package passes

import (
	"mlpc/ir"
)

// learnedGrids moves the grids of the features of v, which start as given, to where the float net's outputs change least: feature by
// feature, each tried on parts of its range with all others as they are. Nets that are too large for that keep what they have.
func (q *quantizer) learnedGrids(v *ir.Value, columns [][]float64, start *inputGrids) *inputGrids {
	if kept := q.c.grids[v.ID]; kept != nil {
		return kept
	}
	l, ok := q.newGridSearch(v, start)
	if !ok {
		return start
	}
	for c, column := range columns {
		for _, g := range l.grids.candidates(c, column) {
			l.try(c, g)
		}
	}
	for by := gridMove; by > gridMove/20; by /= 2 {
		for c, column := range columns {
			for column != nil && l.nudge(c, by) {
			}
		}
	}
	if q.c.grids != nil {
		q.c.grids[v.ID] = l.grids
	}
	return l.grids
}

const (
	gridMove  = 0.1 // share of its reach by which an end of a grid is moved first
	gridRows  = 512 // rows to look at, at most
	gridLeast = 64  // rows without which the search says nothing, unless there are no more
	gridCost  = 1e9 // products that a search may cost
)

// gridSearch runs the float net on rows whose features lie on grids.
type gridSearch struct {
	g     *ir.Graph
	ins   []*ir.Tensor
	x, at *ir.Tensor // the values of the input as they are, and on the grids; at is among ins
	grids *inputGrids
	goal  *outputLoss
	loss  float64
}

// newGridSearch starts from grids for all features; false where the net is too large, or does not run.
func (q *quantizer) newGridSearch(v *ir.Value, start *inputGrids) (*gridSearch, bool) {
	n := lastAxis(v.Type.Shape)
	weights, _ := countWeights(q.g)
	most := int(gridCost) / (n * len(clipLow) * len(clipHigh) * max(weights, 100))
	rows := q.c.Calib.Head(min(q.o.Int("rows"), gridRows, most))
	if rows.Len() < min(gridLeast, q.c.Calib.Len()) {
		return nil, false
	}
	outs, err := ir.Run(q.g, rows.Ins)
	if err != nil {
		return nil, false
	}
	l := &gridSearch{g: q.g, grids: start.each(n), goal: newOutputLoss(outs, rows.Targets == nil)}
	for i, in := range q.g.Inputs() {
		t := rows.Ins[i]
		if in == v {
			l.x, l.at = t, ir.NewReals(t.Rows, t.Shape)
			t = l.at
		}
		l.ins = append(l.ins, t)
	}
	for c := range n {
		l.put(c, l.grids.at(c))
	}
	l.loss, err = l.measure()
	return l, err == nil
}

// each gives every feature its own scale and offset.
func (a *inputGrids) each(n int) *inputGrids {
	b := *a
	b.scale, b.offset = make([]float64, n), make([]float64, n)
	for c := range n {
		g := a.at(c)
		b.scale[c], b.offset[c] = g.Scale, g.offset+float64(float64(g.Lo-g.Zero)*g.Scale)
	}
	b.zero = a.lo
	return &b
}

// put rounds feature c to a grid.
func (l *gridSearch) put(c int, g featureGrid) {
	n := len(l.grids.scale)
	for i := c; i < len(l.x.Reals); i += n {
		l.at.Reals[i] = g.round(l.x.Reals[i])
	}
}

// nudge moves one end of the grid of feature c by a share of its reach, to where the loss falls; false where it does not.
func (l *gridSearch) nudge(c int, by float64) bool {
	for _, ends := range [][2]float64{{-by, 0}, {by, 0}, {0, -by}, {0, by}, {by, by}, {-by, -by}} {
		g := l.grids.at(c)
		reach := g.Scale * float64(g.Hi-g.Lo)
		g.offset += ends[0] * reach
		g.Scale *= 1 + ends[1] - ends[0]
		if l.try(c, g) {
			return true
		}
	}
	return false
}

// try keeps a grid for feature c where the loss falls.
func (l *gridSearch) try(c int, g featureGrid) bool {
	l.put(c, g)
	loss, err := l.measure()
	if err != nil || !(loss < l.loss) {
		l.put(c, l.grids.at(c))
		return false
	}
	l.loss, l.grids.scale[c], l.grids.offset[c] = loss, g.Scale, g.offset
	return true
}

func (l *gridSearch) measure() (float64, error) {
	outs, err := ir.Run(l.g, l.ins)
	if err != nil {
		return 0, err
	}
	return l.goal.of(outs), nil
}
