package passes

// column is one input of a layer on all calibration rows; where most values are zero only the others are kept.
type column struct {
	index []int32 // rows of the values; nil: all
	value []float64
}

func newColumn(x []float64) column {
	n := 0
	for _, v := range x {
		if v != 0 {
			n++
		}
	}
	if 2*n > len(x) {
		return column{value: append([]float64(nil), x...)}
	}
	c := column{make([]int32, 0, n), make([]float64, 0, n)}
	for r, v := range x {
		if v != 0 {
			c.index, c.value = append(c.index, int32(r)), append(c.value, v)
		}
	}
	return c
}

// columnsFrom is newColumn for each channel.
func columnsFrom(x [][]float64) []column {
	c := make([]column, len(x))
	for i := range c {
		c[i] = newColumn(x[i])
	}
	return c
}

// addTo adds w times the column to z.
func (c column) addTo(z []float64, w float64) {
	if w == 0 {
		return
	}
	if c.index == nil {
		for r, x := range c.value {
			z[r] += float64(w * x)
		}
		return
	}
	for i, r := range c.index {
		z[r] += float64(w * c.value[i])
	}
}

// addProduct adds w times the column times d to u.
func (c column) addProduct(u, d []float64, w float64) {
	if c.index == nil {
		for r, x := range c.value {
			u[r] += float64(d[r] * x * w)
		}
		return
	}
	for i, r := range c.index {
		u[r] += float64(d[r] * c.value[i] * w)
	}
}

// sums gives Σ u·x, Σ d·x and Σ d·x².
func (c column) sums(u, d []float64) (ux, dx, dxx float64) {
	if c.index == nil {
		for r, x := range c.value {
			y := float64(d[r] * x)
			ux += float64(u[r] * x)
			dx += y
			dxx += float64(y * x)
		}
		return ux, dx, dxx
	}
	for i, r := range c.index {
		x := c.value[i]
		y := float64(d[r] * x)
		ux += float64(u[r] * x)
		dx += y
		dxx += float64(y * x)
	}
	return ux, dx, dxx
}
