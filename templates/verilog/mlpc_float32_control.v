// Says what the beats of a chain of float32 sums are: SLOTS rows take turns for each word of COLUMNS columns, FOLDS times.
//
// Columns are added in PARTS parts of DEPTH, the last of LAST. With BIAS, the first part ends with a beat of each row for its bias, and each
// further part with one that adds the parts before it; these need no word. The flags are those of the coming beat: own, it needs no word;
// take, it is the last one that needs this word; first, a part begins; add, it adds the parts before; keep, its sum is one that is added
// later; leave, its sum is a result, of which the last fold has TAIL.
module mlpc_float32_control #(
    parameter SLOTS = 4,
    parameter FOLDS = 2,
    parameter TAIL  = 3,
    parameter DEPTH = 5,
    parameter LAST  = 5,
    parameter PARTS = 1,
    parameter BIAS  = 1,
    parameter ADDR  = 2 // bits of slot
) (
    input  wire            clk,
    input  wire            rst,
    input  wire            step,
    output wire            own,
    output wire            take,
    output wire            first,
    output wire            add,
    output wire            keep,
    output wire            leave,
    output reg  [ADDR-1:0] slot
);
    // Bits that hold 0 to n - 1, at least one.
    function integer bits_for;
        input integer n;
        for (bits_for = 1; (1 << bits_for) < n; bits_for = bits_for + 1) begin
        end
    endfunction

    localparam WORD = bits_for(DEPTH + 2 > LAST + 2 ? DEPTH + 2 : LAST + 2);
    localparam PART = bits_for(PARTS);
    localparam FOLD = bits_for(FOLDS);
    localparam [31:0] LAST_SLOT_32 = SLOTS - 1;
    localparam [31:0] LAST_PART_32 = PARTS - 1;
    localparam [31:0] LAST_FOLD_32 = FOLDS - 1;
    localparam [31:0] TAIL_32      = TAIL;
    localparam [31:0] DEPTH_32     = DEPTH;
    localparam [31:0] LAST_32      = LAST;
    localparam [31:0] EXTRA_32     = BIAS;

    reg [WORD-1:0] word; // in the part
    reg [PART-1:0] part;
    reg [FOLD-1:0] fold;

    wire is_first_part = part == {PART{1'b0}};
    wire is_last_part  = part == LAST_PART_32[PART-1:0];
    wire is_last_slot  = slot == LAST_SLOT_32[ADDR-1:0];
    wire is_last_fold  = fold == LAST_FOLD_32[FOLD-1:0];

    wire [WORD-1:0] words = is_last_part ? LAST_32[WORD-1:0] : DEPTH_32[WORD-1:0];
    wire [WORD-1:0] extra = is_first_part ? EXTRA_32[WORD-1:0] : {{(WORD-1){1'b0}}, 1'b1};
    wire            ends  = word + 1'b1 == words + extra; // the last beats of the part

    assign own   = word == words;
    assign take  = !own && is_last_slot;
    assign first = word == {WORD{1'b0}};
    assign add   = own && !is_first_part;
    assign keep  = ends && !is_last_part;
    assign leave = ends && is_last_part && !(is_last_fold && {1'b0, slot} >= TAIL_32[ADDR:0]);

    always @(posedge clk)
        if (rst) begin
            slot <= {ADDR{1'b0}};
            word <= {WORD{1'b0}};
            part <= {PART{1'b0}};
            fold <= {FOLD{1'b0}};
        end else if (step) begin
            slot <= is_last_slot ? {ADDR{1'b0}} : slot + 1'b1;
            if (is_last_slot) begin
                word <= ends ? {WORD{1'b0}} : word + 1'b1;
                if (ends) begin
                    part <= is_last_part ? {PART{1'b0}} : part + 1'b1;
                    if (is_last_part) fold <= is_last_fold ? {FOLD{1'b0}} : fold + 1'b1;
                end
            end
        end
endmodule
