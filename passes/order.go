package passes

// Precedence is a reason for the order of All.
type Precedence struct{ Before, After, Why string }

// Order lists the reasons for the order of All.
func Order() []Precedence {
	list := make([]Precedence, len(order))
	for i, o := range order {
		list[i] = Precedence{o.a, o.b, o.why}
	}
	return list
}
