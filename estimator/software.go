package estimator

import (
	"strconv"

	cc "mlpc/backends/c"
	"mlpc/backends/cmsisnn"
	"mlpc/ir"
)

// software prices the memory of a program for a processor: flash holds the constants in the narrowest C types, RAM the arena of
// activations.
func software(p *ir.Program, dev Device) Report {
	var r Report
	flash, ram := 0, 0
	for _, v := range p.Graph.Values {
		flash += constantBytes(v)
	}
	for _, b := range p.Buffers {
		ram = max(ram, b.Offset+b.Bytes)
	}
	r.Total = Figures{FlashBytes: ptr(flash), RAMBytes: ptr(ram), Basis: "constants and activation buffers, counted"}
	for i := range p.Steps {
		s := &p.Steps[i]
		r.Layers = append(r.Layers, Layer{Name: layerName(s), Op: s.Values[0].Op.String()})
	}
	switch p.Target {
	case "c":
		r.Total.onCore(p, dev.Core, cc.Estimate, "")
	case "cmsisnn":
		r.Total.onCore(p, dev.Core, cmsisnn.Estimate, " (CMSIS-NN 99f736a)")
	}
	return r
}

// onCore replaces the figures by those of the C code on a core that its kernels know; library is behind its name.
func (f *Figures) onCore(p *ir.Program, core string, estimate func(*ir.Program, string) (cc.Cost, error), library string) {
	cost, err := estimate(p, core)
	if err != nil {
		return
	}
	f.FlashBytes, f.RAMBytes = ptr(cost.ConstantBytes), ptr(cost.RAMBytes)
	f.Basis = "constants (.rodata) and static memory (.bss, .data) of the C code for " + core + ", counted; code (.text) and stack come on top"
	if cost.Instructions > 0 {
		f.Instructions = ptr(cost.Instructions)
		f.Basis += "; instructions" + library + " as QEMU 7.2 counts them after GCC 12.2 -O2"
	}
}

// layerName is the name in the model of the value that a step computes, or its number in the graph.
func layerName(s *ir.Step) string {
	for _, v := range s.Values {
		if v.Name != "" {
			return v.Name
		}
	}
	return valueName(s.Out())
}

// valueName is the name of a value in the model, or its number in the graph.
func valueName(v *ir.Value) string {
	if v.Name != "" {
		return v.Name
	}
	return "%" + strconv.Itoa(v.ID)
}

// constantBytes is what the constants of a value take in flash.
func constantBytes(v *ir.Value) int {
	switch a := v.Attr.(type) {
	case *ir.Data:
		return a.Len() * storage(v.Type.Elem)
	case *ir.Table:
		return len(a.Values) * storage(v.Type.Elem)
	case *ir.Requant:
		return 4*len(a.Mul) + 4*len(a.Add) + len(a.Shift)
	case *ir.Threshold:
		return len(a.Steps) * storage(v.Args[0].Type.Elem)
	case *ir.Route:
		if consecutive(a.Index) {
			return 0
		}
		return 2 * len(a.Index)
	}
	return 0
}

func consecutive(index []int32) bool {
	for i, x := range index {
		if x != index[0]+int32(i) {
			return false
		}
	}
	return true
}

// storage is the size of the number of C that holds an element: 1, 2, 4 or 8 bytes.
func storage(e ir.Elem) int {
	if e.Single {
		return 4
	}
	n := 1
	for 8*n < e.Bits {
		n *= 2
	}
	return n
}
