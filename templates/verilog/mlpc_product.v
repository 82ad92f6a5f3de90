// Product of a value and a signed weight at their own widths, exact or truncated.
//
// Combinational; p has W + X bits, which always hold it.
module mlpc_product #(
    parameter X        = 8,
    parameter X_SIGNED = 0,
    parameter W        = 8,
    parameter DROP     = 0 // 0: exact; else see mlpc_trunc_mul
) (
    input  wire        [X-1:0]   x,
    input  wire signed [W-1:0]   w,
    output wire signed [W+X-1:0] p
);
    localparam XS = X_SIGNED != 0 ? X : X + 1;

    wire signed [XS-1:0] xs;
    generate
        if (X_SIGNED != 0) begin : is_signed
            assign xs = x;
        end else begin : is_unsigned
            assign xs = {1'b0, x};
        end

        if (DROP == 0) begin : exact
            wire signed [W+XS-1:0] wide;
            // The operands keep their own widths, so that synthesis sees a multiplier of that size.
            /* verilator lint_off WIDTH */
            assign wide = xs * w;
            /* verilator lint_on WIDTH */
            assign p = wide[W+X-1:0];
            if (XS > X) begin : top
                wire unused = wide[W+XS-1];
            end
        end else begin : truncated
            wire signed [W+XS:0] wide;
            mlpc_trunc_mul #(.W(W), .X(XS), .P(W + XS + 1), .DROP(DROP)) mul (.w(w), .x(xs), .p(wide));
            assign p = wide[W+X-1:0];
            wire unused = &{1'b0, wide[W+XS:W+X]};
        end
    endgenerate
endmodule
