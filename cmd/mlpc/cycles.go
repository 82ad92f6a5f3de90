package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
)

// cycleCount is the value of a flag that bounds a time: clock cycles, or a duration that becomes cycles where the clock is known.
type cycleCount struct {
	cycles int
	span   time.Duration
}

// Set reads 20 or 100ns.
func (c *cycleCount) Set(s string) error {
	*c = cycleCount{}
	n, err := strconv.Atoi(s)
	if err == nil {
		c.cycles = n
		return nil
	}
	c.span, err = time.ParseDuration(s)
	return err
}

// String is empty where nothing is set.
func (c *cycleCount) String() string {
	switch {
	case c.span != 0:
		return strings.ReplaceAll(c.span.String(), "µ", "u")
	case c.cycles != 0:
		return strconv.Itoa(c.cycles)
	}
	return ""
}

// Get gives what the user wrote, for the list of flags in manifest.json.
func (c *cycleCount) Get() any { return c.String() }

// cyclesOf gives the whole clock cycles that fit what a flag says; 0 where it is not given.
func cyclesOf(ctx *cli.Context, name string, mhz float64) (int, error) {
	c, ok := ctx.Generic(name).(*cycleCount)
	if !ok || !ctx.IsSet(name) {
		return 0, nil
	}
	cycles := float64(c.cycles)
	if c.span != 0 {
		if mhz == 0 {
			return 0, usage("add --clock MHZ, or give a number of cycles", "--%s %v needs the clock to be cycles", name, c)
		}
		const rounding = 1e-9 // 100 ns are 20 cycles of 200 MHz, whatever float64 makes of it
		cycles = math.Floor(float64(c.span.Nanoseconds())*mhz/1000 + rounding)
		if c.span > 0 && cycles < 1 {
			return 0, usage("allow more time, or raise --clock", "--%s %v is less than one cycle of %g MHz", name, c, mhz)
		}
	}
	if !(cycles >= 1 && cycles <= math.MaxInt32) {
		return 0, usage("give a positive number, or leave the flag out", "--%s %v is out of range", name, orElse(c.String(), fmt.Sprint(0)))
	}
	return int(cycles), nil
}
