// Limits a signed number to [lo, hi].
//
// Combinational. LIM bits, fewer than IN, hold lo and hi as signed numbers. y is the low OUT bits of the result: OUT bits, fewer than
// IN, hold lo to hi, signed or unsigned as the caller reads them.
module mlpc_clamp #(
    parameter IN  = 32, // bits of x
    parameter LIM = 9,
    parameter OUT = 8
) (
    input  wire signed [IN-1:0]  x,
    input  wire signed [LIM-1:0] lo,
    input  wire signed [LIM-1:0] hi,
    output wire        [OUT-1:0] y
);
    wire signed [IN-1:0] wide_lo = {{(IN-LIM){lo[LIM-1]}}, lo};
    wire signed [IN-1:0] wide_hi = {{(IN-LIM){hi[LIM-1]}}, hi};
    wire        [IN-1:0] limited = x < wide_lo ? wide_lo : x > wide_hi ? wide_hi : x;

    assign y = limited[OUT-1:0];
    wire unused = &{1'b0, limited[IN-1:OUT]};
endmodule
