package estimator

import (
	"strconv"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// Estimate prices a program on a device. A device of the wrong kind for the program's target is an error; a device without limits
// stands for its family or core.
func Estimate(p *ir.Program, dev Device) (Report, error) {
	switch p.Target {
	case "verilog", "hls":
		if dev.Kind != FPGA {
			return Report{}, wrongKind(p.Target, dev, "xc7a35t")
		}
		return hardware(p, dev), nil
	case "c", "cmsisnn":
		if dev.Kind != MCU {
			return Report{}, wrongKind(p.Target, dev, "cortex-m4")
		}
	}
	return software(p, dev), nil
}

func wrongKind(target string, dev Device, example string) error {
	return diag.New(diag.CodeOption, diag.Pos{}, "device %s is no device for target %s", dev.Name, target).WithHint("choose one like %s", example)
}

// DefaultDevice is the device that a target is priced on when the user names none.
func DefaultDevice(target string) Device {
	name := "generic"
	if target == "c" || target == "cmsisnn" || target == "go" {
		name = "cortex-m4"
	}
	d, err := FindDevice(name)
	if err != nil {
		panic(err)
	}
	return d
}

// Fits lists what exceeds the device's totals, one sentence each.
func (f *Figures) Fits(dev Device) []string {
	var over []string
	check := func(what string, need *int, have int) {
		if need != nil && have > 0 && *need > have {
			over = append(over, strconv.Itoa(*need)+" "+what+" exceed the "+strconv.Itoa(have)+" of "+dev.Name)
		}
	}
	if dev.Family == "ice40" {
		check("logic cells", f.LC, dev.LUTs)
	} else {
		check("LUTs", f.occupied(dev), dev.LUTs)
		check("flip-flops", f.FF, dev.FFs)
	}
	check("DSP blocks", f.DSP, dev.DSPs)
	check("block RAMs", f.BRAM, dev.BRAMs)
	check("bytes of flash", f.FlashBytes, dev.FlashBytes)
	check("bytes of RAM", f.RAMBytes, dev.RAMBytes)
	return over
}

// occupied is the number of LUTs with those that carry cells take up.
func (f *Figures) occupied(dev Device) *int {
	family := families[dev.Family]
	if f.LUT == nil || f.Carry == nil || family == nil {
		return f.LUT
	}
	return ptr(*f.LUT + family.carryLUTs**f.Carry)
}

func ptr(n int) *int { return &n }
