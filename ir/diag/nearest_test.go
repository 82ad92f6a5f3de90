package diag

import "testing"

func TestNearest(t *testing.T) {
	names := []string{"fold", "calibrate", "quantize", "prune", "schedule"}
	for _, c := range []struct{ word, want string }{
		{"quantise", "quantize"},
		{"qauntize", "quantize"},
		{"prun", "prune"},
		{"fodl", "fold"},
		{"zzz", ""},
		{"", ""},
	} {
		if got := Nearest(c.word, names); got != c.want {
			t.Errorf("Nearest(%q) = %q, want %q", c.word, got, c.want)
		}
	}
}
