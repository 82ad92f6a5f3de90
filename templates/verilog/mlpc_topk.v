// The places of the K largest numbers of a packet, the largest first; of equal numbers the lower place comes first.
//
// The results follow x by one cycle while step is set, and cover the packet up to x, which brings a number a beat. INDEX bits hold a place.
module mlpc_topk #(
    parameter X     = 8,
    parameter K     = 3,
    parameter INDEX = 4
) (
    input  wire                clk,
    input  wire                step,
    input  wire                beat,  // x holds a number
    input  wire                first, // the first one of its packet
    input  wire signed [X-1:0] x,
    output wire [K*INDEX-1:0]  index
);
    reg  [INDEX-1:0] place;
    wire [INDEX-1:0] here = first ? {INDEX{1'b0}} : place;
    wire [K-1:0]     above; // x stands before the number in this rank

    always @(posedge clk)
        if (step && beat) place <= here + 1'b1;

    genvar i;
    generate
        for (i = 0; i < K; i = i + 1) begin : rank
            reg                held;
            reg signed [X-1:0] most;
            reg [INDEX-1:0]    at;

            assign above[i] = first || !held || x > most;
            assign index[i*INDEX +: INDEX] = at;

            if (i == 0) begin : top
                always @(posedge clk)
                    if (step && beat && above[0]) begin
                        held <= 1'b1;
                        most <= x;
                        at   <= here;
                    end
            end else begin : below
                // Where x stands above the rank before as well, that rank's number moves here.
                always @(posedge clk)
                    if (step && beat && above[i]) begin
                        held <= above[i-1] ? rank[i-1].held && !first : 1'b1;
                        most <= above[i-1] ? rank[i-1].most : x;
                        at   <= above[i-1] ? rank[i-1].at : here;
                    end
            end
        end
    endgenerate
endmodule
