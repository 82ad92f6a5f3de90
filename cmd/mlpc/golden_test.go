package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// design is one example on one target.
type design struct{ model, target, arch string }

// designs lists every example on every target and architecture.
func designs() []design {
	var list []design
	for _, m := range []string{"digits", "jet", "pendigits", "policy", "sine"} {
		for _, t := range targetList {
			archs := t.Archs
			if len(archs) == 0 {
				archs = []string{""}
			}
			for _, a := range archs {
				list = append(list, design{m, t.Name, a})
			}
		}
	}
	return list
}

// compile compiles the design into dir and gives its report.
func (d design) compile(t *testing.T, dir string) *reportFile {
	t.Helper()
	base := filepath.Join("..", "..", "examples", d.model)
	args := []string{"mlpc", "compile", filepath.Join(base, "model.onnx"), "--target", d.target, "--data", filepath.Join(base, "calib.npz"),
		"--eval", filepath.Join(base, "test.npz"), "-o", dir, "--json"}
	if d.arch != "" {
		args = append(args, "--arch", d.arch)
	}
	var out, talk bytes.Buffer
	if code := run(args, &out, &talk); code != 0 {
		t.Fatalf("%v: exit %d: %s", d, code, talk.String())
	}
	var r reportFile
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	return &r
}

// digest gives one SHA-256 over the names and contents of all files of a directory.
func digest(t *testing.T, dir string) string {
	t.Helper()
	sum := sha256.New()
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		fmt.Fprintf(sum, "%s %d\n%s", filepath.ToSlash(rel), len(data), data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

var statsHeader = []string{"model", "target", "arch", "latency_cycles", "ii_cycles", "lut", "ff", "dsp", "bram", "flash_bytes", "ram_bytes",
	"instructions", "metric", "float", "final", "digest"}

// TestStats compares what every example costs on every target, how accurate it is and the digest of all emitted bytes with
// testdata/stats.csv. Each design is compiled twice: the same input gives the same bytes, here and on the machine that wrote the file.
func TestStats(t *testing.T) {
	var got [][]string
	for _, d := range designs() {
		dir := filepath.Join(t.TempDir(), "out")
		r := d.compile(t, dir)
		first := digest(t, dir)
		d.compile(t, dir)
		if again := digest(t, dir); again != first {
			t.Errorf("%v: compiled twice, the bytes differ", d)
		}
		got = append(got, d.row(r, first))
	}
	compareCSV(t, filepath.Join("testdata", "stats.csv"), statsHeader, got)
}

func (d design) row(r *reportFile, digest string) []string {
	e := r.Estimate
	row := []string{d.model, d.target, d.arch}
	for _, p := range []*int{e.LatencyCycles, e.IICycles, e.LUT, e.FF, e.DSP, e.BRAM, e.FlashBytes, e.RAMBytes, e.Instructions} {
		if p == nil {
			row = append(row, "")
		} else {
			row = append(row, fmt.Sprint(*p))
		}
	}
	row = append(row, r.Accuracy.Metric)
	for _, p := range []*float64{r.Accuracy.Float, r.Accuracy.Final} {
		if p == nil {
			row = append(row, "")
		} else {
			row = append(row, fmt.Sprintf("%.4f", *p))
		}
	}
	return append(row, digest[:16])
}

// compareCSV compares rows with a golden file, or rewrites it with -update. A missing or additional row is a difference.
func compareCSV(t *testing.T, path string, header []string, got [][]string) {
	t.Helper()
	if *update {
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		w.Write(header)
		w.WriteAll(got)
		if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want, err := csv.NewReader(f).ReadAll()
	if err != nil || len(want) == 0 {
		t.Fatalf("%s: %v", path, err)
	}
	want = want[1:]
	for i := range max(len(want), len(got)) {
		switch {
		case i >= len(want):
			t.Errorf("%s lacks %v", path, got[i])
		case i >= len(got):
			t.Errorf("%s has %v, which is no longer made", path, want[i])
		case !slices.Equal(got[i], want[i]):
			t.Errorf("%s\n has %v\n now %v", path, want[i], got[i])
		}
	}
}
