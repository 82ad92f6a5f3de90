package estimator

// family holds the rules of one FPGA family, as yosys maps to it.
type family struct {
	basis string

	// multiplier is the cost of a w×w signed multiplier in logic, indexed by w as multiplierWidths.
	multiplier [len(multiplierWidths)]float64
	compare    float64 // cost of a < b for each bit of the operands
	larger     float64 // cost of max(a, b) for each bit: compare and select
	subtract   float64 // cost of a − b for each bit, where a + b costs 1

	dspMin        int     // least width of a product that goes into a multiplier block; 0: no blocks
	dspA, dspB    int     // widths of the block's signed operands
	romBits       int     // a ROM goes into block RAM when it has more than so many bits for each block that it would take
	blocks        []block // geometries of one block RAM
	lutDepth      int     // entries of a ROM that one LUT holds
	romOverhead   float64 // LUTs a ROM bit takes over one for each lutDepth entries
	carryBits     int     // bits of one carry primitive
	memoryBits    int     // bits of distributed RAM in a LUT; 0: none
	carryName     string
	countsAsCells bool // LUTs and flip-flops share logic cells
}

// block is one geometry of a block RAM.
type block struct{ depth, width int }

// multiplierWidths are the operand widths that were characterised.
var multiplierWidths = [...]int{1, 2, 3, 4, 6, 8, 12, 16}

// families are fitted to Yosys 0.23: counts of LUT1 to LUT6 and INV on Xilinx, SB_LUT4 on iCE40, LUT4 on ECP5.
var families = map[string]*family{
	"xc7": {
		basis: "yosys 0.23 synth_xilinx", multiplier: [...]float64{1, 5, 9, 26, 83, 166, 345, 631}, compare: 0.72, larger: 1.7, subtract: 1,
		dspMin: 9, dspA: 25, dspB: 18, romBits: 8256, blocks: []block{{16384, 1}, {8192, 2}, {4096, 4}, {2048, 9}, {1024, 18}, {512, 36}},
		lutDepth: 64, romOverhead: 1, carryBits: 4, memoryBits: 64, carryName: "CARRY4",
	},
	"xcup": {
		basis: "yosys 0.23 synth_xilinx -family xcup", multiplier: [...]float64{1, 5, 9, 26, 105, 182, 349, 846}, compare: 0.72, larger: 1.7, subtract: 1,
		dspMin: 9, dspA: 27, dspB: 18, romBits: 8256, blocks: []block{{16384, 1}, {8192, 2}, {4096, 4}, {2048, 9}, {1024, 18}, {512, 36}},
		lutDepth: 64, romOverhead: 1, carryBits: 4, memoryBits: 64, carryName: "CARRY4",
	},
	"ice40": {
		basis: "yosys 0.23 synth_ice40", multiplier: [...]float64{1, 6, 17, 36, 103, 182, 416, 765}, compare: 1.9, larger: 2.1, subtract: 2,
		dspMin: 11, dspA: 16, dspB: 16, romBits: 1024, blocks: []block{{2048, 2}, {1024, 4}, {512, 8}, {256, 16}},
		lutDepth: 16, romOverhead: 1.75, carryBits: 1, carryName: "SB_CARRY", countsAsCells: true,
	},
	"ecp5": {
		basis: "yosys 0.23 synth_ecp5", multiplier: [...]float64{1, 4, 19, 45, 139, 277, 743, 1596}, compare: 1.1, larger: 4, subtract: 1,
		dspMin: 2, dspA: 18, dspB: 18, romBits: 2048, blocks: []block{{16384, 1}, {8192, 2}, {4096, 4}, {2048, 9}, {1024, 18}, {512, 36}},
		lutDepth: 16, romOverhead: 1, carryBits: 2, memoryBits: 16, carryName: "CCU2C",
	},
}
