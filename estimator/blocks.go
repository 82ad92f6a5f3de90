package estimator

import (
	"math"
	"math/bits"

	"mlpc/ir"
	"mlpc/ir/stream"
)

// cost adds up what a part of a circuit takes.
type cost struct {
	lut, ff, carry float64
	dsp, bram      int
}

func (c *cost) add(d cost) {
	c.lut += d.lut
	c.ff += d.ff
	c.carry += d.carry
	c.dsp += d.dsp
	c.bram += d.bram
}

// times gives the cost of n such parts.
func (c cost) times(n int) cost {
	return cost{c.lut * float64(n), c.ff * float64(n), c.carry * float64(n), c.dsp * n, c.bram * n}
}

// sum prices a + b of w bits each, whose result has one bit more.
func (f *family) sum(w int) cost {
	n := w
	if f.addTop {
		n++
	}
	return cost{lut: f.add * float64(n), carry: float64(ceil(w+1, f.carryBits))}
}

// product prices n multipliers of two types, without registers. A multiplier block has signed operands, logic does not need the sign.
func (f *family) product(a, b ir.Elem, n int, dev Device) cost {
	if d := f.dsps(signedBits(a), signedBits(b), dev); d > 0 {
		return cost{dsp: n * d}
	}
	return cost{lut: float64(n) * f.multiply(a.Bits, b.Bits), carry: float64(n * ceil(a.Bits+b.Bits, f.carryBits))}
}

// styled prices a multiplier in logic of a style that ir.Step.Style may have: as a row of adders, one for each bit of the shorter operand,
// which takes a LUT for each bit of the longer one, and where the choice is not in the LUT of the adder another; or as a table.
func (f *family) styled(style string, x, w ir.Elem) cost {
	if style == "table" {
		return cost{lut: f.table[min(x.Bits+w.Bits, stream.MostTableBits)]}
	}
	n, b := min(x.Bits, w.Bits), max(x.Bits, w.Bits)
	c := cost{lut: float64(n * b), carry: float64((n - 1) * ceil(b+1, f.carryBits))}
	if f.addTop {
		c.lut = float64(2*n*b - 1)
	}
	return c
}

// multiply is the cost in LUTs of a signed multiplier of operands with a and b bits: the geometric mean of the two squares, each
// interpolated in its table.
func (f *family) multiply(a, b int) float64 {
	return math.Sqrt(f.square(a) * f.square(b))
}

func (f *family) square(w int) float64 {
	last := len(multiplierWidths) - 1
	for i, at := range multiplierWidths {
		if w == at {
			return f.multiplier[i]
		}
		if w < at {
			low := multiplierWidths[i-1]
			share := float64(w-low) / float64(at-low)
			return f.multiplier[i-1] + share*(f.multiplier[i]-f.multiplier[i-1])
		}
	}
	ratio := float64(w) / float64(multiplierWidths[last])
	return f.multiplier[last] * ratio * ratio
}

// dsps is the number of multiplier blocks for one product, 0 where it stays in logic.
func (f *family) dsps(a, b int, dev Device) int {
	if f.dspMin == 0 || a+b < f.dspMin || min(a, b) < 2 || f.countsAsCells && dev.DSPs == 0 {
		return 0
	}
	return min(chunks(a, f.dspA)*chunks(b, f.dspB), chunks(a, f.dspB)*chunks(b, f.dspA))
}

// chunks is the number of block operands that an operand of w bits is cut into: the first takes most bits, the others one less,
// since their sign is none; a rest of one bit more than that stays in logic.
func chunks(w, most int) int { return 1 + ceil(max(0, w-most-1), most-1) }

// rom is the cost of a constant memory: LUTs, or block RAMs where yosys' memory_libmap prefers them.
func (f *family) rom(depth, width int) cost { return f.romIn("", depth, width) }

// romIn is the cost of a constant memory of a kind that ir.Step.ROM may have.
func (f *family) romIn(kind string, depth, width int) cost {
	if depth <= 1 || width == 0 {
		return cost{}
	}
	if n := f.blockRAMs(depth, width); kind == "block" || kind == "" && depth*width > f.romBits*n {
		return cost{bram: n}
	}
	if depth <= 8 { // so few entries make few different bits, and yosys merges equal ones
		width = min(width, 1<<depth-2)
	}
	return cost{lut: f.romLUTs(depth, width)}
}

// romLUTs is the number of LUTs of a constant memory that stays in logic: those that hold it, and those that choose between them.
func (f *family) romLUTs(depth, width int) float64 {
	return float64(width * (ceil(depth, f.lutDepth) + ceil(depth, f.romWide) - 1))
}

// beatROM prices a memory that steps through its words: the memory with its output register, and the counter.
func (f *family) beatROM(depth, width int) cost { return f.beatROMIn("", depth, width) }

// beatROMIn prices a memory as beatROM does, of a kind that ir.Step.ROM may have.
func (f *family) beatROMIn(kind string, depth, width int) cost {
	if depth <= 1 || width == 0 {
		return cost{}
	}
	c := f.romIn(kind, depth, width)
	if c.bram == 0 {
		if depth <= 8 {
			width = min(width, 1<<depth-2)
		}
		c.ff += float64(width)
	}
	n := log2(depth)
	c.add(cost{lut: f.control * float64(n+n/6), ff: float64(n), carry: float64(ceil(n, f.carryBits))})
	return c
}

// ram prices a memory with a write port and a read port: distributed RAM where the family has it, else block RAM.
func (f *family) ram(depth, width int) cost {
	n := f.blockRAMs(depth, width)
	if f.lutRAM == nil || depth*width > f.ramBits*n {
		return cost{bram: n}
	}
	best := math.MaxInt
	for _, b := range f.lutRAM {
		banks := ceil(depth, b.depth)
		best = min(best, f.lutRAMSize*banks*ceil(width, b.width)+(banks-1)*width)
	}
	return cost{lut: float64(best)}
}

// blockRAMs is the least number of blocks over the geometries.
func (f *family) blockRAMs(depth, width int) int {
	best := math.MaxInt
	for _, b := range f.blocks {
		best = min(best, ceil(depth, b.depth)*ceil(width, b.width))
	}
	return best
}

func ceil(a, b int) int { return (a + b - 1) / b }

// log2 is the number of bits that tell n things apart, at least 1.
func log2(n int) int { return max(1, bits.Len(uint(n-1))) }
