package verilog

import (
	"fmt"

	"mlpc/ir"
	"mlpc/ir/stream"
)

// eltwise prints the head of an elementwise step: all operands enter registers together.
func (e *engine) eltwise(l *stream.Layer) bus {
	names := make([]string, len(l.Operands))
	valid := ""
	for i := range l.Operands {
		names[i] = portName("in", i, len(l.Operands))
		if i > 0 {
			valid += " && "
		}
		valid += names[i] + "_valid"
	}
	e.P("assign enter = %s;", valid)
	held := map[*ir.Value]bus{}
	for i, o := range l.Operands {
		t := o.Value.Type.Elem
		if len(l.Operands) == 1 {
			e.P("assign %s_ready = move;", names[i])
		} else {
			e.P("assign %s_ready = move && enter;", names[i])
		}
		name := fmt.Sprintf("operand%d", i)
		e.P("reg [%d:0] %s;", e.form.Lanes*t.Bits-1, name)
		e.P("always @(posedge clk) if (move) %s <= %s_data;", name, names[i])
		held[o.Value] = busOf(name, t)
	}
	args := make([]bus, len(l.Head.Args))
	for i, a := range l.Head.Args {
		if b, ok := held[a]; ok {
			args[i] = b
		} else {
			args[i] = e.constant(operandConstants(e.form, a, l.Head))
		}
	}
	return e.elementwise(l.Head, args)
}
