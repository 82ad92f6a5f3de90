package testbench

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"
	"time"

	cc "mlpc/backends/c"
	"mlpc/ir"
	"mlpc/templates"
)

// core is a Cortex-M core with the board that QEMU emulates it on.
type core struct {
	name   string   // cortex-m4
	flags  []string // of the compiler
	board  board
	larger *board // runs this core's code where the own board is too small; nil: none
}

// board is a machine of qemu-system-arm, the part of its memory map that the linker may use, and the clock of SysTick.
type board struct {
	Machine                          string
	Flash, FlashBytes, RAM, RAMBytes int
	megahertz                        int
	Code, CodeBytes                  int // memory for code and constants, where flash holds the vector table only; 0: flash holds all
}

var (
	microbit   = board{"microbit", 0, 256 << 10, 0x20000000, 16 << 10, 16, 0, 0}
	mps2AN385  = board{"mps2-an385", 0, 4 << 20, 0x20000000, 4 << 20, 25, 0, 0}
	mps2AN386  = board{"mps2-an386", 0, 4 << 20, 0x20000000, 4 << 20, 25, 0, 0}
	mps2AN500  = board{"mps2-an500", 0, 4 << 20, 0x20000000, 4 << 20, 25, 0, 0}
	mps2AN505  = board{"mps2-an505", 0x10000000, 4 << 20, 0x38000000, 4 << 20, 20, 0, 0}
	mps3AN547  = board{"mps3-an547", 0, 512 << 10, 0x20000000, 512 << 10, 32, 0, 0}
	largeAN547 = board{"mps3-an547", 0, 512 << 10, 0x20000000, 512 << 10, 32, 0x01000000, 2 << 20}
)

// The runners qemu:cortex-m0 to m55 cross-compile the emitted C, emulate the core, and report exact instruction counts and the
// stack. Cores that commonly have hardware floating point use it. A model that is too large for the micro:bit runs on the M3's
// board, whose core executes the same code; one that is too large for the M55's instruction memory runs from the board's SRAM.
var (
	CortexM0  = qemu(core{"cortex-m0", []string{"-mcpu=cortex-m0"}, microbit, &mps2AN385})
	CortexM3  = qemu(core{"cortex-m3", []string{"-mcpu=cortex-m3"}, mps2AN385, nil})
	CortexM4  = qemu(core{"cortex-m4", []string{"-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"}, mps2AN386, nil})
	CortexM7  = qemu(core{"cortex-m7", []string{"-mcpu=cortex-m7", "-mfpu=fpv5-d16", "-mfloat-abi=hard"}, mps2AN500, nil})
	CortexM33 = qemu(core{"cortex-m33", []string{"-mcpu=cortex-m33", "-mfpu=fpv5-sp-d16", "-mfloat-abi=hard"}, mps2AN505, nil})
	CortexM55 = qemu(core{"cortex-m55", []string{"-mcpu=cortex-m55", "-mfloat-abi=hard"}, mps3AN547, &largeAN547})
)

// timeLimit ends a build or an emulation that does not end by itself.
const timeLimit = 10 * time.Minute

// stackBytes is what the linker leaves for the stack at least.
const stackBytes = 2048

// qemu makes the runner of a core.
func qemu(c core) *Runner {
	return &Runner{
		Name:  "qemu:" + c.name,
		Tools: []Tool{{"arm-none-eabi-gcc", "gcc-arm-none-eabi"}, {"qemu-system-arm", "qemu-system-arm"}},
		Run:   func(ctx context.Context, job Job) (Result, error) { return c.run(ctx, job) },
	}
}

// crossFlags are the compiler flags of all cores. Emitted C has to be silent under the warnings, the harness too.
var crossFlags = []string{"-mthumb", "-O2", "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections", "-nostartfiles", "--specs=nosys.specs"}

// run builds the model for the core and runs the vectors.
func (c *core) run(ctx context.Context, job Job) (Result, error) {
	ctx, cancel := context.WithTimeout(ctx, timeLimit)
	defer cancel()
	on := &c.board
	err := c.build(ctx, job, on)
	if err != nil && c.larger != nil && strings.Contains(err.Error(), "overflowed by") {
		on = c.larger
		err = c.build(ctx, job, on)
	}
	if err != nil {
		return Result{}, err
	}
	if err := os.WriteFile(filepath.Join(job.Work, "vectors.bin"), binaryVectors(job.Program.Graph, job.Vectors), 0o644); err != nil {
		return Result{}, err
	}
	_, err = command(ctx, job.Work, nil, nil, "qemu-system-arm", "-M", on.Machine, "-display", "none", "-monitor", "none", "-serial", "none",
		"-semihosting-config", "enable=on,target=native", "-icount", "shift=7", "-kernel", "model.elf")
	if err != nil {
		return Result{}, err
	}
	out, err := os.ReadFile(filepath.Join(job.Work, "results.txt"))
	if err != nil {
		return Result{}, err
	}
	r, err := ParseOutput(out)
	if err != nil {
		return r, fmt.Errorf("output of %s: %w", on.Machine, err)
	}
	r.Tool = fmt.Sprintf("%s on %s", version(ctx, "qemu-system-arm", "--version"), on.Machine)
	return r, nil
}

// build compiles the model with the harness for core c and links it for a board, which may be another core's.
func (c *core) build(ctx context.Context, job Job, on *board) error {
	harness, err := writeHarness(job, on)
	if err != nil {
		return err
	}
	sources, includes, err := cSources(job, false)
	if err != nil {
		return err
	}
	argv := slices.Concat([]string{"arm-none-eabi-gcc"}, c.flags, crossFlags, warnings, includes, sources, harness,
		[]string{"-T", "link.ld", "-o", "model.elf", "-lm"})
	_, err = command(ctx, job.Work, nil, nil, argv...)
	return err
}

// harnessPort is an input or output as the harness template sees it.
type harnessPort struct {
	Name         string
	Size         int
	Input, First bool // First: the first output
}

// writeHarness writes start-up code, linker script and the main program to the work directory, and lists the C files.
func writeHarness(job Job, on *board) ([]string, error) {
	g := job.Program.Graph
	var ports []harnessPort
	for i, name := range cc.PortNames("in", len(g.Inputs())) {
		ports = append(ports, harnessPort{name, g.Inputs()[i].Type.Size(), true, false})
	}
	for i, name := range cc.PortNames("out", len(g.Outs)) {
		ports = append(ports, harnessPort{name, g.Outs[i].Type.Size(), false, i == 0})
	}
	holes := struct {
		board
		Name                     string
		Ports                    []harnessPort
		TicksPer1000, StackBytes int
		Single                   bool // the ports are floats, printed as the integers that their bits spell
	}{*on, job.Name, ports, on.megahertz * 128, stackBytes, g.Outs[0].Type.Elem.Single}
	for _, name := range []string{"harness.c", "link.ld"} {
		text, err := templates.FS.ReadFile("qemu/" + name + ".tmpl")
		if err != nil {
			return nil, err
		}
		var b bytes.Buffer
		if err := template.Must(template.New(name).Parse(string(text))).Execute(&b, holes); err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(job.Work, name), b.Bytes(), 0o644); err != nil {
			return nil, err
		}
	}
	for _, name := range []string{"startup.c", "semihosting.c"} {
		text, err := templates.FS.ReadFile("qemu/" + name)
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(job.Work, name), text, 0o644); err != nil {
			return nil, err
		}
	}
	return []string{"harness.c", "startup.c", "semihosting.c"}, nil
}

// binaryVectors lays the inputs of all vectors out as the C types of the model's inputs, little-endian.
func binaryVectors(g *ir.Graph, vectors [][]int64) []byte {
	var out []byte
	for _, v := range vectors {
		for _, in := range g.Inputs() {
			n := in.Type.Size()
			for _, x := range v[:n] {
				for range cc.ElemBytes(in.Type.Elem) {
					out = append(out, byte(x))
					x >>= 8
				}
			}
			v = v[n:]
		}
	}
	return out
}
