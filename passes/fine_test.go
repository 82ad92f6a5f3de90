package passes

import (
	"testing"

	"mlpc/ir"
)

// TestRoomyInput gives inputs of small first layers in software 14 bits, so that rounding is not heard, and steps for rows that reach further
// than the calibration rows; large layers keep 8 bits, hardware too, and so do inputs that 8 bits hold exactly.
func TestRoomyInput(t *testing.T) {
	for _, c := range []struct {
		name, target string
		inputs       int
		whole        bool
		bits         int
	}{{"small", "c", 16, false, 14}, {"large", "c", 600, false, 8}, {"hardware", "verilog", 16, false, 8}, {"pixels", "c", 16, true, 8}} {
		g := mlp(3, "relu", c.inputs, 8, 3)
		calib := synthetic(g, 200, [2]float64{0, 1})
		for i, x := range calib.Ins[0].Reals {
			if c.whole {
				calib.Ins[0].Reals[i] = float64(int(256*x)) / 255
			}
		}
		p, _, err := Compile(g, Config{Target: c.target, Calib: calib})
		if err != nil {
			t.Fatal(err)
		}
		in := p.Graph.Inputs()[0]
		if in.Type.Elem.Bits != c.bits {
			t.Errorf("%s: %d bits", c.name, in.Type.Elem.Bits)
		}
		if _, hi := in.Interval().Bounds(); c.bits == 14 && float64(hi)*in.Type.Scale[0] < 1.9 {
			t.Errorf("%s: reaches to %g", c.name, float64(hi)*in.Type.Scale[0])
		}
	}
}

// TestFineWeights rounds weights of 8 bits by GPTQ where there are rows enough for a layer, and to the nearest where they are few.
func TestFineWeights(t *testing.T) {
	g := mlp(4, "relu", 12, 12, 4)
	many, other := mixedInputs(g, 800, 1), mixedInputs(g, 500, 2)
	sqnr := func(rows *Rows, method string) float64 {
		_, rep, err := Compile(g, Config{Target: "c", Calib: rows, Eval: other, Use: []string{"quantize:method=" + method + ",a=16"}})
		if err != nil {
			t.Fatal(err)
		}
		return rep.Accuracy.Final
	}
	if auto, nearest := sqnr(many, "auto"), sqnr(many, "nearest"); auto < nearest+2 {
		t.Errorf("many rows: %.1f dB, to the nearest %.1f dB", auto, nearest)
	}
	few := many.Head(40)
	if auto, nearest := sqnr(few, "auto"), sqnr(few, "nearest"); auto != nearest {
		t.Errorf("few rows: %.1f dB, to the nearest %.1f dB", auto, nearest)
	}
}

// mixedInputs draws rows whose features depend on each other, as those of real data do.
func mixedInputs(g *ir.Graph, rows int, seed int) *Rows {
	r := synthetic(g, rows+seed, [2]float64{-1, 1})
	for i, x := range r.Ins {
		n := x.Size()
		x.Reals, x.Rows = x.Reals[seed*n:], rows
		for k := range x.Reals {
			if k%n > 0 {
				x.Reals[k] = 0.7*x.Reals[k-1] + 0.3*x.Reals[k]
			}
		}
		r.Ins[i] = x
	}
	return r
}
