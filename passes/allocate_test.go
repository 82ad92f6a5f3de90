package passes

import (
	"strings"
	"testing"
)

func TestAllocate(t *testing.T) {
	g := mlp(4, "relu", 16, 24, 12, 4)
	rows := synthetic(g, 400, [2]float64{})
	_, rep, err := Compile(g, Config{Target: "c", Calib: rows, Goal: &Goal{MaxLoss: 0.08, Minimize: "bits"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(rep.Front) < 2 || len(rep.Notes) == 0 {
		t.Fatalf("front %v, notes %v", rep.Front, rep.Notes)
	}
	for i, p := range rep.Front[1:] {
		if q := rep.Front[i]; !(p.Cost < q.Cost && p.Loss > q.Loss) {
			t.Errorf("%v does not follow %v on a front", p, q)
		}
	}
	if rep.Accuracy.Agreement < 0.85 {
		t.Errorf("agreement %g after a search for at most 0.08 lost", rep.Accuracy.Agreement)
	}
}

func TestAllocateErrors(t *testing.T) {
	g := mlp(4, "relu", 16, 24, 12, 4)
	for _, c := range []struct {
		goal Goal
		rows int
		want string
	}{
		{Goal{MaxLoss: -1}, 100, "is out of reach"},
		{Goal{MinAccuracy: 0.9}, 100, "no labels"},
		{Goal{MaxLoss: 0.01}, 4, "too few"},
	} {
		_, _, err := Compile(g, Config{Target: "c", Calib: synthetic(g, c.rows, [2]float64{}), Goal: &c.goal})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.goal, err, c.want)
		}
	}
}
