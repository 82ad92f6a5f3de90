package passes

import (
	"fmt"
	"slices"
	"strings"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// Names finds the layers of a real graph by the names that users know: the node's or the tensor's, as the model or as HLS tools spell
// them (case and signs other than letters and digits do not count), or the operator with its number, "Gemm_0". Folding moves what a
// node does into another one; the name then means that one.
type Names struct {
	nodes []Node
	at    map[string]int // normalized name to index of its node
}

// Node is what one node of the model became.
type Node struct {
	Name  string // as messages spell it: the tensor's name, else the node's
	Op    string // operator, as the model spells it, "Input" for an input
	Dense bool   // it has weights of a dense layer
	Key   string // a name without signs that options give a meaning, which Find takes; "" where other nodes have all names of this one
	Value string // name of the value that stands for it in the folded graph; "" where nothing does
}

// NamesOf lists the nodes of a graph; folds tells whether the passes head and fold will run.
func NamesOf(g *ir.Graph, folds bool) (*Names, error) {
	folded := g
	if folds {
		c := &Context{Config: &Config{}, Imported: matchOf(g) != MatchOwn}
		for _, p := range []*Pass{head, fold} {
			var err error
			if folded, err = p.Run(c, folded, nil); err != nil {
				return nil, err
			}
		}
	}
	stays := map[string]bool{}
	for _, v := range folded.Values {
		stays[v.Name] = v.Op != ir.OpConst
	}
	users := make([][]*ir.Value, len(g.Values))
	for _, v := range g.Values {
		for _, a := range v.Args {
			users[a.ID] = append(users[a.ID], v)
		}
	}
	n := &Names{at: map[string]int{}}
	number := map[string]int{}
	var last *ir.Value
	for _, v := range g.Values {
		if v.Op == ir.OpConst || isStatic(v) && v.Op != ir.OpInput {
			continue
		}
		if last == nil || v.Op == ir.OpInput || v.Pos != last.Pos || v.Pos.Node == "" {
			n.nodes = append(n.nodes, Node{Op: operator(v)})
			op := n.nodes[len(n.nodes)-1].Op
			n.add(fmt.Sprintf("%s_%d", op, number[op]))
			number[op]++
		}
		last = v
		n.merge(v, standsFor(v, users, stays))
	}
	return n, nil
}

// operator gives the operator of the node that made v.
func operator(v *ir.Value) string {
	switch {
	case v.Op == ir.OpInput:
		return "Input"
	case v.Pos.Op != "":
		return v.Pos.Op
	}
	return v.Op.String()
}

// merge adds a value to the last node.
func (n *Names) merge(v *ir.Value, value string) {
	node := &n.nodes[len(n.nodes)-1]
	node.Dense = node.Dense || v.Op == ir.OpDense
	if v.Name != "" {
		node.Name = v.Name
	}
	if node.Name == "" {
		node.Name = v.Pos.Node
	}
	if value != "" {
		node.Value = value
	}
	if v.Op != ir.OpInput {
		n.add(v.Pos.Node)
	}
	n.add(v.Name)
	n.add(strings.TrimSuffix(v.Name, "_output_0"))
}

// add lets a name mean the last node, unless another one has it.
func (n *Names) add(name string) {
	if key := normal(name); key != "" {
		if _, taken := n.at[key]; !taken {
			n.at[key] = len(n.nodes) - 1
			if node := &n.nodes[len(n.nodes)-1]; node.Key == "" {
				node.Key = key
			}
		}
	}
}

// normal drops what tools write in different ways: case, and signs other than letters and digits.
func normal(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || r > 127) })
	return strings.Join(words, "_")
}

// standsFor gives the name of the folded value that does what v does: its own, or that of the product, sum or layer that took it in.
func standsFor(v *ir.Value, users [][]*ir.Value, stays map[string]bool) string {
	for !stays[v.Name] || v.Name == "" {
		if len(users[v.ID]) != 1 {
			return ""
		}
		v = users[v.ID][0]
		if _, affine := asAffine(v); !affine && v.Op != ir.OpDense && v.Op != ir.OpRoute {
			return ""
		}
	}
	return v.Name
}

// Nodes lists the nodes in order of computation.
func (n *Names) Nodes() []Node { return n.nodes }

// Find gives the node of a name; without one, an error that names the nearest.
func (n *Names) Find(name string) (Node, error) {
	if i, ok := n.at[normal(name)]; ok {
		return n.nodes[i], nil
	}
	var known []string
	for _, node := range n.nodes {
		known = append(known, node.Name)
	}
	return Node{}, diag.New(diag.CodeOption, diag.Pos{}, "no layer is named %q", name).WithHint("%s", hintOr(diag.DidYouMean(name, known), "`mlpc inspect` prints the names"))
}

// spelling gives how the passes will spell the layers of g in their options; drop lists the passes that are left out.
func spelling(g *ir.Graph, drop []string) func(layer string) (string, error) {
	var names *Names
	return func(layer string) (string, error) {
		if names == nil {
			var err error
			if names, err = NamesOf(g, !g.IsInteger() && !slices.Contains(drop, "fold")); err != nil {
				return "", err
			}
		}
		node, err := names.Find(layer)
		return hintOr(node.Value, node.Name), err
	}
}

// sortedKeys gives the keys of options in order.
func sortedKeys(o Options) []string {
	var keys []string
	for k := range o {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
