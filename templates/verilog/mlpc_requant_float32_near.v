// Scales as a single-precision multiplication and rint do, for x that a float holds exactly and results of at most 21 bits: the usual
// case, and a quarter of the general module, as nothing is normalized. y = clamp(scaled + zero, lo, hi).
//
// A float32 multiplication can only change the rounding to an integer by moving the exact product onto a tie. It does so where the
// product lies within half a unit of its 24th bit from the tie, and the tie then goes to the even neighbour. So the product is
// rounded twice, once with that reach added and once with it taken off, and the even one of two different results is right.
//
// Combinational. X is at most 25 and |x| <= 2^24; 0 < mul < 2^24, 1 <= shift <= 62. LIM bits, at most 22, hold zero, lo and hi as signed
// numbers. y is the low OUT bits of the result: OUT bits hold lo to hi, signed or unsigned as the caller reads them.
module mlpc_requant_float32_near #(
    parameter X   = 24, // bits of x
    parameter LIM = 9,
    parameter OUT = 8
) (
    input  wire signed [X-1:0]   x,
    input  wire        [23:0]    mul,
    input  wire        [5:0]     shift,
    input  wire signed [LIM-1:0] zero,
    input  wire signed [LIM-1:0] lo,
    input  wire signed [LIM-1:0] hi,
    output wire        [OUT-1:0] y
);
    wire         negative = x[X-1];
    wire [X-1:0] size     = negative ? -x : x;
    wire [50:0]  product  = {{(51-X){1'b0}}, size} * {27'd0, mul};

    // Half a unit of the product's 24th bit: its leading one, 24 places lower.
    reg [50:0] reach;
    integer i;
    always @* begin
        reach = 51'd0;
        for (i = 24; i < 48; i = i + 1)
            if (product[i]) reach = 51'd1 << (i - 24);
    end

    wire [50:0] unit   = 51'd1 << shift;
    wire [50:0] raised = product + {1'b0, unit[50:1]};
    wire [50:0] upper  = (raised + reach) >> shift;
    wire [50:0] lower  = (raised - reach - 51'd1) >> shift;
    wire [50:0] even   = upper[0] ? lower : upper;
    wire        unused = unit[0];

    // Beyond 2^22 the clamp sees no difference.
    wire signed [24:0] result    = |even[50:22] ? 25'sh400000 : $signed({3'd0, even[21:0]});
    wire signed [24:0] wide_zero = {{(25-LIM){zero[LIM-1]}}, zero};
    wire signed [24:0] scaled    = (negative ? -result : result) + wide_zero;

    mlpc_clamp #(.IN(25), .LIM(LIM), .OUT(OUT)) clamp (.x(scaled), .lo(lo), .hi(hi), .y(y));
endmodule
