// The largest number of a packet and its place: word * LANES + lane of the first of the largest.
//
// The results follow x by one cycle while step is set, and cover the packet up to x. INDEX bits hold lane and place.
module mlpc_max_hold #(
    parameter X     = 8,
    parameter LANES = 3,
    parameter INDEX = 4
) (
    input  wire                clk,
    input  wire                step,
    input  wire                beat,  // x holds a candidate
    input  wire                first, // the first one of its packet
    input  wire signed [X-1:0] x,
    input  wire [INDEX-1:0]    lane,
    output reg  signed [X-1:0] most,
    output reg  [INDEX-1:0]    index
);
    localparam [31:0] LANES_32 = LANES;

    reg  [INDEX-1:0] base; // place of lane 0
    wire [INDEX-1:0] here = first ? {INDEX{1'b0}} : base;

    always @(posedge clk)
        if (step && beat) begin
            base <= here + LANES_32[INDEX-1:0];
            if (first || x > most) begin
                most  <= x;
                index <= here + lane;
            end
        end
endmodule
