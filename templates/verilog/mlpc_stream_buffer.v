// Keeps a stream in a memory and gives each packet of LENGTH words REPEAT times. With LENGTH 1 and REPEAT 1 it is a FIFO.
//
// A packet is given for the first time while it arrives; its words are freed one by one as they are given for the last time. So with
// DEPTH = 2*LENGTH the next packet arrives while this one repeats. DEPTH >= 2; DEPTH >= LENGTH where REPEAT > 1. take tells that a word moves from
// the memory to the output register at this clock edge; a ROM that steps with it stays aligned with out_data. Two cycles from in to out.
module mlpc_stream_buffer #(
    parameter WIDTH  = 8,
    parameter LENGTH = 3,
    parameter REPEAT = 2,
    parameter DEPTH  = 6
) (
    input  wire             clk,
    input  wire             rst,
    input  wire [WIDTH-1:0] in_data,
    input  wire             in_valid,
    output wire             in_ready,
    output reg  [WIDTH-1:0] out_data,
    output reg              out_first, // first word of a packet
    output reg              out_last,  // last word of a packet
    output reg              out_valid,
    input  wire             out_ready,
    output wire             take
);
    // Bits that hold 0 to n - 1, at least one.
    function integer bits_for;
        input integer n;
        for (bits_for = 1; (1 << bits_for) < n; bits_for = bits_for + 1) begin
        end
    endfunction

    localparam ADDR  = bits_for(DEPTH);
    localparam COUNT = bits_for(DEPTH + 1 > LENGTH ? DEPTH + 1 : LENGTH);
    localparam TIMES = bits_for(REPEAT);
    localparam [31:0] LAST_ADDR_32 = DEPTH - 1;
    localparam [31:0] LAST_WORD_32 = LENGTH - 1;
    localparam [31:0] LAST_TIME_32 = REPEAT - 1;
    localparam [31:0] FULL_32      = DEPTH;
    localparam [ADDR-1:0]  LAST_ADDR = LAST_ADDR_32[ADDR-1:0];
    localparam [COUNT-1:0] LAST_WORD = LAST_WORD_32[COUNT-1:0];
    localparam [TIMES-1:0] LAST_TIME = LAST_TIME_32[TIMES-1:0];
    localparam [COUNT-1:0] FULL      = FULL_32[COUNT-1:0];
    localparam [COUNT-1:0] ONE       = {{(COUNT-1){1'b0}}, 1'b1};

    reg [WIDTH-1:0] mem [0:DEPTH-1];
    reg [ADDR-1:0]  write_at, read_at, packet_at; // packet_at: where the packet that repeats begins
    reg [COUNT-1:0] used;                         // words written and not yet freed
    reg [COUNT-1:0] word;                         // index in the packet of the word at read_at
    reg [TIMES-1:0] time_given;

    wire is_final = time_given == LAST_TIME;
    wire is_end   = word == LAST_WORD;
    wire put      = in_valid && in_ready;
    wire free     = take && is_final;
    // In the final round words are freed as they go, so the word to read is the oldest one.
    wire [COUNT-1:0] ahead = is_final ? {COUNT{1'b0}} : word;

    wire [ADDR-1:0] next_write = write_at == LAST_ADDR ? {ADDR{1'b0}} : write_at + 1'b1;
    wire [ADDR-1:0] next_read  = read_at == LAST_ADDR ? {ADDR{1'b0}} : read_at + 1'b1;

    assign in_ready = used != FULL;
    assign take     = used > ahead && (!out_valid || out_ready);

    always @(posedge clk)
        if (put) mem[write_at] <= in_data;

    always @(posedge clk)
        if (take) begin
            out_data  <= mem[read_at];
            out_first <= word == {COUNT{1'b0}};
            out_last  <= is_end;
        end

    always @(posedge clk)
        if (rst) begin
            write_at   <= {ADDR{1'b0}};
            read_at    <= {ADDR{1'b0}};
            packet_at  <= {ADDR{1'b0}};
            used       <= {COUNT{1'b0}};
            word       <= {COUNT{1'b0}};
            time_given <= {TIMES{1'b0}};
            out_valid  <= 1'b0;
        end else begin
            if (put) write_at <= next_write;
            if (put && !free) used <= used + ONE;
            if (free && !put) used <= used - ONE;
            if (take) begin
                word    <= is_end ? {COUNT{1'b0}} : word + ONE;
                read_at <= is_end && !is_final ? packet_at : next_read;
                if (is_end) time_given <= is_final ? {TIMES{1'b0}} : time_given + 1'b1;
                if (is_end && is_final) packet_at <= next_read;
            end
            if (take) out_valid <= 1'b1;
            else if (out_ready) out_valid <= 1'b0;
        end
endmodule
