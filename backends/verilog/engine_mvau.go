package verilog

import (
	"fmt"
	"math/bits"

	"mlpc/ir"
	"mlpc/ir/stream"
)

// mvau prints the head of a dense layer: each group of the input is kept and given once for every fold of the rows; PE rows take
// their product with SIMD columns at once and add it up over the folds of the columns.
func (e *engine) mvau(l *stream.Layer, node *stream.Node) bus {
	levels := bits.Len(uint(l.Step.SIMD - 1))
	e.replay("columns", node.Ins[0].From, "in", "move")
	width := e.weights(l)
	e.Line("wire unused_take = columns_take;")

	// The flags of the word in columns, when its products stand before the last level of the tree, and after it.
	before := e.delay("early", levels, "{columns_first, columns_last, columns_valid}")
	e.P("wire [2:0] parts = %s;", e.delay("late", 1, before))
	e.Line("assign enter = parts[1] && parts[0];")
	bias := e.bias(l, fmt.Sprintf("move && %s[2] && %s[0]", before, before))

	return e.rows(l, "weights", width, bias)
}

// weights prints the ROM of a dense layer and gives the bits of a weight: signed, in the lanes of the wire weights.
func (e *engine) weights(l *stream.Layer) int {
	list := l.Head.Args[1].Const().Ints
	words := weightWords(l, list)
	if !l.SignOnly() {
		e.romIn(romStyles[l.Step.ROM], "weights", words, signedBits(list...), "columns_take")
		return signedBits(list...)
	}
	for _, word := range words {
		for i, w := range word {
			word[i] = w >> 1 & 1 // of rows that are filled up, whose weights are 0, any sign will do
		}
	}
	n := l.Step.PE * l.Step.SIMD
	e.romIn(romStyles[l.Step.ROM], "signs", words, 1, "columns_take")
	e.P("wire [%d:0] weights;", 2*n-1)
	e.loop("sign", n)
	e.Line("assign weights[i*2 +: 2] = {signs[i], 1'b1};")
	e.done()
	return 2
}

// rows prints the products and sums of the rows that are computed at once; factors are signed, of so many bits.
func (e *engine) rows(l *stream.Layer, factors string, width int, bias string) bus {
	v, simd, acc := l.Head, l.Step.SIMD, l.Head.Type.Elem.Bits
	x := l.Operands[0].Value.Type.Elem
	sum := width + x.Bits + bits.Len(uint(simd-1))
	totals := e.wire(acc)
	e.lanes("row")
	e.P("wire signed [%d:0] part;", sum-1)
	e.P("mlpc_dot #(.N(%d), .X(%d), .X_SIGNED(%d), .W(%d), .DROP(%d)%s, .Y(%d)) dot (", simd, x.Bits, flag(x.Signed), width, drop(v), styleOf(l.Step), sum)
	e.P("  .clk(clk), .step(move), .x(columns), .w(%s[i*%d +: %d]), .y(part)", factors, simd*width, simd*width)
	e.Line(");")
	e.P("mlpc_accumulate #(.X(%d), .Y(%d)) accumulate (", sum, acc)
	e.P("  .clk(clk), .step(move), .beat(parts[0]), .first(parts[2]), .x(part), .bias(%s), .y(%s[i*%d +: %d])", bias, totals, acc, acc)
	e.Line(");")
	e.done()
	return busOf(totals, v.Type.Elem)
}

// replay prints a memory that gives packets of the words of a port several times, and its signals.
func (e *engine) replay(name string, b *stream.Node, port, ready string) {
	width := b.Ins[0].Width()
	e.P("wire [%d:0] %s;", width-1, name)
	e.P("wire %s_first, %s_last, %s_valid, %s_take;", name, name, name, name)
	e.P("mlpc_stream_buffer #(.WIDTH(%d), .LENGTH(%d), .REPEAT(%d), .DEPTH(%d)) replay_%s (", width, b.Length, b.Repeat, b.Depth, name)
	e.P("  .clk(clk), .rst(rst), .in_data(%s_data), .in_valid(%s_valid), .in_ready(%s_ready), .out_data(%s),", port, port, port, name)
	e.P("  .out_first(%s_first), .out_last(%s_last), .out_valid(%s_valid), .out_ready(%s), .take(%s_take)", name, name, name, ready, name)
	e.Line(");")
}

// matmul prints the head of a product of two run-time tensors: as a dense layer, with the words of the second in the place of weights.
func (e *engine) matmul(l *stream.Layer, node *stream.Node) bus {
	levels := bits.Len(uint(l.Step.SIMD - 1))
	e.Line("wire word = columns_valid && matrix_valid;")
	e.replay("columns", node.Ins[0].From, "in0", "move && word")
	e.replay("matrix", node.Ins[1].From, "in1", "move && word")
	e.Line("wire unused_flags = &{1'b0, columns_take, matrix_take, matrix_first, matrix_last};")
	e.P("wire [2:0] parts = %s;", e.delay("late", levels+1, "{columns_first, columns_last, word}"))
	e.Line("assign enter = parts[1] && parts[0];")
	t := l.Operands[1].Value.Type.Elem
	factors := e.gather(busOf("matrix", t), l.Step.PE*l.Step.SIMD, "")
	return e.rows(l, factors, signedWidth(t), sized(0, l.Head.Type.Elem.Bits))
}

// delay moves three flags through so many stages and gives their name.
func (e *engine) delay(name string, stages int, flags string) string {
	e.P("wire [2:0] %s;", name)
	if stages == 0 {
		e.P("assign %s = %s;", name, flags)
	} else {
		e.P("mlpc_delay #(.WIDTH(3), .STAGES(%d)) delay_%s (.clk(clk), .rst(rst), .step(move), .d(%s), .q(%s));", stages, name, flags, name)
	}
	return name
}

// bias makes the bias of each row available with the first part of its sum and gives lane i of it.
func (e *engine) bias(l *stream.Layer, step string) string {
	acc := l.Head.Type.Elem.Bits
	if len(l.Head.Args) == 2 {
		return sized(0, acc)
	}
	data := l.Head.Args[2].Const().Ints
	c := constantsOf(l.Out, func(i int) int64 { return data[i%len(data)] })
	e.rom("bias", c.words, acc, step)
	return fmt.Sprintf("bias[i*%d +: %d]", acc, acc)
}

// weightWords gives the weights in the order in which the engine reads them: for each block of rows, each fold of its rows and each
// fold of the columns a word of PE rows by SIMD columns, filled up with zeros.
func weightWords(l *stream.Layer, weights []int64) [][]int64 {
	rows, cols := l.Out.GroupBeats(), l.Operands[0].Form.GroupBeats()
	pe, simd := l.Step.PE, l.Step.SIMD
	words := make([][]int64, 0, l.Blocks*rows*cols)
	for block := range l.Blocks {
		for row := range rows {
			for col := range cols {
				word := make([]int64, pe*simd)
				for p := range min(pe, l.Rows-row*pe) {
					for s := range min(simd, l.Columns-col*simd) {
						word[p*simd+s] = weights[(block*l.Rows+row*pe+p)*l.Columns+col*simd+s]
					}
				}
				words = append(words, word)
			}
		}
	}
	return words
}

// styleOf gives the parameter of mlpc_dot for the style of a step's multipliers.
func styleOf(s *ir.Step) string {
	switch s.Style {
	case "dsp":
		return ", .STYLE(1)"
	case "lut":
		return ", .STYLE(2)"
	case "table":
		return ", .STYLE(3)"
	case "csd":
		return ", .STYLE(4)"
	}
	return ""
}

// drop is the number of columns of the partial products that the layer's multipliers leave out.
func drop(v *ir.Value) int {
	if d, ok := v.Attr.(*ir.Dense); ok && d.Unit != nil {
		return d.Unit.Drop
	}
	return 0
}
