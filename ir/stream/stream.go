// Package stream describes the streaming form of a program: engines, one for each step, joined by valid/ready streams, and the exact
// number of cycles that the network takes.
//
// Build makes the network of a program from its graph and the folding in its steps. The Verilog backend instantiates one module for
// each node, and Simulate steps the same nodes, register for register, so cycles are exact by construction. A stream carries the elements of
// a value in row-major order, some lanes a beat.
package stream

import (
	"mlpc/ir"
)

// The engines of a step (ir.Step.Engine).
const (
	MVAU    = "mvau"    // matrix-vector unit: PE rows by SIMD columns of a dense layer at once
	Eltwise = "eltwise" // elementwise ops on PE = SIMD lanes
	Reduce  = "reduce"  // sum, maximum or its index along the last axis, SIMD lanes at once
	Route   = "route"   // index map: whole samples are kept, SIMD lanes in, PE lanes out
	MatMul  = "matmul"  // as mvau, with a run-time matrix in the place of the weights
	TopK    = "topk"    // places of the largest elements of the last axis
	Norm    = "norm"    // mantissas and exponents, PE elements at once
	Lookup  = "lookup"  // rows of a table, PE elements at once
	Float32 = "float32" // sums in float32: PE fused multiply-adds at once, and the quantizer behind them
	Wires   = "wires"   // reshape: the elements keep their order, no hardware
)

// Form says how the elements of a value travel: Groups groups of Length elements in order, Lanes elements a beat; the last beat of a
// group is filled up.
type Form struct {
	Groups, Length, Lanes int
}

// GroupBeats is the number of beats of one group.
func (f Form) GroupBeats() int { return (f.Length + f.Lanes - 1) / f.Lanes }

// Beats is the number of beats of one sample.
func (f Form) Beats() int { return f.Groups * f.GroupBeats() }

// Element gives the index of the element in a lane of a beat, or −1 where the lane is filled up.
func (f Form) Element(beat, lane int) int {
	group, at := beat/f.GroupBeats(), beat%f.GroupBeats()*f.Lanes+lane
	if at >= f.Length {
		return -1
	}
	return group*f.Length + at
}

// Tail is the number of lanes in use in the last beat of a group.
func (f Form) Tail() int { return f.Length - (f.GroupBeats()-1)*f.Lanes }

// formOf gives the form that follows the shape of a value: a group for each index of the leading axes.
func formOf(v *ir.Value, lanes int) Form {
	n := LastAxis(v)
	return Form{v.Type.Size() / n, n, lanes}
}

// LastAxis is the size of the last axis of a value, 1 for a scalar.
func LastAxis(v *ir.Value) int {
	if s := v.Type.Shape; len(s) > 0 {
		return s[len(s)-1]
	}
	return 1
}

// Kind is a kind of node.
type Kind uint8

const (
	Source Kind = iota // an input of the circuit
	Sink               // an output of the circuit
	Fork               // gives each word to several streams
	Buffer             // mlpc_stream_buffer: FIFO, or the replay memory of an MVAU
	Pack               // mlpc_stream_pack
	Unpack             // mlpc_stream_unpack
	Pipe               // the pipeline of an mvau, eltwise or reduce engine
	Banks              // an engine that keeps whole samples: route, and lookup in a run-time table
	Drain              // takes what nothing uses
)

// Node is one module instance. Which fields mean something depends on Kind.
type Node struct {
	Kind Kind
	ID   int
	Step int // index of the step that the node belongs to; −1: none
	Port int // Source and Sink: index of the input or output
	Ins  []*Link
	Outs []*Link

	Length int    // Buffer: words of a packet; Pack, Unpack: narrow words of a group
	Repeat int    // Buffer: times that a packet is given
	Depth  int    // Buffer: words of memory
	Ratio  int    // Pack, Unpack: narrow words in a wide one
	Every  int    // Pipe: a beat leaves for so many that enter
	Stages int    // Pipe, Banks: registers from entering to leaving
	Chain  *Chain // Pipe: how rows take turns in the sums of a float32 engine
	Inner  bool   // Pipe: the sums of a float32 engine, whose quantizer is a pipe of its own
	Banks  []int  // Banks: samples kept, by input; a lookup's indexes, its last input, are not kept

	Index []int32 // Banks: element i leaves as element Index[i] of the inputs laid end to end, or as Fill[−1−Index[i]]
	Fill  []int64
}

// Link is a stream from one node to another.
type Link struct {
	ID       int
	From, To *Node
	Value    *ir.Value
	Form     Form
	sums     *Layer // not nil: the stream carries sums of this float32 engine, not yet the value
}

// Bits is the number of bits of a lane.
func (l *Link) Bits() int {
	if l.sums != nil {
		return l.sums.Format().N
	}
	return l.Value.Type.Elem.Bits
}

// Width is the number of data bits.
func (l *Link) Width() int { return l.Form.Lanes * l.Bits() }

// Network is the streaming circuit of a program. Nodes stand in topological order.
type Network struct {
	Program *ir.Program
	Layers  []*Layer // one for each step
	Nodes   []*Node
	Links   []*Link
}

// IsAdapter tells whether a node of kind Banks only sorts the elements of a step's operand or result.
func (n *Network) IsAdapter(node *Node) bool {
	l := n.Layers
	return node.Kind == Banks && l[node.Step].Step.Engine != Route && !l[node.Step].HasTable()
}

// Sources lists the inputs of the circuit in the graph's order.
func (n *Network) Sources() []*Node { return n.ports(Source) }

// Sinks lists the outputs of the circuit in the graph's order.
func (n *Network) Sinks() []*Node { return n.ports(Sink) }

func (n *Network) ports(k Kind) []*Node {
	var list []*Node
	for _, node := range n.Nodes {
		if node.Kind == k {
			list = append(list, node)
		}
	}
	for i := range list {
		for list[i].Port != i {
			j := list[i].Port
			list[i], list[j] = list[j], list[i]
		}
	}
	return list
}
