// The largest of N signed numbers and its place: a tree of registered comparisons. Equal numbers: the lowest place.
//
// ceil(log2 N) cycles while step is set; none where N is 1. Lanes whose bit of `has` is not set do not count; `any` tells that one
// counts. INDEX bits hold N - 1; LEVELS = ceil(log2 N).
module mlpc_max_tree #(
    parameter N      = 3,
    parameter X      = 8,
    parameter INDEX  = 2,
    parameter LEVELS = 2
) (
    input  wire                clk,
    input  wire                step,
    input  wire [N-1:0]        has,
    input  wire [N*X-1:0]      x,
    output wire                any,
    output wire signed [X-1:0] most,
    output wire [INDEX-1:0]    index
);
    localparam ENTRY = 1 + INDEX + X; // counts, place, number

    genvar i, l;
    generate
        for (l = 0; l <= LEVELS; l = l + 1) begin : level
            localparam COUNT = (N + (1 << l) - 1) >> l;
            wire [COUNT*ENTRY-1:0] best;

            for (i = 0; i < COUNT; i = i + 1) begin : node
                if (l == 0) begin : leaf
                    localparam [31:0] PLACE = i;
                    assign best[i*ENTRY +: ENTRY] = {has[i], PLACE[INDEX-1:0], x[i*X +: X]};
                end else begin : pair
                    localparam PREV = (N + (1 << (l-1)) - 1) >> (l-1);
                    wire [ENTRY-1:0] a = level[l-1].best[2*i*ENTRY +: ENTRY];
                    reg  [ENTRY-1:0] held;
                    assign best[i*ENTRY +: ENTRY] = held;

                    if (2*i + 1 < PREV) begin : compare
                        wire [ENTRY-1:0] b      = level[l-1].best[(2*i+1)*ENTRY +: ENTRY];
                        wire             take_b = b[ENTRY-1] && (!a[ENTRY-1] || $signed(b[X-1:0]) > $signed(a[X-1:0]));
                        always @(posedge clk) if (step) held <= take_b ? b : a;
                    end else begin : single
                        always @(posedge clk) if (step) held <= a;
                    end
                end
            end
        end

        if (LEVELS == 0) begin : unclocked
            wire unused = &{1'b0, clk, step};
        end
    endgenerate

    assign {any, index, most} = level[LEVELS].best;
endmodule
