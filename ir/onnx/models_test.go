package onnx

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mlpc/ir"
	"mlpc/npz"
)

// shared gives a folder of shared models, or skips.
func shared(t testing.TB, folder string) string {
	t.Helper()
	root := os.Getenv("MLPC_SHARED")
	if root == "" {
		root = "../../../shared"
	}
	dir := filepath.Join(root, "models", folder)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("skipped: no %s (set MLPC_SHARED)", folder)
	}
	return dir
}

// tolerance bounds |got − want| / max(1, |want|): the references were computed in float32.
const tolerance = 1e-4

// TestModels imports every shared model and compares ir.Run over the reals with the stored reference.
func TestModels(t *testing.T) {
	for _, folder := range []string{"own", "real", "zoo", "mcu", "jsc"} {
		t.Run(folder, func(t *testing.T) {
			dir := shared(t, folder)
			expect := expectations(t, dir)
			files, _ := filepath.Glob(filepath.Join(dir, "*.onnx"))
			for _, f := range files {
				name := strings.TrimSuffix(filepath.Base(f), ".onnx")
				t.Run(name, func(t *testing.T) {
					m, err := Import(f, Options{})
					if strings.Contains(expect[name], "refuse") {
						if err == nil && expect[name] == "refuse" {
							t.Fatal("imported, but must be refused")
						}
						if err != nil {
							return
						}
					}
					if err != nil {
						t.Fatal(err)
					}
					if err := ir.Verify(m.Graph); err != nil {
						t.Fatal(err)
					}
					compareReference(t, f, m)
				})
			}
		})
	}
}

// expectations reads what the manifest says of each model.
func expectations(t *testing.T, dir string) map[string]string {
	out := map[string]string{}
	b, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		return out
	}
	var list []struct{ Name, Expect string }
	if err := json.Unmarshal(b, &list); err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		out[m.Name] = m.Expect
	}
	return out
}

// referenceOf gives the npz of a model: net.ts17.onnx shares net.npz.
func referenceOf(model string) string {
	base := strings.TrimSuffix(model, ".onnx")
	if _, err := os.Stat(base + ".npz"); err == nil {
		return base + ".npz"
	}
	dir, name := filepath.Split(base)
	name, _, _ = strings.Cut(name, ".")
	return filepath.Join(dir, strings.TrimSuffix(name, "_wrap")+".npz")
}

// compareReference runs the graph of a model file on the stored inputs and compares with the stored outputs.
func compareReference(t *testing.T, model string, m *Model) {
	t.Helper()
	name := strings.TrimSuffix(filepath.Base(model), ".onnx")
	data, err := npz.Read(referenceOf(model))
	if err != nil {
		t.Skipf("skipped: no reference: %v", err)
	}
	ins := m.Graph.Inputs()
	tensors := make([]*ir.Tensor, len(ins))
	rows := 0
	for i, in := range ins {
		a := data[fmt.Sprintf("in%d", i)]
		if a == nil {
			t.Fatalf("the reference has no in%d", i)
		}
		x := make([]float64, a.Len())
		scale := 1.0
		if s := data[fmt.Sprintf("in%d_scale", i)]; s != nil {
			scale = s.Float(0)
		}
		for k := range x {
			x[k] = a.Float(k)
			if scale != 1 {
				x[k] = float64(float32(x[k]) * float32(scale))
			}
		}
		rows = a.Len() / in.Type.Size()
		tensors[i] = &ir.Tensor{Rows: rows, Shape: in.Type.Shape, Reals: x}
	}
	outs, err := ir.Run(m.Graph, tensors)
	if err != nil {
		t.Fatal(err)
	}
	if inFloat32[name] {
		if m, err = Import(model, Options{Literal: true}); err != nil {
			t.Fatal(err)
		}
		if outs, err = ir.RunFloat32(m.Graph, tensors); err != nil {
			t.Fatal(err)
		}
	}
	for i, o := range outs {
		var best *difference
		for _, suffix := range []string{"", "_noopt", "_brevitas"} {
			if want := data[fmt.Sprintf("out%d%s", i, suffix)]; want != nil {
				if d := differ(m, o, want); best == nil || d.count < best.count {
					best = d
				}
			}
		}
		switch {
		case best == nil:
			t.Fatalf("the reference has no out%d", i)
		case best.count > 0:
			t.Errorf("output %d: %d of %d elements differ, at most by %g (element %d)", i, best.count, len(o.Reals), best.worst, best.at)
		}
	}
}

// difference says how far an output is from its reference.
type difference struct {
	count int     // elements beyond the tolerance
	worst float64 // largest |got − want| / max(1, |want|)
	at    int     // where
}

// inFloat32 lists the models whose reference shows the roundings of float32, for which ir.RunFloat32 gives the reference.
var inFloat32 = map[string]bool{
	// A few sums lie within a rounding of a step between two integers of 16 bits.
	"ortq_qdq_s16s16": true, "ortq_qdq_s16s8": true, "ortq_qdq_u16s8_contrib": true, "ortq_mm_qdq_s16s8": true,
	// The logarithm of a small sigmoid magnifies its absolute error.
	"torch_act_logsigmoid_dyn": true,
}

// differ compares an output with a reference, which may have fewer rows.
func differ(m *Model, got *ir.Tensor, want *npz.Array) *difference {
	d := &difference{}
	if want.Len() > len(got.Reals) || want.Len() < len(got.Reals)*9/10 {
		return &difference{count: math.MaxInt, worst: math.Inf(1)}
	}
	for k, y := range got.Reals[:want.Len()] {
		w := expected(m, want, k)
		if y == w {
			continue
		}
		e := math.Abs(y-w) / max(1, math.Abs(w))
		if !(e <= tolerance) {
			d.count++
		}
		if !(e <= d.worst) {
			d.worst, d.at = e, k
		}
	}
	return d
}

// expected gives element k of a reference output; a class name becomes its index.
func expected(m *Model, want *npz.Array, k int) float64 {
	if want.Texts == nil {
		return want.Float(k)
	}
	for i, l := range m.Labels {
		if l == want.Texts[k] {
			return float64(i)
		}
	}
	return math.NaN()
}
