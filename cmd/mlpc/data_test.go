package main

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"mlpc/ir"
	"mlpc/npz"
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
