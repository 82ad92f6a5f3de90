package testbench

import "slices"

// runners holds every runner, with the targets whose files it builds; a target's default comes first.
var runners = []struct {
	*Runner
	targets []string
}{
	{Verilator, []string{"verilog"}},
	{Iverilog, []string{"verilog"}},
	{GPP, []string{"hls"}},
	{GCC, []string{"c", "cmsisnn"}},
	{Sanitized, []string{"c", "cmsisnn"}},
	{CortexM0, []string{"c", "cmsisnn"}},
	{CortexM3, []string{"c", "cmsisnn"}},
	{CortexM4, []string{"c", "cmsisnn"}},
	{CortexM7, []string{"c", "cmsisnn"}},
	{CortexM33, []string{"c", "cmsisnn"}},
	{CortexM55, []string{"c", "cmsisnn"}},
	{Go, []string{"go"}},
}

// RunnerNames lists the runners.
func RunnerNames() []string {
	var names []string
	for _, r := range runners {
		names = append(names, r.Name)
	}
	return names
}

// RunnersFor lists the runners that build the files of a target, its default first.
func RunnersFor(target string) []string {
	var names []string
	for _, r := range runners {
		if slices.Contains(r.targets, target) {
			names = append(names, r.Name)
		}
	}
	return names
}

// FindRunner finds a runner by name, or gives nil.
func FindRunner(name string) *Runner {
	for _, r := range runners {
		if r.Name == name {
			return r.Runner
		}
	}
	return nil
}
