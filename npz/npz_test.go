package npz_test

import (
	"path/filepath"
	"reflect"
	"testing"

	"mlpc/npz"
)

func TestRoundTrip(t *testing.T) {
	want := map[string]*npz.Array{
		"in0":   {Shape: []int{2, 3}, Reals: []float64{1, -2.5, 3e300, 0, 1e-9, 7}},
		"label": {Shape: []int{4}, Ints: []int64{-1, 0, 1 << 62, 5}},
		"scale": {Shape: nil, Reals: []float64{0.25}},
	}
	path := filepath.Join(t.TempDir(), "x.npz")
	if err := npz.Write(path, want); err != nil {
		t.Fatal(err)
	}
	got, err := npz.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestDecodeTypes(t *testing.T) {
	array := func(descr, shape, body string) []byte {
		head := "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (" + shape + "), }\n"
		return []byte("\x93NUMPY\x01\x00" + string([]byte{byte(len(head)), 0}) + head + body)
	}
	cases := []struct {
		in   []byte
		want *npz.Array
	}{
		{array("<f4", "1,", "\x00\x00\xc0\x3f"), &npz.Array{Shape: []int{1}, Reals: []float64{1.5}}},
		{array("<f2", "2,", "\x00\x3e\x01\x00"), &npz.Array{Shape: []int{2}, Reals: []float64{1.5, 0x1p-24}}},
		{array("|i1", "2,", "\xff\x7f"), &npz.Array{Shape: []int{2}, Ints: []int64{-1, 127}}},
		{array("|u1", "2,", "\xff\x7f"), &npz.Array{Shape: []int{2}, Ints: []int64{255, 127}}},
		{array("|b1", "1,", "\x01"), &npz.Array{Shape: []int{1}, Ints: []int64{1}}},
		{array("<U2", "1,", "a\x00\x00\x00\xe9\x00\x00\x00"), &npz.Array{Shape: []int{1}, Texts: []string{"aé"}}},
	}
	for _, c := range cases {
		got, err := npz.Decode(c.in)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q: got %v, %v", c.in, got, err)
		}
	}
	for _, bad := range [][]byte{nil, []byte("\x93NUMPY\x01\x00\xff\xff"), array(">f4", "1,", "abcd"), array("<f4", "2,", "abcd"),
		array("<f4", "-1,", ""), array("<f4", "99999999999,", ""), array("O", "1,", "x"), array("<c8", "1,", "12345678"), array("<U0", "2000000000,", "")} {
		if _, err := npz.Decode(bad); err == nil {
			t.Errorf("%q decodes", bad)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(npz.Encode(&npz.Array{Shape: []int{2}, Ints: []int64{1, 2}}))
	f.Fuzz(func(t *testing.T, b []byte) { npz.Decode(b) })
}
