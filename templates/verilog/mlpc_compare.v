// Compares two signed numbers: y = a < b, a <= b or a == b.
//
// Combinational. RELATION 0: less, 1: less or equal, 2: equal.
module mlpc_compare #(
    parameter A        = 8, // bits of a
    parameter B        = 8, // bits of b
    parameter RELATION = 0
) (
    input  wire signed [A-1:0] a,
    input  wire signed [B-1:0] b,
    output wire                y
);
    localparam WIDE = A > B ? A : B;
    reg [WIDE-1:0] wide_a, wide_b;
    always @* begin
        wide_a          = {WIDE{a[A-1]}};
        wide_a[A-1:0]   = a;
        wide_b          = {WIDE{b[B-1]}};
        wide_b[B-1:0]   = b;
    end

    wire less  = $signed(wide_a) < $signed(wide_b);
    wire equal = wide_a == wide_b;

    assign y = RELATION == 0 ? less : RELATION == 1 ? less || equal : equal;
endmodule
