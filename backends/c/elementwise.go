package cc

import "mlpc/ir"

// elementwise prints loops over the result's elements with the arguments of the head broadcast.
func (s *site) elementwise(l *Layer) {
	v := l.Head
	shape := v.Type.Shape
	channel := make([]int, len(shape))
	if len(channel) > 0 {
		channel[len(channel)-1] = 1
	}
	strides := [][]int{rowMajor(shape)}
	if needsChannel(l) {
		strides = append(strides, channel)
	} else {
		strides = append(strides, make([]int, len(shape)))
	}
	for _, a := range v.Args {
		strides = append(strides, broadcastStrides(a.Type.Shape, shape))
	}
	n := newNest(shape, strides)
	s.flat, s.channel = n.index(0), n.index(1)
	for i, a := range v.Args {
		s.index[a] = n.index(2 + i)
	}
	n.open(&s.Printer)
	s.compute(v)
	s.store(l)
	n.close(&s.Printer)
}

// needsChannel tells whether an op of the layer has constants along the last axis.
func needsChannel(l *Layer) bool {
	for _, v := range append([]*ir.Value{l.Head}, l.Chain...) {
		switch a := v.Attr.(type) {
		case *ir.Requant:
			if max(len(a.Mul), len(a.Add), len(a.Shift)) > 1 {
				return true
			}
		case *ir.Threshold:
			if a.Channels > 1 {
				return true
			}
		}
		if v != l.Head {
			for _, a := range v.Args {
				if kindOf(a, v) == channelKind {
					return true
				}
			}
		}
	}
	return false
}
