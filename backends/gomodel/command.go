package gomodel

import "github.com/dave/jennifer/jen"

// test prints model_test.go: the vectors of testdata through InferLine.
func (e *emitter) test() *jen.File {
	f := e.file(e.pkg)
	f.Comment("TestVectors compares the network with the compiler's own results.")
	f.Func().Id("TestVectors").Params(jen.Id("t").Op("*").Qual("testing", "T")).Block(
		jen.Id("ins").Op(",").Id("outs").Op(":=").Id("readLines").Call(jen.Id("t"), jen.Lit("testdata/in.txt")).Op(",").
			Id("readLines").Call(jen.Id("t"), jen.Lit("testdata/out.txt")),
		jen.If(jen.Len(jen.Id("ins")).Op("!=").Len(jen.Id("outs"))).Block(
			jen.Id("t").Dot("Fatalf").Call(jen.Lit("%d inputs and %d outputs"), jen.Len(jen.Id("ins")), jen.Len(jen.Id("outs")))),
		jen.For(jen.List(jen.Id("i"), jen.Id("in")).Op(":=").Range().Id("ins")).Block(
			jen.List(jen.Id("got"), jen.Err()).Op(":=").Id("InferLine").Call(jen.Id("in")),
			jen.If(jen.Err().Op("!=").Nil()).Block(jen.Id("t").Dot("Fatalf").Call(jen.Lit("vector %d: %v"), jen.Id("i"), jen.Err())),
			jen.If(jen.Id("got").Op("!=").Id("outs").Index(jen.Id("i"))).Block(
				jen.Id("t").Dot("Errorf").Call(jen.Lit("vector %d: got %s, want %s"), jen.Id("i"), jen.Id("got"), jen.Id("outs").Index(jen.Id("i")))),
		),
	)
	f.Line()
	f.Comment("BenchmarkInfer times one sample.")
	f.Func().Id("BenchmarkInfer").Params(jen.Id("b").Op("*").Qual("testing", "B")).BlockFunc(func(g *jen.Group) {
		var ins []jen.Code
		for i, v := range e.inputs {
			ins = append(ins, jen.Make(jen.Index().Id(goType(v.Type.Elem)), jen.Id(e.inputName(i)+"Size")))
		}
		g.For(jen.Id("i").Op(":=").Lit(0), jen.Id("i").Op("<").Id("b").Dot("N"), jen.Id("i").Op("++")).Block(jen.Id("Infer").Call(ins...))
	})
	f.Line()
	f.Func().Id("readLines").Params(jen.Id("t").Op("*").Qual("testing", "T"), jen.Id("name").String()).Index().String().Block(
		jen.Id("t").Dot("Helper").Call(),
		jen.List(jen.Id("text"), jen.Err()).Op(":=").Qual("os", "ReadFile").Call(jen.Id("name")),
		jen.If(jen.Err().Op("!=").Nil()).Block(jen.Id("t").Dot("Fatal").Call(jen.Err())),
		jen.Return(jen.Qual("strings", "Split").Call(jen.Qual("strings", "TrimSuffix").Call(jen.String().Call(jen.Id("text")), jen.Lit("\n")), jen.Lit("\n"))),
	)
	return f
}

// command prints cmd/NAME/main.go: vectors from standard input, results to standard output, a line each.
func (e *emitter) command() *jen.File {
	f := e.file("main")
	model := "example.com/" + e.pkg
	f.ImportName(model, e.pkg)
	f.PackageComment("// Command " + e.pkg + " runs the network on each line of standard input: the integers of all inputs, separated by spaces.")
	f.Func().Id("main").Params().Block(
		jen.Id("lines").Op(":=").Qual("bufio", "NewScanner").Call(jen.Qual("os", "Stdin")),
		jen.Id("lines").Dot("Buffer").Call(jen.Nil(), jen.Lit(1).Op("<<").Lit(28)),
		jen.Id("out").Op(":=").Qual("bufio", "NewWriter").Call(jen.Qual("os", "Stdout")),
		jen.For(jen.Id("lines").Dot("Scan").Call()).Block(
			jen.List(jen.Id("text"), jen.Err()).Op(":=").Qual(model, "InferLine").Call(jen.Id("lines").Dot("Text").Call()),
			jen.If(jen.Err().Op("!=").Nil()).Block(jen.Id("fail").Call(jen.Err())),
			jen.Qual("fmt", "Fprintln").Call(jen.Id("out"), jen.Id("text")),
		),
		jen.If(jen.Err().Op(":=").Id("lines").Dot("Err").Call(), jen.Err().Op("!=").Nil()).Block(jen.Id("fail").Call(jen.Err())),
		jen.If(jen.Err().Op(":=").Id("out").Dot("Flush").Call(), jen.Err().Op("!=").Nil()).Block(jen.Id("fail").Call(jen.Err())),
	)
	f.Line()
	f.Func().Id("fail").Params(jen.Err().Error()).Block(
		jen.Qual("fmt", "Fprintln").Call(jen.Qual("os", "Stderr"), jen.Err()),
		jen.Qual("os", "Exit").Call(jen.Lit(1)),
	)
	return f
}
