package estimator

// Report is what Estimate finds.
type Report struct {
	Total  Figures // "estimate" of report.json
	Layers []Layer // "layers" of report.json
}

// Figures are the costs of a whole design. A field that does not apply to the target is nil.
type Figures struct {
	LatencyCycles *int     `json:"latency_cycles,omitempty"` // first beat of a sample in to last beat of its result out
	IICycles      *int     `json:"ii_cycles,omitempty"`      // from sample to sample
	LUT           *int     `json:"lut,omitempty"`            // Xilinx: LUT1 to LUT6 and inverters, as yosys counts; ECP5: LUT4
	FF            *int     `json:"ff,omitempty"`
	DSP           *int     `json:"dsp,omitempty"`
	BRAM          *int     `json:"bram,omitempty"`  // RAMB18; iCE40: 4-kbit blocks; ECP5: 18-kbit blocks
	LC            *int     `json:"lc,omitempty"`    // iCE40 logic cells
	Carry         *int     `json:"carry,omitempty"` // CARRY4, or CCU2C on ECP5
	FlashBytes    *int     `json:"flash_bytes,omitempty"`
	RAMBytes      *int     `json:"ram_bytes,omitempty"`
	Instructions  *int     `json:"instructions,omitempty"` // of one inference
	AreaCM2       *float64 `json:"area_cm2,omitempty"`
	PowerMW       *float64 `json:"power_mw,omitempty"`
	Basis         string   `json:"basis"` // the tool and version that the rules were fitted to
}

// Layer is the cost of one step.
type Layer struct {
	Name   string `json:"name"`
	Op     string `json:"op"`
	PE     int    `json:"pe,omitempty"`
	SIMD   int    `json:"simd,omitempty"`
	Cycles int    `json:"cycles,omitempty"`
	LUT    *int   `json:"lut,omitempty"`
	FF     *int   `json:"ff,omitempty"`
	DSP    *int   `json:"dsp,omitempty"`
	BRAM   *int   `json:"bram,omitempty"`

	Quantizer string `json:"quantizer,omitempty"` // name in "quantizers" of what says how the weights and results of a dense layer were quantized
}

// Map gives the figures that apply under their names in report.json.
func (f *Figures) Map() map[string]float64 {
	m := map[string]float64{}
	for name, p := range map[string]*int{
		"latency_cycles": f.LatencyCycles, "ii_cycles": f.IICycles, "lut": f.LUT, "ff": f.FF, "dsp": f.DSP, "bram": f.BRAM,
		"lc": f.LC, "carry": f.Carry, "flash_bytes": f.FlashBytes, "ram_bytes": f.RAMBytes, "instructions": f.Instructions,
	} {
		if p != nil {
			m[name] = float64(*p)
		}
	}
	for name, p := range map[string]*float64{"area_cm2": f.AreaCM2, "power_mw": f.PowerMW} {
		if p != nil {
			m[name] = *p
		}
	}
	return m
}
