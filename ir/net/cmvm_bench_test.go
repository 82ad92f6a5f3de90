package net

import (
	"archive/zip"
	"encoding/binary"
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// benchMatrix is one matrix of the shared benchmark with what the peers reach.
type benchMatrix struct {
	name, group string
	w           [][]int64
	peers       map[string]peerResult // by depth setting, of da4ml
}

type peerResult struct{ adders, bits, ms float64 }

// benchMatrices reads the shared benchmark, or skips.
func benchMatrices(tb testing.TB) []benchMatrix {
	tb.Helper()
	shared := os.Getenv("MLPC_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "shared")
	}
	dir := filepath.Join(shared, "data", "cmvm")
	z, err := zip.OpenReader(filepath.Join(dir, "dev.npz"))
	if err != nil {
		tb.Skipf("the benchmark matrices are missing: %v", err)
	}
	defer z.Close()
	peers := readPeers(tb, filepath.Join(dir, "dev_peers.csv"))
	var ms []benchMatrix
	for _, f := range z.File {
		name := strings.TrimSuffix(f.Name, ".npy")
		p, ok := peers[name]
		if !ok {
			continue
		}
		p.w = readMatrix(tb, f)
		ms = append(ms, *p)
	}
	slices.SortFunc(ms, func(a, b benchMatrix) int { return strings.Compare(a.name, b.name) })
	return ms
}

// readMatrix reads a two-dimensional int16 array in NumPy's format.
func readMatrix(tb testing.TB, f *zip.File) [][]int64 {
	r, err := f.Open()
	if err != nil {
		tb.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		tb.Fatal(err)
	}
	head := int(binary.LittleEndian.Uint16(data[8:10]))
	m := regexp.MustCompile(`'descr': '<i2'.*\((\d+), (\d+)\)`).FindSubmatch(data[10 : 10+head])
	if m == nil {
		tb.Fatalf("%s: %s", f.Name, data[10:10+head])
	}
	rows, _ := strconv.Atoi(string(m[1]))
	cols, _ := strconv.Atoi(string(m[2]))
	body := data[10+head:]
	w := make([][]int64, rows)
	for i := range w {
		w[i] = make([]int64, cols)
		for j := range w[i] {
			w[i][j] = int64(int16(binary.LittleEndian.Uint16(body[2*(i*cols+j):])))
		}
	}
	return w
}

func readPeers(tb testing.TB, path string) map[string]*benchMatrix {
	f, err := os.Open(path)
	if err != nil {
		tb.Skipf("the peers' results are missing: %v", err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		tb.Fatal(err)
	}
	peers := map[string]*benchMatrix{}
	for _, l := range lines[1:] {
		if !strings.HasPrefix(l[2], "da4ml") {
			continue
		}
		p := peers[l[0]]
		if p == nil {
			p = &benchMatrix{name: l[0], group: l[1], peers: map[string]peerResult{}}
			peers[l[0]] = p
		}
		var r peerResult
		for i, x := range []*float64{&r.adders, &r.bits, nil, &r.ms} {
			if x != nil {
				*x, _ = strconv.ParseFloat(l[4+i], 64)
			}
		}
		p.peers[l[3]] = r
	}
	return peers
}

// BenchmarkCMVM solves the shared benchmark at three depth bounds and reports, for each family of matrices, the totals relative to
// da4ml 0.6.0: adders, one-bit adders, processor time.
func BenchmarkCMVM(b *testing.B) {
	for _, setting := range []string{"none", "min+2", "min"} {
		for _, family := range []string{"a_N8", "a_N16", "b_", "c_"} {
			b.Run(setting+"/"+family, func(b *testing.B) {
				var ours, theirs peerResult
				for b.Loop() {
					ours, theirs = peerResult{}, peerResult{}
					for _, m := range benchMatrices(b) {
						if !strings.HasPrefix(m.group, family) {
							continue
						}
						q, ms := solveBench(b, &m, setting)
						p := m.peers[setting]
						ours = peerResult{ours.adders + float64(len(q.Steps)), ours.bits + float64(q.Bits(nominal(len(m.w)))), ours.ms + ms}
						theirs = peerResult{theirs.adders + p.adders, theirs.bits + p.bits, theirs.ms + p.ms}
					}
				}
				b.ReportMetric(ours.adders, "adders")
				b.ReportMetric(ours.adders/theirs.adders, "adders/da4ml")
				b.ReportMetric(ours.bits/theirs.bits, "bits/da4ml")
				b.ReportMetric(ours.ms/theirs.ms, "time/da4ml")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

// processorTime is the time that this process has spent on all processors.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// solveBench solves one matrix and gives the milliseconds of processor time.
func solveBench(tb testing.TB, m *benchMatrix, setting string) (*Plan, float64) {
	tb.Helper()
	start := processorTime()
	q := solveAt(tb, m, setting, 0, 0)
	ms := float64((processorTime() - start).Microseconds()) / 1000
	return q, ms
}
