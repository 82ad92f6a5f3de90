package verilog

import (
	"fmt"
	"strings"

	"mlpc/ir/serial"
	"mlpc/templates"
)

// flashPins are the ports of a core that reads a SPI flash after reset.
var flashPins = []struct{ direction, name string }{
	{"output", "flash_cs_n"}, {"output", "flash_sck"}, {"output", "flash_mosi"}, {"input ", "flash_miso"},
}

// flashWires connects these ports of an instance to wires of their names, "" where the core has none.
func (c *core) flashWires() string {
	if c.flash == nil {
		return ""
	}
	var pins []string
	for _, p := range flashPins {
		pins = append(pins, fmt.Sprintf(".%s(%s)", p.name, p.name))
	}
	return strings.Join(pins, ", ") + ","
}

// simulated names the module that simulators run: the wrapper, or where there is a flash the wrapper with its model.
func (c *core) simulated() string {
	if c.flash == nil {
		return c.name + "_axis"
	}
	return c.name + "_sim"
}

// flashModel prints the wires to the model of a flash, and the model, with the contents that flashFiles emits.
func (c *core) flashModel() string {
	return fmt.Sprintf(`wire flash_cs_n, flash_sck, flash_mosi, flash_miso;
mlpc_flash_model #(.FILE("%s_flash.hex"), .BASE(%d), .BYTES(%d)) flash (
  .cs_n(flash_cs_n), .sck(flash_sck), .mosi(flash_mosi), .miso(flash_miso)
);`, c.name, serial.FlashBase, len(c.flash))
}

// flashFiles adds the image of the flash, for programmers and for simulators, the models, and the module NAME_sim, which has the ports of
// NAME_axis.
func flashFiles(c *core, header string) {
	if c.flash == nil {
		return
	}
	c.files["boards/"+c.name+"_flash.bin"] = c.flash
	var text strings.Builder
	for _, b := range c.flash {
		fmt.Fprintf(&text, "%02x\n", b)
	}
	c.files["tb/"+c.name+"_flash.hex"] = []byte(text.String())
	c.files["tb/"+c.name+"_sim.v"] = []byte(header + simModule(c))
	for _, name := range []string{"mlpc_flash_model.v", "SB_SPRAM256KA.v"} {
		data, err := templates.FS.ReadFile("verilog/sim/" + name)
		if err != nil {
			panic("verilog: " + err.Error())
		}
		c.files["tb/"+name] = data
	}
}

// simModule prints the wrapper with a flash beside it.
func simModule(c *core) string {
	a := &axis{c: c}
	a.ports("_sim", "wire")
	a.In()
	for line := range strings.SplitSeq(c.flashModel(), "\n") {
		a.Line(line)
	}
	a.P("%s_axis dut (", c.name)
	a.Line("  .aclk(aclk), .aresetn(aresetn), .frame_error(frame_error), " + c.flashWires())
	var pins []string
	connect := func(s string) {
		for _, x := range []string{"tdata", "tvalid", "tready", "tlast"} {
			pins = append(pins, fmt.Sprintf(".%s_%s(%s_%s)", s, x, s, x))
		}
	}
	for _, p := range c.ins {
		connect(axisName("s_axis", p))
	}
	for _, p := range c.outs {
		connect(axisName("m_axis", p))
	}
	a.Line("  " + strings.Join(pins, ", "))
	a.Line(");")
	a.Out()
	a.Line("endmodule")
	return a.String()
}
