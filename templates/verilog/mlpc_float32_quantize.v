// The quantizer clamp(round(y / s) + zero, lo, hi) of float32: the quotient is rounded to 24 bits, then to an integer, each half to even.
//
// y is a number of mlpc_float32_sum. s is SCALE * 2^k with a SCALE of 24 bits, in units of y: k = DROP + 2 - RAISE, where DROP or RAISE
// is 0. T bits hold the magnitudes of lo - zero and hi - zero. LIM bits hold zero, lo and hi as signed numbers, OUT bits lo to hi.
//
// The quotient's integer bits come by division, DIGITS a stage, which leaves the exact remainder; how far that may be from the half for
// the rounding to 24 bits to reach it follows from the integer bits. (T + 1) / DIGITS rounded up, plus 4, cycles while step is set.
module mlpc_float32_quantize #(
    parameter N      = 72,
    parameter DROP   = 20,
    parameter RAISE  = 0,
    parameter T      = 16, // at most 23
    parameter DIGITS = 2,
    parameter LIM    = 17,
    parameter OUT    = 16,
    parameter [23:0] SCALE = 24'hc00000
) (
    input  wire                  clk,
    input  wire                  step,
    input  wire [N-1:0]          y,
    input  wire signed [LIM-1:0] zero,
    input  wire signed [LIM-1:0] lo,
    input  wire signed [LIM-1:0] hi,
    output reg  [OUT-1:0]        q
);
    localparam STAGES = (T + DIGITS) / DIGITS; // of T + 1 digits
    localparam A      = T + 26;                // bits of y in units of s / (4 * SCALE), unless the result saturates
    localparam WIDE   = N + RAISE > A + DROP + 1 ? N + RAISE : A + DROP + 1;

    // A number that is far less than s/2 loses bits here, but no other does: it has 24 of them.
    wire [N-1:0]    magnitude = (y ^ {N{y[N-1]}}) + {{(N-1){1'b0}}, y[N-1]};
    wire [WIDE-1:0] raised    = {{(WIDE-N){1'b0}}, magnitude} << RAISE;
    wire            over_next = |raised[WIDE-1:DROP+A];

    // By stage: the partial remainder; the bits yet to come, behind which those of the quotient gather; bits below.
    wire [24:0] r     [0:STAGES];
    wire [T:0]  bits  [0:STAGES];
    wire [1:0]  guard [0:STAGES];
    wire        neg   [0:STAGES];
    wire        over  [0:STAGES];

    reg [24:0] r_first;
    reg [T:0]  bits_first;
    reg [1:0]  guard_first;
    reg        neg_first, over_first;
    always @(posedge clk)
        if (step) begin
            r_first     <= {2'b00, raised[DROP+A-1:DROP+T+3]};
            bits_first  <= raised[DROP+T+2:DROP+2];
            guard_first <= raised[DROP+1:DROP];
            neg_first   <= y[N-1];
            over_first  <= over_next;
        end
    assign r[0]     = r_first;
    assign bits[0]  = bits_first;
    assign guard[0] = guard_first;
    assign neg[0]   = neg_first;
    assign over[0]  = over_first;

    genvar i;
    generate
        for (i = 0; i < STAGES; i = i + 1) begin : stage
            localparam COUNT = (i + 1) * DIGITS > T + 1 ? T + 1 - i * DIGITS : DIGITS;
            mlpc_float32_divide #(.T(T), .COUNT(COUNT), .SCALE(SCALE)) divide (
                .clk(clk), .step(step), .r(r[i]), .bits(bits[i]), .r_next(r[i+1]), .bits_next(bits[i+1])
            );
            reg [1:0]  guard_q;
            reg        neg_q, over_q;
            always @(posedge clk)
                if (step) begin
                    guard_q <= guard[i];
                    neg_q   <= neg[i];
                    over_q  <= over[i];
                end
            assign guard[i+1] = guard_q;
            assign neg[i+1]   = neg_q;
            assign over[i+1]  = over_q;
        end
    endgenerate

    // The remainder against the half: 2 * (4r + guard) - 4 * SCALE. Within reach of the half the quotient of 24 bits is the half itself.
    wire [T:0]  n      = bits[STAGES];
    wire [23:0] rest_n = r[STAGES][23:0] + (r[STAGES][24] ? SCALE : 24'd0);
    reg  [25:0] reach_next;
    integer j;
    always @* begin
        reach_next = {SCALE, 2'b00} >> 24;
        for (j = 0; j <= T; j = j + 1)
            if (n[j]) reach_next = {SCALE, 2'b00} >> (j < 23 ? 23 - j : 0);
    end

    reg [27:0] distance;
    reg [25:0] reach;
    reg [T:0]  whole;
    reg        neg_whole, over_whole;
    always @(posedge clk)
        if (step) begin
            distance   <= {1'b0, rest_n, guard[STAGES], 1'b0} - {2'b00, SCALE, 2'b00};
            reach      <= reach_next;
            whole      <= n;
            neg_whole  <= neg[STAGES];
            over_whole <= over[STAGES];
        end

    // An even n goes up beyond the half only, an odd one from the half on.
    wire [28:0] beyond = {distance[27], distance} + (whole[0] ? {3'd0, reach} : ~{3'd0, reach});
    reg  [T+1:0] rounded;
    reg          neg_rounded;
    always @(posedge clk)
        if (step) begin
            rounded     <= over_whole ? {1'b0, {(T+1){1'b1}}} : {1'b0, whole} + {{(T+1){1'b0}}, !beyond[28]};
            neg_rounded <= neg_whole;
        end

    localparam SUM = (T > LIM ? T : LIM) + 4;
    wire [SUM-1:0] wide_rounded = {{(SUM-T-2){1'b0}}, rounded};
    wire [SUM-1:0] wide_zero    = {{(SUM-LIM){zero[LIM-1]}}, zero};
    wire [SUM:0]   moved        = {wide_rounded ^ {SUM{neg_rounded}}, 1'b1} + {wide_zero, neg_rounded};
    wire [OUT-1:0] limited;
    mlpc_clamp #(.IN(SUM), .LIM(LIM), .OUT(OUT)) clamp (.x(moved[SUM:1]), .lo(lo), .hi(hi), .y(limited));
    always @(posedge clk)
        if (step) q <= limited;

    wire unused = &{1'b0, beyond[27:0], moved[0]};
    generate
        if (DROP > 0) begin : below
            wire unused_low = &{1'b0, raised[DROP-1:0]};
        end
    endgenerate
endmodule
