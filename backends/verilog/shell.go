package verilog

import (
	"fmt"
	"strings"

	"mlpc/backends"
)

// artyShell gives the module NAME_arty: the core for block designs on the Arty A7. Every AXI4-Stream port of the wrapper stands behind a
// FIFO of two beats, so that no path leads from port to port, and the attributes tell Vivado's IP integrator which clock and reset go
// with the ports.
func artyShell(c *core) string {
	a := &axis{c: c}
	var busses []string
	for _, p := range c.ins {
		busses = append(busses, axisName("s_axis", p))
	}
	for _, p := range c.outs {
		busses = append(busses, axisName("m_axis", p))
	}
	a.P("// %s as a block of AXI4-Stream for the Arty A7, with registers at all ports.", c.name)
	a.P("module %s_arty (", c.name)
	a.In()
	a.P(`(* X_INTERFACE_INFO = "xilinx.com:signal:clock:1.0 aclk CLK", X_INTERFACE_PARAMETER = "ASSOCIATED_BUSIF %s, ASSOCIATED_RESET aresetn" *)`, strings.Join(busses, ":"))
	a.Line("input  wire aclk,")
	a.Line(`(* X_INTERFACE_INFO = "xilinx.com:signal:reset:1.0 aresetn RST", X_INTERFACE_PARAMETER = "POLARITY ACTIVE_LOW" *)`)
	a.Line("input  wire aresetn, // synchronous")
	a.streams()
	a.Line("output wire frame_error // TLAST of an input stood elsewhere")
	a.Out()
	a.Line(");")
	a.In()
	a.Line("wire rst = !aresetn;")
	var pins []string
	for _, p := range c.ins {
		s := axisName("s_axis", p)
		a.wires(p, s)
		a.fifo(s, p, s, "core_"+s)
		pins = append(pins, shellPins(s))
	}
	for _, p := range c.outs {
		m := axisName("m_axis", p)
		a.wires(p, m)
		a.fifo(m, p, "core_"+m, m)
		pins = append(pins, shellPins(m))
	}
	a.P("%s_axis core (", c.name)
	a.Line("  .aclk(aclk), .aresetn(aresetn), .frame_error(frame_error),")
	a.Line("  " + strings.Join(pins, ",\n    "))
	a.Line(");")
	a.Out()
	a.Line("endmodule")
	return a.String()
}

// wires declares a stream between the core and its FIFO.
func (a *axis) wires(p port, s string) {
	a.P("wire [%d:0] core_%s_tdata;", p.axisBits()-1, s)
	a.P("wire core_%s_tvalid, core_%s_tready, core_%s_tlast;", s, s, s)
}

// fifo prints a FIFO of two beats from one stream to another.
func (a *axis) fifo(name string, p port, from, to string) {
	a.P("wire [2:0] unused_%s;", name)
	a.P("mlpc_stream_buffer #(.WIDTH(%d), .LENGTH(1), .REPEAT(1), .DEPTH(2)) fifo_%s (", p.axisBits()+1, name)
	a.P("  .clk(aclk), .rst(rst), .in_data({%s_tlast, %s_tdata}), .in_valid(%s_tvalid), .in_ready(%s_tready),", from, from, from, from)
	a.P("  .out_data({%s_tlast, %s_tdata}), .out_valid(%s_tvalid), .out_ready(%s_tready),", to, to, to, to)
	a.P("  .out_first(unused_%s[0]), .out_last(unused_%s[1]), .take(unused_%s[2])", name, name, name)
	a.Line(");")
}

func shellPins(s string) string {
	return fmt.Sprintf(".%s_tdata(core_%s_tdata), .%s_tvalid(core_%s_tvalid), .%s_tready(core_%s_tready), .%s_tlast(core_%s_tlast)", s, s, s, s, s, s, s, s)
}

// shellFiles adds the block for the Arty A7.
func shellFiles(c *core, header string, files backends.Files) {
	if c.flash != nil {
		return // it has none of these RAMs
	}
	files["boards/"+c.name+"_arty.v"] = []byte(header + artyShell(c))
}
