package testbench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Iverilog runs the emitted Verilog testbench in Icarus Verilog. It builds in well under a second and runs slowly: for small circuits.
var Iverilog = &Runner{
	Name:  "iverilog",
	Tools: []Tool{{"iverilog", "iverilog"}, {"vvp", "iverilog"}},
	Run: func(ctx context.Context, job Job) (Result, error) {
		if len(job.Vectors) == 0 {
			return Result{}, nil
		}
		rtl, top, exe := filepath.Join(job.Dir, "rtl"), job.Name+"_tb", filepath.Join(job.Work, "sim.vvp")
		_, err := command(ctx, job.Work, nil, nil, "iverilog", "-g2001", "-s", top, "-P", fmt.Sprintf("%s.ROWS=%d", top, len(job.Vectors)),
			"-y", rtl, "-y", filepath.Join(job.Dir, "tb"), "-o", exe, filepath.Join(job.Dir, "tb", top+".v"))
		if err != nil {
			return Result{}, err
		}
		if err := copyHex(job.Work, rtl, filepath.Join(job.Dir, "tb")); err != nil {
			return Result{}, err
		}
		if err := hexInputs(job); err != nil {
			return Result{}, err
		}
		r, err := withStalls(job, func(seed string) ([]byte, error) {
			argv := []string{"vvp", "-n", exe, "+print"}
			if seed != "" {
				argv = append(argv, "+seed="+seed)
			}
			return command(ctx, job.Work, nil, nil, argv...)
		})
		tool := strings.Fields(version(ctx, "iverilog", "-V"))
		r.Tool = strings.Join(tool[:min(4, len(tool))], " ")
		return r, err
	},
}

// hexInputs writes the vector files of the testbench: a file for each input, an element a line in 64 bits.
func hexInputs(job Job) error {
	ins := job.Program.Graph.Inputs()
	at := 0
	for i, v := range ins {
		end := at + v.Type.Size()
		var text strings.Builder
		for _, row := range job.Vectors {
			for _, x := range row[at:end] {
				fmt.Fprintf(&text, "%016x\n", uint64(x))
			}
		}
		name := job.Name + "_in.hex"
		if len(ins) > 1 {
			name = fmt.Sprintf("%s_in%d.hex", job.Name, i)
		}
		if err := os.WriteFile(filepath.Join(job.Work, name), []byte(text.String()), 0o644); err != nil {
			return err
		}
		at = end
	}
	return nil
}

// copyHex copies the memory files of directories, which the simulator reads by name from where it runs.
func copyHex(to string, from ...string) error {
	for _, dir := range from {
		files, err := filepath.Glob(filepath.Join(dir, "*.hex"))
		if err != nil {
			return err
		}
		for _, f := range files {
			data, err := os.ReadFile(f)
			if err == nil {
				err = os.WriteFile(filepath.Join(to, filepath.Base(f)), data, 0o644)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}
