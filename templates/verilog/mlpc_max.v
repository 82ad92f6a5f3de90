// The larger of two signed numbers.
//
// Combinational. y is the low Y bits of the result, which holds it, read as the caller likes; Y is at most max(A, B) + 1.
module mlpc_max #(
    parameter A = 8, // bits of a
    parameter B = 8, // bits of b
    parameter Y = 8
) (
    input  wire signed [A-1:0] a,
    input  wire signed [B-1:0] b,
    output wire [Y-1:0]        y
);
    localparam WIDE = (A > B ? A : B) + 1;
    wire signed [WIDE-1:0] wide_a = {{(WIDE-A){a[A-1]}}, a};
    wire signed [WIDE-1:0] wide_b = {{(WIDE-B){b[B-1]}}, b};
    wire signed [WIDE-1:0] result = wide_a > wide_b ? wide_a : wide_b;

    assign y = result[Y-1:0];
    generate
        if (WIDE > Y) begin : top
            wire unused = &{1'b0, result[WIDE-1:Y]};
        end
    endgenerate
endmodule
