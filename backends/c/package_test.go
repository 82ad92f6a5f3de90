package cc_test

import (
	"encoding/json"
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"mlpc/backends"
	cc "mlpc/backends/c"
	"mlpc/backends/cmsisnn"
	"mlpc/ir"
	"mlpc/testbench"
)

const gemmlowpMLP = `graph "mlp"
%0 = input : s8[3] scale=[0.5] zero=-3 name="x"
%1 = const ints=[1 -2 3 4 5 -6] : s8[2,3]
%2 = const ints=[10 -20] : s6[2]
%3 = dense %0 %1 %2 : s13[2] node="fc/1"
%4 = requant %3 mul=[1073741825] shift=[35] round=gemmlowp zero=-1 lo=-128 hi=127 : s8[2]
return %4
`

// packageCases are the programs whose project files are built: one of each kind of C code.
func packageCases(t *testing.T) map[string]struct {
	backend *backends.Backend
	graph   *ir.Graph
} {
	return map[string]struct {
		backend *backends.Backend
		graph   *ir.Graph
	}{
		"c":       {cc.Backend, parse(t, mlp)},
		"cmsisnn": {cmsisnn.Backend, parse(t, gemmlowpMLP)},
		"float":   {cc.Backend, floatOps()},
	}
}

// project writes the files of a program with the project files of a kind into a new directory.
func project(t *testing.T, b *backends.Backend, g *ir.Graph, kind string) (dir string, vectors backends.Vectors) {
	t.Helper()
	vectors, err := testbench.Vectors(g, nil, 8)
	if err != nil {
		t.Fatal(err)
	}
	files, err := b.Emit(backends.Input{Program: &ir.Program{Graph: g, Target: b.Name}, Name: "net", Version: "1.2.3", Digest: "0123456789abcdef",
		Vectors: vectors, Options: map[string]string{"package": kind}})
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir, vectors
}

// command runs a tool in a directory, or skips where it is not installed.
func command(t *testing.T, dir, stdin, tool string, args ...string) string {
	t.Helper()
	needTool(t, &testbench.Runner{Name: tool, Tools: []testbench.Tool{{Exe: tool, Package: tool}}})
	cmd := exec.Command(tool, args...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", tool, args, err, out)
	}
	return string(out)
}

// zephyrStub stands for Zephyr's build: the functions that a module calls.
const zephyrStub = `cmake_minimum_required(VERSION 3.13)
project(app C)
set(CONFIG_NET y)
macro(zephyr_include_directories)
  include_directories(${ARGN})
endmacro()
macro(zephyr_library)
  add_library(module STATIC)
endmacro()
macro(zephyr_library_sources)
  target_sources(module PRIVATE ${ARGN})
endmacro()
macro(zephyr_library_include_directories)
  target_include_directories(module PRIVATE ${ARGN})
endmacro()
macro(zephyr_library_compile_definitions)
  target_compile_definitions(module PRIVATE ${ARGN})
endmacro()
add_subdirectory(zephyr)
`

// TestPackages builds every kind of project, as far as its tool is at hand.
func TestPackages(t *testing.T) {
	for name, c := range packageCases(t) {
		t.Run(name, func(t *testing.T) {
			dir, vectors := project(t, c.backend, c.graph, "cmake")
			command(t, dir, "", "cmake", "-S", ".", "-B", "build", "-Dnet_demo=ON", "-DCMAKE_BUILD_TYPE=Release")
			command(t, dir, "", "cmake", "--build", "build")
			got := command(t, dir, string(testbench.FormatVectors(vectors.In)), filepath.Join(dir, "build", "net_main"), "bits")
			if want := string(testbench.FormatVectors(vectors.Out)); got != want {
				t.Errorf("the host program gives\n%s, want\n%s", got, want)
			}
			dir, _ = project(t, c.backend, c.graph, "zephyr")
			if err := os.WriteFile(filepath.Join(dir, "CMakeLists.txt"), []byte(zephyrStub), 0o644); err != nil {
				t.Fatal(err)
			}
			command(t, dir, "", "cmake", "-S", ".", "-B", "build")
			command(t, dir, "", "cmake", "--build", "build")
			dir, _ = project(t, c.backend, c.graph, "arduino")
			command(t, filepath.Join(dir, "src"), "", "sh", "-c", "gcc -c *.c") // Arduino compiles what is in src, with src to include from
			if _, err := os.Stat(filepath.Join(dir, "src", "main.c")); err == nil {
				t.Error("arduino: the host program is in src")
			}
			properties(t, filepath.Join(dir, "library.properties"))
			dir, _ = project(t, c.backend, c.graph, "platformio")
			platformio(t, dir)
			dir, _ = project(t, c.backend, c.graph, "cmsis-pack")
			pack(t, filepath.Join(dir, "mlpc.net.pdsc"))
		})
	}
}

// TestQEMUExample runs the bare-metal example.
func TestQEMUExample(t *testing.T) {
	needTool(t, testbench.CortexM4)
	for name, c := range packageCases(t) {
		t.Run(name, func(t *testing.T) {
			dir, _ := project(t, c.backend, c.graph, "qemu")
			if out := command(t, filepath.Join(dir, "qemu"), "", "make", "run"); !strings.Contains(out, "equal\n") {
				t.Errorf("got %s", out)
			}
		})
	}
}

// properties checks library.properties by the rules of Arduino's library specification 1.5.
func properties(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]string{}
	for line := range strings.Lines(string(text)) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if !ok || fields[key] != "" {
			t.Errorf("library.properties: line %q", line)
		}
		fields[key] = value
	}
	for key, form := range map[string]string{"name": `^[A-Za-z0-9][A-Za-z0-9 _.-]{0,62}$`, "version": `^\d+\.\d+\.\d+$`, "author": `.`, "maintainer": `.`,
		"sentence": `.`, "paragraph": `.`, "category": `^Data Processing$`, "architectures": `^\*$`, "includes": `^net\.h$`} {
		if !regexp.MustCompile(form).MatchString(fields[key]) {
			t.Errorf("library.properties: %s is %q", key, fields[key])
		}
	}
	if strings.HasPrefix(strings.ToLower(fields["name"]), "arduino") {
		t.Errorf("library.properties: name %q is reserved", fields["name"])
	}
}

// platformio checks library.json against the manifest's rules, and compiles what it names with the flags that it gives.
func platformio(t *testing.T, dir string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "library.json"))
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		Name, Version, Description, Frameworks, Platforms, Headers string
		Build                                                      struct {
			SrcDir, IncludeDir string
			SrcFilter, Flags   []string
		}
	}
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	if m.Name != "net" || !regexp.MustCompile(`^\d+\.\d+\.\d+$`).MatchString(m.Version) || m.Description == "" || m.Frameworks != "*" || m.Platforms != "*" {
		t.Errorf("library.json: %+v", m)
	}
	if _, err := os.Stat(filepath.Join(dir, m.Build.IncludeDir, m.Headers)); err != nil {
		t.Error(err)
	}
	args := append([]string{"-c"}, m.Build.Flags...)
	for _, f := range m.Build.SrcFilter {
		list, err := filepath.Glob(filepath.Join(dir, m.Build.SrcDir, strings.TrimSuffix(strings.TrimPrefix(f, "+<"), ">")))
		if err != nil || len(list) == 0 {
			t.Errorf("library.json: %s names no file", f)
		}
		args = append(args, list...)
	}
	command(t, dir, "", "gcc", args...)
}

// pack checks a pack description by the rules of PACK.xsd that it falls under, and that every file that it names is there.
func pack(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var p struct {
		Schema      string `xml:"schemaVersion,attr"`
		Vendor      string `xml:"vendor"`
		Name        string `xml:"name"`
		Description string `xml:"description"`
		Releases    []struct {
			Version string `xml:"version,attr"`
		} `xml:"releases>release"`
		Conditions []struct {
			ID      string     `xml:"id,attr"`
			Require []struct{} `xml:"require"`
		} `xml:"conditions>condition"`
		Components []struct {
			Class     string `xml:"Cclass,attr"`
			Group     string `xml:"Cgroup,attr"`
			Version   string `xml:"Cversion,attr"`
			Condition string `xml:"condition,attr"`
			Files     []struct {
				Category string `xml:"category,attr"`
				Name     string `xml:"name,attr"`
			} `xml:"files>file"`
		} `xml:"components>component"`
	}
	if err := xml.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`^\d+\.\d+\.\d+$`)
	if !version.MatchString(p.Schema) || filepath.Base(path) != p.Vendor+"."+p.Name+".pdsc" || p.Description == "" || len(p.Releases) != 1 || !version.MatchString(p.Releases[0].Version) || len(p.Components) != 1 {
		t.Fatalf("pack description: %+v", p)
	}
	c := p.Components[0]
	if c.Class != "Machine Learning" || c.Group == "" || !version.MatchString(c.Version) {
		t.Errorf("component: %+v", c)
	}
	known := c.Condition == ""
	for _, x := range p.Conditions {
		known = known || x.ID == c.Condition && len(x.Require) > 0
	}
	if !known {
		t.Errorf("condition %q is not there", c.Condition)
	}
	listed := map[string]bool{}
	for _, f := range c.Files {
		listed[f.Name] = true
		if _, err := os.Stat(filepath.Join(filepath.Dir(path), f.Name)); err != nil || f.Category != map[string]string{".c": "source", ".h": "header"}[filepath.Ext(f.Name)] {
			t.Errorf("file %+v: %v", f, err)
		}
	}
	source, err := os.ReadFile(filepath.Join(filepath.Dir(path), "net.c"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`#include "((?:net|mlpc_)[^"]*)"`).FindAllStringSubmatch(string(source), -1) {
		if !listed[m[1]] {
			t.Errorf("%s is not listed", m[1])
		}
	}
}

func TestUnknownPackage(t *testing.T) {
	in := backends.Input{Program: &ir.Program{Graph: parse(t, mlp)}, Name: "net", Options: map[string]string{"package": "conan"}}
	if _, err := cc.Backend.Emit(in); err == nil || !strings.Contains(err.Error(), "choose one of arduino") {
		t.Errorf("unknown kind: got %v", err)
	}
}
