package kernel

import (
	"fmt"
	"strconv"
)

// readInts reads as many decimal integers as dst holds from the front of fields, checks that they lie in [lo, hi] and gives the rest.
func readInts[T integer](dst []T, fields []string, lo, hi int64) ([]string, error) {
	if len(fields) < len(dst) {
		return nil, fmt.Errorf("%d integers are missing", len(dst)-len(fields))
	}
	for i := range dst {
		v, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is not an integer", fields[i])
		}
		if v < lo || v > hi {
			return nil, fmt.Errorf("%d is outside [%d, %d]", v, lo, hi)
		}
		dst[i] = T(v)
	}
	return fields[len(dst):], nil
}

// appendInts appends the integers in decimal, separated by single spaces.
func appendInts[T integer](text []byte, src []T) []byte {
	for _, v := range src {
		if len(text) > 0 {
			text = append(text, ' ')
		}
		text = strconv.AppendInt(text, int64(v), 10)
	}
	return text
}
