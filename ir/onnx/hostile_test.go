package onnx

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// hostile is one kind of malformed or odd file.
type hostile struct {
	name string
	data []byte
	want diag.Code // empty: the file is legal
}

// mod gives mlp() changed by f.
func mod(f func(*file)) []byte {
	m := mlp()
	f(&m)
	return m.bytes()
}

// weights gives mlp() with other weights.
func weights(w msg) []byte {
	return mod(func(f *file) { f.inits[0] = w })
}

// hostileFiles makes one file of each kind.
func hostileFiles() []hostile {
	ok := mlp().bytes()
	return slices.Concat(hostileWire(ok), hostileVersions(), hostileTensors(), hostileGraphs(), hostileNames(), hostileValues())
}

func hostileWire(ok []byte) []hostile {
	long := append(slices.Clone(ok), 0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f)
	deep := msg{}
	for range 2000 { // nested graphs, each in an attribute of a node
		deep = msg{}.sub(1, op("If", nil, nil, attribute(msg{}.str(1, "g").sub(6, deep))))
	}
	many := msg{}
	for range maxMessages + 1 {
		many = many.sub(1, nil)
	}
	return []hostile{
		{"empty", nil, diag.CodeFormat},
		{"text", []byte("this is not a model\n"), diag.CodeFormat},
		{"zip", []byte("PK\x03\x04rest of an archive"), diag.CodeFormat},
		{"half", ok[:len(ok)/2], diag.CodeFormat},
		{"long varint", append(slices.Clone(ok), 0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01), diag.CodeFormat},
		{"length past the end", append(slices.Clone(ok), 0x12, 0x70, 1, 2), diag.CodeFormat},
		{"length near 2^63", long, diag.CodeFormat},
		{"group", append(slices.Clone(ok), 0x0b, 0x0c), diag.CodeFormat},
		{"wire type 7", append(slices.Clone(ok), 0x0f), diag.CodeFormat},
		{"field 0", append(slices.Clone(ok), 0x02, 0x00), diag.CodeFormat},
		{"wrong wire type", append(slices.Clone(ok), msg{}.float(1, 1)...), diag.CodeFormat},
		{"nested graphs", mod(func(f *file) { f.graphs = []msg{deep} }), diag.CodeFormat},
		{"a million nodes", mod(func(f *file) { f.graphs = []msg{many} }), diag.CodeFormat},
		{"unknown fields", append(slices.Clone(ok), msg{}.str(99, "what").int(100, 3)...), ""},
		{"two graph fields", mod(func(f *file) {
			f.nodes, f.graphs = f.nodes[:1], []msg{msg{}.sub(1, f.nodes[1])}
		}), ""},
		{"unpacked and packed", weights(header("w", dtFloat, []int64{3, 2}).float(4, 1).float(4, 2).sub(4, msg{0, 0, 64, 64, 0, 0, 128, 64}).float(4, 5).float(4, 6)), ""},
	}
}

func hostileVersions() []hostile {
	return []hostile{
		{"no ir version", mod(func(f *file) { f.ir = -1 }), diag.CodeFormat},
		{"absurd ir version", mod(func(f *file) { f.ir = 1 << 40 }), diag.CodeFormat},
		{"absurd opset", mod(func(f *file) { f.opset = 1 << 40 }), diag.CodeFormat},
		{"negative opset", mod(func(f *file) { f.opset = -3 }), diag.CodeFormat},
		{"no opset", mod(func(f *file) { f.noOpset = true }), diag.CodeFormat},
		{"opset twice", mod(func(f *file) { f.domains = []opsetProto{{"", 18}} }), ""},
		{"weights are inputs", mod(func(f *file) {
			f.ir = 3
			f.inputs = append(f.inputs, port{"w", dtFloat, []int64{3, 2}}, port{"b", dtFloat, []int64{2}})
		}), ""},
	}
}

func hostileTensors() []hostile {
	raw := func(d dtype, dims []int64, n int) msg { return header("w", d, dims).sub(9, make(msg, n)) }
	return []hostile{
		{"negative dimension", weights(raw(dtFloat, []int64{-3, 2}, 24)), diag.CodeShape},
		{"dimensions wrap", weights(raw(dtFloat, []int64{1 << 32, 1 << 32}, 24)), diag.CodeShape},
		{"dimensions wrap to fit", weights(raw(dtFloat, []int64{1 << 62, 4, 6}, 24)), diag.CodeShape},
		{"dimensions beyond the data", weights(raw(dtFloat, []int64{1 << 14, 1 << 13}, 24)), diag.CodeShape},
		{"many dimensions", weights(raw(dtFloat, slices.Repeat([]int64{1}, 100), 4)), diag.CodeShape},
		{"data too short", weights(raw(dtFloat, []int64{3, 2}, 20)), diag.CodeShape},
		{"data too long", weights(raw(dtFloat, []int64{3, 2}, 28)), diag.CodeShape},
		{"data not a multiple", weights(raw(dtFloat, []int64{3, 2}, 23)), diag.CodeShape},
		{"element type 0", weights(raw(0, []int64{3, 2}, 24)), diag.CodeShape},
		{"element type unknown", weights(raw(999, []int64{3, 2}, 24)), diag.CodeShape},
		{"complex", weights(raw(14, []int64{3, 2}, 48)), diag.CodeShape},
		{"text", weights(header("w", dtString, []int64{3, 2}).str(6, "a").str(6, "b").str(6, "c").str(6, "d").str(6, "e").str(6, "f")), diag.CodeType},
		{"no elements", weights(raw(dtFloat, []int64{3, 0}, 0)), diag.CodeShape},
		{"raw and typed data", weights(tensor("w", []int64{3, 2}, 1, 2, 3, 4, 5, 6).float(4, 9)), ""},
		{"odd int4", mod(func(f *file) {
			f.opset = 21
			f.inits = append(f.inits, header("q", dtInt4, []int64{3, 1}).sub(9, msg{0x21, 0x03}), tensor("s", nil, 1))
			f.nodes = []msg{op("DequantizeLinear", []string{"q", "s"}, []string{"d"}), op("MatMul", []string{"x", "d"}, []string{"y"})}
		}), ""},
		{"int4 too long", mod(func(f *file) {
			f.opset = 21
			f.inits = append(f.inits, header("q", dtInt4, []int64{3, 1}).sub(9, msg{0x21, 0x03, 0x05}), tensor("s", nil, 1))
			f.nodes = []msg{op("DequantizeLinear", []string{"q", "s"}, []string{"d"}), op("MatMul", []string{"x", "d"}, []string{"y"})}
		}), diag.CodeShape},
		{"sparse", mod(func(f *file) { f.graphs = []msg{msg{}.sub(15, msg{}.int(3, 5))} }), diag.CodeUnsupportedOp},
		{"NaN weight", weights(tensor("w", []int64{3, 2}, 1, nan32, 3, 4, 5, 6)), diag.CodeValue},
		{"unused NaN", mod(func(f *file) { f.inits = append(f.inits, tensor("n", []int64{1}, nan32)) }), ""},
	}
}

func hostileGraphs() []hostile {
	one := func(nodes ...msg) []byte { return mod(func(f *file) { f.nodes = nodes }) }
	unary := func(kind, in, out string, fields ...msg) msg { return op(kind, []string{in}, []string{out}, fields...) }
	chain := func(f *file) {
		f.nodes = nil
		for i := range maxNodes + 10 {
			f.nodes = append(f.nodes, msg{}.str(1, "t"+strconv.Itoa(i)).str(2, "t"+strconv.Itoa(i+1)).str(4, "Relu"))
		}
		f.nodes[0] = unary("Relu", "x", "t1")
		f.outputs[0].name = "t" + strconv.Itoa(maxNodes+10)
	}
	laugh := func(f *file) { // each function calls the next one twice
		for i := range 40 {
			name, next := "f"+strconv.Itoa(i), "f"+strconv.Itoa(i+1)
			if i == 39 {
				next = "f0"
			}
			f.funcs = append(f.funcs, msg{}.str(1, name).str(10, "d").str(4, "a").str(5, "c").
				sub(7, msg{}.str(1, "a").str(2, "b").str(4, next).str(7, "d")).sub(7, msg{}.str(1, "b").str(2, "c").str(4, next).str(7, "d")).
				sub(9, msg{}.int(2, 17)))
		}
		f.nodes = []msg{unary("f0", "x", "y", domain("d"))}
	}
	return []hostile{
		{"cycle", one(unary("Relu", "q", "p"), unary("Relu", "p", "q"), op("Add", []string{"p", "x"}, []string{"y"})), diag.CodeGraph},
		{"self loop", one(op("Add", []string{"x", "y"}, []string{"y"})), diag.CodeGraph},
		{"output produced twice", one(unary("Relu", "x", "y"), unary("Tanh", "x", "y")), diag.CodeGraph},
		{"input does not exist", one(unary("Relu", "nowhere", "y")), diag.CodeGraph},
		{"output not produced", one(unary("Relu", "x", "z")), diag.CodeGraph},
		{"no operator", one(unary("", "x", "y")), diag.CodeGraph},
		{"unknown operator", one(unary("Frobnicate", "x", "y")), diag.CodeUnsupportedOp},
		{"unknown domain", one(unary("Relu", "x", "y", domain("com.example"))), diag.CodeUnsupportedOp},
		{"shape mismatch", one(op("MatMul", []string{"x", "b"}, []string{"y"})), diag.CodeShape},
		{"attribute of the wrong type", one(op("Gemm", []string{"x", "w"}, []string{"y"}, text("transB", "yes"))), diag.CodeAttribute},
		{"attribute twice", one(op("Gemm", []string{"x", "w"}, []string{"y"}, intAttr("transB", 0), intAttr("transB", 1))), diag.CodeAttribute},
		{"unknown attribute", one(op("Gemm", []string{"x", "w"}, []string{"y"}, intAttr("color", 3))), ""},
		{"too many inputs", one(op("Relu", []string{"x", "w"}, []string{"y"})), diag.CodeAttribute},
		{"axis out of range", one(unary("Softmax", "x", "y", intAttr("axis", 7))), diag.CodeAttribute},
		{"huge attribute", one(unary("Softmax", "x", "y", intAttr("axis", 1<<40))), diag.CodeAttribute},
		{"NaN alpha", one(unary("Elu", "x", "y", number32("alpha", nan32))), diag.CodeValue},
		{"If at run time", one(unary("If", "x", "y")), diag.CodeUnsupportedOp},
		{"If without branches", mod(func(f *file) {
			f.inits = append(f.inits, typed("c", dtBool, nil, 1))
			f.nodes = []msg{unary("If", "c", "y")}
		}), diag.CodeAttribute},
		{"Loop without body", one(unary("Loop", "x", "y")), diag.CodeAttribute},
		{"recurrent", one(unary("LSTM", "x", "y")), diag.CodeUnsupportedOp},
		{"no nodes", mod(func(f *file) { f.nodes, f.outputs[0].name = nil, "x" }), ""},
		{"no outputs", mod(func(f *file) { f.outputs = nil }), diag.CodeGraph},
		{"no inputs", mod(func(f *file) { f.inputs, f.nodes = nil, []msg{unary("Relu", "w", "y")} }), diag.CodeGraph},
		{"text input", mod(func(f *file) { f.inputs[0].dtype = dtString }), diag.CodeType},
		{"input without shape", mod(func(f *file) { f.inputs[0].dims = nil }), diag.CodeDynamicShape},
		{"dynamic feature dimension", mod(func(f *file) { f.inputs[0].dims = []int64{-1, -1} }), diag.CodeDynamicShape},
		{"huge input", mod(func(f *file) { f.inputs[0].dims = []int64{-1, 1 << 40} }), diag.CodeLimit},
		{"input twice", mod(func(f *file) { f.inputs = append(f.inputs, f.inputs[0]) }), diag.CodeGraph},
		{"initializer twice", mod(func(f *file) { f.inits = append(f.inits, f.inits[1]) }), ""},
		{"unsorted", mod(func(f *file) { slices.Reverse(f.nodes) }), ""},
		{"false output shape", mod(func(f *file) { f.outputs[0].dims = []int64{-1, 77} }), ""},
		{"false value type", mod(func(f *file) {
			f.graphs = []msg{msg{}.sub(13, port{"h", dtInt8, []int64{-1, 99}}.msg())}
		}), ""},
		{"10,000 outputs", mod(func(f *file) {
			f.nodes, f.outputs = f.nodes[:1], nil
			for i := range 10_000 {
				y := "y" + strconv.Itoa(i)
				f.nodes = append(f.nodes, unary("Relu", "h", y))
				f.outputs = append(f.outputs, port{y, dtFloat, []int64{-1, 2}})
			}
		}), ""},
		{"names that differ in signs only", mod(func(f *file) {
			names := []string{"h", "a.b", "a/b", "a:b", "a_b", "A_B", "y"}
			f.nodes = f.nodes[:1]
			for i, to := range names[1:] {
				f.nodes = append(f.nodes, unary("Tanh", names[i], to))
			}
		}), ""},
		{"long chain", mod(chain), diag.CodeLimit},
		{"recursive functions", mod(laugh), diag.CodeLimit},
		{"bomb of ConstantOfShape", mod(func(f *file) {
			f.inits = append(f.inits, ints64("s", 1<<20, 1<<20))
			f.nodes = []msg{unary("ConstantOfShape", "s", "c"), op("Add", []string{"x", "c"}, []string{"y"})}
		}), diag.CodeLimit},
		{"bomb of Expand", mod(func(f *file) {
			f.inits = append(f.inits, ints64("s", 1<<13, 1<<13, 3))
			f.nodes = []msg{op("Expand", []string{"x", "s"}, []string{"y"})}
		}), diag.CodeLimit},
		{"bomb of Range", mod(func(f *file) {
			f.inits = append(f.inits, typed("a", dtInt64, nil, 0), typed("l", dtInt64, nil, 1<<40), typed("d", dtInt64, nil, 1))
			f.nodes = []msg{op("Range", []string{"a", "l", "d"}, []string{"r"}), op("Add", []string{"x", "r"}, []string{"y"})}
		}), diag.CodeLimit},
		{"bomb of Pad", mod(func(f *file) {
			f.inits = append(f.inits, ints64("p", 0, 1<<26, 0, 1<<26))
			f.nodes = []msg{op("Pad", []string{"x", "p"}, []string{"y"})}
		}), diag.CodeLimit},
		{"bomb of Tile", mod(func(f *file) {
			f.inits = append(f.inits, ints64("r", 1, 1<<27))
			f.nodes = []msg{op("Tile", []string{"x", "r"}, []string{"y"})}
		}), diag.CodeLimit},
		{"views of a huge input", mod(func(f *file) {
			f.inputs[0].dims = []int64{-1, 3, 1 << 24}
			f.nodes = []msg{unary("Softmax", "x", "y", intAttr("axis", 1))}
		}), diag.CodeLimit},
		{"Reshape with two unknowns", mod(func(f *file) {
			f.inits = append(f.inits, ints64("s", -1, -1))
			f.nodes = []msg{op("Reshape", []string{"x", "s"}, []string{"y"})}
		}), diag.CodeShape},
		{"Reshape to a negative dimension", mod(func(f *file) {
			f.inits = append(f.inits, ints64("s", -1, -7))
			f.nodes = []msg{op("Reshape", []string{"x", "s"}, []string{"y"})}
		}), diag.CodeShape},
		{"samples mixed", mod(func(f *file) {
			f.inits = append(f.inits, ints64("a", 0))
			f.opset, f.nodes = 18, []msg{op("ReduceSum", []string{"x", "a"}, []string{"y"})}
		}), diag.CodeShape},
	}
}

func hostileNames() []hostile {
	names := []string{
		`quote"'`, `); system("x`, "*/ int x;", "new\nline `include", "[exec x]", "$(x)", "module", "int", "func", "9lead", "tri??/graph", "back\\",
		"bidi\u202e", "%s%n", strings.Repeat("n", 100_000), "\xff\xfe", " ",
	}
	var out []hostile
	for _, name := range names {
		out = append(out, hostile{"name " + quoted(name), mod(func(f *file) {
			f.inputs[0].name, f.outputs[0].name = name, name+"2"
			f.nodes = []msg{msg{}.str(1, name).str(1, "w").str(1, "b").str(2, name+"2").str(3, name).str(4, "Gemm")}
		}), ""})
	}
	return out
}

func hostileValues() []hostile {
	qdq := func(scale float32, zero msg) []byte {
		return mod(func(f *file) {
			f.inits = append(f.inits, tensor("s", nil, scale), zero)
			f.nodes = []msg{op("QuantizeLinear", []string{"x", "s", "z"}, []string{"q"}), op("DequantizeLinear", []string{"q", "s", "z"}, []string{"y"})}
		})
	}
	quant := func(dom string, bits float32) []byte {
		return mod(func(f *file) {
			f.inits = append(f.inits, tensor("s", nil, 0.5), tensor("z", nil, 0), tensor("bits", nil, bits))
			f.nodes = []msg{op("Quant", []string{"x", "s", "z", "bits"}, []string{"y"}, domain(dom), intAttr("signed", 1), text("rounding_mode", "ROUND"))}
		})
	}
	zero := typed("z", dtInt8, nil, 0)
	return []hostile{
		{"scale 0", qdq(0, zero), diag.CodeQuantization},
		{"scale NaN", qdq(nan32, zero), diag.CodeQuantization},
		{"scale negative", qdq(-1, zero), diag.CodeQuantization},
		{"zero point of floats", qdq(1, tensor("z", nil, 0)), diag.CodeQuantization},
		{"bits 0", quant(domainQonnx, 0), diag.CodeQuantization},
		{"bits negative", quant(domainQonnx, -4), diag.CodeQuantization},
		{"bits fractional", quant(domainQonnx, 2.5), diag.CodeQuantization},
		{"bits huge", quant(domainQonnx, 1e9), diag.CodeQuantization},
		{"bits NaN", quant(domainQonnx, nan32), diag.CodeQuantization},
		{"Quant without import", quant(domainQonnx, 4), ""},
		{"Quant of Brevitas", quant("onnx.brevitas", 4), ""},
		{"Quant of FINN", quant("finn.custom_op.general", 4), ""},
		{"scale of another axis", mod(func(f *file) {
			f.inits = append(f.inits, tensor("s", []int64{7}, 1, 1, 1, 1, 1, 1, 1))
			f.nodes = []msg{op("QuantizeLinear", []string{"x", "s"}, []string{"y"}, intAttr("axis", 1))}
		}), diag.CodeQuantization},
		{"scale of an axis that does not exist", mod(func(f *file) {
			f.inits = append(f.inits, tensor("s", []int64{3}, 1, 1, 1))
			f.nodes = []msg{op("QuantizeLinear", []string{"x", "s"}, []string{"y"}, intAttr("axis", 9))}
		}), diag.CodeAttribute},
		{"dynamic quantization", mod(func(f *file) {
			f.nodes = []msg{op("DynamicQuantizeLinear", []string{"x"}, []string{"y", "s", "z"})}
		}), diag.CodeDynamicQuant},
		{"product of dynamic quantization", mod(func(f *file) {
			f.nodes = []msg{op("MatMulIntegerToFloat", []string{"x", "x", "x", "x"}, []string{"y"}, domain(domainMS))}
		}), diag.CodeDynamicQuant},
		{"scale computed at run time", mod(func(f *file) {
			f.inits = append(f.inits, zero)
			f.nodes = []msg{op("QuantizeLinear", []string{"x", "x", "z"}, []string{"y"})}
		}), diag.CodeDynamicQuant},
		{"Quant with a scale computed at run time", mod(func(f *file) {
			f.inits = append(f.inits, tensor("z", nil, 0), tensor("b", nil, 4))
			f.nodes = []msg{op("Quant", []string{"x", "x", "z", "b"}, []string{"y"}, domain(domainQonnx))}
		}), diag.CodeDynamicQuant},
		{"FloatQuant", mod(func(f *file) {
			f.nodes = []msg{op("FloatQuant", []string{"x", "x", "x", "x", "x", "x"}, []string{"y"}, domain(domainQonnx))}
		}), diag.CodeUnsupportedOp},
		{"node of FINN's hardware", mod(func(f *file) {
			f.nodes = []msg{op("MVAU_hls", []string{"x", "x"}, []string{"y"}, domain("finn.custom_op.fpgadataflow.hls"))}
		}), diag.CodeUnsupportedOp},
		{"Trunc with a fractional zero point", mod(func(f *file) {
			f.inits = append(f.inits, tensor("s", nil, 0.5), tensor("z", nil, 0.5), tensor("b", nil, 4))
			f.nodes = []msg{op("Trunc", []string{"x", "s", "z", "b", "b"}, []string{"y"}, domain(domainQonnx))}
		}), diag.CodeQuantization},
	}
}

// importLimits are what reading any file, however hostile, may take.
const (
	mostTime   = 5 * time.Second // one on an idle machine
	mostMemory = 256 << 20
)

// checkHostile imports a file and checks time, memory and diagnosis.
func checkHostile(t *testing.T, h hostile, dir string) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	m, err := ImportBytes("h.onnx", h.data, dir, Options{})
	spent := time.Since(start)
	runtime.ReadMemStats(&after)
	if spent > mostTime {
		t.Errorf("took %v", spent)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 2*mostMemory {
		t.Errorf("allocated %d MB", n>>20)
	}
	if h.want == "" {
		if err != nil {
			t.Fatalf("refused: %v", err)
		}
		if err := ir.Verify(m.Graph); err != nil {
			t.Fatal(err)
		}
		return
	}
	if err == nil {
		t.Fatal("accepted")
	}
	if code := codeOf(err); code != h.want {
		t.Fatalf("code %q instead of %q: %v", code, h.want, err)
	}
	for _, line := range strings.Split(err.Error(), "\n") {
		if len(line) > 1000 {
			t.Errorf("a line of %d bytes", len(line))
		}
	}
}

// codeOf gives the code of the first problem.
func codeOf(err error) diag.Code {
	var l diag.List
	var e *diag.Error
	switch {
	case errors.As(err, &l) && len(l) > 0:
		return l[0].Code
	case errors.As(err, &e):
		return e.Code
	}
	return ""
}

func TestHostile(t *testing.T) {
	for _, h := range hostileFiles() {
		t.Run(h.name, func(t *testing.T) { checkHostile(t, h, "") })
	}
}

// TestExternalData checks where data files may lie.
func TestExternalData(t *testing.T) {
	raw := bytes.Repeat([]byte{0, 0, 128, 63}, 6) // six times 1.0
	dir := t.TempDir()
	put := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	model := filepath.Join(dir, "model")
	if err := os.Mkdir(model, 0o755); err != nil {
		t.Fatal(err)
	}
	put("outside.data", raw)
	put("model/w.data", append([]byte("12345678"), raw...))
	put("model/exact.data", raw)
	if err := errors.Join(os.Symlink("../outside.data", filepath.Join(model, "link")), os.Symlink("..", filepath.Join(model, "up")),
		os.Link(filepath.Join(dir, "outside.data"), filepath.Join(model, "hard")), os.Mkdir(filepath.Join(model, "folder"), 0o755),
		syscall.Mkfifo(filepath.Join(model, "fifo"), 0o644)); err != nil {
		t.Skipf("skipped: no links here: %v", err)
	}
	for _, c := range []struct {
		name    string
		entries []string
		want    diag.Code
	}{
		{"valid", []string{"location", "w.data", "offset", "8", "length", "24"}, ""},
		{"no length", []string{"location", "exact.data"}, ""},
		{"in the folder by a dot", []string{"location", "./exact.data"}, ""},
		{"above", []string{"location", "../outside.data"}, diag.CodeExternalData},
		{"absolute", []string{"location", filepath.Join(dir, "outside.data")}, diag.CodeExternalData},
		{"above by a detour", []string{"location", "folder/../../outside.data"}, diag.CodeExternalData},
		{"symbolic link", []string{"location", "link"}, diag.CodeExternalData},
		{"symbolic link to a folder", []string{"location", "up/outside.data"}, diag.CodeExternalData},
		{"hard link", []string{"location", "hard"}, diag.CodeExternalData},
		{"folder", []string{"location", "folder"}, diag.CodeExternalData},
		{"fifo", []string{"location", "fifo"}, diag.CodeExternalData},
		{"device", []string{"location", "/dev/zero"}, diag.CodeExternalData},
		{"missing", []string{"location", "nothing.data"}, diag.CodeExternalData},
		{"no location", []string{"offset", "0"}, diag.CodeExternalData},
		{"unknown key", []string{"location", "exact.data", "mode", "w"}, diag.CodeExternalData},
		{"offset past the end", []string{"location", "w.data", "offset", "9", "length", "24"}, diag.CodeExternalData},
		{"offset that overflows", []string{"location", "w.data", "offset", "9223372036854775807", "length", "24"}, diag.CodeExternalData},
		{"negative offset", []string{"location", "w.data", "offset", "-8"}, diag.CodeExternalData},
		{"huge length", []string{"location", "w.data", "length", "1000000000000"}, diag.CodeExternalData},
		{"length beyond 63 bits", []string{"location", "w.data", "length", "99999999999999999999"}, diag.CodeExternalData},
		{"length in words", []string{"location", "w.data", "length", "all"}, diag.CodeExternalData},
		{"short length", []string{"location", "w.data", "length", "20"}, diag.CodeExternalData},
	} {
		t.Run(c.name, func(t *testing.T) {
			checkHostile(t, hostile{data: weights(externalTensor("w", []int64{3, 2}, c.entries...)), want: c.want}, model)
		})
	}
	t.Run("no folder", func(t *testing.T) {
		checkHostile(t, hostile{data: weights(externalTensor("w", []int64{3, 2}, "location", "exact.data")), want: diag.CodeExternalData}, "")
	})
}

// FuzzONNX looks for bytes that make the importer panic or the graph invalid.
func FuzzONNX(f *testing.F) {
	for _, h := range hostileFiles() {
		if len(h.data) < 1<<16 {
			f.Add(h.data)
		}
	}
	for _, m := range trapModels() {
		f.Add(m.file.bytes())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := ImportBytes("f.onnx", data, "", Options{})
		if err != nil {
			_ = err.Error()
			return
		}
		if err := ir.Verify(m.Graph); err != nil {
			t.Fatal(err)
		}
	})
}
