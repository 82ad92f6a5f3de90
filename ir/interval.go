package ir

// Interval gives the bounds of an integer value, element by element, as its arguments' bounds prove them; computed once and kept.
func (v *Value) Interval() Interval { return v.remembered() }
