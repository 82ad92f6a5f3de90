package passes

import (
	"fmt"
	"math"
	"slices"

	"mlpc/ir"
)

var clusterWeights = &Pass{
	Name: "cluster", Effect: Lossy,
	Doc: "lets the weights of each dense layer share few values, those with the least squared error",
	Options: []Option{
		{Name: "k", Doc: "how many values a layer keeps, zero included where it has zeros", Default: "16", Check: whole(2, 4096)},
		{Name: "rows", Doc: "how many calibration rows say how much each input counts, at most", Default: "1024", Check: whole(1, 1<<20)},
	},
	Layers: []string{"k"},
	Run: func(c *Context, g *ir.Graph, o Options) (*ir.Graph, error) {
		if !g.IsInteger() {
			return g, nil
		}
		inputs, err := inputsOfLayers(g, c.Calib.Head(o.Int("rows")))
		if err != nil {
			return nil, err
		}
		for i := range layersIn(g) { // their number and order stay
			v := layersIn(g)[i]
			k := Options{"k": o.Layer(v.Name, "k")}.Int("k")
			if next := clusterLayer(g, v, inputs[v.Name], k); next != nil {
				g = next
			} else {
				c.Note(fmt.Sprintf("cluster leaves layer %q as it is: with shared weights a value would not fit", v.Name))
			}
		}
		return g, nil
	},
}

// layersIn lists the dense layers of a graph that have constant weights.
func layersIn(g *ir.Graph) []*ir.Value {
	var list []*ir.Value
	for _, v := range g.Values {
		if v.Op == ir.OpDense && v.Args[1].Const() != nil {
			list = append(list, v)
		}
	}
	return list
}

// moments are the mean and the variance of each input of a layer.
type moments struct{ mean, variance []float64 }

// inputsOfLayers runs the rows and gives the moments of the inputs of each dense layer, by its name.
func inputsOfLayers(g *ir.Graph, rows *Rows) (map[string]moments, error) {
	all := map[string]moments{}
	if rows.Len() == 0 {
		return all, nil
	}
	enc, err := Encode(g, rows.Ins)
	if err != nil {
		return nil, err
	}
	values, err := ir.RunAll(g, enc)
	if err != nil {
		return nil, err
	}
	for _, v := range g.Values {
		if d, ok := v.Attr.(*ir.Dense); ok && d.Groups <= 1 {
			n := v.Args[1].Type.Shape[1]
			m := moments{make([]float64, n), make([]float64, n)}
			xs := values[v.Args[0].ID].Ints
			for i, x := range xs {
				m.mean[i%n] += float64(x) / float64(len(xs)/n)
			}
			for i, x := range xs {
				d := float64(x) - m.mean[i%n]
				m.variance[i%n] += float64(d*d) / float64(len(xs)/n)
			}
			all[v.Name] = m
		}
	}
	return all, nil
}

// clusterLayer gives the graph with the weights of v shared, or nil where it would not verify. The bias takes in the change of the mean,
// so that a weight counts as much as its input varies.
func clusterLayer(g *ir.Graph, v *ir.Value, in moments, k int) *ir.Graph {
	w := slices.Clone(v.Args[1].Const().Ints)
	rows, n := v.Args[1].Type.Shape[0], v.Args[1].Type.Shape[1]
	weight := floored(slices.Clone(in.variance))
	if in.variance == nil {
		weight = []float64{1}
	}
	shared := shareValues(w, weight, k)
	bias := make([]int64, rows)
	if len(v.Args) == 3 {
		copy(bias, v.Args[2].Const().Ints)
	}
	for o := range rows {
		moved := 0.0
		for i := range in.mean {
			moved += float64(float64(w[o*n+i]-shared[o*n+i]) * in.mean[i])
		}
		bias[o] += int64(math.RoundToEven(moved))
	}
	ng := g.Rewrite(func(ng *ir.Graph, u *ir.Value, args []*ir.Value) *ir.Value {
		if u != v {
			return nil
		}
		wv := ng.Const(args[1].Type.Shape, shared).Named(args[1].Name, args[1].Pos)
		nv := ng.New(ir.OpDense, ir.Elem{}, u.Attr, args[0], wv, ng.Const([]int{rows}, bias))
		nv.Type.Scale, nv.Type.Zero = u.Type.Scale, u.Type.Zero
		return nv
	})
	if ir.Verify(ng) != nil {
		return nil
	}
	return ng
}

// shareValues gives each of ws the nearest of at most k integers, which have the least squared error that any k integers of contiguous groups
// have before rounding; weight is how much each column counts. Zeros stay zero.
func shareValues(ws []int64, weight []float64, k int) []int64 {
	mass := map[int64]float64{}
	zeros := false
	for i, w := range ws {
		if w == 0 {
			zeros = true
			continue
		}
		mass[w] += weight[i%len(weight)]
	}
	var xs []int64
	for x := range mass {
		xs = append(xs, x)
	}
	slices.Sort(xs)
	if zeros {
		k--
	}
	to := map[int64]int64{0: 0}
	for _, group := range optimalGroups(xs, mass, k) {
		sum, all := 0.0, 0.0
		for _, x := range group {
			sum += float64(float64(x) * mass[x])
			all += mass[x]
		}
		for _, x := range group {
			to[x] = int64(math.RoundToEven(sum / all))
		}
	}
	shared := make([]int64, len(ws))
	for i, w := range ws {
		shared[i] = to[w]
	}
	return shared
}

// optimalGroups cuts ascending xs into at most k groups with the least sum of squared distances from the groups' means, each x counting
// mass[x]: k-means in one dimension, exactly (Wang and Song, "Ckmeans.1d.dp", The R Journal 2011). The best cut for a prefix does not
// move back as the prefix grows, so each of the k layers takes O(n log n).
func optimalGroups(xs []int64, mass map[int64]float64, k int) [][]int64 {
	n := len(xs)
	if n == 0 {
		return nil
	}
	k = min(max(k, 1), n)
	s := newPrefixes(xs, mass)
	best := make([]float64, n+1) // of the first i elements in the groups so far
	for i := 1; i <= n; i++ {
		best[i] = s.of(0, i)
	}
	cuts := [][]int{make([]int, n+1)}
	for range k - 1 {
		next, cut := make([]float64, n+1), make([]int, n+1)
		var solve func(lo, hi, from, to int)
		solve = func(lo, hi, from, to int) {
			if lo > hi {
				return
			}
			mid := (lo + hi) / 2
			next[mid] = math.Inf(1)
			for j := from; j <= min(mid, to); j++ {
				if c := best[j] + s.of(j, mid); c < next[mid] {
					next[mid], cut[mid] = c, j
				}
			}
			solve(lo, mid-1, from, cut[mid])
			solve(mid+1, hi, cut[mid], to)
		}
		solve(1, n, 0, n)
		best, cuts = next, append(cuts, cut)
	}
	var groups [][]int64
	for i, end := len(cuts)-1, n; i >= 0 && end > 0; i-- {
		if start := cuts[i][end]; start < end {
			groups = append(groups, xs[start:end])
			end = start
		}
	}
	return groups
}

// prefixes give sums of squared distances from the mean over ranges of xs, from sums over prefixes.
type prefixes struct{ mass, first, second []float64 }

func newPrefixes(xs []int64, mass map[int64]float64) *prefixes {
	s := &prefixes{make([]float64, len(xs)+1), make([]float64, len(xs)+1), make([]float64, len(xs)+1)}
	for i, x := range xs {
		m, f := mass[x], float64(x)
		s.mass[i+1] = s.mass[i] + m
		s.first[i+1] = s.first[i] + float64(m*f)
		s.second[i+1] = s.second[i] + float64(m*f*f)
	}
	return s
}

// of is the sum over the elements from i to before j.
func (s *prefixes) of(i, j int) float64 {
	m := s.mass[j] - s.mass[i]
	if i >= j || m <= 0 {
		return 0
	}
	f := s.first[j] - s.first[i]
	return max(0, s.second[j]-s.second[i]-float64(f*f)/m)
}
