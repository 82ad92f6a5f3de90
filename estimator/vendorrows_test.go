package estimator

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// vendorRow is one report of C synthesis of a single dense layer that hls4ml made (Vivado HLS 2020.1, strategy resource).
type vendorRow struct{ in, out, bits, reuse, ii, dsp, bram int }

// vendorRows reads the reports of layers that were folded at all and whose synthesis succeeded.
func vendorRows(t *testing.T) []vendorRow {
	t.Helper()
	shared := os.Getenv("MLPC_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "shared")
	}
	f, err := os.Open(filepath.Join(shared, "data", "vendor-rows", "results_resource.csv"))
	if err != nil {
		t.Skip("the shared folder with data/vendor-rows is missing")
	}
	defer f.Close()
	table, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, name := range table[0] {
		column[name] = i
	}
	var rows []vendorRow
	for _, r := range table[1:] {
		at := func(name string) int {
			x, err := strconv.ParseFloat(r[column[name]], 64)
			if err != nil {
				t.Fatal(err)
			}
			return int(x)
		}
		if r[column["hls_synth_success"]] == "True" && at("rf") > 1 {
			rows = append(rows, vendorRow{at("d_in"), at("d_out"), at("prec"), at("rf"), at("IntervalMax_hls"), at("DSP_hls"), at("BRAM_18K_hls")})
		}
	}
	return rows
}

// TestVendorRows holds the HLS rules against the reports: the interval is the trip count in every row; DSP blocks are right wherever
// the operands have at most 4 or at least 8 bits; block RAMs are right or one too few in 95 of 100 rows.
func TestVendorRows(t *testing.T) {
	f := families["xcup"]
	rows := vendorRows(t)
	dev, err := FindDevice("xcu250")
	if err != nil {
		t.Fatal(err)
	}
	ii, dsp, bram, clear := 0, 0, 0, 0
	for _, r := range rows {
		multipliers := r.in * r.out / r.reuse
		if r.ii == r.reuse {
			ii++
		}
		if r.bits <= 4 || r.bits >= 8 {
			clear++
			if f.hlsProduct(r.bits, r.bits, multipliers, dev).dsp == r.dsp {
				dsp++
			}
		}
		if d := r.bram - f.hlsROM(r.reuse, multipliers*r.bits).bram; d == 0 || d == 1 {
			bram++
		}
	}
	t.Logf("%d rows: interval %d, DSP %d of %d, BRAM %d", len(rows), ii, dsp, clear, bram)
	if len(rows) < 800 || ii != len(rows) || dsp != clear || bram < len(rows)*94/100 {
		t.Errorf("%d rows: interval right in %d, DSP in %d of %d, BRAM in %d", len(rows), ii, dsp, clear, bram)
	}
}
