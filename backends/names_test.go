package backends

import (
	"regexp"
	"strings"
	"testing"
)

func TestLegalName(t *testing.T) {
	for _, c := range []struct {
		in   string
		lang Language
		want string
	}{
		{"model/fc1/MatMul:0", C, "model_fc1_matmul_0"},
		{"784-32-10", C, "n784_32_10"},
		{"", C, "x"},
		{"///", Verilog, "x"},
		{"Été", Go, "t"},
		{"module", Verilog, "module_m"},
		{"Module", Verilog, "module_m"},
		{"module", C, "module"},
		{"logic", Verilog, "logic_m"},
		{"mlpc_rom", Verilog, "mlpc_rom_m"},
		{"template", CPP, "template_m"},
		{"int", CPP, "int_m"},
		{"func", Go, "func_m"},
		{"$(reboot)\";\n`x", Tcl, "reboot_x"},
		{strings.Repeat("a", 60), C, strings.Repeat("a", 40)},
		{strings.Repeat("a", 39) + "_b", C, strings.Repeat("a", 39)},
	} {
		if got := LegalName(c.in, c.lang); got != c.want {
			t.Errorf("LegalName(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func FuzzLegalName(f *testing.F) {
	f.Add("table")
	f.Add("a__b--c")
	legal := regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)
	langs := []Language{C, CPP, Verilog, Go, Tcl}
	f.Fuzz(func(t *testing.T, text string) {
		name := LegalName(text, langs...)
		if !legal.MatchString(name) || Reserved(name, langs...) {
			t.Errorf("LegalName(%q) = %q", text, name)
		}
	})
}

func TestNamer(t *testing.T) {
	n := NewNamer([]string{"CLK"}, Verilog)
	long := strings.Repeat("b", 50)
	for _, c := range [][2]string{
		{"clk", "clk_2"}, {"fc", "fc"}, {"FC", "fc_2"}, {"fc", "fc_3"}, {"fc_2", "fc_2_2"},
		{long, strings.Repeat("b", 40)}, {long, strings.Repeat("b", 38) + "_2"},
	} {
		if got := n.Name(c[0]); got != c[1] {
			t.Errorf("Name(%q) = %q, want %q", c[0], got, c[1])
		}
	}
}

func TestPrinter(t *testing.T) {
	var p Printer
	p.P("a %d", 1)
	p.In()
	p.Line("100%")
	p.Line("")
	p.Raw("raw\n")
	p.Out()
	p.P("b")
	if got, want := p.String(), "a 1\n  100%\n\nraw\nb\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
