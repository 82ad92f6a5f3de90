// Package estimator says what a scheduled program costs on a device: clock cycles, logic, memory and multipliers of an FPGA, or
// flash, RAM and instructions of a microcontroller. It needs no vendor tool. Cycles come from the schedule and are exact; the
// other rules are closed forms fitted to a named open tool, and every report names it.
package estimator

import (
	"embed"
	"encoding/csv"
	"slices"
	"strconv"
	"strings"

	"mlpc/ir/diag"
)

// Kind says what a device is.
type Kind string

// The kinds of devices.
const (
	FPGA Kind = "fpga"
	MCU  Kind = "mcu"
)

// Device is a chip, or with all sizes 0 a family or a core without limits.
type Device struct {
	Name   string
	Kind   Kind
	Family string // FPGA: xc7, xcup, ice40 or ecp5
	Part   string // FPGA: the vendor tool's name of it
	Core   string // MCU: cortex-m4, …

	// FPGA totals. LUTs are 6-input on Xilinx, 4-input elsewhere (logic cells on iCE40); BRAMs are RAMB18, 4-kbit or 18-kbit blocks.
	LUTs, FFs, DSPs, BRAMs int

	ClockMHz             float64 // MCU: the usual clock; 0: unknown
	FlashBytes, RAMBytes int
}

//go:embed devices/*.csv
var deviceFiles embed.FS

var devices = slices.Concat(readDevices("devices/fpga.csv", fpgaRow), readDevices("devices/mcu.csv", mcuRow))

// Devices lists the known devices, FPGAs first.
func Devices() []Device { return slices.Clone(devices) }

// readDevices reads an embedded table, which a test checks.
func readDevices(name string, row func([]string) Device) []Device {
	text, err := deviceFiles.ReadFile(name)
	if err != nil {
		panic(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil {
		panic(name + ": " + err.Error())
	}
	var list []Device
	for _, r := range rows[1:] {
		list = append(list, row(r))
	}
	return list
}

func fpgaRow(r []string) Device {
	return Device{Name: r[0], Kind: FPGA, Family: r[1], Part: r[2], LUTs: number(r[3]), FFs: number(r[4]), DSPs: number(r[5]), BRAMs: number(r[6])}
}

func mcuRow(r []string) Device {
	return Device{Name: r[0], Kind: MCU, Core: r[1], ClockMHz: float64(number(r[2])), FlashBytes: number(r[3]), RAMBytes: number(r[4])}
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(err)
	}
	return n
}

// HasSPRAM tells whether the device has large single-port RAMs that a circuit fills after reset: iCE40 UltraPlus.
func (d *Device) HasSPRAM() bool { return d.Family == "ice40" && strings.HasPrefix(d.Part, "up") }

// FindDevice finds a device by its name or its part, whatever the letter case.
func FindDevice(name string) (Device, error) {
	want := strings.ToLower(name)
	for _, d := range devices {
		if d.Name == want || d.Part != "" && d.Part == want {
			return d, nil
		}
	}
	var names []string
	for _, d := range devices {
		names = append(names, d.Name)
	}
	hint := diag.DidYouMean(want, names)
	if hint == "" {
		hint = "list the devices with `mlpc devices`"
	}
	return Device{}, diag.New(diag.CodeOption, diag.Pos{}, "no device %q", name).WithHint("%s", hint)
}
