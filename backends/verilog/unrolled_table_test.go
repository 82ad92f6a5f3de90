package verilog

import (
	"encoding/csv"
	"math"
	"os"
	"strconv"
	"testing"
)

// records reads a table: a map from field to text for each row.
func records(t *testing.T, file string) []map[string]string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatalf("%s: %d rows, %v", file, len(rows), err)
	}
	var list []map[string]string
	for _, r := range rows[1:] {
		m := map[string]string{}
		for i, field := range rows[0] {
			m[field] = r[i]
		}
		list = append(list, m)
	}
	return list
}

// TestUnrolledTable holds what scripts/unrolled-table measured against its estimates, 3 % for LUTs and 1 % for flip-flops, and against the
// same nets without shared sums.
func TestUnrolledTable(t *testing.T) {
	for _, r := range records(t, "testdata/unrolled.csv") {
		n := map[string]float64{}
		for field, text := range r {
			if x, err := strconv.ParseFloat(text, 64); err == nil {
				n[field] = x
			}
		}
		off := func(kind string) float64 { return math.Abs(n[kind+"_est"]/n[kind+"_yosys"] - 1) }
		if !(off("lut") <= 0.03 && off("ff") <= 0.01) {
			t.Errorf("%s: estimates are off by %.1f %% of the LUTs and %.1f %% of the flip-flops", r["model"], 100*off("lut"), 100*off("ff"))
		}
		if !(n["lut_yosys"] < n["lut_trees"]) {
			t.Errorf("%s: %v LUTs, plain trees are estimated at %v", r["model"], n["lut_yosys"], n["lut_trees"])
		}
	}
}

// TestUnrolledVerified holds what scripts/verify-unrolled found: no vector wrong, no complaint of a linter where they ran, latency and pace as scheduled,
// and mlpc within 60 s of processor time and 4 GB.
func TestUnrolledVerified(t *testing.T) {
	for _, r := range records(t, "../../docs/results/unrolled-verify.csv") {
		vectors, _ := strconv.Atoi(r["vectors"])
		seconds, _ := strconv.ParseFloat(r["compile_s"], 64)
		megabytes, _ := strconv.ParseFloat(r["compile_mb"], 64)
		if vectors < 10000 || r["mismatches"] != "0" || r["lint"] != "0" && r["lint"] != "" || r["latency"] != r["latency_est"] || r["ii"] != "1" {
			t.Errorf("%s: %v", r["model"], r)
		}
		if seconds >= 60 || megabytes <= 0 || megabytes >= 4096 {
			t.Errorf("%s: compiled in %v s and %v MB", r["model"], seconds, megabytes)
		}
	}
}
