// Read-only memory with a registered output, filled from a file of hexadecimal words, one a line.
//
// q holds word `addr` after an edge at which step is set. DEPTH >= 2.
module mlpc_rom #(
    parameter WIDTH = 8,
    parameter DEPTH = 4,
    parameter ADDR  = 2, // bits of addr, enough for DEPTH - 1
    parameter FILE  = ""
) (
    input  wire             clk,
    input  wire             step,
    input  wire [ADDR-1:0]  addr,
    output reg  [WIDTH-1:0] q
);
    reg [WIDTH-1:0] mem [0:DEPTH-1];

    initial if (FILE != "") $readmemh(FILE, mem);

    always @(posedge clk)
        if (step) q <= mem[addr];
endmodule
