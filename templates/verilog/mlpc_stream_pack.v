// Joins RATIO narrow words into a wide one, the first in the low bits. A packet of LENGTH narrow words ends with a wide word that is
// filled up with zeros.
//
// One cycle from the last narrow word to the wide one; a narrow word a cycle.
module mlpc_stream_pack #(
    parameter WIDTH  = 8, // bits of a narrow word
    parameter RATIO  = 4,
    parameter LENGTH = 6
) (
    input  wire                   clk,
    input  wire                   rst,
    input  wire [WIDTH-1:0]       in_data,
    input  wire                   in_valid,
    output wire                   in_ready,
    output reg  [RATIO*WIDTH-1:0] out_data,
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

    reg [COUNT-1:0] word; // index in the packet
    reg [RATIO-1:0] slot; // one-hot: where the next narrow word goes

    wire put     = in_valid && in_ready;
    wire is_last = word == LAST;
    wire is_done = slot[RATIO-1] || is_last;

    assign in_ready = !out_valid || out_ready;

    integer i;
    always @(posedge clk)
        if (put)
            for (i = 0; i < RATIO; i = i + 1)
                if (slot[i]) out_data[i*WIDTH +: WIDTH] <= in_data;
                else if (slot[0]) out_data[i*WIDTH +: WIDTH] <= {WIDTH{1'b0}};

    always @(posedge clk)
        if (rst) begin
            word      <= {COUNT{1'b0}};
            slot      <= {{(RATIO-1){1'b0}}, 1'b1};
            out_valid <= 1'b0;
        end else begin
            if (put) begin
                word <= is_last ? {COUNT{1'b0}} : word + 1'b1;
                slot <= is_done ? {{(RATIO-1){1'b0}}, 1'b1} : slot << 1;
            end
            if (in_ready) out_valid <= put && is_done;
        end
endmodule
