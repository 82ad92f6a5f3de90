// a * b of signed numbers.
//
// Combinational. y is the low Y bits of the result, which holds it, read as the caller likes; Y is at most A + B.
module mlpc_mul #(
    parameter A = 8, // bits of a
    parameter B = 8, // bits of b
    parameter Y = 8
) (
    input  wire signed [A-1:0] a,
    input  wire signed [B-1:0] b,
    output wire [Y-1:0]        y
);
    wire signed [A+B-1:0] result;
    // The operands keep their own widths, so that synthesis sees a multiplier of that size.
    /* verilator lint_off WIDTH */
    assign result = a * b;
    /* verilator lint_on WIDTH */

    assign y = result[Y-1:0];
    generate
        if (A + B > Y) begin : top
            wire unused = &{1'b0, result[A+B-1:Y]};
        end
    endgenerate
endmodule
