// Scales as a single-precision multiplication and rint do: x is rounded to 24 bits, then its product with mul is, then the product
// divided by 2^shift to an integer, each half to even. y = clamp(scaled + zero, lo, hi).
//
// Combinational. 0 < mul < 2^24, -60 <= shift <= 120, X is at most 54. LIM bits hold zero, lo and hi as signed numbers. y is the low
// OUT bits of the result: OUT bits hold lo to hi, signed or unsigned as the caller reads them.
module mlpc_requant_float32 #(
    parameter X   = 24, // bits of x
    parameter LIM = 9,
    parameter OUT = 8
) (
    input  wire signed [X-1:0]   x,
    input  wire        [23:0]    mul,
    input  wire signed [7:0]     shift,
    input  wire signed [LIM-1:0] zero,
    input  wire signed [LIM-1:0] lo,
    input  wire signed [LIM-1:0] hi,
    output wire        [OUT-1:0] y
);
    // Bits of the result's size: one more than a significand needs, and enough for 2^LIM, beyond which the clamp sees no difference.
    localparam SIZE = LIM > 26 ? LIM + 1 : 27;

    // The significand of |x|.
    wire         negative = x[X-1];
    wire [X-1:0] size     = negative ? -x : x;
    wire [24:0]  m;
    wire [5:0]   drop_x;
    generate
        if (X > 25) begin : rounded_x
            mlpc_round24 #(.IN(X)) round (.v(size), .m(m), .drop(drop_x));
        end else if (X == 25) begin : exact_x
            assign m      = size;
            assign drop_x = 6'd0;
        end else begin : narrow_x
            assign m      = {{(25-X){1'b0}}, size};
            assign drop_x = 6'd0;
        end
    endgenerate

    // The significand of the product.
    wire [48:0] product = {24'd0, m} * {25'd0, mul};
    wire [24:0] p;
    wire [5:0]  drop;
    mlpc_round24 #(.IN(49)) round (.v(product), .m(p), .drop(drop));

    // The result is p / 2^down. Where down is negative, p moves to the left, and saturates at 2^LIM; else it is rounded.
    wire signed [8:0] down = {shift[7], shift} - $signed({3'd0, drop}) - $signed({3'd0, drop_x});
    wire        [8:0] left = down[8] ? -down : 9'd0;

    wire [SIZE-1:0] wide_p  = {{(SIZE-25){1'b0}}, p};
    wire            is_over = {23'd0, left} > LIM ? |p : |(wide_p >> (LIM - {23'd0, left}));
    wire [SIZE-1:0] raised  = is_over ? {{(SIZE-1){1'b0}}, 1'b1} << LIM : wide_p << left;

    wire [SIZE-1:0] unit    = {{(SIZE-1){1'b0}}, 1'b1} << down;
    wire            even    = ~unit[0] & ~(|(wide_p & unit));
    wire [SIZE-1:0] nearest = (wide_p + {1'b0, unit[SIZE-1:1]} - {{(SIZE-1){1'b0}}, even}) >> down;

    wire        [SIZE-1:0] result      = down[8] ? raised : nearest;
    wire signed [SIZE+1:0] wide_result = $signed({2'd0, result});
    wire signed [SIZE+1:0] wide_zero   = {{(SIZE+2-LIM){zero[LIM-1]}}, zero};
    wire signed [SIZE+1:0] scaled      = (negative ? -wide_result : wide_result) + wide_zero;

    mlpc_clamp #(.IN(SIZE + 2), .LIM(LIM), .OUT(OUT)) clamp (.x(scaled), .lo(lo), .hi(hi), .y(y));
endmodule
