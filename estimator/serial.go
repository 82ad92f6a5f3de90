package estimator

import (
	"mlpc/ir"
	"mlpc/ir/serial"
)

// serial prices the small engine: its memories and ROMs, the multipliers, the rounding and the control. The layers share it, so the
// report gives cycles for each of them only.
func (f *family) serial(p *ir.Program, m *serial.Machine, dev Device) Report {
	w := m.Widths()
	c := f.serialMemories(m, w)
	c.add(f.product(ir.Int(w.Word), ir.Int(serialFactor(w)), 1, dev))
	for range m.P - 1 {
		c.add(f.product(ir.Int(w.Lane), ir.Int(w.Weight), 1, dev))
		c.add(f.sum(w.Acc))
		c.ff += float64(w.Lane + w.Weight)
	}
	if m.P > 1 {
		c.ff += float64(w.Acc)
		c.lut += float64(w.Word * (m.P - 1)) // a word of one of the banks
	}
	if m.Drop > 0 { // beside the exact ones
		truncated := cost{lut: f.multiply(w.Weight, w.Word) + float64(2*(w.Weight+w.Word))}
		c.add(truncated.times(m.P))
	}
	// The accumulator with its bias, and what finds the largest.
	c.add(f.sum(w.Acc))
	c.lut += float64(w.Acc)
	c.ff += float64(w.Acc + w.Word + serialFactor(w))
	if w.Sorts {
		c.add(f.sum(w.Acc).times(3))
		c.lut += 3 * float64(w.Acc)
		c.ff += 4 * float64(w.Acc)
	}
	c.add(f.serialFit(w, dev))
	addresses := 2*w.Addr + w.ListAddr() + w.RowAddr + w.Columns
	c.lut += f.control * float64(2*addresses+3*w.Word/2+30)
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

// serialMemories prices the words and the ROMs. A row ROM in logic keeps what differs between rows.
func (f *family) serialMemories(m *serial.Machine, w *serial.Widths) cost {
	bank := (1 << w.Addr) / m.P
	c := f.ram(bank, w.Word).times(m.P)
	if w.Addr2 > 1 {
		c.add(f.ram(1<<w.Addr, w.Word))
	}
	rows := f.rom(len(m.Rows), w.Row())
	if rows.bram == 0 && len(m.Rows) > 1 {
		rows.lut = f.romLUTs(len(m.Rows), m.DistinctColumns())
		rows.ff = float64(m.DistinctColumns())
	}
	c.add(rows)
	if !m.SPRAM {
		c.add(f.rom(len(m.Weights)/m.P, m.P*w.Weight))
	}
	c.add(f.rom(len(m.Steps), w.Step))
	c.add(f.rom(len(m.Tables), w.Word))
	return c
}

// serialFit prices mlpc_serial_fit: where something is scaled, the multiplier, the adders and the shifter with the registers between them.
func (f *family) serialFit(w *serial.Widths, dev Device) cost {
	c := f.sum(w.Limits).times(3)
	c.lut += 2 * f.compare * float64(w.Limits)
	c.ff += float64(w.Word + w.Rounding)
	if w.Fits&(1<<serial.HalfUp|1<<serial.HalfEven|1<<serial.High|1<<serial.Single) == 0 {
		return c
	}
	c.add(f.product(ir.Int(w.Acc), ir.Int(w.Mul), 1, dev))
	c.add(f.sum(w.Rounding).times(2))
	c.lut += float64(w.Rounding) * (2 + float64(log2(w.Rounding)))
	c.ff += float64(2*w.Rounding + w.Acc + w.Mul)
	if w.Fits>>serial.Single&1 == 1 {
		c.add(f.sum(w.Rounding).times(2))
		c.lut += 3 * float64(w.Rounding)
		c.ff += 30
	}
	return c
}
