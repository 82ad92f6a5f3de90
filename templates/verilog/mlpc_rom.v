// Read-only memory with a registered output, filled from a file of hexadecimal words, one a line.
//
// q holds word `addr` after an edge at which step is set. DEPTH >= 2. STYLE 1 asks for block RAM, 2 for logic; 0 leaves it to the tool.
module mlpc_rom #(
    parameter WIDTH = 8,
    parameter DEPTH = 4,
    parameter ADDR  = 2, // bits of addr, enough for DEPTH - 1
    parameter FILE  = "",
    parameter STYLE = 0
) (
    input  wire             clk,
    input  wire             step,
    input  wire [ADDR-1:0]  addr,
    output wire [WIDTH-1:0] q
);
    reg [WIDTH-1:0] word;
    assign q = word;

    // The attributes are those that Yosys, Vivado (block) and Quartus know.
    generate
        if (STYLE == 1) begin : block
            (* rom_style = "block" *) reg [WIDTH-1:0] mem [0:DEPTH-1];
            initial if (FILE != "") $readmemh(FILE, mem);
            always @(posedge clk) if (step) word <= mem[addr];
        end else if (STYLE == 2) begin : logic_cells
            (* ramstyle = "logic" *) reg [WIDTH-1:0] mem [0:DEPTH-1];
            initial if (FILE != "") $readmemh(FILE, mem);
            always @(posedge clk) if (step) word <= mem[addr];
        end else begin : automatic_choice
            reg [WIDTH-1:0] mem [0:DEPTH-1];
            initial if (FILE != "") $readmemh(FILE, mem);
            always @(posedge clk) if (step) word <= mem[addr];
        end
    endgenerate
endmodule
