package passes

import (
	"math"
	"math/rand/v2"
	"testing"

	"mlpc/ir"
)

// TestOptimalGroups compares with every way to cut.
func TestOptimalGroups(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 300 {
		var xs []int64
		mass := map[int64]float64{}
		for x := int64(-20); x < 20; x++ {
			if rng.IntN(4) == 0 {
				xs, mass[x] = append(xs, x), 0.1+rng.Float64()
			}
		}
		k := 1 + rng.IntN(4)
		groups := optimalGroups(xs, mass, k)
		if len(groups) > k {
			t.Fatalf("%d groups for k = %d", len(groups), k)
		}
		if got, want := squaredOf(groups, mass), leastOf(xs, mass, k); math.Abs(got-want) > 1e-9 {
			t.Fatalf("%v in %v: %g, the least is %g", xs, groups, got, want)
		}
	}
}

// squaredOf sums the squared distances from the means of groups.
func squaredOf(groups [][]int64, mass map[int64]float64) float64 {
	sum := 0.0
	for _, g := range groups {
		m, f := 0.0, 0.0
		for _, x := range g {
			m, f = m+mass[x], f+mass[x]*float64(x)
		}
		for _, x := range g {
			d := float64(x) - f/m
			sum += mass[x] * d * d
		}
	}
	return sum
}

// leastOf tries every cut.
func leastOf(xs []int64, mass map[int64]float64, k int) float64 {
	if len(xs) == 0 {
		return 0
	}
	best := squaredOf([][]int64{xs}, mass)
	if k == 1 {
		return best
	}
	for i := 1; i < len(xs); i++ {
		best = min(best, squaredOf([][]int64{xs[:i]}, mass)+leastOf(xs[i:], mass, k-1))
	}
	return best
}

// TestCluster leaves at most k values in each layer, as many as the layer's own option says, keeps zeros, and loses less with more values.
func TestCluster(t *testing.T) {
	g := mlp(9, "relu", 12, 24, 24, 5)
	for i, v := range g.Values {
		if v.Op == ir.OpDense {
			v.Name = map[bool]string{true: "first", false: v.Name}[i < 6]
		}
	}
	rows := synthetic(g, 600, [2]float64{})
	last := math.Inf(-1)
	for _, k := range []string{"2", "4", "16", "64"} {
		p, rep, err := Compile(g, Config{Target: "verilog", Arch: "unrolled", Use: []string{"cluster:k=" + k + ",first.k=3", "prune:fraction=0.3"}, Calib: rows})
		if err != nil {
			t.Fatal(err)
		}
		most := Options{"k": k}.Int("k")
		for _, v := range p.Graph.Values {
			if v.Op != ir.OpDense {
				continue
			}
			different := map[int64]bool{}
			for _, w := range v.Args[1].Const().Ints {
				different[w] = true
			}
			if want := map[bool]int{true: 3, false: most}[v.Name == "first"]; len(different) > want || !different[0] {
				t.Errorf("k = %s: layer %q has %d values, %d allowed; zero among them: %v", k, v.Name, len(different), want, different[0])
			}
		}
		for _, r := range rep.Passes {
			if r.Name == "cluster" {
				if r.SQNR < last {
					t.Errorf("k = %s: %.1f dB, with fewer values %.1f dB", k, r.SQNR, last)
				}
				last = r.SQNR
			}
		}
	}
}
