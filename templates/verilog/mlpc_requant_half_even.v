// Scales and rounds, ties to the even neighbour: y = clamp(nearest((x*mul + add) / 2^shift) + zero, lo, hi).
//
// Combinational. ACC bits hold x*mul + add + 2^(shift-1) and the sum of the result and zero; ACC is greater than each of the other
// widths. LIM bits hold zero, lo and hi as signed numbers. y is the low OUT bits of the result: OUT bits hold lo to hi, signed or
// unsigned as the caller reads them.
module mlpc_requant_half_even #(
    parameter X     = 24, // bits of x
    parameter MUL   = 16, // bits of mul
    parameter ADD   = 32, // bits of add
    parameter SHIFT = 6,  // bits of shift
    parameter ACC   = 48,
    parameter LIM   = 9,
    parameter OUT   = 8
) (
    input  wire signed [X-1:0]     x,
    input  wire signed [MUL-1:0]   mul,
    input  wire signed [ADD-1:0]   add,
    input  wire        [SHIFT-1:0] shift,
    input  wire signed [LIM-1:0]   zero,
    input  wire signed [LIM-1:0]   lo,
    input  wire signed [LIM-1:0]   hi,
    output wire        [OUT-1:0]   y
);
    // Operands at the width of the result; multiplying these, tools see the narrow operands through the copied signs.
    wire signed [ACC-1:0] wide_x    = {{(ACC-X){x[X-1]}}, x};
    wire signed [ACC-1:0] wide_mul  = {{(ACC-MUL){mul[MUL-1]}}, mul};
    wire signed [ACC-1:0] wide_add  = {{(ACC-ADD){add[ADD-1]}}, add};
    wire signed [ACC-1:0] wide_zero = {{(ACC-LIM){zero[LIM-1]}}, zero};

    wire        [ACC-1:0] unit = {{(ACC-1){1'b0}}, 1'b1} << shift;
    wire signed [ACC-1:0] half = $signed({1'b0, unit[ACC-1:1]});
    wire signed [ACC-1:0] sum  = wide_x * wide_mul + wide_add;

    // Below an even result the tie must not carry: one less is added.
    wire                  even    = ~unit[0] & ~(|($unsigned(sum) & unit));
    wire signed [ACC-1:0] less    = $signed({ACC{even}});
    wire signed [ACC-1:0] nearest = sum + half + less;
    wire signed [ACC-1:0] rounded = (nearest >>> shift) + wide_zero;

    mlpc_clamp #(.IN(ACC), .LIM(LIM), .OUT(OUT)) clamp (.x(rounded), .lo(lo), .hi(hi), .y(y));
endmodule
