package passes

import "mlpc/ir"

// Every graph that a pass of any test gives must print and parse back to itself.
func init() {
	afterPass = func(g *ir.Graph) {
		text := g.Print()
		again, err := ir.Parse("pass.mlpc", text)
		if err != nil {
			panic(err)
		}
		if again.Print() != text {
			panic("the text form does not read back:\n" + text)
		}
	}
}
