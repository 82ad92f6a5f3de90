package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"mlpc/estimator"
	"mlpc/passes"
)

// serialize takes the architecture serial where nothing speaks against it and a streaming circuit does not fit the device that the user
// named, but a serial one does.
func (job *compilation) serialize(cfg passes.Config, dev estimator.Device) {
	free := cfg.Arch == "" || cfg.Arch == "auto"
	if !free || job.device == nil || job.target.Name != "verilog" || cfg.II > 0 || cfg.Latency > 0 || len(job.cost.Total.Fits(dev)) == 0 {
		return
	}
	cfg.Arch, cfg.Dump = "serial", nil
	memories := []string{"rom"}
	if dev.HasSPRAM() {
		memories = append(memories, "spram")
	}
	use := cfg.Use
	for _, weights := range memories {
		cfg.Use = withOption(use, "schedule", "weights="+weights)
		program, report, err := passes.Compile(job.model.graph, cfg)
		if err != nil {
			continue
		}
		cost, err := estimator.Estimate(program, dev)
		if err == nil && len(cost.Total.Fits(dev)) == 0 {
			report.Notes = append(report.Notes, "no streaming circuit fits "+dev.Name+": the architecture is serial, its weights in "+weights)
			job.program, job.passes, job.cost = program, report, &cost
			return
		}
	}
}

// withOption adds an option to what the user says of a pass.
func withOption(use []string, pass, option string) []string {
	use = slices.Clone(use)
	for i, u := range use {
		switch {
		case u == pass:
			use[i] = pass + ":" + option
			return use
		case strings.HasPrefix(u, pass+":"):
			use[i] = u + "," + option
			return use
		}
	}
	return append(use, pass+":"+option)
}

// limitResources lets the device's prices steer the folding, within the budgets that the user gave.
func limitResources(ctx *cli.Context, cfg *passes.Config, dev estimator.Device) {
	luts, _, _ := estimator.LayerCosts(dev)
	cfg.Cost, cfg.RoomLUTs = luts, dev.LUTs
	if cfg.Target == "hls" {
		cfg.Times = estimator.HLSTimes
	}
	for _, l := range blockLimits(dev) {
		if name := strings.TrimPrefix(l.Flag, "--"); ctx.IsSet(name) {
			l.Most, l.Spare = ctx.Int(name), false
		}
		if l.Most > 0 || !l.Spare {
			cfg.Limits = append(cfg.Limits, l)
		}
	}
}

// blockLimits are the DSP blocks and block RAMs of a device, which a circuit may take where that saves LUTs.
func blockLimits(dev estimator.Device) []passes.Limit {
	_, dsps, brams := estimator.LayerCosts(dev)
	return []passes.Limit{{What: "DSP blocks", Flag: "--max-dsp", Cost: dsps, Most: dev.DSPs, Spare: true}, {What: "block RAMs", Flag: "--max-bram", Cost: brams, Most: dev.BRAMs, Spare: true}}
}

// spareBlocks are those that the device has any of.
func spareBlocks(dev estimator.Device) []passes.Limit {
	return slices.DeleteFunc(blockLimits(dev), func(l passes.Limit) bool { return l.Most == 0 })
}

// pricedOn is the device that the user named, else the target's default one.
func (job *compilation) pricedOn() estimator.Device {
	switch {
	case job.device != nil:
		return *job.device
	case job.target != nil:
		return estimator.DefaultDevice(job.target.Name)
	}
	return estimator.Device{}
}

// tooLarge says what the device lacks, and what to do about it.
func (job *compilation) tooLarge() []string {
	over := job.cost.Total.Fits(job.pricedOn())
	if len(over) == 0 {
		return nil
	}
	cost := "bytes"
	if isCircuit(job.target.Name) {
		cost = "luts"
	}
	return append(over, "to make it fit: narrower weights (--bits w4a8), a search for the narrowest (--max-loss 0.5% --minimize "+cost+"), or a larger --device")
}
