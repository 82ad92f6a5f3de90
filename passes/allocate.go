package passes

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// Goal is what a search for the widths of weights keeps to, and what it makes small.
type Goal struct {
	MaxLoss     float64 // points of accuracy as a fraction, or relative growth of the error; used where MinAccuracy is 0
	MinAccuracy float64 // fraction
	Minimize    string  // bits, bytes or luts
}

// Point is one choice of widths.
type Point struct {
	Widths string  `json:"widths"` // "fc1 2.5, fc2 3"
	Cost   float64 `json:"cost"`   // of all weights
	Unit   string  `json:"unit"`   // of the cost: bits, bytes, or signed digits, to which the logic of shift-and-add multipliers is proportional
	Loss   float64 `json:"loss"`   // on calibration rows that were held back, with Doubt
	Doubt  float64 `json:"doubt"`  // standard error of the loss; 0 where nothing is decided
}

// widthSteps are the widths that a search tries, in the mean over the rows of a layer.
var widthSteps = []float64{8, 6, 5, 4, 3.5, 3, 2.75, 2.5, 2.25, 2}

// fewRows is how many rows a search would rather measure on than a quarter of what there is, up to half.
const fewRows = 256

// allocation is a search for the widths of the weights of each layer. It measures on the last quarter of the calibration rows, or
// more where they are few, and calibrates on the others: by labels, or where there are none by agreement with the float model.
type allocation struct {
	c      *Context // calibrates on the leading rows
	g      *ir.Graph
	o      Options
	meter  *meter // on the rows held back
	base   float64
	goal   *Goal
	layers []string
	points []Point
}

// allocate gives the options of quantize with a width for each layer.
func allocate(c *Context, g *ir.Graph, o Options, goal *Goal) (Options, error) {
	a, err := newAllocation(c, g, o, goal)
	if err != nil {
		return nil, err
	}
	limit := goal.MaxLoss
	if goal.MinAccuracy > 0 {
		if a.meter.rows.Labels == nil {
			return nil, diag.New(diag.CodeData, diag.Pos{}, "an accuracy is asked for and the calibration rows have no labels").WithHint("give labels, or a largest loss instead")
		}
		limit = a.base - goal.MinAccuracy
	}
	at, best, err := a.uniform(limit)
	if err != nil {
		return nil, err
	}
	if at == nil {
		what, reach := fmt.Sprintf("a loss of at most %.4g", limit), fmt.Sprintf("a loss of %.4g", best)
		if goal.MinAccuracy > 0 {
			what, reach = fmt.Sprintf("an accuracy of %g", goal.MinAccuracy), fmt.Sprintf("an accuracy of %.4f", a.base-best)
		}
		return nil, diag.New(diag.CodeQuantization, diag.Pos{}, "%s is out of reach: the best is %s, with weights of %g bits, on %d calibration rows that were held back", what, reach, widthSteps[0], a.meter.rows.Len()).
			WithHint("ask for less, or give activations more bits with -p quantize:a=12")
	}
	if at, err = a.descend(at, limit); err != nil {
		return nil, err
	}
	c.Front = front(a.points)
	c.Note("the search chose weights of " + a.text(at) + " bits" + a.sureness(at))
	return a.options(at), nil
}

func newAllocation(c *Context, g *ir.Graph, o Options, goal *Goal) (*allocation, error) {
	if (&quantizer{o: o}).typed() {
		return nil, diag.New(diag.CodeOption, diag.Pos{}, "weights have types, and a search is to find their widths").WithHint("leave out the types, or --max-loss and --min-accuracy")
	}
	if w := o.widths(); w != "" {
		return nil, diag.New(diag.CodeOption, diag.Pos{}, "%s is given, and a search is to find the widths of weights", w).WithHint("leave it out, or --max-loss and --min-accuracy")
	}
	if bits := o["bits"]; bits != "8" {
		return nil, diag.New(diag.CodeOption, diag.Pos{}, "weights are given bits=%s, and a search is to find their widths", bits).WithHint("leave it out, or --max-loss and --min-accuracy; -p quantize:a=N gives activations a width")
	}
	n := c.Calib.Len()
	if n < 8 {
		return nil, diag.New(diag.CodeData, diag.Pos{}, "%d calibration rows are too few to search widths with", n).WithHint("give at least 8, better 1000")
	}
	split := n - max(n/4, min(n/2, fewRows))
	sub := &Context{Config: c.Config, Calib: c.Calib.part(0, split), Match: c.Match, Imported: c.Imported, Synthetic: c.Synthetic, solved: map[int]solved{}, grids: map[int]*inputGrids{}}
	held := c.Calib.part(split, n)
	m, err := newMeter(g, held)
	if err != nil {
		return nil, err
	}
	a := &allocation{c: sub, g: g, o: o, meter: m, goal: goal}
	_, a.base = m.metric(m.float)
	for _, v := range g.Values {
		if v.Op == ir.OpDense && isConst(v.Args[1]) && !slices.Contains(a.layers, v.Name) {
			a.layers = append(a.layers, v.Name)
		}
	}
	return a, nil
}

// sureness says what the loss of a choice of widths was measured on, and how far chance may have moved it.
func (a *allocation) sureness(at map[string]float64) string {
	text := a.text(at)
	i := slices.IndexFunc(a.points, func(p Point) bool { return p.Widths == text })
	if i < 0 {
		return ""
	}
	p := a.points[i]
	if a.meter.kind == noDecision {
		return fmt.Sprintf(": loss %.4f on %d rows that were held back", p.Loss, a.meter.rows.Len())
	}
	return fmt.Sprintf(": loss %.4f on %d rows that were held back, and one standard error of %.4f that the search added to it", p.Loss-p.Doubt, a.meter.rows.Len(), p.Doubt)
}

// part gives rows [from, to) without copying; targets only where all of these rows have one.
func (r *Rows) part(from, to int) *Rows {
	p := &Rows{}
	for _, t := range r.Ins {
		p.Ins = append(p.Ins, t.Slice(from, to))
	}
	if r.Labels != nil {
		p.Labels = r.Labels[from:to]
	}
	if r.Targets != nil && to <= r.Targets.Rows {
		p.Targets = r.Targets.Slice(from, to)
	}
	return p
}

// uniform finds the least width that all layers may have, by halving, and the loss of the widest. It gives nil where that is too much.
func (a *allocation) uniform(limit float64) (at map[string]float64, widest float64, err error) {
	var whole []float64
	for _, w := range widthSteps {
		if w == math.Trunc(w) {
			whole = append(whole, w)
		}
	}
	try := func(w float64) (map[string]float64, float64, error) {
		all := map[string]float64{}
		for _, l := range a.layers {
			all[l] = w
		}
		loss, err := a.loss(all)
		return all, loss, err
	}
	if at, widest, err = try(whole[0]); err != nil || widest > limit {
		return nil, widest, err
	}
	for from, to := 1, len(whole); from < to; {
		mid := (from + to) / 2
		all, loss, err := try(whole[mid])
		if err != nil {
			return nil, widest, err
		}
		if loss > limit {
			to = mid
			continue
		}
		at, from = all, mid+1
	}
	return at, widest, nil
}

// descend narrows one layer after the other, the one that saves most first, until every further step loses too much.
func (a *allocation) descend(at map[string]float64, limit float64) (map[string]float64, error) {
	stuck := map[string]bool{}
	for {
		layer, saving := "", 0.0
		for _, l := range a.layers {
			if w := narrower(at[l]); w > 0 && !stuck[l] {
				if s := a.size(l) * (at[l] - w); s > saving {
					layer, saving = l, s
				}
			}
		}
		if layer == "" {
			return at, nil
		}
		try := maps.Clone(at)
		try[layer] = narrower(at[layer])
		loss, err := a.loss(try)
		if err != nil {
			return nil, err
		}
		if loss > limit {
			stuck[layer] = true
			continue
		}
		at = try
	}
}

// narrower gives the next smaller step, 0 where there is none.
func narrower(w float64) float64 {
	for _, s := range widthSteps {
		if s < w {
			return s
		}
	}
	return 0
}

// size is the number of weights of the layers of a name.
func (a *allocation) size(layer string) float64 {
	n := 0
	for _, v := range a.g.Values {
		if v.Op == ir.OpDense && v.Name == layer {
			n += v.Args[1].Type.Size()
		}
	}
	return float64(n)
}

// options gives the options of quantize for a choice of widths.
func (a *allocation) options(at map[string]float64) Options {
	o := maps.Clone(a.o)
	for l, w := range at {
		o[l+".w"] = strconv.FormatFloat(w, 'g', -1, 64)
	}
	return o
}

// text spells a choice of widths.
func (a *allocation) text(at map[string]float64) string {
	var parts []string
	for _, l := range a.layers {
		parts = append(parts, fmt.Sprintf("%s %g", l, at[l]))
	}
	return strings.Join(parts, ", ")
}

// loss quantizes with a choice of widths and measures it on the rows held back, on the safe side.
func (a *allocation) loss(at map[string]float64) (float64, error) {
	q, err := newQuantizer(a.c, a.g, a.options(at))
	if err != nil {
		return 0, err
	}
	g, err := q.run()
	if err != nil {
		return 0, err
	}
	outs, err := runReal(g, a.meter.rows.Ins)
	if err != nil {
		return 0, err
	}
	loss, doubt := a.meter.loss(outs), 0.0
	if a.meter.kind != noDecision {
		doubt = a.doubt(outs[0])
	}
	a.points = append(a.points, Point{a.text(at), a.cost(g, at), a.unit(), loss + doubt, doubt})
	return loss + doubt, nil
}

// doubt is the standard error of a loss that is the difference of few changed decisions: few rows must not flatter.
func (a *allocation) doubt(out *ir.Tensor) float64 {
	changed := a.meter.changed(a.meter.ref[0], out)
	return math.Sqrt(float64(changed)) / float64(out.Rows)
}

// cost prices a quantized graph: the bits or bytes of all weights, or for luts the nonzero signed digits of all weights times the
// width of what they multiply, to which shift-and-add multipliers are proportional.
func (a *allocation) cost(g *ir.Graph, at map[string]float64) float64 {
	sum := 0.0
	for _, v := range g.Values {
		if v.Op != ir.OpDense {
			continue
		}
		w, ok := gridOf(v.Args[1])
		if !ok {
			continue
		}
		switch a.goal.Minimize {
		case "luts":
			for _, x := range w.ints {
				sum += float64(csdDigits(int(x)))
			}
		case "bytes":
			sum += math.Ceil(at[v.Name] * float64(len(w.ints)) / 8)
		default:
			sum += at[v.Name] * float64(len(w.ints))
		}
	}
	return sum
}

// unit names what cost counts.
func (a *allocation) unit() string {
	if a.goal.Minimize == "luts" {
		return "signed digits"
	}
	return hintOr(a.goal.Minimize, "bits")
}

// front keeps the points that no other point beats in cost and loss, by falling cost.
func front(points []Point) []Point {
	slices.SortStableFunc(points, func(a, b Point) int {
		switch {
		case a.Cost != b.Cost && a.Cost < b.Cost || a.Cost == b.Cost && a.Loss < b.Loss:
			return -1
		case a.Cost == b.Cost && a.Loss == b.Loss:
			return 0
		}
		return 1
	})
	var kept []Point
	least := math.Inf(1)
	for _, p := range points {
		if p.Loss < least {
			kept, least = append(kept, p), p.Loss
		}
	}
	slices.Reverse(kept)
	return kept
}
