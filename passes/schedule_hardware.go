package passes

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"mlpc/ir"
	"mlpc/ir/diag"
	"mlpc/ir/net"
	"mlpc/ir/stream"
)

// scheduleOptions are the options of the pass schedule; pe, simd and reuse may be given for one layer.
var scheduleOptions = []Option{
	{Name: "multipliers", Doc: "stream: most multipliers, 64 where nothing else is asked for; serial: 1, 2, 4 or 8", Check: empty(whole(1, 1<<20))},
	{Name: "weights", Doc: "serial: rom, or spram: the RAMs of an iCE40UP5K, filled from SPI flash after reset", Default: "rom", Check: oneOf("rom", "spram")},
	{Name: "reuse", Doc: "stream: times that a multiplier is used for a sample or token (hls4ml's ReuseFactor)", Check: empty(whole(1, 1<<20))},
	{Name: "folding", Doc: "stream: JSON file with PE and SIMD of each layer, as FINN writes it"},
	{Name: "pe", Doc: "stream: rows computed at once", Check: empty(whole(1, 1<<20))},
	{Name: "simd", Doc: "stream: columns computed at once", Check: empty(whole(1, 1<<20))},
	{Name: "style", Doc: "stream, hls: multipliers in DSP blocks, dsp, as rows of adders, lut, as tables of products, table, or of a layer computed at once as sums by the digits of its weights, csd; auto: where a pace or a budget is given by price, else as synthesis has it", Default: "auto", Check: oneOf("auto", "dsp", "lut", "table", "csd")},
	{Name: "rom", Doc: "stream, hls: weights in block RAM, block, or in LUTs, logic; auto: where a pace or a budget is given by price, else as synthesis has it", Default: "auto", Check: oneOf("auto", "block", "logic")},
	{Name: "levels", Doc: "unrolled: adders between two ranks of registers; without it the clock or the latency decides", Check: empty(whole(1, 1000))},
	{Name: "register-inputs", Doc: "unrolled: yes puts registers right behind the inputs", Default: "no", Check: oneOf("yes", "no")},
	{Name: "pack", Doc: "c, cmsisnn: weights of 4 and 2 bits take no more in flash (yes), or a byte each, which takes fewer instructions (no)", Default: "yes", Check: oneOf("yes", "no")},
	{Name: "share", Doc: "unrolled: no gives each output of a layer a tree of adders of its own, to compare with", Default: "yes", Check: oneOf("yes", "no")},
	{Name: "zero-skip", Doc: "c, cmsisnn: layers behind a ReLU spend no time on inputs of 0 (yes); the time of an inference then depends on its data", Default: "no", Check: oneOf("yes", "no")},
	{Name: "effort", Doc: "unrolled: search for shared adders; each step doubles the time", Default: "0", Check: whole(0, 8)},
}

// scheduleHardware schedules a circuit. The architecture auto is unrolled where a sample a clock is asked for, or a latency that no folding
// of a small network reaches, else stream.
func scheduleHardware(c *Config, p *ir.Program, o Options) error {
	var err error
	if p.Graph, err = foldIntegers(p.Graph); err != nil {
		return err
	}
	p.Arch, p.ClockMHz = c.Arch, c.ClockMHz
	auto := p.Arch == "" || p.Arch == "auto"
	if auto {
		p.Arch = "stream"
		if c.II == 1 {
			p.Arch = "unrolled"
		}
	}
	switch p.Arch {
	case "unrolled":
		return scheduleUnrolled(c, p, o)
	case "serial":
		return Serial(p, SerialOptions{Multipliers: o.Int("multipliers"), II: c.II, Latency: c.Latency, SPRAM: o["weights"] == "spram"})
	case "stream":
		g := p.Graph
		err := scheduleStream(c, p, o)
		if err == nil || !auto || c.Latency == 0 || p.Target != "verilog" || weights(g) > mostUnasked {
			return err
		}
		p.Arch, p.Graph = "unrolled", g
		if scheduleUnrolled(c, p, o) == nil {
			return nil
		}
		return err
	}
	return diag.New(diag.CodeOption, diag.Pos{}, "no architecture %q", p.Arch).WithHint("use stream, unrolled or serial")
}

// mostUnasked is the number of weights up to which a network is unrolled unasked: it takes seconds.
const mostUnasked = 20000

// weights counts the weights of dense layers that are not 0.
func weights(g *ir.Graph) int {
	n := 0
	for _, v := range g.Values {
		if v.Op == ir.OpDense {
			for _, w := range v.Args[1].Const().Ints {
				if w != 0 {
					n++
				}
			}
		}
	}
	return n
}

func scheduleUnrolled(c *Config, p *ir.Program, o Options) error {
	return Unrolled(p, UnrolledOptions{Stages: c.Latency, Levels: o.Int("levels"), RegisterIO: o["register-inputs"] == "yes", Effort: o.Int("effort"), Work: net.WorkOf(c.SolverTime), Alone: o["share"] == "no"})
}

// scheduleStream folds a streaming circuit. One that the user asks no pace and no budget of is made smaller where it would not fit the
// device.
func scheduleStream(c *Config, p *ir.Program, o Options) (err error) {
	if p.Graph, err = stepRequants(p.Graph); err != nil {
		return err
	}
	folding, err := foldingOf(p.Graph, o)
	if err != nil {
		return err
	}
	reuse, err := reuseOf(p.Graph, o)
	if err != nil {
		return err
	}
	s := StreamOptions{II: c.II, Latency: c.Latency, MaxCost: float64(c.MaxLUTs), Multipliers: o.Int("multipliers"),
		Reuse: o.Int("reuse"), LayerReuse: reuse, Folding: folding, Style: chosenOf(p.Graph, o, "style"), ROM: chosenOf(p.Graph, o, "rom"), Cost: c.Cost, Limits: c.Limits, Untimed: p.Target == "hls", Times: c.Times}
	if err = Stream(p, s); err != nil || c.RoomLUTs == 0 || s.asks() || s.Multipliers > 0 || s.Reuse > 0 || streamCost(p, c.Cost) <= float64(c.RoomLUTs) {
		return err
	}
	for _, full := range []float64{0.9, 1} { // placers fill nine tenths with ease
		small := *p
		s.MaxCost = full * float64(c.RoomLUTs)
		if Stream(&small, s) == nil {
			*p = small
			break
		}
	}
	return nil
}

// streamCost adds the cost of the layers of a scheduled stream.
func streamCost(p *ir.Program, cost Cost) float64 {
	sum := 0.0
	for _, l := range stream.Layers(p) {
		sum += cost(l)
	}
	return sum
}

// foldingOf reads the option folding, and over it the options pe and simd, general and of single layers. Where only one of both is
// given, the other is 1.
func foldingOf(g *ir.Graph, o Options) (map[string]Fold, error) {
	folding := map[string]Fold{}
	if file := o["folding"]; file != "" {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, diag.New(diag.CodeFile, diag.Pos{File: filepath.Base(file)}, "cannot read the folding: %v", errors.Unwrap(err))
		}
		if folding, err = ParseFolding(filepath.Base(file), data, g); err != nil {
			return nil, err
		}
	}
	for _, v := range g.Values {
		if v.Op != ir.OpDense && v.Op != ir.OpDenseFloat32 {
			continue
		}
		name := v.Name
		set := Options{"pe": o.Layer(name, "pe"), "simd": o.Layer(name, "simd")}
		if v.Op == ir.OpDenseFloat32 { // sums in float32 take one product after the other
			set["simd"] = o[name+".simd"]
		}
		if set["pe"] == "" && set["simd"] == "" {
			continue
		}
		folding[name] = Fold{max(1, set.Int("pe")), max(1, set.Int("simd"))}
	}
	for _, part := range []string{"pe", "simd"} {
		if err := denseOnly(g, o, part); err != nil {
			return nil, err
		}
	}
	return folding, nil
}

// chosenOf reads the option style or rom, general and of single layers, by name of the dense value, where it is not auto.
func chosenOf(g *ir.Graph, o Options, option string) map[string]string {
	chosen := map[string]string{}
	for _, v := range g.Values {
		if v.Op != ir.OpDense && v.Op != ir.OpMatMul && (v.Op != ir.OpDenseFloat32 || option == "style") {
			continue
		}
		if s := o.Layer(v.Name, option); s != "auto" {
			chosen[v.Name] = s
		}
	}
	return chosen
}

// reuseOf reads the option reuse of single layers: how often each multiplier of a dense layer is used, by its name.
func reuseOf(g *ir.Graph, o Options) (map[string]int, error) {
	reuse := map[string]int{}
	for _, v := range g.Values {
		if key := v.Name + ".reuse"; v.Op == ir.OpDense && o[key] != "" {
			reuse[v.Name] = o.Int(key)
		}
	}
	return reuse, denseOnly(g, o, "reuse")
}

// denseOnly refuses an option for a layer that is no dense layer.
func denseOnly(g *ir.Graph, o Options, option string) error {
	dense := map[string]bool{}
	for _, v := range g.Values {
		dense[v.Name] = dense[v.Name] || v.Op == ir.OpDense || v.Op == ir.OpDenseFloat32
	}
	for _, key := range sortedKeys(o) {
		if layer, what, ok := cutLast(key, "."); ok && what == option && !dense[layer] {
			return diag.New(diag.CodeOption, diag.Pos{}, "no dense layer is named %q", layer).WithHint("`mlpc inspect` prints the names")
		}
	}
	return nil
}

// cutLast cuts a text at the last occurrence of sep.
func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
