package stream

// lookup derives a layer that gives for each index the words of a row of a table: a constant one, or a run-time value that is kept as
// route engines keep samples.
func (l *Layer) lookup(fixed []bool) {
	v := l.Head
	table, index := v.Args[0], v.Args[1]
	row := v.Type.Size() / index.Type.Size()
	l.Operands = nil
	if !fixed[table.ID] {
		l.Operands = append(l.Operands, Operand{table, nil, Form{table.Type.Size() / row, row, l.Step.PE}})
	}
	l.Operands = append(l.Operands, Operand{index, nil, Form{1, index.Type.Size(), 1}})
	l.Out = Form{index.Type.Size(), row, l.Step.PE}
}

// HasTable tells whether a lookup has a run-time table, as its first operand.
func (l *Layer) HasTable() bool { return l.Step.Engine == Lookup && len(l.Operands) == 2 }
