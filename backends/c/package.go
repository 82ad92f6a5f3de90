package cc

import (
	"bytes"
	"maps"
	"path"
	"slices"
	"strings"
	"text/template"

	"mlpc/backends"
	"mlpc/ir/diag"
	"mlpc/templates"
)

// PackageOption adds the files that a build system or a package manager wants.
var PackageOption = backends.Option{
	Name: "package",
	Doc:  "project files: " + strings.Join(PackageKinds(), ", "),
}

// PackageKinds lists the kinds of project files.
func PackageKinds() []string { return slices.Sorted(maps.Keys(packages)) }

// packages lists the project files of each kind, and the templates that they are made from.
var packages = map[string]map[string]string{
	"cmake":      {"CMakeLists.txt": "CMakeLists.txt.tmpl"},
	"zephyr":     {"zephyr/module.yml": "zephyr_module.yml.tmpl", "zephyr/CMakeLists.txt": "zephyr_CMakeLists.txt.tmpl", "zephyr/Kconfig": "zephyr_Kconfig.tmpl"},
	"platformio": {"library.json": "library.json.tmpl"},
	"arduino":    {"library.properties": "library.properties.tmpl"},
	"cmsis-pack": {"mlpc.NAME.pdsc": "pdsc.tmpl"},
	"qemu":       {},
}

// addPackage adds the project files that the user asked for. Arduino wants sources in a directory of their own: they are repeated
// there, without the host program.
func addPackage(files backends.Files, in backends.Input, lib Library) error {
	kind := in.Options[PackageOption.Name]
	if kind == "" {
		return nil
	}
	list, ok := packages[kind]
	if !ok {
		return diag.New(diag.CodeOption, diag.Pos{}, "no package kind %q", kind).WithHint("choose one of %s", strings.Join(PackageKinds(), ", "))
	}
	if kind == "qemu" {
		return qemuExample(files, in, lib)
	}
	if kind == "arduino" {
		for _, name := range slices.Collect(maps.Keys(files)) {
			if ext := path.Ext(name); name != "main.c" && (ext == ".c" || ext == ".h") {
				files["src/"+path.Base(name)] = files[name]
			}
		}
	}
	holes := struct {
		Name, Upper, Version, Notice string
		Library, Single              bool
		Defines, Headers             []string
	}{in.Name, strings.ToUpper(in.Name), in.Version, notice(in), lib.Layer != nil, in.Program.Graph.Outs[0].Type.Elem.Single, lib.Defines, kernelHeaders(files)}
	for name, from := range list {
		text, err := templates.FS.ReadFile("c/package/" + from)
		if err != nil {
			return err
		}
		var b bytes.Buffer
		if err := template.Must(template.New(from).Parse(string(text))).Execute(&b, holes); err != nil {
			return err
		}
		files[strings.ReplaceAll(name, "NAME", in.Name)] = b.Bytes()
	}
	return nil
}

// kernelHeaders lists the header files beside the model's own.
func kernelHeaders(files backends.Files) []string {
	var names []string
	for name := range files {
		if strings.HasPrefix(name, "mlpc_") && path.Ext(name) == ".h" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
