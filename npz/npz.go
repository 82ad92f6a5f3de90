// Package npz reads and writes NumPy's .npy arrays and .npz archives (format 1.0 to 3.0, C order, little-endian).
package npz

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
)

// Array is one array. Exactly one of Ints, Reals and Texts is set, in C order: Ints for integers and booleans, Reals for floats.
type Array struct {
	Shape []int
	Ints  []int64
	Reals []float64
	Texts []string
}

// Len is the number of elements.
func (a *Array) Len() int {
	n := 1
	for _, d := range a.Shape {
		n *= d
	}
	return n
}

// Float gives element i as a float64; texts give NaN.
func (a *Array) Float(i int) float64 {
	switch {
	case a.Ints != nil:
		return float64(a.Ints[i])
	case a.Reals != nil:
		return a.Reals[i]
	}
	return math.NaN()
}

// maxBytes bounds one uncompressed array.
const maxBytes = 1 << 31

// Read gives the arrays of an .npz archive by name, without the .npy suffix.
func Read(path string) (map[string]*Array, error) {
	z, err := zip.OpenReader(path)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	out := make(map[string]*Array)
	for _, f := range z.File {
		if f.UncompressedSize64 > maxBytes {
			return nil, fmt.Errorf("array %q has %d bytes, more than %d", f.Name, f.UncompressedSize64, maxBytes)
		}
		r, err := f.Open()
		if err != nil {
			return nil, err
		}
		b, err := io.ReadAll(io.LimitReader(r, maxBytes))
		r.Close()
		if err != nil {
			return nil, fmt.Errorf("array %q: %w", f.Name, err)
		}
		a, err := Decode(b)
		if err != nil {
			return nil, fmt.Errorf("array %q: %w", f.Name, err)
		}
		out[strings.TrimSuffix(f.Name, ".npy")] = a
	}
	return out, nil
}

// Write makes an .npz archive, arrays in alphabetical order, integers as int64 and reals as float64.
func Write(path string, arrays map[string]*Array) error {
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for _, name := range slices.Sorted(maps.Keys(arrays)) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name + ".npy", Method: zip.Deflate})
		if err != nil {
			return err
		}
		if _, err := w.Write(Encode(arrays[name])); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(path, buf.Bytes(), 0o666)
}

// Encode gives an array of integers or reals in .npy format 1.0.
func Encode(a *Array) []byte {
	kind := "<f8"
	if a.Ints != nil {
		kind = "<i8"
	}
	dims := make([]string, len(a.Shape))
	for i, d := range a.Shape {
		dims[i] = fmt.Sprintf("%d,", d)
	}
	head := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", kind, strings.Join(dims, " "))
	pad := 64 - (10+len(head)+1)%64
	head += strings.Repeat(" ", pad%64) + "\n"
	b := append([]byte("\x93NUMPY\x01\x00"), byte(len(head)), byte(len(head)>>8))
	b = append(b, head...)
	for _, x := range a.Ints {
		b = binary.LittleEndian.AppendUint64(b, uint64(x))
	}
	for _, x := range a.Reals {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
	}
	return b
}

// Decode reads an .npy file.
func Decode(b []byte) (*Array, error) {
	h, body, err := header(b)
	if err != nil {
		return nil, err
	}
	a := &Array{Shape: h.shape}
	n := 1
	for _, d := range h.shape {
		if d < 0 || d > 0 && n > maxBytes/d {
			return nil, fmt.Errorf("shape %v is too large", h.shape)
		}
		n *= d
	}
	width := h.width
	if h.kind == 'U' {
		width *= 4
	}
	if n*width != len(body) {
		return nil, fmt.Errorf("%d bytes for %d elements of %d bytes", len(body), n, width)
	}
	switch h.kind {
	case 'f':
		a.Reals = make([]float64, n)
		for i := range a.Reals {
			a.Reals[i] = float(body[i*width:], width)
		}
	case 'i', 'u', 'b':
		a.Ints = make([]int64, n)
		for i := range a.Ints {
			a.Ints[i] = integer(body[i*width:], width, h.kind == 'i')
		}
	case 'U':
		a.Texts = make([]string, n)
		for i := range a.Texts {
			a.Texts[i] = text(body[i*width : (i+1)*width])
		}
	}
	return a, nil
}

type npyHeader struct {
	kind  byte // f, i, u, b or U
	width int  // bytes of an element; characters for U
	shape []int
}

func header(b []byte) (npyHeader, []byte, error) {
	var h npyHeader
	if len(b) < 12 || string(b[:6]) != "\x93NUMPY" {
		return h, nil, fmt.Errorf("not an .npy array")
	}
	start, size := 10, int(binary.LittleEndian.Uint16(b[8:]))
	if b[6] >= 2 {
		start, size = 12, int(binary.LittleEndian.Uint32(b[8:]))
	}
	if size < 0 || size > len(b)-start {
		return h, nil, fmt.Errorf("the .npy header is cut off")
	}
	head := string(b[start : start+size])
	descr := between(head, "'descr': '", "'")
	if len(descr) < 3 || strings.Contains(head, "'fortran_order': True") || descr[0] == '>' {
		return h, nil, fmt.Errorf("array of type %q; supported: little-endian f4, f8, i1 to i8, u1 to u8, bool, text in C order", descr)
	}
	h.kind = descr[1]
	if _, err := fmt.Sscanf(descr[2:], "%d", &h.width); err != nil {
		return h, nil, fmt.Errorf("array type %q", descr)
	}
	ok := h.kind == 'U' && h.width > 0 && h.width < 1<<16 || h.kind == 'f' && (h.width == 2 || h.width == 4 || h.width == 8) ||
		(h.kind == 'i' || h.kind == 'u') && slices.Contains([]int{1, 2, 4, 8}, h.width) || h.kind == 'b' && h.width == 1
	if !ok {
		return h, nil, fmt.Errorf("array of type %q is not supported", descr)
	}
	for part := range strings.SplitSeq(between(head, "'shape': (", ")"), ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		var d int
		if _, err := fmt.Sscanf(part, "%d", &d); err != nil {
			return h, nil, fmt.Errorf("array shape %q", part)
		}
		h.shape = append(h.shape, d)
	}
	return h, b[start+size:], nil
}

// between gives the text after a and before the next b.
func between(s, a, b string) string {
	_, s, _ = strings.Cut(s, a)
	s, _, _ = strings.Cut(s, b)
	return s
}

func float(b []byte, width int) float64 {
	switch width {
	case 2:
		return half(binary.LittleEndian.Uint16(b))
	case 4:
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(b))
}

// half converts an IEEE 754 binary16.
func half(h uint16) float64 {
	m, e := float64(h&0x3ff), int(h>>10&31)
	var x float64
	switch e {
	case 0:
		x = math.Ldexp(m, -24)
	case 31:
		if x = math.Inf(1); m != 0 {
			return math.NaN()
		}
	default:
		x = math.Ldexp(m+1024, e-25)
	}
	if h>>15 == 1 {
		return -x
	}
	return x
}

func integer(b []byte, width int, signed bool) int64 {
	var x uint64
	for i := range width {
		x |= uint64(b[i]) << (8 * i)
	}
	if signed {
		shift := 64 - 8*width
		return int64(x<<shift) >> shift
	}
	return int64(x)
}

// text reads UTF-32 up to the padding.
func text(b []byte) string {
	var s strings.Builder
	for i := 0; i+4 <= len(b); i += 4 {
		r := rune(binary.LittleEndian.Uint32(b[i:]))
		if r == 0 {
			break
		}
		s.WriteRune(r)
	}
	return s.String()
}
