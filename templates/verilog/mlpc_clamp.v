// Saturates a signed value to [lo, hi] and keeps the low OUT bits of it, which hold every value of that range.
// OUT may be less than, equal to or greater than IN; for an unsigned result of n bits, OUT is n + 1 at least or the caller reads the
// low n bits of y.
module mlpc_clamp #(
    parameter IN  = 32, // bits of x, lo and hi
    parameter OUT = 8   // bits of y
) (
    input  wire signed [IN-1:0]  x,
    input  wire signed [IN-1:0]  lo,
    input  wire signed [IN-1:0]  hi,
    output wire signed [OUT-1:0] y
);
    wire signed [IN-1:0] r;
    assign r = (x < lo) ? lo : (x > hi) ? hi : x;

    generate
        if (OUT > IN) begin : wide
            assign y = {{(OUT-IN){r[IN-1]}}, r};
        end else if (OUT == IN) begin : same
            assign y = r;
        end else begin : narrow
            assign y = r[OUT-1:0];
            wire unused_high;
            assign unused_high = &{1'b0, r[IN-1:OUT]};
        end
    endgenerate
endmodule
