package passes

// All lists the passes in the order in which they run.
var All = []*Pass{
	head,
	fold,
	prune,
	equalize,
	calibrate,
	single,
	quantize,
	lower,
	clusterWeights,
	approximate,
	fuse,
	tune,
	dce,
	schedule,
}

// order gives the reason for each place in All that matters: a runs before b.
var order = []struct{ a, b, why string }{
	{"head", "fold", "a softmax that only feeds the output is easiest to see before its neighbours are merged"},
	{"head", "calibrate", "ranges and losses are those of the outputs that stay"},
	{"fold", "calibrate", "values that folding removes need no range"},
	{"fold", "prune", "batch normalization changes which weights are small"},
	{"fold", "quantize", "scales are chosen for the folded weights"},
	{"calibrate", "quantize", "activation scales come from the ranges"},
	{"prune", "calibrate", "ranges are those of the pruned net"},
	{"prune", "equalize", "pruning changes how far channels reach"},
	{"equalize", "calibrate", "ranges are those of the scaled channels"},
	{"prune", "quantize", "a scale is chosen for the weights that stay, and zero is a level of every quantizer"},
	{"calibrate", "single", "ranges of inputs are those of the test vectors"},
	{"single", "quantize", "a network in floating point takes no quantizers"},
	{"quantize", "lower", "lower needs a quantizer wherever a value is to be narrowed"},
	{"lower", "cluster", "the values that stay are integers"},
	{"cluster", "tune", "what a weight may change by is seen from the shared values"},
	{"lower", "approximate", "a unit multiplies integers"},
	{"lower", "fuse", "fuse merges the integer ops that lower makes"},
	{"approximate", "schedule", "the unit decides what a multiplier costs"},
	{"fuse", "tune", "what a weight may change by depends on the ops that fuse leaves"},
	{"tune", "schedule", "the circuit is made for the tuned weights"},
	{"fuse", "dce", "merging leaves values that nothing uses"},
	{"dce", "schedule", "every value that is left gets hardware or a loop"},
}
