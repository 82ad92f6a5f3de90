// Multiplies without the DROP lowest columns of the partial-product array: each x * 2^i, one for each set bit i of |w|, loses its bits
// below 2^DROP (truncated array multiplier without compensation).
//
// Combinational. P bits hold every result; P is greater than W and X.
module mlpc_trunc_mul #(
    parameter W    = 8,  // bits of w
    parameter X    = 8,  // bits of x
    parameter P    = 16, // bits of p
    parameter DROP = 3   // 0 < DROP < P
) (
    input  wire signed [W-1:0] w,
    input  wire signed [X-1:0] x,
    output wire signed [P-1:0] p
);
    wire        [W-1:0] size_w = w[W-1] ? -w : w;
    wire        [P-1:0] size   = {{(P-W){1'b0}}, size_w};
    wire signed [P-1:0] wide_x = {{(P-X){x[X-1]}}, x};

    // Rows from DROP on lose nothing; each row below it is cut on its own.
    reg signed [P-1:0] sum;
    integer i;
    always @* begin
        sum = wide_x * $signed({size[P-1:DROP], {DROP{1'b0}}});
        for (i = 0; i < DROP && i < W; i = i + 1)
            if (size[i]) sum = sum + ((wide_x >>> (DROP - i)) <<< DROP);
    end

    assign p = w[W-1] ? -sum : sum;
endmodule
