// Addresses of the words of table rows: a row of WORDS words for each index, a word a step. The indexes come in BATCH groups of PER, and
// each group has a table of ROWS rows of its own.
//
// Combinational from index to addr; the counters move on with step. index stays for WORDS steps. ADDR bits hold BATCH*ROWS*WORDS - 1.
module mlpc_row_address #(
    parameter INDEX = 4, // bits of index
    parameter ROWS  = 10,
    parameter WORDS = 3,
    parameter PER   = 2,
    parameter BATCH = 2,
    parameter ADDR  = 6
) (
    input  wire             clk,
    input  wire             rst,
    input  wire             step,
    input  wire [INDEX-1:0] index,
    output wire [ADDR-1:0]  addr,
    output wire             last // of the sample
);
    localparam [31:0] TABLE = ROWS * WORDS;

    reg [31:0] word, turn, group, base;

    wire end_word  = word == WORDS - 1;
    wire end_turn  = end_word && turn == PER - 1;
    wire end_group = end_turn && group == BATCH - 1;

    wire [31:0] row  = {{(32-INDEX){1'b0}}, index};
    wire [31:0] full = base + row * WORDS + word;

    assign addr = full[ADDR-1:0];
    assign last = end_group;
    wire unused = &{1'b0, full[31:ADDR]};

    always @(posedge clk)
        if (rst) begin
            word  <= 32'd0;
            turn  <= 32'd0;
            group <= 32'd0;
            base  <= 32'd0;
        end else if (step) begin
            word <= end_word ? 32'd0 : word + 32'd1;
            if (end_word) turn <= end_turn ? 32'd0 : turn + 32'd1;
            if (end_turn) begin
                group <= end_group ? 32'd0 : group + 32'd1;
                base  <= end_group ? 32'd0 : base + TABLE;
            end
        end
endmodule
