package estimator

import "mlpc/ir/stream"

// family holds the rules of one FPGA family, as yosys maps to it.
type family struct {
	basis string

	// multiplier is the cost of a w×w signed multiplier in LUTs, indexed by w as multiplierWidths.
	multiplier [len(multiplierWidths)]float64
	table      [stream.MostTableBits + 1]float64 // LUTs of a table of all products, by the bits of both operands
	compare    float64                           // LUTs of a < b for each bit of the operands
	larger     float64                           // LUTs of max(a, b) for each bit: compare and select
	add        float64                           // LUTs of a + b for each bit; 0: in the carry cells alone
	addTop     bool                              // the carry out of a + b takes a LUT too
	subtract   float64                           // LUTs of a − b for each bit where a + b costs add
	control    float64                           // LUTs of counters and handshakes against those of Xilinx

	dspMin     int  // least width of a product that goes into a multiplier block; 0: no blocks
	dspA, dspB int  // widths of the block's signed operands
	registers  bool // the block holds the register behind a product
	postAdder  bool // the block holds the next addition and its register, or a whole accumulator

	romBits    int     // a memory goes into block RAM when it has more than so many bits for each block that it would take
	ramBits    int     // the same for a memory that is written, where the family has distributed RAM
	blocks     []block // geometries of one block RAM
	lutDepth   int     // entries of a ROM that one LUT holds
	romWide    int     // entries of a ROM whose LUTs join without further LUTs
	choose     float64 // LUTs for each bit of a word more to choose from
	lutRAM     []block // geometries of one cell of distributed RAM; nil: none
	lutRAMSize int     // LUTs of such a cell

	carryBits     int  // bits of one carry cell
	carryLUTs     int  // LUTs that a carry cell occupies beside those counted
	countsAsCells bool // LUTs and flip-flops share logic cells
}

// block is one geometry of a memory.
type block struct{ depth, width int }

// multiplierWidths are the operand widths that were characterised.
var multiplierWidths = [...]int{1, 2, 3, 4, 6, 8, 12, 16}

// families are fitted to Yosys 0.23: counts of LUT1 to LUT6, INV and LUTs as memory on Xilinx, SB_LUT4 on iCE40, LUT4 on ECP5.
var families = map[string]*family{
	"xc7": {
		basis: "yosys 0.23 synth_xilinx", multiplier: [...]float64{1, 5, 9, 26, 83, 166, 345, 631},
		table:   [...]float64{0, 0, 1, 2, 4, 5, 6},
		compare: 0.72, larger: 1.7, add: 1, subtract: 1, control: 1,
		dspMin: 9, dspA: 25, dspB: 18, registers: true, postAdder: true,
		romBits: 8256, ramBits: 3096, blocks: []block{{16384, 1}, {8192, 2}, {4096, 4}, {2048, 9}, {1024, 18}, {512, 36}},
		lutDepth: 64, romWide: 256, choose: 0.34, lutRAM: []block{{32, 6}, {64, 3}}, lutRAMSize: 4, carryBits: 4,
	},
	"xcup": {
		basis: "yosys 0.23 synth_xilinx -family xcup", multiplier: [...]float64{1, 5, 9, 26, 105, 182, 349, 846},
		table:   [...]float64{0, 0, 1, 2, 4, 5, 6},
		compare: 0.72, larger: 1.7, add: 1, subtract: 1, control: 1,
		dspMin: 9, dspA: 27, dspB: 18,
		romBits: 8256, ramBits: 8256, blocks: []block{{16384, 1}, {8192, 2}, {4096, 4}, {2048, 9}, {1024, 18}, {512, 36}},
		lutDepth: 64, romWide: 256, choose: 0.34, lutRAM: []block{{32, 14}, {64, 7}}, lutRAMSize: 8, carryBits: 4,
	},
	"ice40": {
		basis: "yosys 0.23 synth_ice40", multiplier: [...]float64{1, 6, 17, 36, 103, 182, 416, 765},
		table:   [...]float64{0, 0, 1, 2, 5, 8, 14},
		compare: 1.9, larger: 2.1, add: 1, addTop: true, subtract: 2, control: 1.35,
		dspMin: 11, dspA: 16, dspB: 16, registers: true,
		romBits: 1024, blocks: []block{{2048, 2}, {1024, 4}, {512, 8}, {256, 16}},
		lutDepth: 16, romWide: 16, choose: 0.67, carryBits: 1, countsAsCells: true,
	},
	"ecp5": {
		basis: "yosys 0.23 synth_ecp5", multiplier: [...]float64{1, 4, 19, 45, 139, 277, 743, 1596},
		table:   [...]float64{0, 0, 1, 2, 4, 7, 15},
		compare: 1.1, larger: 4, control: 1.9,
		dspMin: 2, dspA: 18, dspB: 18,
		romBits: 2048, ramBits: 2048, blocks: []block{{16384, 1}, {8192, 2}, {4096, 4}, {2048, 9}, {1024, 18}, {512, 36}},
		lutDepth: 16, romWide: 256, choose: 0.34, lutRAM: []block{{16, 4}}, lutRAMSize: 4, carryBits: 2, carryLUTs: 2,
	},
}

// deepest is the number of words of a block RAM at its narrowest.
func (f *family) deepest() int { return f.blocks[0].depth }
