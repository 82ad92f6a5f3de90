package passes

import (
	"os"
	"path/filepath"
	"testing"

	"mlpc/ir"
	"mlpc/ir/onnx"
	"mlpc/npz"
)

// shared gives a path in the folder of models and data that lies beside the repository, or skips the test.
func shared(t testing.TB, parts ...string) string {
	dir := os.Getenv("MLPC_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared")
	}
	path := filepath.Join(append([]string{dir}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("MLPC_SHARED has no %s", filepath.Join(parts...))
	}
	return path
}

// model reads a shared model with its calibration and evaluation rows.
func model(t testing.TB, name string) (g *ir.Graph, calib, eval *Rows) {
	m, err := onnx.Import(shared(t, "models", "own", name+".onnx"), onnx.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return m.Graph, readRows(t, m.Graph, shared(t, "models", "own", name+".calib.npz")), readRows(t, m.Graph, shared(t, "models", "own", name+".npz"))
}

// readRows reads inputs, labels and targets for the first input of g.
func readRows(t testing.TB, g *ir.Graph, path string) *Rows {
	a, err := npz.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	in, scale := a["in0"], 1.0
	if s := a["in0_scale"]; s != nil {
		scale = s.Float(0)
	}
	shape := g.Inputs()[0].Type.Shape
	x := &ir.Tensor{Rows: in.Len() / ir.Size(shape), Shape: shape, Reals: make([]float64, in.Len())}
	for i := range x.Reals {
		x.Reals[i] = in.Float(i) * scale
	}
	r := &Rows{Ins: []*ir.Tensor{x}}
	if l := a["label"]; l != nil {
		r.Labels = append(r.Labels, l.Ints...)
	}
	if y := a["target"]; y != nil {
		n := y.Len()
		if k := a["n_task"]; k != nil {
			n = n / x.Rows * int(k.Ints[0])
		}
		r.Targets = &ir.Tensor{Rows: n, Shape: []int{y.Len() / x.Rows}}
		for i := range n {
			r.Targets.Reals = append(r.Targets.Reals, y.Float(i))
		}
	}
	return r
}

// TestInt8 holds the loss of 8 bits on the models of the spine: at most 0.5 points of accuracy, or 1 % of the error.
func TestInt8(t *testing.T) {
	for _, name := range []string{"torch_digits_bn_default", "torch_digits_bn_ts17", "keras_tf_bn_softmax", "skl_diabetes", "uci_pendigits_16-5-10", "mnist_784-32-10"} {
		t.Run(name, func(t *testing.T) {
			g, calib, eval := model(t, name)
			for _, c := range []struct{ target, use string }{{"c", "quantize:scales=free"}, {"verilog", "quantize:scales=pow2"}, {"cmsisnn", "lower:round=gemmlowp"}} {
				_, rep, err := Compile(g, Config{Target: c.target, Use: []string{c.use}, Calib: calib, Eval: eval})
				if err != nil {
					t.Fatalf("%s: %v", c.target, err)
				}
				a := rep.Accuracy
				t.Logf("%-8s %-22s %s float %.4f quantized %.4f final %.4f agreement %.4f", c.target, c.use, a.Metric, a.Float, a.Quantized, a.Final, a.Agreement)
				if a.Metric == "accuracy" && a.Final < a.Float-0.005 || a.Metric == "rmse" && a.Final > 1.01*a.Float {
					t.Errorf("%s %s: %s fell from %g to %g", c.target, c.use, a.Metric, a.Float, a.Final)
				}
			}
		})
	}
}

// TestLowBits holds the loss of weights of few bits on 2,000 test rows of MNIST, calibrated without labels.
func TestLowBits(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	g, _, eval := model(t, "mnist_784-32-10")
	calib := readRows(t, g, shared(t, "data", "mnist", "calib.npz"))
	calib.Labels = nil
	for _, c := range []struct {
		use  string
		most float64
	}{{"w=3", 0.007}, {"w=2", 0.045}, {"encoding=csd1", 0.005}} {
		_, rep, err := Compile(g, Config{Target: "c", Use: []string{"quantize:" + c.use}, Calib: calib, Eval: eval})
		if err != nil {
			t.Fatal(err)
		}
		loss := rep.Accuracy.Float - rep.Accuracy.Final
		t.Logf("%-14s loses %.4f", c.use, loss)
		if loss > c.most {
			t.Errorf("%s loses %.4f of accuracy, want at most %.4f", c.use, loss, c.most)
		}
	}
}
