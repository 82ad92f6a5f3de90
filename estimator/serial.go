package estimator

import (
	"mlpc/ir"
	"mlpc/ir/serial"
)

// serial prices the small engine: its memories and ROMs, two multipliers, the rounding and the control. The layers share it, so the
// report gives cycles for each of them only.
func (f *family) serial(p *ir.Program, m *serial.Machine, dev Device) Report {
	w := m.Widths()
	c := f.ram(1<<w.Addr, w.Word)
	if w.Pairs {
		c.add(f.ram(1<<w.Addr, w.Word))
	}
	c.add(f.rom(len(m.Rows), w.Row()))
	c.add(f.rom(len(m.Weights), w.Weight))
	if len(m.Tables) > 0 {
		c.add(f.rom(len(m.Tables), w.Word))
	}
	factor := max(w.Word, w.Weight)
	c.add(f.product(ir.Int(w.Word), ir.Int(factor), 1, dev))
	c.add(f.product(ir.Int(w.Acc), ir.Int(w.Mul), 1, dev))
	// Accumulator, the largest so far, the column; the comparison of both; the rounding twice with its shifter.
	c.add(f.sum(w.Acc).times(4))
	c.add(f.sum(w.Rounding).times(4))
	c.lut += float64(w.Rounding * w.Shift)
	c.lut += f.control * float64(4*w.Addr+w.WeightAddr+w.RowAddr+24)
	c.ff += float64(4*w.Acc + w.Acc + w.Mul + 2*w.Word + w.Row() + 2*w.Addr + w.WeightAddr + w.RowAddr + 12)
	r := Report{Total: f.figures(c, p)}
	for i := range p.Steps {
		s := &p.Steps[i]
		r.Layers = append(r.Layers, Layer{Name: layerName(s), Op: s.Values[0].Op.String(), PE: s.PE, SIMD: s.SIMD, Cycles: s.Cycles})
	}
	return r
}
