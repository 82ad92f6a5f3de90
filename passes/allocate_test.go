package passes

import (
	"strings"
	"testing"
)

func TestAllocate(t *testing.T) {
	g := mlp(4, "relu", 16, 24, 12, 4)
	rows := synthetic(g, 400, [2]float64{})
	var rep *Report
	for minimize, unit := range map[string]string{"luts": "signed digits", "bytes": "bytes", "bits": "bits"} {
		var err error
		if _, rep, err = Compile(g, Config{Target: "c", Calib: rows, Goal: &Goal{MaxLoss: 0.08, Minimize: minimize}}); err != nil {
			t.Fatal(err)
		}
		checkFront(t, rep, unit)
	}
}

// checkFront checks that each point of a front costs less and loses more than the one before it.
func checkFront(t *testing.T, rep *Report, unit string) {
	t.Helper()
	if len(rep.Front) < 2 || len(rep.Notes) == 0 {
		t.Fatalf("front %v, notes %v", rep.Front, rep.Notes)
	}
	for i, p := range rep.Front[1:] {
		if q := rep.Front[i]; !(p.Cost < q.Cost && p.Loss > q.Loss) || p.Unit != unit {
			t.Errorf("%v does not follow %v on a front", p, q)
		}
	}
	if note := strings.Join(rep.Notes, "\n"); !strings.Contains(note, "on 200 rows that were held back, and one standard error of ") {
		t.Errorf("the notes do not say how sure the search is: %s", note)
	}
	if rep.Accuracy.Agreement < 0.85 {
		t.Errorf("agreement %g after a search for at most 0.08 lost", rep.Accuracy.Agreement)
	}
}

func TestAllocateErrors(t *testing.T) {
	g := mlp(4, "relu", 16, 24, 12, 4)
	_, _, err := Compile(g, Config{Target: "c", Use: []string{"quantize:fc.weight=int4"}, Calib: synthetic(g, 100, [2]float64{}), Goal: &Goal{MaxLoss: 0.1}})
	if err == nil || !strings.Contains(err.Error(), "weights have types") {
		t.Errorf("types and a search: %v", err)
	}
	for _, c := range []struct {
		goal Goal
		rows int
		want string
	}{
		{Goal{MaxLoss: -1}, 100, "is out of reach: the best is a loss of "},
		{Goal{MinAccuracy: 0.9}, 100, "no labels"},
		{Goal{MaxLoss: 0.01}, 4, "too few"},
	} {
		_, _, err := Compile(g, Config{Target: "c", Calib: synthetic(g, c.rows, [2]float64{}), Goal: &c.goal})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.goal, err, c.want)
		}
	}
}
