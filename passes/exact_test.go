package passes

import (
	"encoding/csv"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mlpc/ir"
	"mlpc/ir/onnx"
	"mlpc/npz"
)

// exactTable holds what TestExactModels measures.
const exactTable = "../docs/results/exact.csv"

// exactModels are the shared files that come quantized and have reference outputs.
var exactModels = []string{"mcu/*_int8_*", "own/ortq_*q*", "own/ad_int8_qdq", "own/qat_*", "own/keras_tf_tflite_int8", "real/TFC_*", "real/kwsmlp_w3a3",
	"real/qkeras_jettagging", "real/unsw_nb15-mlp-w2a2", "jsc/*", "zoo/cqmlp_*"}

// slowModels are measured with -update only.
var slowModels = []string{"mcu/ad_*", "mcu/mnist_*", "own/ad_*", "real/*", "jsc/jsc_13285*"}

// TestExactModels runs the integers of every file that came quantized beside the outputs that its own runtime gave: ONNX Runtime, or
// the executor of QONNX. The number of outputs that differ is that of the table; -update writes it.
func TestExactModels(t *testing.T) {
	want := readExact(t)
	got := map[string][]string{}
	for _, pattern := range exactModels {
		files, _ := filepath.Glob(filepath.Join(shared(t, "models"), pattern+".onnx"))
		for _, file := range files {
			name := filepath.Base(filepath.Dir(file)) + "/" + strings.TrimSuffix(filepath.Base(file), ".onnx")
			if slow := slices.ContainsFunc(slowModels, func(p string) bool { ok, _ := filepath.Match(p, name); return ok }); slow && !*update {
				continue
			}
			t.Run(name, func(t *testing.T) {
				row := exactRow(t, file)
				if row == nil {
					return
				}
				if got[name] = row; !*update && !slices.Equal(row, want[name]) {
					t.Errorf("got %v, docs/results/exact.csv has %v", row, want[name])
				}
			})
		}
	}
	if *update {
		writeExact(t, got)
	}
}

var exactHead = []string{"model", "match", "values", "off", "largest", "dropped"}

func readExact(t *testing.T) map[string][]string {
	rows := map[string][]string{}
	f, err := os.Open(exactTable)
	if err != nil {
		return rows
	}
	defer f.Close()
	list, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		rows[r[0]] = r[1:]
	}
	return rows
}

func writeExact(t *testing.T, rows map[string][]string) {
	var b strings.Builder
	w := csv.NewWriter(&b)
	list := [][]string{exactHead}
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		list = append(list, append([]string{name}, rows[name]...))
	}
	if err := w.WriteAll(list); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(exactTable, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// exactRow compiles a model to integers and compares: arithmetic matched, number of outputs, how many are more than 1e-6 of max(1, |want|)
// off, and the largest error of that kind. Where a softmax at the end is left out of the integers, it is applied in float; the last
// column says so. Nil for a model that is refused.
func exactRow(t *testing.T, file string) []string {
	m, err := onnx.Import(file, onnx.Options{})
	if err != nil {
		return nil
	}
	base := strings.TrimSuffix(strings.TrimSuffix(file, ".onnx"), "_wrap")
	data, err := npz.Read(base + ".npz")
	if err != nil {
		t.Fatal(err)
	}
	rows := readRows(t, m.Graph, base+".npz")
	p, rep, err := Compile(m.Graph, Config{Target: "c", Calib: rows, Match: matchOf(m.Graph)})
	if err != nil {
		t.Fatal(err)
	}
	values, off, largest := 0, 0, 0.0
	compare := func(in *ir.Tensor, keys func(string) bool) {
		outs, err := runReal(p.Graph, []*ir.Tensor{in})
		if err != nil {
			t.Fatal(err)
		}
		got := withTail(t, m.Graph, in, outs[0])
		n, worst := math.MaxInt, 0.0
		for _, key := range slices.Sorted(maps.Keys(data)) {
			if !keys(key) {
				continue
			}
			if c, e := differing(got, data[key]); c < n {
				n, worst = c, e
			}
		}
		values, off, largest = values+len(got), off+n, max(largest, worst)
	}
	compare(rows.Ins[0], func(k string) bool { return k == "out0" || strings.HasPrefix(k, "out0_") })
	if in := data["in_wrap"]; in != nil && strings.HasSuffix(file, "_wrap.onnx") {
		x := &ir.Tensor{Rows: in.Shape[0], Shape: rows.Ins[0].Shape, Reals: in.Reals}
		compare(x, func(k string) bool { return k == "out_wrap" })
	}
	tail := ""
	if logits(m.Graph.Outs[0]) != nil {
		tail = "softmax"
	}
	return []string{string(rep.Match), fmt.Sprint(values), fmt.Sprint(off), fmt.Sprintf("%.1e", largest), tail}
}

// withTail applies to the first output what the pass head has left out.
func withTail(t *testing.T, g *ir.Graph, in, out *ir.Tensor) []float64 {
	x := logits(g.Outs[0])
	if x == nil {
		return out.Reals
	}
	tail := g.Rewrite(func(ng *ir.Graph, v *ir.Value, _ []*ir.Value) *ir.Value {
		if v.ID == x.ID {
			return ng.Add(ir.OpInput, v.Type, &ir.Input{})
		}
		return nil
	})
	outs, err := ir.Run(tail.Prune(), []*ir.Tensor{in, {Rows: out.Rows, Shape: x.Type.Shape, Reals: out.Reals}})
	if err != nil {
		t.Fatal(err)
	}
	return outs[0].Reals
}

// differing counts the outputs that are off, and gives the largest relative error.
func differing(got []float64, want *npz.Array) (n int, worst float64) {
	for i, x := range got[:want.Len()] {
		w := want.Float(i)
		e := math.Abs(x-w) / max(1, math.Abs(w))
		worst = max(worst, e)
		if e > 1e-6 {
			n++
		}
	}
	return n, worst
}
