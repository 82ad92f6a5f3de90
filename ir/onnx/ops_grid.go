package onnx

import (
	"slices"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// lowerGridSample reads an image at run-time coordinates in [−1, 1]: by the four neighbours, or the nearest one.
func lowerGridSample(n *node) []*value {
	x, grid := n.arg(0), n.arg(1)
	mode := n.str("mode", "linear")
	padding := n.str("padding_mode", "zeros")
	if grid.known && x.rank() > 0 && x.batch == 0 && x.shape[0] == 1 {
		grid = n.reshape(grid, grid.shape, 0) // the same points for each sample
	}
	if x.rank() != 4 || grid.rank() != 4 || grid.shape[3] != 2 || x.shape[0] != grid.shape[0] || x.batch != grid.batch || x.batch > 0 {
		n.refuse(diag.CodeShape, "GridSample of shape %v at %v", x.shape, grid.shape)
	}
	if mode != "nearest" && mode != "linear" && mode != "bilinear" || padding != "zeros" && padding != "border" && padding != "reflection" {
		n.refuse(diag.CodeUnsupportedOp, "mode %s with padding %s is not supported", quoted(mode), quoted(padding))
	}
	h, w := x.shape[2], x.shape[3]
	px, py := n.gridCoordinate(grid, 0, w, padding), n.gridCoordinate(grid, 1, h, padding)
	pixels := n.permute(x, []int{0, 2, 3, 1})
	pixels = n.reshape(pixels, []int{x.shape[0], h * w, x.shape[1]}, x.batch)
	if mode == "nearest" {
		return one(n.sampled(n.pixel(pixels, n.fn(px, "round"), n.fn(py, "round"), h, w, padding)))
	}
	x0, y0 := n.fn(px, "floor"), n.fn(py, "floor")
	fx, fy := n.sub(px, x0), n.sub(py, y0)
	unit := number(dtFloat, 1)
	var sum *value
	for i := range 4 { // the corners: bit 0 says right, bit 1 says below
		cx, cy, wx, wy := x0, y0, n.sub(unit, fx), n.sub(unit, fy)
		if i&1 == 1 {
			cx, wx = n.add(x0, unit), fx
		}
		if i&2 == 2 {
			cy, wy = n.add(y0, unit), fy
		}
		part := n.mul(n.pixel(pixels, cx, cy, h, w, padding), n.insertAxis(n.mul(wx, wy), 3))
		if sum == nil {
			sum = part
		} else {
			sum = n.add(sum, part)
		}
	}
	return one(n.sampled(sum))
}

// gridCoordinate scales coordinate i of the grid to pixels of an axis of some size.
func (n *node) gridCoordinate(grid *value, i, size int, padding string) *value {
	g := n.dropAxis(n.part(grid, 3, i, i+1), 3)
	half, middle := float64(size)/2, float64(size-1)/2
	if n.flag("align_corners") {
		half = middle
	}
	p := n.add(n.scale(g, half), number(dtFloat, middle))
	switch padding {
	case "border":
		p = n.clamp(p, 0, float64(size-1))
	case "reflection":
		p = n.reflected(p, middle-half, half+middle)
	}
	return p
}

// reflected folds p into [lo, hi] as if there were a mirror at both ends. Neighbours beyond an end are then those of the border.
func (n *node) reflected(p *value, lo, hi float64) *value {
	if lo == hi {
		return n.clamp(p, lo, hi)
	}
	t := n.fn(n.add(p, number(dtFloat, -lo)), "mod", 2*(hi-lo))
	fold := n.fn(n.add(t, number(dtFloat, lo-hi)), "abs")
	return n.add(n.scale(fold, -1), number(dtFloat, hi))
}

// sampled puts the channels of [N, H, W, C] second.
func (n *node) sampled(y *value) *value { return n.permute(y, []int{0, 3, 1, 2}) }

// pixel reads [N, H·W, C] at whole coordinates: [N, Ho, Wo, C]. Outside the image it gives 0, or the nearest border.
func (n *node) pixel(pixels, px, py *value, h, w int, padding string) *value {
	cx, cy := n.clamp(px, 0, float64(w-1)), n.clamp(py, 0, float64(h-1))
	at := n.wholeIn(n.add(n.scale(cy, float64(w)), cx), 0, h*w-1)
	var v *value
	if at.known {
		index := make([]int, len(at.data))
		for i, x := range at.data {
			index[i] = int(x)
		}
		v = n.pick(pixels, 1, index, at.shape[1:])
	} else {
		ps := core(pixels.shape, pixels.batch)
		g := n.graphFor(pixels, at)
		shape := append(slices.Clone(at.shape), pixels.shape[2])
		y := g.New(ir.OpLookup, ir.Real, &ir.Axis{Axis: len(ps) - 2}, n.operand(g, pixels, ps), n.operand(g, at, core(at.shape, at.batch)))
		v = n.finish(g, y, dtFloat, shape, at.batch)
	}
	if padding != "zeros" {
		return v
	}
	inside := n.min(n.compare("eq", cx, px), n.compare("eq", cy, py))
	return n.mul(v, n.insertAxis(inside.as(dtFloat), 3))
}
