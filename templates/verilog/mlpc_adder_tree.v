// Sum of N signed numbers: a tree of registered adders.
//
// ceil(log2 N) cycles while step is set; none where N is 1. Y = X + ceil(log2 N).
module mlpc_adder_tree #(
    parameter N = 3,
    parameter X = 8,
    parameter Y = 10 // bits of y, as above
) (
    input  wire                clk,
    input  wire                step,
    input  wire [N*X-1:0]      x,
    output wire signed [Y-1:0] y
);
    localparam LEVELS = Y - X;

    genvar i, l;
    generate
        for (l = 0; l <= LEVELS; l = l + 1) begin : level
            // Level l holds ceil(N / 2^l) sums of X + l bits.
            localparam COUNT = (N + (1 << l) - 1) >> l;
            localparam BITS  = X + l;
            wire [COUNT*BITS-1:0] sums;

            if (l == 0) begin : leaves
                assign sums = x;
            end else begin : adders
                localparam PREV = (N + (1 << (l-1)) - 1) >> (l-1);

                for (i = 0; i < COUNT; i = i + 1) begin : node
                    wire signed [BITS-2:0] a = level[l-1].sums[2*i*(BITS-1) +: BITS-1];
                    reg  signed [BITS-1:0] sum;
                    assign sums[i*BITS +: BITS] = sum;

                    if (2*i + 1 < PREV) begin : pair
                        wire signed [BITS-2:0] b = level[l-1].sums[(2*i+1)*(BITS-1) +: BITS-1];
                        always @(posedge clk) if (step) sum <= {a[BITS-2], a} + {b[BITS-2], b};
                    end else begin : single
                        always @(posedge clk) if (step) sum <= {a[BITS-2], a};
                    end
                end
            end
        end

        if (LEVELS == 0) begin : unclocked
            wire unused = &{1'b0, clk, step};
        end
    endgenerate

    assign y = level[LEVELS].sums;
endmodule
