package estimator

import (
	"math/bits"

	"mlpc/ir"
	"mlpc/ir/serial"
)

// serial prices the small engine: its memories and ROMs, the multipliers, the rounding and the control. The layers share it, so the
// report gives cycles for each of them only.
func (f *family) serial(p *ir.Program, m *serial.Machine, dev Device) Report {
	w := m.Widths()
	c := f.serialMemories(m, w)
	first := f.joined(w.Word, serialFactor(w), dev)
	if first.dsp == 0 && w.Addr2 == 1 {
		first = f.joined(w.Word, min(w.Weight, m.WeightBits()+1), dev)
	}
	c.add(first)
	inBlocks := first.dsp > 0 && f.registers // which hold the registers behind their products, and join lanes
	for range m.P - 1 {
		c.add(f.product(ir.Int(w.Lane), ir.Int(w.Weight), 1, dev))
		c.add(f.sum(w.Acc))
		if !inBlocks {
			c.ff += float64(w.Lane + w.Weight)
		}
	}
	if m.P > 1 {
		if !inBlocks {
			c.ff += float64(w.Acc)
		}
		c.lut += float64(w.Word * (m.P - 1)) // a word of one of the banks
	}
	if m.Drop > 0 { // beside the exact ones
		truncated := cost{lut: f.multiply(w.Weight, w.Word) + float64(2*(w.Weight+w.Word))}
		c.add(truncated.times(m.P))
	}
	// The accumulator with its bias, and what finds the largest.
	c.add(f.sum(w.Acc))
	c.lut += float64(w.Acc)
	c.ff += float64(w.Acc)
	if !inBlocks {
		c.ff += float64(w.Word + serialFactor(w))
	}
	if w.Sorts {
		c.add(f.sum(w.Acc).times(3))
		c.lut += 3 * float64(w.Acc)
		c.ff += 4 * float64(w.Acc)
	}
	c.add(f.serialFit(m, w, dev))
	addresses := 2*w.Addr + w.ListAddr() + w.RowAddr + w.Columns
	c.lut += f.control * (2.4*float64(addresses) + 1.5*float64(w.Word) + 40)
	c.ff += float64(addresses + 20)
	if m.SPRAM {
		c.lut += f.control * 60
		c.ff += float64(60 + 16*m.WordBytes())
	}
	r := Report{Total: f.figures(c, p)}
	for i := range p.Steps {
		s := &p.Steps[i]
		r.Layers = append(r.Layers, Layer{Name: layerName(s), Op: s.Values[0].Op.String(), PE: s.PE, SIMD: s.SIMD, Cycles: s.Cycles})
	}
	return r
}

// serialFactor is the number of bits of the second factor of the first multiplier.
func serialFactor(w *serial.Widths) int {
	if w.Addr2 > 1 {
		return max(w.Word, w.Weight)
	}
	return w.Weight
}

// serialMemories prices the words and the ROMs. A row ROM keeps what differs between rows.
func (f *family) serialMemories(m *serial.Machine, w *serial.Widths) cost {
	bank := (1 << w.Addr) / m.P
	c := f.ram(bank, w.Word).times(m.P)
	if f.lutRAM == nil { // a word that is written and read at once goes around the block
		c.add(cost{lut: float64(w.Word) / 2, ff: float64(w.Word + w.Addr)})
	}
	if w.Addr2 > 1 {
		c.add(f.ram(1<<w.Addr, w.Word))
	}
	columns := m.DistinctColumns()
	rows := f.rom(len(m.Rows), columns)
	if rows.bram == 0 {
		rows.ff = float64(columns)
	}
	c.add(rows)
	if !m.SPRAM {
		width := m.P * max(1, m.WeightBits())
		weights := f.rom(len(m.Weights)/m.P, width)
		if weights.bram > 0 { // the words of banks of blocks one behind the other are chosen in logic
			banks := ceil(len(m.Weights)/m.P, f.deepest())
			weights.lut = float64(banks) + float64(width*(banks-1))*f.choose
		}
		c.add(weights)
	}
	c.add(f.rom(len(m.Steps), w.Step))
	c.add(f.rom(len(m.Tables), w.Word))
	return c
}

// joined prices a multiplier of so many bits; blocks of one that takes several are joined by adders in logic.
func (f *family) joined(a, b int, dev Device) cost {
	c := f.product(ir.Int(a), ir.Int(b), 1, dev)
	if c.dsp > 1 {
		c.add(f.sum(a + b).times(c.dsp - 1))
	}
	return c
}

// serialFit prices mlpc_serial_fit: where something is scaled, the multiplier, the adders and the shifter with the registers between them.
// Factors and distances are those of the rows, and bits that are the same in all of them cost nothing.
func (f *family) serialFit(m *serial.Machine, w *serial.Widths, dev Device) cost {
	c := f.sum(w.Limits).times(3)
	c.lut += 2 * f.compare * float64(w.Limits)
	c.ff += float64(w.Word + w.Rounding)
	if w.Fits&(1<<serial.HalfUp|1<<serial.HalfEven|1<<serial.High|1<<serial.Single) == 0 {
		return c
	}
	product := f.joined(w.Acc, w.Mul, dev)
	if n := m.FactorBits(); product.dsp == 0 {
		product = f.joined(w.Acc, min(n+1, w.Mul), dev)
		if n == 0 {
			product = cost{}
		}
	}
	c.add(product)
	c.add(f.sum(w.Rounding).times(2))
	levels := float64(bits.Len(uint(m.Shifts() - 1)))
	if f.lutDepth >= 64 { // a LUT of 6 inputs chooses from four
		levels /= 2
	}
	c.lut += float64(w.Rounding) * (1 + levels)
	c.ff += float64(2 * w.Rounding)
	if product.dsp != 1 || !f.registers {
		c.ff += float64(w.Acc + w.Mul)
	}
	if w.Fits>>serial.Single&1 == 1 {
		c.add(f.sum(w.Rounding).times(2))
		c.lut += 3 * float64(w.Rounding)
		c.ff += 30
	}
	return c
}
