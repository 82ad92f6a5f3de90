package net

import (
	"encoding/csv"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var (
	improve    = flag.Int("improve", -1, "search all benchmark matrices with this effort and keep what is better in testdata/cmvm.csv")
	solverTime = flag.Duration("solver-time", 0, "search the benchmark matrices for so long, with more and more work on each, and keep what is better in testdata/cmvm.csv")
)

// record is the best plan known for one matrix and depth setting, by cost.
type record struct{ adders, bits int }

func (r record) cost() int { return r.bits + benchPerAdder*r.adders }

// benchPerAdder makes the benchmark weigh adders and their bits about equally: both are compared with the peers.
const benchPerAdder = 32

var (
	recordFile     = filepath.Join("testdata", "cmvm.csv")
	recordSettings = []string{"none", "min+2", "min"}
)

// TestImproveRecords searches for -solver-time: rounds over all matrices, twice the work on each in every round.
func TestImproveRecords(t *testing.T) {
	if *solverTime == 0 {
		t.Skip("without -solver-time")
	}
	records, better := readRecords(t), 0
	end := time.Now().Add(*solverTime)
	for w := WorkOf(time.Second / 2); time.Now().Before(end); w *= 2 {
		for _, m := range benchMatrices(t) {
			for _, setting := range recordSettings {
				if time.Now().After(end) {
					break
				}
				key, q := m.name+","+setting, solveAt(t, &m, setting, 0, w)
				if got := (record{len(q.Steps), q.Bits(nominal(len(m.w)))}); got.cost() < records[key].cost() {
					records[key] = got
					better++
				}
			}
		}
	}
	t.Logf("%d records are better", better)
	writeRecords(t, records)
}

// TestRecords guards the best known plans: what the solver finds by default stays within 6 % of each. With -improve=N it searches
// longer and writes what is better.
func TestRecords(t *testing.T) {
	records := readRecords(t)
	for _, m := range benchMatrices(t) {
		if *improve < 0 && (len(m.w)*len(m.w[0]) > 64 || testing.Short()) {
			continue // the large ones take minutes
		}
		for _, setting := range recordSettings {
			key := m.name + "," + setting
			q := solveAt(t, &m, setting, Effort(max(0, *improve)), 0)
			got := record{len(q.Steps), q.Bits(nominal(len(m.w)))}
			best, known := records[key]
			if *improve >= 0 && (!known || got.cost() < best.cost()) {
				records[key] = got
			}
			if *improve < 0 && got.cost()*100 > best.cost()*106 {
				t.Errorf("%s: %d adders, %d bits; the record is %d, %d", key, got.adders, got.bits, best.adders, best.bits)
			}
		}
	}
	if *improve >= 0 {
		writeRecords(t, records)
	}
}

// solveAt solves a benchmark matrix under a depth setting.
func solveAt(tb testing.TB, m *benchMatrix, setting string, e Effort, w Work) *Plan {
	tb.Helper()
	p := &Problem{W: m.w, Outs: len(m.w[0]), In: nominal(len(m.w)), PerAdder: benchPerAdder, Work: w}
	if extra, ok := strings.CutPrefix(setting, "min"); ok {
		n, _ := strconv.Atoi(extra) // "" is 0
		p.Bound = MinDepth(p.W, p.In) + n
	}
	q, err := Solve(p, e)
	if err != nil {
		tb.Fatal(err)
	}
	if d := q.Depth(p.In); p.Bound > 0 && d > p.Bound {
		tb.Fatalf("%s: depth %d, bound %d", m.name, d, p.Bound)
	}
	return q
}

func readRecords(t *testing.T) map[string]record {
	t.Helper()
	f, err := os.Open(recordFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	records := map[string]record{}
	for _, l := range lines[1:] {
		adders, err1 := strconv.Atoi(l[2])
		bits, err2 := strconv.Atoi(l[3])
		if err1 != nil || err2 != nil {
			t.Fatalf("%s: %v", recordFile, l)
		}
		records[l[0]+","+l[1]] = record{adders, bits}
	}
	return records
}

func writeRecords(t *testing.T, records map[string]record) {
	t.Helper()
	var lines []string
	for key, r := range records {
		lines = append(lines, fmt.Sprintf("%s,%d,%d", key, r.adders, r.bits))
	}
	slices.Sort(lines)
	text := "matrix,depth,adders,adder_bits\n" + strings.Join(lines, "\n") + "\n"
	if err := os.WriteFile(recordFile, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}
