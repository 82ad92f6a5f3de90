// A small engine for any network: one multiplier over a memory of activations, told by a ROM of rows what to do.
//
// A row makes one word: acc = bias, then for each of its columns one of
//   mode 0: acc + x * w          mode 1: acc + x * x2        mode 2: acc + (x >= w)
//   mode 3: max(acc, x * w)      mode 4: the first column with the largest x * w
// and y = clamp(round((acc * mul + add) / 2^shift) + zero, lo, hi), rounded half to even where `even` is set, else half up; where
// `tabled` is set, y becomes word y + table of the table ROM. x is the word of the memory at src + column * stride, x2 that at
// src2 + column * stride2, w the word of the weight ROM at weight + column. The fields stand in the row from the low bits on: src, stride,
// src2, stride2, weight, columns, mode, dst, bias, mul, add, shift, zero, lo, hi, even, tabled, table.
//
// A sample is IN words, put at address 0; its result is OUT words from address RESULT on. A row takes columns + 8 cycles, one more where
// tabled; a word of the result takes two. The next sample is taken when the result is out.
module mlpc_serial #(
    parameter X       = 16, // bits of a word of the memory, signed
    parameter W       = 8,  // bits of a weight, signed
    parameter ACC     = 24, // bits of acc, signed
    parameter ADDR    = 5,  // bits of an address of the memory
    parameter WADDR   = 5,  // of the weight ROM
    parameter TADDR   = 4,  // of the table ROM
    parameter RADDR   = 3,  // of the row ROM
    parameter MUL     = 16,
    parameter ADD     = 24,
    parameter SHIFT   = 6,
    parameter LIM     = 9,
    parameter ROUND   = 48, // bits of the rounding, as ACC of mlpc_requant_half_up
    parameter ROWS    = 5,  // words of the ROMs
    parameter WEIGHTS = 20,
    parameter TABLES  = 16,
    parameter IN      = 8,
    parameter OUT     = 2,
    parameter RESULT  = 20,
    parameter PAIRS   = 1,  // mode 1 is in use: the memory gets a second read port
    parameter ROW_FILE    = "",
    parameter WEIGHT_FILE = "",
    parameter TABLE_FILE  = ""
) (
    input  wire         clk,
    input  wire         rst,
    input  wire [X-1:0] in_data,
    input  wire         in_valid,
    output wire         in_ready,
    output wire [X-1:0] out_data,
    output wire         out_valid,
    input  wire         out_ready
);
    localparam [3:0] LOAD = 4'd0, FETCH = 4'd1, START = 4'd2, RUN = 4'd3, DRAIN = 4'd4, SCALE = 4'd7, FIT = 4'd8, STORE = 4'd9,
                     TABLE = 4'd10, READ = 4'd11, GIVE = 4'd12;
    localparam ROW_BITS = 5*ADDR + WADDR + (ADDR+1) + 3 + ACC + MUL + ADD + SHIFT + 3*LIM + 2 + TADDR;

    localparam [31:0] LAST_IN_32  = IN - 1;
    localparam [31:0] LAST_ROW_32 = ROWS - 1;
    localparam [31:0] RESULT_32   = RESULT;
    localparam [31:0] LAST_OUT_32 = RESULT + OUT - 1;
    localparam [ADDR-1:0]  LAST_IN  = LAST_IN_32[ADDR-1:0];
    localparam [RADDR-1:0] LAST_ROW = LAST_ROW_32[RADDR-1:0];
    localparam [ADDR-1:0]  FIRST    = RESULT_32[ADDR-1:0];
    localparam [ADDR-1:0]  LAST_OUT = LAST_OUT_32[ADDR-1:0];

    reg  [3:0]        state;
    reg  [RADDR-1:0]  row_at;
    wire [ROW_BITS-1:0] row;
    wire [ADDR-1:0]   src, stride, src2, stride2, dst;
    wire [WADDR-1:0]  weight;
    wire [ADDR:0]     columns;
    wire [2:0]        mode;
    wire signed [ACC-1:0] bias;
    wire signed [MUL-1:0] mul;
    wire signed [ADD-1:0] add;
    wire [SHIFT-1:0]  shift;
    wire signed [LIM-1:0] zero, lo, hi;
    wire              even, tabled;
    wire [TADDR-1:0]  table_at;
    assign {table_at, tabled, even, hi, lo, zero, shift, add, mul, bias, dst, mode, columns, weight, stride2, src2, stride, src} = row;

    mlpc_rom #(.WIDTH(ROW_BITS), .DEPTH(ROWS < 2 ? 2 : ROWS), .ADDR(RADDR), .FILE(ROW_FILE)) rows (
        .clk(clk), .step(state == FETCH), .addr(row_at), .q(row)
    );

    // Addresses of the columns.
    reg  [ADDR-1:0]  at, at2;
    reg  [WADDR-1:0] weight_at;
    reg  [ADDR:0]    left;

    wire signed [W-1:0] w;
    mlpc_rom #(.WIDTH(W), .DEPTH(WEIGHTS), .ADDR(WADDR), .FILE(WEIGHT_FILE)) weights (
        .clk(clk), .step(state == RUN), .addr(weight_at), .q(w)
    );

    reg signed [X-1:0]  y;
    wire signed [X-1:0] table_q;
    wire                put       = state == LOAD ? in_valid : state == STORE && !tabled || state == TABLE;
    wire [ADDR-1:0]     put_at    = state == LOAD ? at : dst;
    wire signed [X-1:0] put_data  = state == LOAD ? in_data : state == TABLE ? table_q : y;
    reg  signed [X-1:0] mem [0:(1<<ADDR)-1];
    reg  signed [X-1:0] x;
    always @(posedge clk) if (put) mem[put_at] <= put_data;
    always @(posedge clk) x <= mem[at];

    wire signed [X-1:0] x2;
    generate
        if (PAIRS != 0) begin : pairs
            reg signed [X-1:0] copy [0:(1<<ADDR)-1];
            reg signed [X-1:0] word;
            always @(posedge clk) if (put) copy[put_at] <= put_data;
            always @(posedge clk) word <= copy[at2];
            assign x2 = word;
        end else begin : no_pairs
            assign x2 = {X{1'b0}};
            wire unused = &{1'b0, at2};
        end
    endgenerate

    // The pipeline of a row: the words in x, x2 and w, then the product, then acc.
    localparam F = X > W ? X : W;
    reg has_words, has_product;
    wire signed [F-1:0] factor = mode == 3'd1 ? {{(F-X){x2[X-1]}}, x2} : {{(F-W){w[W-1]}}, w};
    wire signed [F:0]   gap    = $signed({{(F+1-X){x[X-1]}}, x}) - $signed({{(F+1-W){w[W-1]}}, w});
    wire signed [X+F-1:0] product;
    mlpc_mul #(.A(X), .B(F), .Y(X + F)) multiplier (.a(x), .b(factor), .y(product));
    localparam PX = X + F > ACC ? X + F : ACC;
    reg  signed [PX-1:0] part;
    reg  signed [ACC-1:0] acc, best;
    reg  signed [ACC-1:0] column;
    reg                  has_best;
    wire signed [ACC-1:0] term = part[ACC-1:0];
    generate
        if (PX > ACC) begin : top
            wire unused = &{1'b0, part[PX-1:ACC]};
        end
    endgenerate
    wire unused_gap = &{1'b0, gap[F-1:0]};
    wire is_better = !has_best || term > best;

    always @(posedge clk)
        if (rst) begin
            has_words   <= 1'b0;
            has_product <= 1'b0;
        end else begin
            has_words   <= state == RUN;
            has_product <= has_words;
        end

    always @(posedge clk) begin
        if (mode == 3'd2) part <= {{(PX-1){1'b0}}, !gap[F]};
        else part <= {{(PX-X-F+1){product[X+F-1]}}, product[X+F-2:0]};
        if (state == START) begin
            acc      <= bias;
            column   <= {ACC{1'b0}};
            has_best <= 1'b0;
        end else if (has_product) begin
            column <= column + 1'b1;
            if (is_better) begin
                best     <= term;
                has_best <= 1'b1;
            end
            if (mode <= 3'd2) acc <= acc + term;
            else if (mode == 3'd3) acc <= term > acc ? term : acc;
            else if (is_better) acc <= column;
        end
    end

    // The result of a row.
    reg  signed [ACC+MUL-1:0] scaled;
    wire signed [ACC+MUL-1:0] scaled_d;
    wire [X-1:0] up_y, even_y;
    mlpc_mul #(.A(ACC), .B(MUL), .Y(ACC + MUL)) scale (.a(acc), .b(mul), .y(scaled_d));
    mlpc_requant_half_up #(.X(ACC + MUL), .MUL(2), .ADD(ADD), .SHIFT(SHIFT), .ACC(ROUND), .LIM(LIM), .OUT(X)) up (
        .x(scaled), .mul(2'sd1), .add(add), .shift(shift), .zero(zero), .lo(lo), .hi(hi), .y(up_y)
    );
    mlpc_requant_half_even #(.X(ACC + MUL), .MUL(2), .ADD(ADD), .SHIFT(SHIFT), .ACC(ROUND), .LIM(LIM), .OUT(X)) to_even (
        .x(scaled), .mul(2'sd1), .add(add), .shift(shift), .zero(zero), .lo(lo), .hi(hi), .y(even_y)
    );
    always @(posedge clk) begin
        scaled <= scaled_d;
        if (state == FIT) y <= even ? even_y : up_y;
    end

    localparam TX = TADDR > X ? TADDR : X;
    wire [TX-1:0] table_sum = {{(TX-X){y[X-1]}}, y} + {{(TX-TADDR){1'b0}}, table_at};
    mlpc_rom #(.WIDTH(X), .DEPTH(TABLES), .ADDR(TADDR), .FILE(TABLE_FILE)) tables (
        .clk(clk), .step(state == STORE), .addr(table_sum[TADDR-1:0]), .q(table_q)
    );
    generate
        if (TX > TADDR) begin : table_top
            wire unused = &{1'b0, table_sum[TX-1:TADDR]};
        end
    endgenerate

    // What happens when.
    reg [1:0] turn; // in DRAIN
    assign in_ready  = state == LOAD;
    assign out_valid = state == GIVE;
    assign out_data  = x;
    wire is_last_row = row_at == LAST_ROW;

    always @(posedge clk)
        if (rst) begin
            state  <= LOAD;
            at     <= {ADDR{1'b0}};
            row_at <= {RADDR{1'b0}};
            turn   <= 2'd0;
        end else
            case (state)
                LOAD:
                    if (in_valid) begin
                        at <= at + 1'b1;
                        if (at == LAST_IN) state <= FETCH;
                    end
                FETCH: state <= START;
                START: begin
                    at        <= src;
                    at2       <= src2;
                    weight_at <= weight;
                    left      <= columns;
                    state     <= columns == {(ADDR+1){1'b0}} ? DRAIN : RUN;
                end
                RUN: begin
                    at        <= at + stride;
                    at2       <= at2 + stride2;
                    weight_at <= weight_at + 1'b1;
                    left      <= left - 1'b1;
                    if (left == {{ADDR{1'b0}}, 1'b1}) state <= DRAIN;
                end
                DRAIN: begin
                    turn <= turn == 2'd2 ? 2'd0 : turn + 2'd1;
                    if (turn == 2'd2) state <= SCALE;
                end
                SCALE: state <= FIT;
                FIT: state <= STORE;
                STORE, TABLE: begin
                    if (state == STORE && tabled) state <= TABLE;
                    else if (is_last_row) begin
                        state  <= READ;
                        at     <= FIRST;
                        row_at <= {RADDR{1'b0}};
                    end else begin
                        state  <= FETCH;
                        row_at <= row_at + 1'b1;
                    end
                end
                READ: state <= GIVE;
                GIVE:
                    if (out_ready) begin
                        at    <= at == LAST_OUT ? {ADDR{1'b0}} : at + 1'b1;
                        state <= at == LAST_OUT ? LOAD : READ;
                    end
                default: state <= LOAD;
            endcase
endmodule
