package cc

import (
	"fmt"
	"slices"
	"strconv"

	"mlpc/ir"
)

// run is a piece of a route whose indexes follow from nested counters: result element start + (i, j, … in row-major order) is
// element base + Σ strides·counters of the arguments laid end to end. A run of a fill constant has base < 0 and strides 0.
type run struct {
	start, base   int
	dims, strides []int
}

// maxRuns is the number of loops up to which a route is printed as loops; beyond, a table of indexes is smaller.
const maxRuns = 8

// route prints a constant index map: loops where the map is regular, else a table of indexes.
func (s *site) route(v *ir.Value) {
	r := v.Attr.(*ir.Route)
	runs := runsOf(r.Index, argEnds(v))
	if len(runs) > maxRuns {
		s.routeTable(v, r)
		return
	}
	for _, x := range runs {
		s.routeRun(v, r, x)
	}
}

// argEnds gives where each argument ends when all are laid end to end.
func argEnds(v *ir.Value) []int {
	ends := make([]int, len(v.Args))
	n := 0
	for i, a := range v.Args {
		n += a.Type.Size()
		ends[i] = n
	}
	return ends
}

// argAt gives the argument that holds index x and where that argument starts.
func argAt(ends []int, x int) (arg, start int) {
	for i, e := range ends {
		if x < e {
			return i, start
		}
		start = e
	}
	return len(ends) - 1, start
}

// runsOf splits an index map into runs: the whole where it is regular, else maximal pieces of constant step within one argument.
func runsOf(index []int32, ends []int) []run {
	if whole, ok := regular(index); ok && oneArgument(whole, ends) {
		return []run{whole}
	}
	var runs []run
	for i := 0; i < len(index); {
		n := stepRun(index[i:], ends)
		step := 0
		if n > 1 {
			step = int(index[i+1] - index[i])
		}
		runs = append(runs, run{start: i, base: int(index[i]), dims: []int{n}, strides: []int{step}})
		i += n
	}
	return runs
}

// oneArgument tells whether a run reads one argument only, or one fill constant.
func oneArgument(r run, ends []int) bool {
	lo, hi := r.base, r.base
	for d, n := range r.dims {
		span := (n - 1) * r.strides[d]
		lo, hi = lo+min(span, 0), hi+max(span, 0)
	}
	if lo < 0 {
		return lo == hi
	}
	a, _ := argAt(ends, lo)
	b, _ := argAt(ends, hi)
	return a == b
}

// stepRun is the length of the longest prefix with a constant step that stays within one argument or one fill constant.
func stepRun(index []int32, ends []int) int {
	if len(index) < 2 {
		return len(index)
	}
	step := index[1] - index[0]
	n := 1
	for n < len(index) && index[n]-index[n-1] == step && oneArgument(run{base: int(index[0]), dims: []int{n + 1}, strides: []int{int(step)}}, ends) {
		n++
	}
	return n
}

// regular finds nested counters that give the whole map.
func regular(index []int32) (run, bool) {
	r := run{}
	for len(index) > 1 {
		step := index[1] - index[0]
		n := 2
		for n < len(index) && index[n]-index[n-1] == step {
			n++
		}
		if len(index)%n != 0 {
			return r, false
		}
		firsts := make([]int32, 0, len(index)/n)
		for at := 0; at < len(index); at += n {
			for k := range n {
				if index[at+k] != index[at]+int32(k)*step {
					return r, false
				}
			}
			firsts = append(firsts, index[at])
		}
		r.dims = append([]int{n}, r.dims...)
		r.strides = append([]int{int(step)}, r.strides...)
		index = firsts
	}
	if len(index) == 0 || len(r.dims) > len(loopNames) {
		return r, false
	}
	r.base = int(index[0])
	return r, true
}

// routeRun prints the loops of one run.
func (s *site) routeRun(v *ir.Value, r *ir.Route, x run) {
	n := newNest(x.dims, [][]int{rowMajor(x.dims), x.strides})
	n.open(&s.Printer)
	to := n.index(0)
	if x.start > 0 {
		to = fmt.Sprintf("%d + %s", x.start, to)
	}
	value := ""
	if x.base < 0 {
		value = element(&ir.Data{Ints: r.Fill, Reals: r.Reals}, -1-x.base, s.work(v))
	} else {
		lowest := x.base
		for d, size := range x.dims {
			lowest += min(0, (size-1)*x.strides[d])
		}
		arg, start := argAt(argEnds(v), lowest)
		value = fmt.Sprintf("%s[%d + %s]", s.arrayOf(v.Args[arg]), x.base-start, n.index(1))
	}
	s.P("y[%s] = (%s)%s;", to, CType(v.Type.Elem), value)
	n.close(&s.Printer)
}

// fillArray prints the array of the constants that a route fills with.
func (s *site) fillArray(v *ir.Value, r *ir.Route) string {
	if v.Type.Elem.Single {
		return s.floatArray("fill", v, r.Reals)
	}
	return s.array("fill", v, r.Fill)
}

// routeTable prints one loop over a table of indexes.
func (s *site) routeTable(v *ir.Value, r *ir.Route) {
	index := make([]int64, len(r.Index))
	fill := false
	for i, x := range r.Index {
		index[i] = int64(x)
		fill = fill || x < 0
	}
	var limits, sources []string // the source is the first whose limit is above k
	if fill {
		limits = append(limits, "0")
		sources = append(sources, fmt.Sprintf("(%s)%s[-1 - k]", s.work(v), s.fillArray(v, r)))
	}
	start := 0
	for i, end := range argEnds(v) {
		if slices.ContainsFunc(r.Index, func(x int32) bool { return int(x) >= start && int(x) < end }) {
			limits = append(limits, strconv.Itoa(end))
			sources = append(sources, fmt.Sprintf("(%s)%s[k - %d]", s.work(v), s.arrayOf(v.Args[i]), start))
		}
		start = end
	}
	choice := sources[len(sources)-1]
	for i := len(sources) - 2; i >= 0; i-- {
		choice = fmt.Sprintf("k < %s ? %s : %s", limits[i], sources[i], choice)
	}
	s.P("for (int i = 0; i < %d; i++) {", len(index))
	s.In()
	s.P("const int32_t k = (int32_t)%s[i];", s.array("index", v, index))
	s.P("y[i] = (%s)(%s);", CType(v.Type.Elem), choice)
	s.Out()
	s.Line("}")
}
