package passes

import (
	"testing"

	"mlpc/ir"
)

// lossOf runs passes on a random net and gives the agreement with the float model and the record of prune.
func lossOf(t *testing.T, use string) (float64, Record) {
	g := mlp(9, "relu", 20, 40, 30, 6)
	rows := synthetic(g, 1500, [2]float64{})
	_, rep, err := Compile(g, Config{Target: "c", Use: []string{"prune:" + use, "quantize:bits=8"}, Calib: rows.part(0, 1000), Eval: rows.part(1000, 1500)})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rep.Passes {
		if r.Name == "prune" {
			return rep.Accuracy.Agreement, r
		}
	}
	t.Fatal("prune did not run")
	return 0, Record{}
}

func TestPruneOBS(t *testing.T) {
	magnitude, a := lossOf(t, "fraction=0.5,method=magnitude")
	obs, b := lossOf(t, "fraction=0.5,method=obs")
	// Half of the hidden layers' weights, a quarter of the output layer's.
	if want := (20*40+40*30)/2 + 30*6*3/4; a.Nonzero != want || b.Nonzero != want {
		t.Errorf("%d of %d and %d of %d weights are left", a.Nonzero, a.Weights, b.Nonzero, b.Weights)
	}
	if obs <= magnitude {
		t.Errorf("agreement %g by what the rows say, %g by magnitude", obs, magnitude)
	}
}

// TestPruneOutputs: outputs=1 takes the whole fraction from the output layer too.
func TestPruneOutputs(t *testing.T) {
	_, all := lossOf(t, "fraction=0.5,outputs=1")
	if want := (20*40 + 40*30 + 30*6) / 2; all.Nonzero != want {
		t.Errorf("%d of %d weights are left, want %d", all.Nonzero, all.Weights, want)
	}
	_, none := lossOf(t, "fraction=0.5,outputs=0")
	if want := (20*40+40*30)/2 + 30*6; none.Nonzero != want {
		t.Errorf("%d of %d weights are left, want %d", none.Nonzero, none.Weights, want)
	}
}

func TestPruneNeurons(t *testing.T) {
	agreement, r := lossOf(t, "fraction=0,neurons=0.2")
	if want := 20*32 + 32*24 + 24*6; r.Weights != want {
		t.Errorf("%d weights are left, want %d", r.Weights, want)
	}
	if agreement < 0.8 {
		t.Errorf("agreement %g", agreement)
	}
}

// TestPivots checks that of two equal columns one is kept.
func TestPivots(t *testing.T) {
	x := normalRows(200, 3)
	var y []float64
	for r := range 200 {
		y = append(y, x[3*r], x[3*r+1], x[3*r], x[3*r+2])
	}
	kept := newHessian(y, 4, true).pivots([]float64{1, 1, 1, 1}, 3)
	if len(kept) != 3 || kept[0] == 0 && kept[1] == 1 && kept[2] == 2 {
		t.Errorf("kept %v", kept)
	}
	l := layer{w: []float64{1, 2, 3, 4}, b: []float64{0}, in: 4, out: 1, groups: 1, attr: &ir.Dense{}}
	refitColumns(&l, newHessian(y, 4, true), []int{0, 1, 3}, means(y, 4))
	for i, want := range []float64{4, 2, 4} {
		if d := l.w[i] - want; d > 0.05 || d < -0.05 {
			t.Errorf("weights %v, want about [4 2 4]", l.w)
		}
	}
}
