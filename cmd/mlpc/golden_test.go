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
	"strings"
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
	"instructions", "metric", "float", "final", "digest", "lut_yosys", "ff_yosys"}

// publicNets are unrolled circuits that scripts/unrolled-table has had synthesised, with the flags that it gives.
var publicNets = []struct{ model, flags string }{
	{"TFC_1W1A", ""}, {"TFC_2W2A", ""}, {"unsw_nb15-mlp-w2a2", "--input-type uint1@1"}, {"qkeras_jettagging", "--latency 20"},
}

// publicRows gives the rows of publicNets, with what yosys measured of them; without the shared models, those that the table has.
func publicRows(t *testing.T, table string) [][]string {
	dir := filepath.Join(sharedFolder(), "models", "real")
	if _, err := os.Stat(dir); err != nil {
		t.Logf("no shared models: rows of public nets are not compared")
		rows := goldenLines(t, table)
		return rows[len(rows)-len(publicNets):]
	}
	measured := goldenLines(t, filepath.Join("..", "..", "backends", "verilog", "testdata", "unrolled.csv"))
	at := func(column string) int { return slices.Index(measured[0], column) }
	var rows [][]string
	for _, n := range publicNets {
		out := filepath.Join(t.TempDir(), "out")
		args := append([]string{"compile", filepath.Join(dir, n.model+".onnx"), "--target", "verilog", "--arch", "unrolled", "-q", "-o", out}, strings.Fields(n.flags)...)
		row := design{n.model, "verilog", "unrolled"}.row(command(t, args...), digest(t, out))
		for _, m := range measured {
			if m[0] == n.model {
				row = append(row, m[at("lut_yosys")], m[at("ff_yosys")])
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// TestStats compares what every example costs on every target, how accurate it is and the digest of all emitted bytes with
// testdata/stats.csv. Each design is compiled twice: the same input gives the same bytes, here and on the machine that wrote the file.
func TestStats(t *testing.T) {
	table := filepath.Join("testdata", "stats.csv")
	var got [][]string
	for _, d := range designs() {
		dir := filepath.Join(t.TempDir(), "out")
		r := d.compile(t, dir)
		first := digest(t, dir)
		d.compile(t, dir)
		if again := digest(t, dir); again != first {
			t.Errorf("%v: compiled twice, the bytes differ", d)
		}
		got = append(got, append(d.row(r, first), "", ""))
	}
	compareCSV(t, table, statsHeader, append(got, publicRows(t, table)...))
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
	want := goldenLines(t, path)[1:]
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

// goldenLines gives the lines of a table, the header first.
func goldenLines(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) == 0 {
		t.Fatalf("%s: %d lines, %v", path, len(rows), err)
	}
	return rows
}
