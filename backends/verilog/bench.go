package verilog

import (
	"fmt"
	"strings"

	"mlpc/backends"
)

// bench prints the self-checking testbench NAME_tb around the wrapper.
type bench struct {
	backends.Printer
	c *core
}

// benchModule gives the module NAME_tb. It reads vectors with $readmemh, an element a line in 64 bits, one file a stream; sends row 0
// alone and measures its latency; then all rows back to back, at least so many that the pace is steady; and compares.
func benchModule(c *core, rows int) string {
	b := &bench{c: c}
	b.Line("// Self-checking: prints PASS, or FAIL and what was wrong. Run it where the vector files and the ROM files are.")
	b.Line("// +seed=N stalls both sides at random; +print prints the results instead of checking them, one row a line.")
	b.Line("`timescale 1ns / 1ps")
	b.P("module %s_tb;", c.name)
	b.In()
	b.P("parameter ROWS = %d; // vectors in the files", max(1, rows))
	b.P("localparam SETTLE = %d; // samples after which the pace is steady", c.settle)
	b.Line("localparam SAMPLES = ROWS > 2*SETTLE ? ROWS : 2*SETTLE;")
	b.Line("reg aclk = 1'b0, aresetn = 1'b0, is_alone = 1'b1, has_begun = 1'b0;")
	b.Line("always #5 aclk = !aclk;")
	b.Line("integer cycle = 0, begin_at = 0, end_at = 0, pace = 0, latency = 0, idle = 0, limit = 1, wrong = 0, seed = 0, i, row;")
	b.Line("reg has_stalls = 1'b0;")
	b.Line("wire frame_error;")
	var pins []string
	for _, p := range c.ins {
		pins = append(pins, b.input(p, axisName("s_axis", p)))
	}
	for _, p := range c.outs {
		pins = append(pins, b.output(p, axisName("m_axis", p)))
	}
	b.P("%s dut (.aclk(aclk), .aresetn(aresetn), .frame_error(frame_error),", c.simulated())
	b.Line("  " + strings.Join(pins, ",\n    ") + ");")
	b.start()
	b.progress()
	b.Out()
	b.Line("endmodule")
	return b.String()
}

// input declares an input and drives it at falling edges: a beat is offered until it is taken.
func (b *bench) input(p port, s string) string {
	b.P("reg [63:0] %s_rows [0:ROWS*%d-1];", s, p.size)
	b.P("reg [%d:0] %s_tdata = 0;", p.axisBits()-1, s)
	b.P("reg %s_tvalid = 1'b0, %s_tlast = 1'b0;", s, s)
	b.P("wire %s_tready;", s)
	b.P("integer %s_sample = 0, %s_at = 0;", s, s)
	b.Line("always @(negedge aclk)")
	b.P("  if (aresetn && !%s_tvalid && %s_sample < limit && (!has_stalls || $random(seed) %% 3 != 0)) begin", s, s)
	b.In()
	b.In()
	at := 0
	for i, t := range p.lanes {
		b.P("if (%s_at + %d < %d) %s_tdata[%d +: %d] = %s_rows[%s_sample %% ROWS * %d + %s_at + %d];", s, i, p.size, s, at, laneBits(t), s, s, p.size, s, i)
		at += laneBits(t)
	}
	b.P("%s_tlast = %s_at + %d >= %d;", s, s, len(p.lanes), p.size)
	b.P("%s_tvalid = 1'b1;", s)
	b.Out()
	b.Line("end")
	b.Out()
	b.Line("always @(posedge aclk)")
	b.P("  if (%s_tvalid && %s_tready) begin", s, s)
	b.Line("    if (!has_begun) begin_at = cycle;")
	b.Line("    has_begun = 1'b1;")
	b.Line("    idle = 0;")
	b.P("    %s_at = %s_tlast ? 0 : %s_at + %d;", s, s, s, len(p.lanes))
	b.P("    if (%s_tlast) %s_sample = %s_sample + 1;", s, s, s)
	b.P("    %s_tvalid <= #1 1'b0;", s)
	b.Line("  end")
	return fmt.Sprintf(".%s_tdata(%s_tdata), .%s_tvalid(%s_tvalid), .%s_tready(%s_tready), .%s_tlast(%s_tlast)", s, s, s, s, s, s, s, s)
}

// output declares an output and stores what it gives.
func (b *bench) output(p port, m string) string {
	b.P("reg [63:0] %s_rows [0:ROWS*%d-1];", m, p.size)
	b.P("reg [63:0] %s_got [0:ROWS*%d-1];", m, p.size)
	b.P("wire [%d:0] %s_tdata;", p.axisBits()-1, m)
	b.P("wire %s_tvalid, %s_tlast;", m, m)
	b.P("reg %s_tready = 1'b0;", m)
	b.P("integer %s_sample = 0, %s_at = 0;", m, m)
	b.P("always @(negedge aclk) %s_tready = aresetn && (!has_stalls || $random(seed) %% 3 != 0);", m)
	b.Line("always @(posedge aclk)")
	b.P("  if (%s_tvalid && %s_tready) begin", m, m)
	b.In()
	b.In()
	b.P("if (!is_alone && %s_sample < ROWS) begin", m)
	b.In()
	at := 0
	for i, t := range p.lanes {
		w := laneBits(t)
		sign := "1'b0"
		if t.Signed {
			sign = fmt.Sprintf("%s_tdata[%d]", m, at+w-1)
		}
		value := fmt.Sprintf("%s_tdata[%d +: %d]", m, at, w)
		if w < 64 {
			value = fmt.Sprintf("{{%d{%s}}, %s}", 64-w, sign, value)
		}
		b.P("if (%s_at + %d < %d) %s_got[%s_sample*%d + %s_at + %d] = %s;", m, i, p.size, m, m, p.size, m, i, value)
		at += w
	}
	b.Out()
	b.Line("end")
	b.Line("idle = 0;")
	b.P("if (%s_tlast != (%s_at + %d >= %d)) wrong = wrong + 1;", m, m, len(p.lanes), p.size)
	b.P("%s_at = %s_tlast ? 0 : %s_at + %d;", m, m, m, len(p.lanes))
	b.P("if (%s_tlast) begin", m)
	b.P("  %s_sample = %s_sample + 1;", m, m)
	b.P("  if (%s) begin", b.complete(m))
	b.P("    if (%s_sample > SETTLE && cycle - end_at > pace) pace = cycle - end_at;", m)
	b.Line("    end_at = cycle;")
	b.Line("  end")
	b.Line("end")
	b.Out()
	b.Line("end")
	b.Out()
	return fmt.Sprintf(".%s_tdata(%s_tdata), .%s_tvalid(%s_tvalid), .%s_tready(%s_tready), .%s_tlast(%s_tlast)", m, m, m, m, m, m, m, m)
}

// complete is the condition that no output is behind output m, so that a sample is complete with it.
func (b *bench) complete(m string) string {
	terms := []string{"1'b1"}
	for _, p := range b.c.outs {
		if o := axisName("m_axis", p); o != m {
			terms = append(terms, fmt.Sprintf("%s_sample >= %s_sample", o, m))
		}
	}
	return strings.Join(terms, " && ")
}

// start reads the files and releases the reset.
func (b *bench) start() {
	b.Line("initial begin")
	b.In()
	for _, p := range b.c.ins {
		b.P(`$readmemh("%s_%s.hex", %s_rows);`, b.c.name, p.name, axisName("s_axis", p))
	}
	b.Line(`if ($value$plusargs("seed=%d", seed)) has_stalls = 1'b1;`)
	b.Line(`if (!$test$plusargs("print")) begin`)
	for _, p := range b.c.outs {
		b.P(`  $readmemh("%s_%s.hex", %s_rows);`, b.c.name, p.name, axisName("m_axis", p))
	}
	b.Line("end")
	b.Line("repeat (4) @(negedge aclk);")
	b.Line("aresetn = 1'b1;")
	b.Out()
	b.Line("end")
}

// progress ends the phases: the isolated sample, then all samples.
func (b *bench) progress() {
	var done []string
	for _, p := range b.c.outs {
		done = append(done, axisName("m_axis", p)+"_sample == limit")
	}
	b.Line("always @(negedge aclk) begin")
	b.In()
	b.Line("cycle = cycle + 1;")
	b.Line("idle = idle + 1;")
	b.P("if (idle > %d) begin", b.c.idle)
	b.Line(`  $display("FAIL: no result");`)
	b.Line("  $finish;")
	b.P("end else if (%s) begin", strings.Join(done, " && "))
	b.In()
	b.Line("if (is_alone) begin")
	b.Line("  latency = end_at - begin_at;")
	b.Line("  is_alone = 1'b0;")
	b.Line("  limit = SAMPLES;")
	for _, p := range b.c.ins {
		b.P("  %s_sample = 0;", axisName("s_axis", p))
	}
	for _, p := range b.c.outs {
		b.P("  %s_sample = 0;", axisName("m_axis", p))
	}
	b.Line("end else begin")
	b.In()
	b.finish()
	b.Out()
	b.Line("end")
	b.Out()
	b.Line("end")
	b.Out()
	b.Line("end")
}

// finish prints or checks the results and the figures.
func (b *bench) finish() {
	b.Line(`if ($test$plusargs("print")) begin`)
	b.Line("  for (row = 0; row < ROWS; row = row + 1) begin")
	for _, p := range b.c.outs {
		m := axisName("m_axis", p)
		b.P(`    for (i = 0; i < %d; i = i + 1) $write(" %%0d", $signed(%s_got[row*%d + i]));`, p.size, m, p.size)
	}
	b.Line(`    $write("\n");`)
	b.Line("  end")
	b.Line("end else begin")
	for _, p := range b.c.outs {
		m := axisName("m_axis", p)
		b.P("  for (i = 0; i < ROWS*%d; i = i + 1)", p.size)
		b.P("    if (%s_got[i] !== %s_rows[i]) wrong = wrong + 1;", m, m)
	}
	b.Line("end")
	b.Line("if (!has_stalls) begin")
	b.Line(`  $display("# latency %0d", latency);`)
	b.Line(`  $display("# ii %0d", pace);`)
	b.Line("end")
	b.Line(`if (wrong == 0 && !frame_error) $display("# PASS");`)
	b.Line(`else $display("# FAIL: %0d differences, frame_error %0d", wrong, frame_error);`)
	b.Line("$finish;")
}

// vectorFiles adds the files that the testbench reads.
func vectorFiles(c *core, v backends.Vectors, files backends.Files) {
	add := func(ports []port, rows [][]int64) {
		at := 0
		for _, p := range ports {
			var words [][]int64
			for _, row := range rows {
				for _, x := range row[at : at+p.size] {
					words = append(words, []int64{x})
				}
			}
			files["tb/"+c.name+"_"+p.name+".hex"] = hexFile(words, 64)
			at += p.size
		}
	}
	add(c.ins, v.In)
	add(c.outs, v.Out)
}
