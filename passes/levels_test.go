package passes

import (
	"math"
	"testing"
)

func TestLevels(t *testing.T) {
	for _, c := range []struct {
		encoding string
		bits     int
		n        int
		top      float64
	}{
		{"uniform", 2, 3, 1}, {"uniform", 4, 15, 7}, {"uniform", 8, 255, 127}, {"ternary", 8, 3, 1}, {"binary", 8, 2, 1},
		{"pow2", 3, 7, 4}, {"pow2", 4, 15, 64}, {"csd1", 8, 17, 128}, {"csd2", 8, 89, 128}, {"csd3", 8, 209, 128},
	} {
		lv := newLevels(c.encoding, c.bits)
		found := map[float64]bool{}
		for x := -2 * c.top; x <= 2*c.top; x += 0.25 {
			y := lv.nearest(x)
			found[y] = true
			if c.encoding != "binary" && y != -lv.nearest(-x) && math.Abs(math.Abs(y-x)-math.Abs(lv.nearest(-x)+x)) > 0 {
				t.Errorf("%s: nearest(%g) = %g and nearest(%g) = %g", c.encoding, x, y, -x, lv.nearest(-x))
			}
			for other := range found {
				if math.Abs(other-x) < math.Abs(y-x) {
					t.Errorf("%s: nearest(%g) = %g, %g is nearer", c.encoding, x, y, other)
				}
			}
		}
		if len(found) != c.n || lv.top != c.top {
			t.Errorf("%s %d: %d levels up to %g, want %d up to %g", c.encoding, c.bits, len(found), lv.top, c.n, c.top)
		}
	}
}

func TestCSDDigits(t *testing.T) {
	for n, want := range map[int]int{0: 0, 1: 1, 3: 2, 7: 2, 11: 3, -11: 3, 15: 2, 43: 4, 85: 4, 127: 2, 128: 1} {
		if got := csdDigits(n); got != want {
			t.Errorf("csdDigits(%d) = %d, want %d", n, got, want)
		}
	}
}

// TestScaleClips checks that a lone huge weight on an input that hardly moves does not set the scale.
func TestScaleClips(t *testing.T) {
	w := []float64{1000, 0.5, -0.4, 0.3, 0.1}
	lv := newLevels("uniform", 8)
	if s := lv.scale(w, []float64{1e-12, 1, 1, 1, 1}, false); s > 0.01 {
		t.Errorf("scale %g", s)
	}
	if s := lv.scale(w, nil, false); s < 1000.0/127-1e-9 {
		t.Errorf("scale %g clips the weight that counts most", s)
	}
	if s := lv.scale(w, []float64{1e-12, 1, 1, 1, 1}, true); s != pow2Above(s) || s > 0.01 {
		t.Errorf("power-of-two scale %g", s)
	}
}
