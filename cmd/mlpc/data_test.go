package main

import (
	"archive/zip"
	"bytes"
	"math"
	"os"
	"path/filepath"
	"testing"

	"mlpc/ir"
	"mlpc/npz"
	"mlpc/passes"
)

// dataModel takes two inputs and gives a class.
const dataModel = `graph "data"
%0 = input : real[2] name="x"
%1 = input : real[] name="t"
%2 = argmax %0 axis=0 : real[]
return %2 %1
`

func parseDataModel(t testing.TB) *ir.Graph {
	g, err := ir.Parse("data.mlpc", dataModel)
	if err == nil {
		err = ir.Verify(g)
	}
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// archive packs .npy files into a .npz archive.
func archive(t testing.TB, arrays map[string][]byte) []byte {
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for name, data := range arrays {
		w, err := z.Create(name + ".npy")
		if err != nil {
			t.Fatal(err)
		}
		w.Write(data)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// TestOneRow takes an array without an axis for the rows as one row.
func TestOneRow(t *testing.T) {
	g, err := ir.Parse("row.mlpc", "graph \"row\"\n%0 = input : real[3] name=\"x\"\nreturn %0\n")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "row.npz")
	if err := npz.Write(path, map[string]*npz.Array{"x": {Shape: []int{3}, Reals: []float64{1, 2, 3}}}); err != nil {
		t.Fatal(err)
	}
	d, err := readData(path, g, nil)
	if err != nil || d.rows.Len() != 1 {
		t.Errorf("%v, want one row", err)
	}
}

// TestAnswers holds answers that do not fit, and those that are passed over.
func TestAnswers(t *testing.T) {
	g := parseDataModel(t)
	reals := func(shape []int, x ...float64) *npz.Array { return &npz.Array{Shape: shape, Reals: x} }
	for _, c := range []struct {
		name   string
		arrays map[string]*npz.Array
		want   string // of the error
	}{
		{"one a row", map[string]*npz.Array{"target": reals([]int{2}, 1, 2)}, ""},
		{"both outputs together", map[string]*npz.Array{"target": reals([]int{2, 2}, 1, 2, 3, 4)}, ""},
		{"none wanted", map[string]*npz.Array{"target": reals([]int{2}, 1, 2), "n_task": reals([]int{1}, 0)}, ""},
		{"three a row", map[string]*npz.Array{"target": reals([]int{2, 3}, 1, 2, 3, 4, 5, 6)}, "f.npz: target has 3 values a row, the model's first output 1 [data]; give the wanted values of the first output"},
		{"NaN", map[string]*npz.Array{"target": reals([]int{2}, 1, math.NaN())}, "f.npz: target has NaN in row 2 of the data [data]; drop the row, or replace the value"},
		{"labels that none has", map[string]*npz.Array{"label": {Shape: []int{2}, Ints: []int64{-1, -1}}}, ""},
		{"names that the model lacks", map[string]*npz.Array{"label": {Shape: []int{2}, Texts: []string{"a", "b"}}}, `f.npz: label "a" is no class of the model [data]; give the number of the class, from 0`},
	} {
		d := &dataset{rows: passes.Synthetic(g, 2)}
		err := d.answers("f.npz", c.arrays, g, nil)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if (d.rows.Targets != nil) != (c.name == "one a row" || c.name == "NaN") || d.rows.Labels != nil {
			t.Errorf("%s: targets %v, labels %v", c.name, d.rows.Targets, d.rows.Labels)
		}
	}
}

// FuzzData reads archives and tables whose parts are nonsense, and uses what it gets.
func FuzzData(f *testing.F) {
	two := npz.Encode(&npz.Array{Shape: []int{2, 2}, Reals: []float64{1, 2, 3, 4}})
	one := npz.Encode(&npz.Array{Shape: []int{2}, Reals: []float64{1, 2}})
	count := npz.Encode(&npz.Array{Reals: []float64{-3}})
	f.Add(two, one, one, count, "n_task")
	f.Add(two, one, one, count, "in0_scale")
	f.Add(two, one, two, one, "out0")
	f.Add([]byte("a,b,t,label\n1,2,3,yes\n4,5,6,no\n"), one, one, one, "csv")
	g := parseDataModel(f)
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, in0, in1, answers, extra []byte, name string) {
		path, data := filepath.Join(dir, "f.csv"), in0
		if name != "csv" {
			path = filepath.Join(dir, "f.npz")
			data = archive(t, map[string][]byte{"in0": in0, "in1": in1, "label": answers, "target": answers, name: extra})
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := readData(path, g, []string{"no", "yes"})
		if err != nil {
			_ = err.Error()
			return
		}
		outs, err := ir.Run(g, d.rows.Ins)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := differences(g, outs, d, []string{"no", "yes"}); err != nil {
			_ = err.Error()
		}
	})
}
