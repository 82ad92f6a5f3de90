// Splits a wide word into RATIO narrow ones, the low bits first. Of the last wide word of a packet only so many are given that the
// packet has LENGTH narrow words.
//
// One cycle from the wide word to the first narrow one; a narrow word a cycle.
module mlpc_stream_unpack #(
    parameter WIDTH  = 8, // bits of a narrow word
    parameter RATIO  = 4,
    parameter LENGTH = 6
) (
    input  wire                   clk,
    input  wire                   rst,
    input  wire [RATIO*WIDTH-1:0] in_data,
    input  wire                   in_valid,
    output wire                   in_ready,
    output wire [WIDTH-1:0]       out_data,
    output reg                    out_valid,
    input  wire                   out_ready
);
    function integer bits_for;
        input integer n;
        for (bits_for = 1; (1 << bits_for) < n; bits_for = bits_for + 1) begin
        end
    endfunction

    localparam COUNT = bits_for(LENGTH);
    localparam [31:0] LAST_32 = LENGTH - 1;
    localparam [COUNT-1:0] LAST = LAST_32[COUNT-1:0];

    reg [RATIO*WIDTH-1:0] rest;
    reg [COUNT-1:0]       word; // index in the packet of the narrow word at the output
    reg [RATIO-1:0]       slot; // one-hot: place of that word in the wide one

    wire is_last = word == LAST;
    wire is_done = slot[RATIO-1] || is_last;
    wire given   = out_valid && out_ready;

    assign out_data = rest[WIDTH-1:0];
    assign in_ready = !out_valid || (out_ready && is_done);

    always @(posedge clk)
        if (in_valid && in_ready) rest <= in_data;
        else if (given) rest <= rest >> WIDTH;

    always @(posedge clk)
        if (rst) begin
            word      <= {COUNT{1'b0}};
            slot      <= {{(RATIO-1){1'b0}}, 1'b1};
            out_valid <= 1'b0;
        end else begin
            if (given) begin
                word <= is_last ? {COUNT{1'b0}} : word + 1'b1;
                slot <= is_done ? {{(RATIO-1){1'b0}}, 1'b1} : slot << 1;
            end
            if (in_ready) out_valid <= in_valid;
        end
endmodule
