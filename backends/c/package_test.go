package cc_test

import (
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"

	"mlpc/backends"
	cc "mlpc/backends/c"
	"mlpc/ir"
)

func TestPackages(t *testing.T) {
	for _, c := range []struct{ kind, file, want string }{
		{"cmake", "CMakeLists.txt", "add_library(net STATIC net.c)"},
		{"zephyr", "zephyr/module.yml", "name: net"},
		{"zephyr", "zephyr/CMakeLists.txt", "zephyr_library_sources(../net.c)"},
		{"platformio", "library.json", `"headers": "net.h"`},
		{"arduino", "src/net.c", "net_run("},
		{"cmsis-pack", "mlpc.net.pdsc", `Csub="net"`},
	} {
		in := backends.Input{Program: &ir.Program{Graph: parse(t, mlp)}, Name: "net", Version: "test", Digest: "0123456789abcdef", Options: map[string]string{"package": c.kind}}
		files, err := cc.Backend.Emit(in)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(files[c.file]), c.want) {
			t.Errorf("%s: %s holds no %q", c.kind, c.file, c.want)
		}
		if c.kind == "platformio" && !json.Valid(files[c.file]) {
			t.Errorf("%s is not JSON", c.file)
		}
		if err := xml.Unmarshal(files[c.file], new(struct{ XMLName xml.Name })); c.kind == "cmsis-pack" && err != nil {
			t.Errorf("%s: %v", c.file, err)
		}
	}
	in := backends.Input{Program: &ir.Program{Graph: parse(t, mlp)}, Name: "net", Options: map[string]string{"package": "conan"}}
	if _, err := cc.Backend.Emit(in); err == nil || !strings.Contains(err.Error(), "choose one of arduino") {
		t.Errorf("unknown kind: got %v", err)
	}
}
