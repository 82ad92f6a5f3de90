package stream

// Timing is what a simulation measures, in cycles, with the sink always ready.
type Timing struct {
	Latency int   // from the edge that takes the first input beat of an isolated sample to the edge that gives its last output beat
	II      int   // from the last output beat of a sample to that of the next, back to back: the most in the steady state
	Start   []int // by step: the edge at which its first output beat leaves, counted as Latency is
}

// stuck is the number of cycles without any transfer after which a network is held to be in deadlock; no engine pauses so long.
func (n *Network) stuck() int {
	limit := 1000
	for _, node := range n.Nodes {
		limit += 2*node.Length*max(1, node.Repeat) + node.Stages
	}
	return limit
}

// Settle is the number of samples after which results leave at the pace of the slowest engine: a buffer holds two samples at most, so
// that pace has then reached every other engine.
func (n *Network) Settle() int { return 4 + 2*len(n.Layers) }

// Simulate steps the network register for register. ok is false where it runs into a deadlock.
func (n *Network) Simulate() (t Timing, ok bool) {
	if t, ok = n.SimulateSample(); !ok {
		return t, false
	}
	settle := n.Settle()
	steady := newSimulation(n)
	if !steady.run(2 * settle) {
		return t, false
	}
	for i := settle; i < 2*settle; i++ {
		t.II = max(t.II, steady.ends[i]-steady.ends[i-1])
	}
	return t, true
}

// SimulateSample gives the figures of an isolated sample: all but II.
func (n *Network) SimulateSample() (t Timing, ok bool) {
	alone := newSimulation(n)
	if !alone.run(1) {
		return t, false
	}
	t.Latency = alone.ends[0] - alone.begin
	t.Start = make([]int, len(n.Layers))
	for i, first := range alone.first {
		t.Start[i] = first - alone.begin
	}
	return t, true
}

// simulation is the state of a network between two clock edges.
type simulation struct {
	net          *Network
	state        []state
	valid, ready []bool // by link
	cycle        int
	begin        int   // cycle of the first input beat, −1: none yet
	ends         []int // cycle of the last output beat of each sample
	left         []int // by source port: beats yet to give
	taken        []int // by sink port: beats taken
	first        []int // by step: cycle of its first beat, −1: none yet
}

// state holds the registers of one node.
type state struct {
	done    []bool // Fork: streams that took the word
	out     bool   // Buffer, Pack, Unpack: the output register holds a word
	used    int    // Buffer: words held
	most    int    // Buffer: the largest number of words held so far
	word    int    // Buffer, Pack, Unpack: index in the packet
	round   int    // Buffer: rounds given; Pack, Unpack: slot in the wide word
	pipe    []bool // Pipe, Banks: ring of the stages
	end     []bool // Banks: as pipe; the beat is the last of its sample
	at      int    // Pipe, Banks: place of the first stage in the ring
	count   int    // Pipe: beats entered of a packet, or of a group; Banks: beats issued of a sample
	written []int  // Banks, by input: words of the sample that arrives
	filled  []int  // Banks, by input: samples held
	waiting []int  // Banks, by input: of these, not issued
}

func newSimulation(n *Network) *simulation {
	s := &simulation{net: n, state: make([]state, len(n.Nodes)), valid: make([]bool, len(n.Links)), ready: make([]bool, len(n.Links)),
		begin: -1, first: make([]int, len(n.Layers))}
	for i := range s.first {
		s.first[i] = -1
	}
	for i, node := range n.Nodes {
		st := &s.state[i]
		st.done = make([]bool, len(node.Outs))
		st.pipe, st.end = make([]bool, node.Stages), make([]bool, node.Stages)
		st.written, st.filled, st.waiting = make([]int, len(node.Ins)), make([]int, len(node.Ins)), make([]int, len(node.Ins))
	}
	return s
}

// run feeds so many samples back to back until all results are out; false: nothing moves any more.
func (s *simulation) run(samples int) bool {
	sources, sinks := s.net.Sources(), s.net.Sinks()
	s.left, s.taken = make([]int, len(sources)), make([]int, len(sinks))
	for i, n := range sources {
		s.left[i] = samples * n.Outs[0].Form.Beats()
	}
	s.ends = make([]int, samples)
	want := 0
	for _, n := range sinks {
		want += samples * n.Ins[0].Form.Beats()
	}
	idle, limit := 0, s.net.stuck()
	for want > 0 {
		s.settle()
		got, moved := s.clock()
		want -= got
		if idle++; moved {
			idle = 0
		}
		if idle > limit {
			return false
		}
		s.cycle++
	}
	return true
}

// settle computes the handshake signals from the registers: valid runs forward, ready backward.
func (s *simulation) settle() {
	for i, n := range s.net.Nodes {
		st := &s.state[i]
		switch n.Kind {
		case Source:
			s.valid[n.Outs[0].ID] = s.left[n.Port] > 0
		case Fork:
			v := s.valid[n.Ins[0].ID]
			for k, o := range n.Outs {
				s.valid[o.ID] = v && !st.done[k]
			}
		case Buffer, Pack, Unpack:
			s.valid[n.Outs[0].ID] = st.out
		case Pipe, Banks:
			s.valid[n.Outs[0].ID] = st.pipe[(st.at+1)%len(st.pipe)]
		}
	}
	for i := len(s.net.Nodes) - 1; i >= 0; i-- {
		n := s.net.Nodes[i]
		st := &s.state[i]
		switch n.Kind {
		case Sink, Drain:
			s.ready[n.Ins[0].ID] = true
		case Fork:
			all := true
			for k, o := range n.Outs {
				all = all && (st.done[k] || s.ready[o.ID])
			}
			s.ready[n.Ins[0].ID] = all
		case Buffer:
			s.ready[n.Ins[0].ID] = st.used < n.Depth
		case Pack:
			s.ready[n.Ins[0].ID] = !st.out || s.ready[n.Outs[0].ID]
		case Unpack:
			s.ready[n.Ins[0].ID] = !st.out || s.ready[n.Outs[0].ID] && n.slotEnds(st)
		case Pipe:
			if n.Chain != nil {
				s.ready[n.Ins[0].ID] = s.moves(n) && n.Chain.takes(st.count)
				continue
			}
			enter := s.moves(n) && s.allValid(n)
			for _, in := range n.Ins {
				s.ready[in.ID] = enter || s.moves(n) && len(n.Ins) == 1
			}
		case Banks:
			for k, in := range n.Ins {
				if k < len(n.Banks) {
					s.ready[in.ID] = st.filled[k] < n.Banks[k]
				} else {
					s.ready[in.ID] = s.moves(n) && st.waiting[0] > 0
				}
			}
		}
	}
}

// moves tells whether the stages of a pipeline load at the coming edge.
func (s *simulation) moves(n *Node) bool {
	o := n.Outs[0].ID
	return !s.valid[o] || s.ready[o]
}

func (s *simulation) allValid(n *Node) bool {
	for _, in := range n.Ins {
		if !s.valid[in.ID] {
			return false
		}
	}
	return true
}

// slotEnds tells whether the narrow word in turn is the last in its wide word.
func (n *Node) slotEnds(st *state) bool { return st.round == n.Ratio-1 || st.word == n.Length-1 }

// slotNext turns to the next narrow word.
func (n *Node) slotNext(st *state) {
	if n.slotEnds(st) {
		st.round = 0
	} else {
		st.round++
	}
	if st.word++; st.word == n.Length {
		st.word = 0
	}
}

// clock applies a clock edge. It gives the number of beats that sinks took, and whether any beat moved.
func (s *simulation) clock() (got int, moved bool) {
	for i, n := range s.net.Nodes {
		st := &s.state[i]
		switch n.Kind {
		case Source:
			if s.fires(n.Outs[0]) {
				if s.begin < 0 {
					s.begin = s.cycle
				}
				s.left[n.Port]--
				moved = true
			}
		case Sink:
			if s.fires(n.Ins[0]) {
				s.deliver(n)
				got++
				moved = true
			}
		case Fork:
			s.clockFork(n, st)
		case Buffer:
			moved = s.clockBuffer(n, st) || moved
		case Pack:
			put := s.fires(n.Ins[0])
			ends := n.slotEnds(st)
			if put {
				n.slotNext(st)
			}
			if s.ready[n.Ins[0].ID] {
				st.out = put && ends
			}
		case Unpack:
			if s.fires(n.Outs[0]) {
				n.slotNext(st)
			}
			if s.ready[n.Ins[0].ID] {
				st.out = s.valid[n.Ins[0].ID]
			}
		case Pipe, Banks:
			if !s.net.IsAdapter(n) && !n.Inner && s.first[n.Step] < 0 && s.fires(n.Outs[0]) {
				s.first[n.Step] = s.cycle
			}
			if n.Kind == Pipe {
				moved = s.clockPipe(n, st) || moved
			} else {
				moved = s.clockBanks(n, st) || moved
			}
		}
	}
	return got, moved
}

// fires tells whether a beat passes a stream at the coming edge.
func (s *simulation) fires(l *Link) bool { return s.valid[l.ID] && s.ready[l.ID] }

// deliver counts a beat at a sink; a sample ends when its last beat has left every sink.
func (s *simulation) deliver(n *Node) {
	s.taken[n.Port]++
	if beats := n.Ins[0].Form.Beats(); s.taken[n.Port]%beats == 0 {
		s.ends[s.taken[n.Port]/beats-1] = s.cycle
	}
}

func (s *simulation) clockFork(n *Node, st *state) {
	if !s.valid[n.Ins[0].ID] {
		return
	}
	for k, o := range n.Outs {
		st.done[k] = !s.ready[n.Ins[0].ID] && (st.done[k] || s.ready[o.ID])
	}
}

func (s *simulation) clockBuffer(n *Node, st *state) (moved bool) {
	final := st.round == n.Repeat-1
	ahead := 0
	if !final {
		ahead = st.word
	}
	outReady := s.ready[n.Outs[0].ID]
	take := st.used > ahead && (!st.out || outReady)
	if s.fires(n.Ins[0]) {
		st.used++
		moved = true
	}
	if take {
		moved = true
		if final {
			st.used--
		}
		if st.word++; st.word == n.Length {
			st.word = 0
			if st.round++; final {
				st.round = 0
			}
		}
	}
	st.out = take || st.out && !outReady
	st.most = max(st.most, st.used)
	return moved
}

func (s *simulation) clockPipe(n *Node, st *state) (moved bool) {
	if !s.moves(n) {
		return false
	}
	leaves := false
	switch {
	case n.Chain != nil && (n.Chain.isOwn(st.count) || s.allValid(n)):
		moved, leaves = true, n.Chain.leaves(st.count)
		if st.count++; st.count == n.Chain.Beats() {
			st.count = 0
		}
	case n.Chain == nil && s.allValid(n):
		moved = true
		if st.count++; st.count == n.Every {
			st.count, leaves = 0, true
		}
	}
	st.at = (st.at + 1) % len(st.pipe)
	st.pipe[st.at] = leaves
	return moved
}

func (s *simulation) clockBanks(n *Node, st *state) (moved bool) {
	moves := s.moves(n)
	frees := moves && st.pipe[st.at] && st.end[st.at]
	issues := moves
	for k, in := range n.Ins {
		if k < len(n.Banks) {
			issues = issues && st.waiting[k] > 0
		} else {
			issues = issues && s.valid[in.ID]
		}
	}
	ends := issues && st.count == n.Outs[0].Form.Beats()-1
	for k, in := range n.Ins[:len(n.Banks)] {
		if s.fires(in) {
			moved = true
			if st.written[k]++; st.written[k] == in.Form.Beats() {
				st.written[k] = 0
				st.filled[k]++
				st.waiting[k]++
			}
		}
		if frees {
			st.filled[k]--
		}
		if ends {
			st.waiting[k]--
		}
	}
	if issues {
		moved = true
		if st.count++; ends {
			st.count = 0
		}
	}
	if moves {
		st.at = (st.at + 1) % len(st.pipe)
		st.pipe[st.at], st.end[st.at] = issues, ends
	}
	return moved
}
