package main

import (
	"fmt"
	"math"
	"math/bits"
	"strings"

	"mlpc/ir"
)

// layerInfo is one line of the layers table: what one node of the model became, with the activation behind it.
type layerInfo struct {
	Name       string       `json:"name"`
	Op         string       `json:"op"` // the model's operator, or that of the IR where the model is a graph of the IR
	IR         []string     `json:"ir"` // the ops that it became
	Shape      []int        `json:"shape"`
	Elem       string       `json:"elem"`
	Activation string       `json:"activation,omitempty"`
	Parameters int64        `json:"parameters,omitempty"`
	MACs       int64        `json:"macs,omitempty"`
	Bits       int          `json:"bits,omitempty"` // of the result, where a quantizer or the element type says so
	Weights    *weightStats `json:"weights,omitempty"`

	last *ir.Value
}

// weightStats describes the weights of a dense layer as they multiply: quantized, where the model quantizes them.
type weightStats struct {
	Min      float64 `json:"min"`
	Max      float64 `json:"max"`
	Std      float64 `json:"std"`
	Zeros    float64 `json:"zeros"`    // fraction that is zero
	Distinct int     `json:"distinct"` // different values
	Bits     int     `json:"bits,omitempty"`
}

// layers lists the nodes of a graph in order of computation.
func layers(g *ir.Graph) ([]layerInfo, error) {
	static, err := staticValues(g)
	if err != nil {
		return nil, err
	}
	users := make([][]*ir.Value, len(g.Values))
	for _, v := range g.Values {
		for _, a := range v.Args {
			users[a.ID] = append(users[a.ID], v)
		}
	}
	list := []layerInfo{}
	for _, v := range g.Values {
		if v.Op == ir.OpInput || static[v.ID] != nil {
			continue
		}
		var l *layerInfo
		if n := len(list); n > 0 && v.Pos.Node != "" && v.Pos == list[n-1].last.Pos {
			l = &list[n-1]
		} else if n > 0 && list[n-1].activates(v, users) {
			list[n-1].Activation, list[n-1].last = opName(v), v
			list[n-1].Bits = resultBits(v, users)
			continue
		} else {
			list = append(list, layerInfo{Op: opName(v)})
			l = &list[len(list)-1]
		}
		l.add(v, static)
		l.Bits = resultBits(v, users)
	}
	return list, nil
}

// opName is the model's operator of a value, or the op with its function.
func opName(v *ir.Value) string {
	if v.Pos.Op != "" {
		return v.Pos.Op
	}
	if t, ok := v.Attr.(*ir.Table); ok && t.Fn != "" {
		return v.Op.String() + " " + t.Fn
	}
	return v.Op.String()
}

// activates tells whether v is a function of each element of the layer's result, which nothing else reads.
func (l *layerInfo) activates(v *ir.Value, users [][]*ir.Value) bool {
	switch v.Op {
	case ir.OpClamp, ir.OpTable, ir.OpRequant, ir.OpThreshold:
		return l.MACs > 0 && l.Activation == "" && v.Args[0] == l.last && len(users[l.last.ID]) == 1
	}
	return false
}

// add takes one value of the node in.
func (l *layerInfo) add(v *ir.Value, static []*ir.Tensor) {
	l.last, l.IR = v, append(l.IR, v.Op.String())
	l.Shape, l.Elem = append([]int{}, v.Type.Shape...), v.Type.Elem.String()
	if l.Name = v.Name; l.Name == "" {
		l.Name = v.Pos.Node
	}
	for _, a := range v.Args {
		if static[a.ID] != nil {
			l.Parameters += int64(a.Type.Size())
		}
	}
	switch v.Op {
	case ir.OpDense:
		w := v.Args[1]
		l.MACs += int64(v.Type.Size()) * int64(w.Type.Shape[1])
		l.Weights = statisticsOf(static[w.ID])
		l.Weights.Bits = storedBits(w)
	case ir.OpMatMul:
		a := v.Args[0].Type.Shape
		l.MACs += int64(v.Type.Size()) * int64(a[len(a)-1])
	}
}

// staticValues computes the values that depend on no input, by ID.
func staticValues(g *ir.Graph) ([]*ir.Tensor, error) {
	static := make([]*ir.Tensor, len(g.Values))
	ng := &ir.Graph{}
	copies := map[*ir.Value]*ir.Value{}
	var order []*ir.Value
next:
	for _, v := range g.Values {
		var args []*ir.Value
		for _, a := range v.Args {
			if copies[a] == nil {
				continue next
			}
			args = append(args, copies[a])
		}
		if v.Op == ir.OpInput {
			continue
		}
		copies[v] = ng.Add(v.Op, v.Type, v.Attr, args...)
		ng.Outs = append(ng.Outs, copies[v])
		order = append(order, v)
	}
	outs, err := ir.Run(ng, nil)
	if err != nil {
		return nil, err
	}
	for i, v := range order {
		static[v.ID] = outs[i]
	}
	return static, nil
}

// statisticsOf describes weights.
func statisticsOf(t *ir.Tensor) *weightStats {
	n := max(len(t.Ints), len(t.Reals))
	at := func(i int) float64 {
		if t.Ints != nil {
			return float64(t.Ints[i])
		}
		return t.Reals[i]
	}
	s := &weightStats{Min: math.Inf(1), Max: math.Inf(-1)}
	distinct := map[float64]bool{}
	sum, zeros := 0.0, 0
	for i := range n {
		x := at(i)
		s.Min, s.Max, sum = min(s.Min, x), max(s.Max, x), sum+x
		distinct[x] = true
		if x == 0 {
			zeros++
		}
	}
	mean, squares := sum/float64(n), 0.0
	for i := range n {
		squares += (at(i) - mean) * (at(i) - mean)
	}
	s.Std, s.Zeros, s.Distinct = math.Sqrt(squares/float64(n)), float64(zeros)/float64(n), len(distinct)
	return s
}

// storedBits is the width of a quantizer's or an integer's values; 0: real numbers.
func storedBits(v *ir.Value) int {
	for v.Op == ir.OpRoute && len(v.Args) == 1 {
		v = v.Args[0]
	}
	if q, ok := v.Attr.(*ir.Quant); ok {
		most := 0
		for i := range q.Lo {
			most = max(most, bits.Len64(uint64(q.Hi[min(i, len(q.Hi)-1)]-q.Lo[i])))
		}
		return most
	}
	return int(v.Type.Elem.Bits)
}

// resultBits follows a value through reshapes and activations to its quantizer.
func resultBits(v *ir.Value, users [][]*ir.Value) int {
	for v.Type.Elem.IsReal() && v.Op != ir.OpQuant && len(users[v.ID]) == 1 {
		next := users[v.ID][0]
		if next.Op != ir.OpQuant && next.Op != ir.OpClamp && next.Op != ir.OpTable && next.Op != ir.OpRoute {
			break
		}
		v = next
	}
	return storedBits(v)
}

// bits says how wide weights and result are.
func (l *layerInfo) bits() string {
	var parts []string
	if l.Weights != nil && l.Weights.Bits > 0 {
		parts = append(parts, fmt.Sprintf("w%d", l.Weights.Bits))
	}
	if l.Bits > 0 {
		parts = append(parts, fmt.Sprintf("a%d", l.Bits))
	}
	if len(parts) == 0 {
		return "float"
	}
	return strings.Join(parts, " ")
}

func (s *weightStats) statistics() string {
	if s == nil {
		return ""
	}
	return fmt.Sprintf("%.3g to %.3g, std %.3g, %.0f %% zero, %s distinct", s.Min, s.Max, s.Std, 100*s.Zeros, thousands(int64(s.Distinct)))
}
