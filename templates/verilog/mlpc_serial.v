// A small engine for any network: P multipliers over a memory of activations, told by a ROM of rows what to do.
//
// A row makes one word. acc = bias, then for each of its columns one of
//   mode 0: acc + x * w          mode 1: acc + x * x2        mode 2: acc + (x >= w)
//   mode 3: max(acc, x * w)      mode 4: the first column with the largest x * w
//   mode 5: as 4, among the columns that come behind the one that the row before found
//   mode 6: as 0, with truncated products (DROP, see mlpc_trunc_mul)
// and y = mlpc_serial_fit of acc, mul, add, shift, zero, lo, hi and fit. Where `from` is 1, y becomes word y + place of the table ROM, where
// it is 2, word y + place of the memory. x is the word of the memory at src + column * stride, x2 that at src2 + column * stride2, w the
// word of the weights at weight + column, or where w_still is set at weight. Where `wide` is set, a word of weights serves P columns at once;
// src is then a multiple of P, stride is P and mode is 0 or 6. Thresholds (mode 2) have a ROM of their own. The fields stand in the row from the
// low bits on: src, stride, src2, stride2, weight, w_still, wide, columns, mode, dst, bias, mul, add, shift, zero, lo, hi, fit, from, place.
//
// A sample is IN words, put at address 0 once `loaded` is set; its result is OUT words from address RESULT on. A row takes START, a cycle
// for each column (for P columns where wide), DRAIN where it has columns, those of mlpc_serial_fit, STORE, and one more with a table
// word, two with one of the memory; a word of the result takes two. The next sample is taken when the result is out.
module mlpc_serial #(
    parameter X       = 16, // bits of a word of the memory, signed
    parameter XL      = 8,  // of those that wide rows read
    parameter W       = 8,  // bits of a weight, signed
    parameter P       = 1,  // multipliers: 1, 2, 4 or 8
    parameter LANES   = 0,  // their logarithm
    parameter ACC     = 24, // bits of acc, signed
    parameter ADDR    = 5,  // bits of an address of the memory
    parameter ADDR2   = 1,  // the same where mode 1 is in use, and the memory has a second read port; else 1
    parameter LADDR   = 6,  // of the weights and thresholds in a row, that of the longer ROM
    parameter WADDR   = 5,  // of the weights
    parameter SADDR   = 4,  // of the thresholds
    parameter PLACE   = 4,  // of the table ROM and the memory, signed
    parameter TADDR   = 4,  // of the table ROM
    parameter RADDR   = 3,  // of the row ROM
    parameter COLS    = 5,  // bits of the number of columns
    parameter MUL     = 16, // as in mlpc_serial_fit
    parameter ADD     = 24,
    parameter SHIFT   = 6,
    parameter LIM     = 9,
    parameter ROUND   = 48,
    parameter FITS    = 255,
    parameter UP      = 0,
    parameter M       = 8,
    parameter ROWS    = 5,  // words of the ROMs
    parameter TABLES  = 16, // 0: none
    parameter STEPS   = 16, // thresholds; 0: none
    parameter STEP    = 16, // bits of a threshold
    parameter SORTS   = 0,  // modes 3 to 5 are in use
    parameter DROP    = 0,  // columns that truncated products leave out; 0: mode 6 is not in use
    parameter IN      = 8,
    parameter OUT     = 2,
    parameter RESULT  = 20,
    parameter ROW_FILE   = "",
    parameter TABLE_FILE = "",
    parameter STEP_FILE  = ""
) (
    input  wire         clk,
    input  wire         rst,
    input  wire         loaded,
    output wire         weight_read, // w is the word at weight_at after an edge at which it is set
    output wire [WADDR-1:0] weight_at,
    input  wire [P*W-1:0]   w,
    input  wire [X-1:0] in_data,
    input  wire         in_valid,
    output wire         in_ready,
    output wire [X-1:0] out_data,
    output wire         out_valid,
    input  wire         out_ready
);
    localparam [3:0] LOAD = 4'd0, START = 4'd1, RUN = 4'd2, DRAIN = 4'd3, FIT = 4'd4, STORE = 4'd5, TABLE = 4'd6, SEEK = 4'd7, FETCH = 4'd8,
                     READ = 4'd9, GIVE = 4'd10;
    localparam ROW_BITS = 3*ADDR + 2*ADDR2 + LADDR + 2 + COLS + 3 + ACC + MUL + ADD + SHIFT + 3*LIM + 3 + 2 + PLACE;

    localparam [31:0] LAST_IN_32  = IN - 1;
    localparam [31:0] LAST_ROW_32 = ROWS - 1;
    localparam [31:0] RESULT_32   = RESULT;
    localparam [31:0] LAST_OUT_32 = RESULT + OUT - 1;
    localparam [ADDR-1:0]  LAST_IN  = LAST_IN_32[ADDR-1:0];
    localparam [RADDR-1:0] LAST_ROW = LAST_ROW_32[RADDR-1:0];
    localparam [ADDR-1:0]  FIRST    = RESULT_32[ADDR-1:0];
    localparam [ADDR-1:0]  LAST_OUT = LAST_OUT_32[ADDR-1:0];

    reg  [3:0]        state;
    reg  [RADDR-1:0]  row_at; // of the next row
    reg               is_last;
    wire [ROW_BITS-1:0] row;
    wire [ADDR-1:0]   src, stride, dst;
    wire [ADDR2-1:0]  src2, stride2;
    wire [LADDR-1:0]  weight;
    wire              w_still, wide;
    wire [COLS-1:0]   columns;
    wire [2:0]        mode, fit;
    wire signed [ACC-1:0]   bias;
    wire signed [MUL-1:0]   mul;
    wire signed [ADD-1:0]   add;
    wire signed [SHIFT-1:0] shift;
    wire signed [LIM-1:0]   zero, lo, hi;
    wire [1:0]        from;
    wire signed [PLACE-1:0] place;
    assign {place, from, fit, hi, lo, zero, shift, add, mul, bias, dst, mode, columns, wide, w_still, weight, stride2, src2, stride, src} = row;

    // The row changes where the last is stored; the first is there before a sample is.
    wire is_stored = state == STORE && from == 2'd0 || state == TABLE || state == FETCH;
    mlpc_rom #(.WIDTH(ROW_BITS), .DEPTH(ROWS < 2 ? 2 : ROWS), .ADDR(RADDR), .FILE(ROW_FILE)) rows (
        .clk(clk), .step(state == LOAD || is_stored), .addr(row_at), .q(row)
    );

    // Addresses of the columns.
    reg  [ADDR-1:0]  at;
    reg  [ADDR2-1:0] at2;
    reg  [LADDR-1:0] w_at;
    reg  [COLS-1:0]  left;
    assign weight_at   = w_at[WADDR-1:0];
    assign weight_read = state == RUN;
    wire unused_at = &{1'b0, w_at};

    wire signed [X-1:0] y, table_q, x;
    wire [P*X-1:0]      words;
    wire                put      = state == LOAD ? in_valid && loaded : is_stored;
    wire [ADDR-1:0]     put_at   = state == LOAD ? at : dst;
    wire signed [X-1:0] put_data = state == LOAD ? in_data : state == TABLE ? table_q : state == FETCH ? x : y;
    mlpc_serial_memory #(.X(X), .ADDR(ADDR), .P(P), .LANES(LANES)) memory (
        .clk(clk), .put(put), .put_at(put_at), .put_data(put_data), .at(at), .word(x), .words(words)
    );
    localparam PAIRS = ADDR2 > 1;
    wire signed [X-1:0] x2;
    generate
        if (PAIRS) begin : pairs
            wire [X-1:0] unused;
            mlpc_serial_memory #(.X(X), .ADDR(ADDR)) copy (
                .clk(clk), .put(put), .put_at(put_at), .put_data(put_data), .at(at2), .word(x2), .words(unused)
            );
        end else begin : no_pairs
            assign x2 = {X{1'b0}};
            wire unused = &{1'b0, at2, x2};
        end
    endgenerate

    // The pipeline of a row: the words in x, x2 and w, then the products, their sum where P is above 1, then acc.
    localparam [31:0] P_32 = P;
    localparam [COLS-1:0] WIDE = P_32[COLS-1:0];
    reg has_words, has_products;
    reg [P-1:0] on; // lanes that have a column
    wire [P-1:0] on_d;
    wire is_ending = wide ? left <= WIDE : left == {{(COLS-1){1'b0}}, 1'b1};
    always @(posedge clk) begin
        on <= on_d;
        if (rst) begin
            has_words    <= 1'b0;
            has_products <= 1'b0;
        end else begin
            has_words    <= state == RUN;
            has_products <= has_words;
        end
    end

    // Lane 0 has a wide multiplier, for the other modes.
    localparam F = PAIRS && X > W ? X : W;
    wire signed [W-1:0] w0 = w[W-1:0];
    wire signed [F-1:0] factor;
    generate
        if (PAIRS) begin : two_factors
            assign factor = mode == 3'd1 ? {{(F-X+1){x2[X-1]}}, x2[X-2:0]} : {{(F-W+1){w0[W-1]}}, w0[W-2:0]};
        end else begin : weight_factor
            assign factor = w0;
        end
    endgenerate
    wire signed [X+F-1:0] product;
    wire signed [X+F-1:0] exact;
    mlpc_mul #(.A(X), .B(F), .Y(X + F)) multiplier (.a(x), .b(factor), .y(exact));
    generate
        if (DROP != 0) begin : truncates
            wire signed [X+W:0] cut;
            mlpc_trunc_mul #(.W(W), .X(X), .P(X + W + 1), .DROP(DROP)) truncated (.w(w0), .x(x), .p(cut));
            assign product = mode == 3'd6 ? {{(F-W+1){cut[X+W]}}, cut[X+W-2:0]} : exact;
            wire unused_top = cut[X+W-1];
        end else begin : no_truncates
            assign product = exact;
        end
    endgenerate

    // Counting thresholds.
    wire is_above;
    generate
        if (STEPS != 0) begin : counts
            wire signed [STEP-1:0] threshold;
            mlpc_rom #(.WIDTH(STEP), .DEPTH(STEPS < 2 ? 2 : STEPS), .ADDR(SADDR), .FILE(STEP_FILE)) steps (
                .clk(clk), .step(state == RUN), .addr(w_at[SADDR-1:0]), .q(threshold)
            );
            /* verilator lint_off WIDTH */
            assign is_above = x >= threshold;
            /* verilator lint_on WIDTH */
        end else begin : no_counts
            assign is_above = 1'b0;
        end
    endgenerate

    localparam PX = X + F > ACC ? X + F : ACC;
    reg signed [PX-1:0] part;
    always @(posedge clk)
        if (STEPS != 0 && mode == 3'd2) part <= {{(PX-1){1'b0}}, is_above};
        else part <= {{(PX-X-F+1){product[X+F-1]}}, product[X+F-2:0]};

    wire signed [ACC-1:0] term;
    wire has_term;
    generate
        if (P > 1) begin : lanes
            localparam PL = XL + W;
            reg  signed [ACC-1:0] total;
            reg  has_total;
            genvar i;
            for (i = 0; i < P; i = i + 1) begin : lane
                wire signed [ACC-1:0] sum; // of this lane and those before it
                if (i == 0) begin : first
                    assign on_d[i] = 1'b1;
                    assign sum     = part[ACC-1:0];
                end else begin : more
                    localparam [31:0] I = i;
                    assign on_d[i] = wide && left > I[COLS-1:0];
                    wire signed [PL-1:0] one;
                    reg  signed [PL-1:0] gated;
                    wire signed [PL-1:0] exact_one;
                    mlpc_mul #(.A(XL), .B(W), .Y(PL)) multiplier (.a(words[i*X +: XL]), .b(w[i*W +: W]), .y(exact_one));
                    if (DROP != 0) begin : truncates
                        wire signed [PL:0] cut;
                        mlpc_trunc_mul #(.W(W), .X(XL), .P(PL + 1), .DROP(DROP)) truncated (.w(w[i*W +: W]), .x(words[i*X +: XL]), .p(cut));
                        assign one = mode == 3'd6 ? {cut[PL], cut[PL-2:0]} : exact_one;
                        wire unused_top = cut[PL-1];
                    end else begin : no_truncates
                        assign one = exact_one;
                    end
                    always @(posedge clk) gated <= on[i] ? one : {PL{1'b0}};
                    assign sum = lane[i-1].sum + {{(ACC-PL){gated[PL-1]}}, gated};
                end
            end
            wire unused_words = &{1'b0, words, on[0]};
            always @(posedge clk) begin
                total     <= lane[P-1].sum;
                has_total <= !rst && has_products;
            end
            assign term     = total;
            assign has_term = has_total;
        end else begin : one_lane
            assign on_d     = 1'b1;
            assign term     = part[ACC-1:0];
            assign has_term = has_products;
            wire unused = &{1'b0, on, words};
        end
        if (PX > ACC) begin : top
            wire unused = &{1'b0, part[PX-1:ACC]};
        end
    endgenerate

    reg  signed [ACC-1:0] acc;
    wire signed [ACC-1:0] sorted;
    always @(posedge clk)
        if (state == START) acc <= bias;
        else if (has_term) acc <= SORTS != 0 && mode >= 3'd3 && mode != 3'd6 ? sorted : acc + term;

    generate
        if (SORTS != 0) begin : sorts
            // The best column so far, and the best of the row before.
            reg  signed [ACC-1:0] best, bound, column, bound_column;
            reg  has_best;
            wire is_free   = mode != 3'd5 || term < bound || term == bound && column > bound_column;
            wire is_better = is_free && (!has_best || term > best);
            assign sorted  = mode == 3'd3 ? (term > acc ? term : acc) : is_better ? column : acc;
            always @(posedge clk)
                if (state == START) begin
                    column       <= {ACC{1'b0}};
                    has_best     <= 1'b0;
                    bound        <= best;
                    bound_column <= acc;
                end else if (has_term) begin
                    column <= column + 1'b1;
                    if (is_better) begin
                        best     <= term;
                        has_best <= 1'b1;
                    end
                end
        end else begin : no_sorts
            assign sorted = {ACC{1'b0}};
        end
    endgenerate

    // The result of a row.
    reg  was_fit;
    wire is_fit;
    always @(posedge clk) was_fit <= state == FIT && !is_fit;
    mlpc_serial_fit #(.ACC(ACC), .MUL(MUL), .ADD(ADD), .SHIFT(SHIFT), .LIM(LIM), .ROUND(ROUND), .X(X), .FITS(FITS), .UP(UP), .M(M)) fitter (
        .clk(clk), .start(state == FIT && !was_fit), .fit(fit), .acc(acc), .mul(mul), .add(add), .shift(shift), .zero(zero), .lo(lo), .hi(hi),
        .done(is_fit), .y(y)
    );

    // The place that y points to.
    localparam Y = PLACE > X ? PLACE : X;
    /* verilator lint_off WIDTH */
    wire signed [Y:0] pointed = y + place;
    /* verilator lint_on WIDTH */
    generate
        if (TABLES != 0) begin : tabled
            mlpc_rom #(.WIDTH(X), .DEPTH(TABLES < 2 ? 2 : TABLES), .ADDR(TADDR), .FILE(TABLE_FILE)) tables (
                .clk(clk), .step(state == STORE), .addr(pointed[TADDR-1:0]), .q(table_q)
            );
        end else begin : not_tabled
            assign table_q = {X{1'b0}};
        end
    endgenerate
    wire unused_pointed = &{1'b0, pointed};

    // What happens when.
    localparam [1:0] LAST_TURN = P > 1 ? 2'd2 : 2'd1;
    reg [1:0] turn; // in DRAIN
    assign in_ready  = state == LOAD && loaded;
    assign out_valid = state == GIVE;
    assign out_data  = x;

    always @(posedge clk)
        if (rst) begin
            state  <= LOAD;
            at     <= {ADDR{1'b0}};
            row_at <= {RADDR{1'b0}};
            turn   <= 2'd0;
        end else
            case (state)
                LOAD:
                    if (put) begin
                        at <= at + 1'b1;
                        if (at == LAST_IN) state <= START;
                    end
                START: begin
                    at      <= src;
                    at2     <= src2;
                    w_at    <= weight;
                    left    <= columns;
                    row_at  <= row_at == LAST_ROW ? {RADDR{1'b0}} : row_at + 1'b1;
                    is_last <= row_at == LAST_ROW;
                    state   <= columns == {COLS{1'b0}} ? FIT : RUN;
                end
                RUN: begin
                    at   <= at + stride;
                    at2  <= at2 + stride2;
                    left <= left - (wide ? WIDE : {{(COLS-1){1'b0}}, 1'b1});
                    if (!w_still) w_at <= w_at + 1'b1;
                    if (is_ending) state <= DRAIN;
                end
                DRAIN: begin
                    turn <= turn == LAST_TURN ? 2'd0 : turn + 2'd1;
                    if (turn == LAST_TURN) state <= FIT;
                end
                FIT: if (is_fit) state <= STORE;
                STORE, TABLE, FETCH: begin
                    if (state == STORE && from == 2'd1) state <= TABLE;
                    else if (state == STORE && from == 2'd2) begin
                        at    <= pointed[ADDR-1:0];
                        state <= SEEK;
                    end else if (is_last) begin
                        state <= READ;
                        at    <= FIRST;
                    end else state <= START;
                end
                SEEK: state <= FETCH;
                READ: state <= GIVE;
                GIVE:
                    if (out_ready) begin
                        at    <= at == LAST_OUT ? {ADDR{1'b0}} : at + 1'b1;
                        state <= at == LAST_OUT ? LOAD : READ;
                    end
                default: state <= LOAD;
            endcase
endmodule
