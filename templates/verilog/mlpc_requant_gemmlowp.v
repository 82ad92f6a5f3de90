// Scales as TFLite and CMSIS-NN do (gemmlowp, fixedpoint.h): a doubling high multiply rounded to nearest, then a shift rounded to
// nearest with ties away from zero. y = clamp(scaled + zero, lo, hi).
//
// Combinational. 2^30 <= mul < 2^31, 0 <= shift <= 62, and x * 2^max(31 - shift, 0) fits in 32 bits; X is at most 32. LIM bits, at
// most 33, hold zero, lo and hi as signed numbers. y is the low OUT bits of the result: OUT bits hold lo to hi, signed or unsigned as the
// caller reads them.
module mlpc_requant_gemmlowp #(
    parameter X   = 24, // bits of x
    parameter LIM = 9,
    parameter OUT = 8
) (
    input  wire signed [X-1:0]   x,
    input  wire signed [31:0]    mul,
    input  wire        [5:0]     shift,
    input  wire signed [LIM-1:0] zero,
    input  wire signed [LIM-1:0] lo,
    input  wire signed [LIM-1:0] hi,
    output wire        [OUT-1:0] y
);
    wire       to_left = shift < 6'd31;
    wire [5:0] left    = to_left ? 6'd31 - shift : 6'd0;
    wire [5:0] right   = to_left ? 6'd0 : shift - 6'd31;

    wire signed [63:0] wide_x    = {{(64-X){x[X-1]}}, x};
    wire signed [63:0] wide_mul  = {{32{mul[31]}}, mul};
    wire signed [63:0] wide_zero = {{(64-LIM){zero[LIM-1]}}, zero};

    wire signed [63:0] product = (wide_x <<< left) * wide_mul + 64'sh40000000;
    wire signed [63:0] high    = product >>> 31;

    // The rest of the shift: one more when the dropped bits are above one half, or at it and the value is not negative.
    wire signed [63:0] mask    = (64'sd1 <<< right) - 64'sd1;
    wire signed [63:0] rest    = high & mask;
    wire signed [63:0] half    = (mask >>> 1) + $signed({63'd0, high[63]});
    wire signed [63:0] carry   = $signed({63'd0, rest > half});
    wire signed [63:0] rounded = (high >>> right) + carry + wide_zero;

    mlpc_clamp #(.IN(64), .LIM(LIM), .OUT(OUT)) clamp (.x(rounded), .lo(lo), .hi(hi), .y(y));
endmodule
