package onnx

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"strconv"
	"strings"
)

// external reads the data files that lie beside a model. It opens only regular files inside the model's directory that are reached
// without symbolic links and have one name, so that a model cannot pull in anything else on the machine.
type external struct {
	dir   string // the model's directory; empty: there is none
	root  *os.Root
	files map[string]*os.File
	names []string // in order of first use
	sizes map[string]int64
}

func (x *external) close() {
	for _, f := range x.files {
		f.Close()
	}
	if x.root != nil {
		x.root.Close()
	}
}

// digests gives the SHA-256 of every file that was used, as "name:hex" in order of first use.
func (x *external) digests() ([]string, error) {
	var out []string
	for _, name := range x.names {
		f := x.files[name]
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return nil, errors.New("it cannot be read again")
		}
		h := sha256.New()
		if _, err := io.Copy(h, f); err != nil {
			return nil, errors.New("it cannot be read again")
		}
		out = append(out, name+":"+hex.EncodeToString(h.Sum(nil)))
	}
	return out, nil
}

// place is where the entries of a tensor say that its data lie; length is −1 when they do not say.
type place struct {
	name           string
	offset, length int64
}

// placeOf checks the external_data entries of a tensor.
func placeOf(entries []entryProto) (place, error) {
	p := place{length: -1}
	for _, e := range entries {
		var err error
		switch e.key {
		case "location":
			p.name = e.value
		case "offset":
			p.offset, err = decimal(e.value)
		case "length":
			p.length, err = decimal(e.value)
		case "checksum", "basepath":
		default:
			err = errors.New("unknown key")
		}
		if err != nil {
			return p, fmt.Errorf("external data entry %q = %q: %w", e.key, e.value, err)
		}
	}
	switch {
	case p.name == "":
		return p, errors.New("external data without a location")
	case path.IsAbs(p.name), strings.ContainsAny(p.name, "\\\x00"), !fs.ValidPath(path.Clean(p.name)), hasDotDot(p.name):
		return p, fmt.Errorf("external data location %q is not a path below the model's folder", p.name)
	}
	p.name = path.Clean(p.name)
	return p, nil
}

func hasDotDot(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if part == ".." {
			return true
		}
	}
	return false
}

// decimal reads a non-negative decimal number without sign or spaces.
func decimal(s string) (int64, error) {
	for _, c := range s {
		if c < '0' || c > '9' {
			return 0, errors.New("not a decimal number")
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, errors.New("not a decimal number that fits in 63 bits")
	}
	return n, nil
}

// read gives exactly want bytes of a tensor.
func (x *external) read(entries []entryProto, want int64) ([]byte, error) {
	p, err := placeOf(entries)
	if err != nil {
		return nil, err
	}
	f, err := x.open(p.name)
	if err != nil {
		return nil, err
	}
	size := x.sizes[p.name]
	if p.length < 0 {
		p.length = want
	}
	if p.length != want {
		return nil, fmt.Errorf("external data has length %d where the tensor needs %d bytes", p.length, want)
	}
	if p.offset > size || p.length > size-p.offset {
		return nil, fmt.Errorf("external data at offset %d with length %d does not lie in %q, which has %d bytes", p.offset, p.length, p.name, size)
	}
	if want > math.MaxInt {
		return nil, fmt.Errorf("external data of %d bytes", want)
	}
	b := make([]byte, want)
	if _, err := f.ReadAt(b, p.offset); err != nil && want > 0 {
		return nil, fmt.Errorf("external data file %q cannot be read", p.name)
	}
	return b, nil
}

// open opens a data file once and checks that it may be used.
func (x *external) open(name string) (*os.File, error) {
	if f := x.files[name]; f != nil {
		return f, nil
	}
	if x.dir == "" {
		return nil, fmt.Errorf("external data file %q, but the model has no folder", name)
	}
	if x.root == nil {
		root, err := os.OpenRoot(x.dir)
		if err != nil {
			return nil, errors.New("the model's folder cannot be opened")
		}
		x.root, x.files, x.sizes = root, map[string]*os.File{}, map[string]int64{}
	}
	// Every part of the path is looked at before opening: opening a FIFO or a device would block.
	parts := strings.Split(name, "/")
	for i := range parts {
		st, err := x.root.Lstat(strings.Join(parts[:i+1], "/"))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("external data file %q does not exist beside the model", name)
		case err != nil:
			return nil, fmt.Errorf("external data file %q cannot be opened", name)
		case i < len(parts)-1 && !st.IsDir():
			return nil, fmt.Errorf("external data file %q: %q is not a folder", name, parts[i])
		case i == len(parts)-1 && !st.Mode().IsRegular():
			return nil, fmt.Errorf("external data file %q is not a regular file", name)
		}
	}
	f, err := x.root.OpenFile(name, os.O_RDONLY|openFlags, 0)
	if err != nil {
		return nil, fmt.Errorf("external data file %q cannot be opened", name)
	}
	st, err := f.Stat()
	if err != nil || !st.Mode().IsRegular() || linkCount(st) > 1 {
		f.Close()
		return nil, fmt.Errorf("external data file %q is not a regular file with a single name", name)
	}
	x.files[name], x.sizes[name] = f, st.Size()
	x.names = append(x.names, name)
	return f, nil
}
