package main

import (
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"

	"mlpc/estimator"
	"mlpc/ir/diag"
)

// compareVendor prints the estimate beside what an HLS tool reported, with the error of the estimate.
func (c *console) compareVendor(rep *reportFile, dir string) error {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return diag.New(diag.CodeFile, diag.Pos{}, "there is no directory %q", filepath.Base(dir)).WithHint("give the directory of an HLS project after C synthesis")
	}
	v, err := estimator.FindVendorReport(os.DirFS(dir))
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "report    %s of %s for %s: clock %.3g ns, wanted %.3g ns\n", v.Figures.Basis, v.Top, v.Part, v.EstimatedNs, v.TargetNs)
	w := tabwriter.NewWriter(c.out, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "figure\testimated\treported\terror\t")
	e := rep.Estimate
	if e == nil {
		e = &estimator.Figures{}
	}
	for _, row := range []struct {
		name      string
		got, want *int
	}{
		{"latency", e.LatencyCycles, v.Figures.LatencyCycles}, {"II", e.IICycles, v.Figures.IICycles}, {"LUT", e.LUT, v.Figures.LUT},
		{"FF", e.FF, v.Figures.FF}, {"DSP", e.DSP, v.Figures.DSP}, {"BRAM_18K", e.BRAM, v.Figures.BRAM},
	} {
		text := "-"
		if row.got != nil && row.want != nil {
			text = fmt.Sprintf("%+.1f %%", 100*float64(*row.got-*row.want)/float64(max(*row.want, 1)))
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t\n", row.name, optional(row.got), optional(row.want), text)
	}
	return w.Flush()
}

// printRoofline prints what bounds the pace of a streaming or HLS design.
func (c *console) printRoofline(job *compilation) {
	if job.program == nil || job.cost == nil || job.cost.Total.IICycles == nil || job.program.Arch != "stream" {
		return
	}
	r := estimator.RooflineOf(job.program, job.cost)
	fmt.Fprintf(c.out, "roofline  %s MACs a sample, %.3g a cycle of %s at most; %.3g MACs a byte of the streams, %s weight bits a cycle; bound by %s\n",
		thousands(int64(r.MACs)), r.MACsPerCycle, thousands(int64(r.Multipliers)), r.Intensity, thousands(int64(r.WeightBits)), r.Bound)
}
