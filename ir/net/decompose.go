package net

import (
	"math/bits"
	"slices"
)

// decompose writes w as m1·m2 along a minimum spanning tree of its columns: a column that is near another one, or near its
// negative, is that one plus a correction (as in the distributed-arithmetic compiler da4ml of Sun et al., 2025). limit bounds the
// depth of the tree's sums; a limit below 0 gives (w, identity).
func decompose(w [][]int64, outs, limit int, centred bool) (m1, m2 [][]int64) {
	if limit < 0 {
		return w, identity(outs)
	}
	if !centred {
		return spanningTree(w, outs, limit).factors(w, outs, outs)
	}
	w = withCentre(w)
	return spanningTree(w, outs+1, limit).factors(w, outs+1, outs)
}

// withCentre appends a column that is near all columns: in each row the number whose differences to the row's entries have the
// fewest digits. A tree through it is shorter where the columns are alike without any of them being in the middle.
func withCentre(w [][]int64) [][]int64 {
	c := make([][]int64, len(w))
	for i, row := range w {
		c[i] = append(slices.Clone(row), centre(row))
	}
	return c
}

// centre finds the number with the fewest digits to all entries of a row, among the numbers near them.
func centre(row []int64) int64 {
	lo, hi := slices.Min(row), slices.Max(row)
	step := max(1, (hi-lo)/256)
	best, least := int64(0), -1
	for c := lo; c <= hi; c += step {
		n := weight(c)
		for _, x := range row {
			n += weight(x - c)
		}
		if least < 0 || n < least {
			best, least = c, n
		}
	}
	return best
}

func identity(n int) [][]int64 {
	m := make([][]int64, n)
	for i := range m {
		m[i] = make([]int64, n)
		m[i][i] = 1
	}
	return m
}

// edge says that column to is sign·column from plus a correction; from −1 is the column of zeros.
type edge struct {
	to, from int
	neg      bool
}

// tree lists the edges in the order in which they were found: from stands before to.
type tree []edge

// spanningTree grows a tree from the zero column by the shortest edge (Prim), as long as the sums stay within the depth limit.
func spanningTree(w [][]int64, outs, limit int) tree {
	dist := make([]int, outs)
	via := make([]edge, outs)
	far := 0
	for j := range dist {
		dist[j] = distance(w, j, -1, 1)
		via[j] = edge{j, -1, false}
		far = max(far, dist[j])
	}
	bound := 1<<limit - 1 + ceilLog2(far)
	depth := make([]int, outs)
	left := outs
	done := make([]bool, outs)
	var t tree
	for ; left > 0; left-- {
		next := -1
		for j := range dist {
			if !done[j] && (next < 0 || dist[j] < dist[next]) {
				next = j
			}
		}
		e := via[next]
		done[next] = true
		depth[next] = ceilLog2(dist[next])
		if e.from >= 0 {
			depth[next] = max(depth[next], depth[e.from]) + 1
		}
		t = append(t, e)
		for j := range dist {
			if done[j] {
				continue
			}
			for _, s := range []int64{1, -1} {
				d := distance(w, j, next, s)
				if d < dist[j] && max(ceilLog2(d), depth[next])+1 <= bound {
					dist[j], via[j] = d, edge{j, next, s < 0}
				}
			}
		}
	}
	return t
}

// distance is the number of digits of column a − s·column b; b = −1 is the column of zeros.
func distance(w [][]int64, a, b int, s int64) int {
	n := 0
	for i := range w {
		x := w[i][a]
		if b >= 0 {
			x -= s * w[i][b]
		}
		n += weight(x)
	}
	return n
}

// ceilLog2 is the depth of a balanced sum of n terms.
func ceilLog2(n int) int {
	if n <= 1 {
		return 0
	}
	return bits.Len(uint(n - 1))
}

// length is the number of digits of all corrections.
func (t tree) length(w [][]int64) int {
	n := 0
	for _, e := range t {
		s := int64(1)
		if e.neg {
			s = -1
		}
		n += distance(w, e.to, e.from, s)
	}
	return n
}

// factors gives the corrections as the columns of m1, and which of them each of the first outs columns of w sums as the columns of m2.
func (t tree) factors(w [][]int64, columns, outs int) (m1, m2 [][]int64) {
	m1 = make([][]int64, len(w))
	cols := make([][]int64, columns) // of m2
	k := 0
	for _, e := range t {
		corr := make([]int64, len(w))
		zero := true
		for i := range w {
			x := w[i][e.to]
			if e.from >= 0 && e.neg {
				x += w[i][e.from]
			} else if e.from >= 0 {
				x -= w[i][e.from]
			}
			corr[i] = x
			zero = zero && x == 0
		}
		col := make([]int64, columns)
		if e.from >= 0 {
			for r, x := range cols[e.from] {
				if e.neg {
					x = -x
				}
				col[r] = x
			}
		}
		if !zero {
			col[k]++
			k++
			for i := range w {
				m1[i] = append(m1[i], corr[i])
			}
		}
		cols[e.to] = col
	}
	m2 = make([][]int64, k)
	for r := range m2 {
		m2[r] = make([]int64, outs)
		for j := range outs {
			m2[r][j] = cols[j][r]
		}
	}
	return m1, m2
}
