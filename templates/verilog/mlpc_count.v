// Counts 0 to N - 1 and begins again.
//
// count belongs to the beat that is present; step tells that it moves on. BITS hold N - 1.
module mlpc_count #(
    parameter N    = 3,
    parameter BITS = 2
) (
    input  wire            clk,
    input  wire            rst,
    input  wire            step,
    output reg  [BITS-1:0] count
);
    localparam [31:0] LAST_32 = N - 1;
    localparam [BITS-1:0] LAST = LAST_32[BITS-1:0];

    always @(posedge clk)
        if (rst) count <= {BITS{1'b0}};
        else if (step) count <= count == LAST ? {BITS{1'b0}} : count + 1'b1;
endmodule
