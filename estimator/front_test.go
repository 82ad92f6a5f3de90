package estimator

import (
	"slices"
	"testing"
)

func TestFront(t *testing.T) {
	point := func(ii, lut, dsp int) Figures { return Figures{IICycles: ptr(ii), LUT: ptr(lut), DSP: ptr(dsp)} }
	designs := []Figures{point(100, 50, 1), point(100, 50, 1), point(50, 80, 2), point(50, 81, 2), point(60, 80, 2), point(10, 400, 0), point(100, 40, 3)}
	if got, want := Front(designs), []int{0, 2, 5, 6}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
