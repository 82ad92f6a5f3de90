// Brings the accumulator of mlpc_serial into a word: y = clamp(round(acc, mul, add, shift) + zero, lo, hi). How it rounds is in `fit`:
//   0: acc as it is
//   1: (acc * mul + add) / 2^shift, half up
//   2: the same, half to even
//   3: as gemmlowp, add being 2^30 and shift above 31: half up to 2^31, then ties away from zero
//   4: as single precision: acc, its product with mul and the result of the shift each half to even; 2^23 <= mul < 2^24 or mul = 0
//   5: 1 where acc is 0, else 0
//   6: the low bits of acc: as many as tell lo to hi apart
//   7: acc >= 0 brought to M - zero bits: the mantissa, or where lo is odd the exponent
// The first three, seven and eight have no shift by more than ROUND - 1.
//
// One multiplier, one shifter and one adder, used in turn: `done` is set in the last of 2 cycles from `start` on, both counted, for fit
// 0 and 5 to 7, of 5 for 1 to 3 and of 13 for 4; y follows. acc and the constants keep still meanwhile. FITS has a bit for each way that
// is in use. ROUND bits hold acc * mul, add and their sum with 2^(shift-1); with fit 4 also 50 bits and UP more than acc and LIM.
module mlpc_serial_fit #(
    parameter ACC   = 24,
    parameter MUL   = 16, // bits of mul, signed; 25 at least with fit 4
    parameter ADD   = 24,
    parameter SHIFT = 7,  // bits of shift, signed
    parameter LIM   = 9,  // bits of zero, lo and hi
    parameter ROUND = 48,
    parameter X     = 16, // bits of y
    parameter FITS  = 255,
    parameter UP    = 0,  // with fit 4: places that a result may lie above 24 bits
    parameter M     = 8   // with fit 7
) (
    input  wire                    clk,
    input  wire                    start,
    input  wire        [2:0]       fit,
    input  wire signed [ACC-1:0]   acc,
    input  wire signed [MUL-1:0]   mul,
    input  wire signed [ADD-1:0]   add,
    input  wire signed [SHIFT-1:0] shift,
    input  wire signed [LIM-1:0]   zero,
    input  wire signed [LIM-1:0]   lo,
    input  wire signed [LIM-1:0]   hi,
    output wire                    done,
    output reg  signed [X-1:0]     y
);
    localparam HAS_EVEN = FITS / 4 % 2 + FITS / 16 % 2, HAS_HIGH = FITS / 8 % 2, HAS_SINGLE = FITS / 16 % 2, HAS_NORM = FITS / 128 % 2, HAS_SCALE = FITS / 2 % 16 != 0;

    // The step that is done in this cycle; in those without a name, `near` is made. SIZE to SIZE_MOVE and LEAD to DOWN_MOVE are those of
    // single precision.
    localparam [3:0] SIZE = 4'd1, SIZE_LEAD = 4'd2, SIZE_MOVE = 4'd4, SCALE = 4'd5, SUM = 4'd6, LEAD = 4'd7, NEAR = 4'd8, MOVE = 4'd9,
                     DOWN = 4'd10, DOWN_MOVE = 4'd12, TAKE = 4'd13, CLAMP = 4'd14;
    wire is_single = HAS_SINGLE != 0 && fit == 3'd4;
    wire is_scaled = HAS_SCALE != 0 && fit != 3'd0 && fit <= 3'd4;

    reg  [3:0] next; // the step of this cycle but at the start
    wire [3:0] step = start ? (is_single ? SIZE : is_scaled ? SCALE : TAKE) : next;
    assign done = step == CLAMP;
    always @(posedge clk)
        case (step)
            4'd0, CLAMP: next <= 4'd0;
            SUM:      next <= is_single ? LEAD : NEAR;
            MOVE:     next <= is_single ? DOWN : CLAMP;
            DOWN_MOVE, TAKE: next <= CLAMP;
            default:  next <= step + 4'd1;
        endcase

    wire signed [ROUND-1:0] q; // what is clamped
    wire is_negative;          // q is the size of a negative number
    generate
        if (HAS_SCALE) begin : scaled
            // Rounding: sum to near, which is shifted by s.
            reg  signed [ROUND-1:0] sum, near, moved;
            localparam S = SHIFT < 7 ? 9 : SHIFT + 2;
            reg  signed [S-1:0] s;
            reg  has_sign;
            wire signed [S-1:0] lead, down, wide_shift;
            assign wide_shift = {{(S-SHIFT){shift[SHIFT-1]}}, shift};
            wire is_gone, is_beyond;

            // The product. Its first factor is acc, or a significand.
            localparam A = HAS_SINGLE != 0 && ACC < 26 ? 26 : ACC;
            reg  signed [A+MUL-1:0] product;
            wire signed [A-1:0]     factor = is_single ? moved[A-1:0] : {{(A-ACC+1){acc[ACC-1]}}, acc[ACC-2:0]};
            wire signed [A+MUL-1:0] product_d;
            mlpc_mul #(.A(A), .B(MUL), .Y(A + MUL)) multiplier (.a(factor), .b(mul), .y(product_d));
            always @(posedge clk) product <= product_d;

            // sum + half, without the half where a tie stays below: sum plus ones below place s - 1, and one.
            wire [ROUND-1:0] unit, below;
            wire is_even = HAS_EVEN != 0 && (fit == 3'd2 || is_single) && !(|($unsigned(sum) & unit));
            wire is_high = HAS_HIGH != 0 && fit == 3'd3 && sum[ROUND-1];
            genvar i;
            for (i = 0; i < ROUND; i = i + 1) begin : place
                localparam signed [S-1:0] I = i;
                assign unit[i]  = s == I;
                assign below[i] = s > I + 1 && (i >= 31 || !is_high);
            end
            wire one = s > 0 && !is_even && !is_high;

            wire signed [ROUND-1:0] wide_add = {{(ROUND-ADD){add[ADD-1]}}, add};
            wire signed [ROUND-1:0] wide_acc = {{(ROUND-ACC){acc[ACC-1]}}, acc};
            wire signed [ROUND-1:0] total    = {{(ROUND-A-MUL+1){product[A+MUL-1]}}, product[A+MUL-2:0]};
            wire signed [ROUND-1:0] shifted  = near >>> s;
            always @(posedge clk) begin
                near  <= sum + $signed(below) + $signed({{(ROUND-1){1'b0}}, one});
                if (step == SIZE_MOVE || step == MOVE || step == DOWN_MOVE)
                    moved <= is_beyond ? {{(ROUND-LIM-1){1'b0}}, {(LIM+1){1'b1}}} : is_gone ? {ROUND{1'b0}} : shifted;
                if (step == TAKE) moved <= wide_acc;
                if (step == SIZE) begin
                    sum      <= acc[ACC-1] ? -wide_acc : wide_acc;
                    has_sign <= acc[ACC-1];
                end else if (step == SUM) sum <= is_single ? total : total + wide_add;
                else if (step == DOWN) sum <= moved <<< UP;
                if (step == SIZE_LEAD || step == LEAD) s <= lead;
                else if (step == DOWN) s <= down;
                else if (step == SCALE) s <= wide_shift;
            end
            assign q           = moved;
            assign is_negative = is_single && has_sign;

            if (HAS_SINGLE != 0) begin : single
                // How far the leading one stands above bit 23, and the places dropped so far.
                reg signed [S-1:0] high, dropped;
                integer k;
                always @* begin
                    high = {S{1'b0}};
                    for (k = 24; k < ROUND; k = k + 1)
                        if (sum[k]) high = k[S-1:0] - 23;
                end
                always @(posedge clk)
                    if (step == SIZE) dropped <= {S{1'b0}};
                    else if (step == SIZE_MOVE || step == MOVE) dropped <= dropped + s;
                wire is_last = step == DOWN_MOVE;
                assign lead      = high;
                assign down      = wide_shift - dropped + UP;
                assign is_gone   = is_last && s > 25 + UP;
                assign is_beyond = is_last && s < 0 && near != 0;
            end else begin : fixed
                assign {lead, down, is_gone, is_beyond} = {(2*S+2){1'b0}};
                wire unused = has_sign;
            end
        end else begin : plain
            reg signed [ACC-1:0] taken;
            always @(posedge clk) taken <= acc;
            assign q           = {{(ROUND-ACC){taken[ACC-1]}}, taken};
            assign is_negative = 1'b0;
            wire unused = &{1'b0, mul, add, shift};
        end
    endgenerate

    // Beyond 2^LIM the clamp sees no difference. Narrow signed numbers are read at the width of wider ones.
    wire is_inside = &(q[ROUND-1:LIM] ^ ~{(ROUND-LIM){q[ROUND-1]}});
    wire signed [LIM:0] near_q = is_inside ? q[LIM:0] : {q[ROUND-1], {LIM{~q[ROUND-1]}}};
    /* verilator lint_off WIDTH */
    wire signed [LIM+1:0] shown   = (is_negative ? -near_q : near_q) + zero;
    wire signed [LIM-1:0] limited = shown < lo ? lo : shown > hi ? hi : shown;
    wire signed [X-1:0]   fitted  = limited, wide_lo = lo, wide_hi = hi;
    /* verilator lint_on WIDTH */

    // The other ways to make a word.
    wire signed [X-1:0] other;
    wire has_other;
    generate
        if (FITS / 32 != 0) begin : others
            wire signed [X-1:0] wrapped = ((q[X-1:0] - wide_lo) & (wide_hi - wide_lo)) + wide_lo;
            wire signed [X-1:0] norm;
            if (HAS_NORM != 0) begin : normed
                wire        [M-1:0] m;
                wire signed [7:0]   e;
                mlpc_norm #(.X(ACC - 1), .M(M), .E(8)) unit (.x(q[ACC-2:0]), .m(m), .e(e));
                /* verilator lint_off WIDTH */
                wire signed [X-1:0] mantissa = m >> zero;
                wire signed [X-1:0] exponent = |q ? e + zero : 0;
                /* verilator lint_on WIDTH */
                assign norm = lo[0] ? exponent : mantissa;
            end else begin : not_normed
                assign norm = {X{1'b0}};
            end
            assign has_other = fit >= 3'd5;
            assign other     = fit == 3'd5 ? {{(X-1){1'b0}}, ~|q} : fit == 3'd6 ? wrapped : norm;
        end else begin : none
            assign has_other = 1'b0;
            assign other     = {X{1'b0}};
            wire unused = &{1'b0, wide_lo, wide_hi};
        end
    endgenerate
    always @(posedge clk) if (step == CLAMP) y <= has_other ? other : fitted;
endmodule
