package testbench

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// FormatVectors gives the text protocol's input: a line a vector.
func FormatVectors(vectors [][]int64) []byte {
	var text []byte
	for _, v := range vectors {
		for i, x := range v {
			if i > 0 {
				text = append(text, ' ')
			}
			text = strconv.AppendInt(text, x, 10)
		}
		text = append(text, '\n')
	}
	return text
}

// ParseOutput reads the text protocol's output: results and figures. The tool's name stays empty.
func ParseOutput(text []byte) (Result, error) {
	var r Result
	line := 0
	for len(text) > 0 {
		line++
		var row []byte
		row, text, _ = bytes.Cut(text, []byte("\n"))
		if len(row) > 0 && row[0] == '#' {
			if err := r.figure(string(row[1:])); err != nil {
				return r, fmt.Errorf("line %d: %w", line, err)
			}
			continue
		}
		fields := strings.Fields(string(row))
		out := make([]int64, len(fields))
		for i, f := range fields {
			x, err := strconv.ParseInt(f, 10, 64)
			if err != nil {
				return r, fmt.Errorf("line %d: %q is not an integer", line, f)
			}
			out[i] = x
		}
		r.Out = append(r.Out, out)
	}
	return r, nil
}

// figure reads one line of figures, "latency 12"; names that it does not know are other tools' business.
func (r *Result) figure(text string) error {
	fields := strings.Fields(text)
	if len(fields) != 2 {
		return nil
	}
	to := map[string]*int{"latency": &r.Latency, "ii": &r.II, "instructions": &r.Instructions, "spread": &r.Spread, "stack": &r.StackBytes}[fields[0]]
	if to == nil {
		return nil
	}
	n, err := strconv.Atoi(fields[1])
	if err != nil {
		return fmt.Errorf("figure %s is %q", fields[0], fields[1])
	}
	*to = n
	return nil
}
