package num

import "fmt"

// ParseRounding finds a rounding by its name.
func ParseRounding(name string) (Rounding, error) {
	for r := HalfUp; r <= Float32; r++ {
		if r.String() == name {
			return r, nil
		}
	}
	return 0, fmt.Errorf("no rounding %q; roundings: half-up, half-even, gemmlowp, float32", name)
}
