package stream

import "mlpc/ir"

// StepII is the number of cycles from sample to sample that a step needs if it stood alone, with the converters before it.
func (n *Network) StepII(step int) int {
	ii := n.Layers[step].Cycles()
	for _, node := range n.Nodes {
		if node.Step != step {
			continue
		}
		for _, l := range node.Ins {
			ii = max(ii, l.Form.Beats())
		}
	}
	return ii
}

// Buffers lists the memories that hold activations: FIFOs, replay memories and the banks of routes (with their copies, one for each
// lane that reads on its own).
func (n *Network) Buffers() []ir.Buffer {
	var list []ir.Buffer
	add := func(l *Link, words int) {
		list = append(list, ir.Buffer{Value: l.Value, Bytes: (words*l.Width() + 7) / 8})
	}
	for _, node := range n.Nodes {
		switch node.Kind {
		case Buffer:
			add(node.Ins[0], node.Depth)
		case Banks:
			ports := node.Outs[0].Form.Lanes
			if n.Layers[node.Step].HasTable() {
				ports = 1
			}
			for i, banks := range node.Banks {
				add(node.Ins[i], node.Ins[i].Form.Beats()*banks*ports)
			}
		}
	}
	return list
}
