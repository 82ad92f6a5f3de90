package verilog

import (
	"fmt"

	"mlpc/ir"
	"mlpc/ir/num"
	"mlpc/ir/stream"
)

// threshold counts the constants that x reaches. A constant beyond the type of x becomes the nearest one that compares the same.
func (e *engine) threshold(v *ir.Value, a *ir.Threshold, x bus) bus {
	if levels := stream.SearchLevels(a); levels > 0 {
		return e.search(v, a, x, levels)
	}
	t, last := v.Type.Elem, stream.LastAxis(v)
	n := len(a.Steps) / a.Channels
	width := x.width + 1
	lo, hi := ir.Int(width).Range()
	y := e.wire(t.Bits)
	steps := make([]constants, n)
	for k := range steps {
		steps[k] = constantsOf(e.form, func(i int) int64 { return num.Clamp(a.Row(i % last)[k], lo, hi) })
	}
	k := e.joined(steps, width)
	e.lanes("threshold")
	if n == 0 {
		e.P("assign %s[i*%d +: %d] = %s;", y, t.Bits, t.Bits, sized(a.Base, t.Bits))
	} else {
		e.P("mlpc_threshold #(.X(%d), .T(%d), .N(%d), .BASE(%d), .Y(%d)) op (.x(%s), .steps(%s), .y(%s[i*%d +: %d]));",
			x.width, width, n, a.Base, t.Bits, x.lane(), k, y, t.Bits, t.Bits)
	}
	e.done()
	return e.register(y, t, e.form.Lanes)
}

// joined makes several constants of each element available as one vector a lane, and gives that vector as an expression.
func (e *engine) joined(list []constants, width int) string {
	if len(list) == 0 {
		return ""
	}
	period := 1
	same := true
	for _, c := range list {
		period = max(period, len(c.words))
		same = same && c.single()
	}
	if same {
		var all []int64
		for _, c := range list {
			all = append(all, c.words[0][0])
		}
		return fmt.Sprintf("%d'h%s", len(all)*width, hexWord(all, width))
	}
	words := make([][]int64, period)
	for beat := range words {
		for lane := range e.form.Lanes {
			for _, c := range list {
				words[beat] = append(words[beat], c.words[beat%len(c.words)][lane])
			}
		}
	}
	name := e.signal("k")
	e.rom(name, words, width, e.step(e.stage))
	total := len(list) * width
	return fmt.Sprintf("%s[i*%d +: %d]", name, total, total)
}

// search prints a binary search among many thresholds: a stage for each bit of the count, with a ROM in each lane.
func (e *engine) search(v *ir.Value, a *ir.Threshold, x bus, levels int) bus {
	t, width := v.Type.Elem, x.width+1
	period := e.form.Beats()
	if a.Channels == 1 {
		period = 1
	} else if e.form.Length%stream.LastAxis(v) == 0 {
		period = e.form.GroupBeats()
	}
	channelBits := max(1, len(fmt.Sprintf("%b", period-1)))
	beat := e.signal("channel")
	e.P("wire [%d:0] %s;", channelBits-1, beat)
	if period == 1 {
		e.P("assign %s = 1'b0;", beat)
	} else {
		e.P("mlpc_count #(.N(%d), .BITS(%d)) %s_count (.clk(clk), .rst(rst), .step(move && beat[%d]), .count(%s));", period, channelBits, beat, e.stage, beat)
	}
	y := e.wire(t.Bits)
	base := e.signal("search")
	for lane := range e.form.Lanes {
		files := e.searchFiles(v, a, x, lane, levels, period, 1<<channelBits, base)
		name := fmt.Sprintf("%s_%d", base, lane)
		at := fmt.Sprintf("%s[%d +: %d]", x.name, lane*x.elem.Bits, x.elem.Bits)
		if !x.elem.Signed {
			at = "{1'b0, " + at + "}"
		}
		e.P("wire signed [%d:0] %s_x0 = %s;", x.width-1, name, at)
		e.P("wire [0:0] %s_f0 = 1'b0;", name)
		e.P("wire [%d:0] %s_c0 = %s;", channelBits-1, name, beat)
		for level := range levels {
			e.P("wire signed [%d:0] %s_x%d;", x.width-1, name, level+1)
			e.P("wire [%d:0] %s_f%d;", level, name, level+1)
			e.P("wire [%d:0] %s_c%d;", channelBits-1, name, level+1)
			e.P("mlpc_threshold_stage #(.X(%d), .T(%d), .CHANNEL(%d), .LEVEL(%d), .FOUND(%d), .ADDR(%d), .DEPTH(%d), .FILE(%q)) %s_%d (",
				x.width, width, channelBits, level, max(1, level), channelBits+level, 1<<(channelBits+level), files[level], name, level)
			e.P("  .clk(clk), .step(move), .x(%s_x%d), .found(%s_f%d), .channel(%s_c%d),", name, level, name, level, name, level)
			e.P("  .x_q(%s_x%d), .found_q(%s_f%d), .channel_q(%s_c%d)", name, level+1, name, level+1, name, level+1)
			e.Line(");")
		}
		e.P("wire unused_%s = &{1'b0, %s_x%d, %s_c%d};", name, name, levels, name, levels)
		wide := max(levels+1, t.Bits, signedBits(a.Base)) + 1
		e.extend(name+"_count", fmt.Sprintf("{1'b0, %s_f%d}", name, levels), levels+1, wide)
		e.P("wire [%d:0] %s_sum = %s_count + %s;", wide-1, name, name, sized(a.Base, wide))
		e.P("wire unused_%s_sum = &{1'b0, %s_sum[%d:%d]};", name, name, wide-1, t.Bits)
		e.P("assign %s[%d +: %d] = %s_sum[%d:0];", y, lane*t.Bits, t.Bits, name, t.Bits-1)
	}
	e.stage += levels
	return e.register(y, t, e.form.Lanes)
}

// searchFiles adds the ROM files of one lane and gives their names, one a level. Level k holds, for each beat of the period, the
// thresholds that split the 2^k parts in halves; beyond the last threshold stands one that nothing reaches.
func (e *engine) searchFiles(v *ir.Value, a *ir.Threshold, x bus, lane, levels, period, channels int, base string) []string {
	_, beyond := ir.Int(x.width + 1).Range()
	lo, _ := ir.Int(x.width).Range()
	names := make([]string, levels)
	for level := range levels {
		names[level] = fmt.Sprintf("%s_%s_l%d_%d.hex", e.name, base, lane, level)
		if a.Channels == 1 {
			names[level] = fmt.Sprintf("%s_%s_%d.hex", e.name, base, level)
		}
		if e.files["rtl/"+names[level]] != nil {
			continue
		}
		half := 1 << (levels - 1 - level)
		var words [][]int64
		for beat := range channels {
			el := -1
			if beat < period {
				el = e.form.Element(beat, lane)
			}
			for part := range 1 << level {
				at, word := part*2*half+half-1, beyond
				if row := a.Row(max(0, el) % stream.LastAxis(v)); at < len(row) {
					word = num.Clamp(row[at], lo, beyond)
				}
				words = append(words, []int64{word})
			}
		}
		e.files["rtl/"+names[level]] = hexFile(words, x.width+1)
	}
	return names
}
