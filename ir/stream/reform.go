package stream

// reform brings a stream into another form of the same elements: it is split into narrow words that are common to both forms, and
// joined again.
func (b *builder) reform(l *Link, to Form, step int) *Link {
	from := l.Form
	common := gcd(from.Lanes, to.Lanes)
	if !sameGroups(from, to) {
		common = gcd(common, gcd(from.Length, to.Length))
	}
	if from.Lanes != common {
		l = b.unpack(l, common, step)
	}
	l.Form.Groups, l.Form.Length = to.Groups, to.Length
	if to.Lanes != common {
		l = b.pack(l, to.Lanes, step)
	}
	return l
}

// sameGroups tells whether both forms fill up beats at the same elements.
func sameGroups(a, b Form) bool { return a.Groups == b.Groups && a.Length == b.Length }

// unpack splits each word into words of so many lanes.
func (b *builder) unpack(l *Link, lanes, step int) *Link {
	n := b.node(Unpack, step)
	to := Form{l.Form.Groups, l.Form.Length, lanes}
	n.Ratio, n.Length = l.Form.Lanes/lanes, to.GroupBeats()
	b.join(l, n)
	return b.follow(n, l, to)
}

// pack joins words to words of so many lanes.
func (b *builder) pack(l *Link, lanes, step int) *Link {
	n := b.node(Pack, step)
	n.Ratio, n.Length = lanes/l.Form.Lanes, l.Form.GroupBeats()
	b.join(l, n)
	return b.follow(n, l, Form{l.Form.Groups, l.Form.Length, lanes})
}

// follow begins a stream at a node that gives what comes on another one.
func (b *builder) follow(from *Node, l *Link, f Form) *Link {
	to := b.link(from, l.Value, f)
	to.sums = l.sums
	return to
}
