// Keeps whole samples of a stream for reading in any order.
//
// A sample has WORDS words and fills one of BANKS banks; PORTS words can be read at once. has_sample: a complete sample waits that was not
// `issued` yet. The reader pulses issued (with has_sample) when it turns to the next sample, reads with `step`, q[p] being word addr[p]
// of the oldest bank one cycle later, and pulses free with its last read.
module mlpc_stream_banks #(
    parameter WIDTH = 8,
    parameter WORDS = 3,
    parameter BANKS = 2,
    parameter PORTS = 2,
    parameter ADDR  = 2  // bits that hold WORDS - 1
) (
    input  wire                   clk,
    input  wire                   rst,
    input  wire [WIDTH-1:0]       in_data,
    input  wire                   in_valid,
    output wire                   in_ready,
    output wire                   has_sample,
    input  wire                   issued,
    input  wire                   step,
    input  wire [PORTS*ADDR-1:0]  addr,
    output wire [PORTS*WIDTH-1:0] q,
    input  wire                   free
);
    function integer bits_for;
        input integer n;
        for (bits_for = 1; (1 << bits_for) < n; bits_for = bits_for + 1) begin
        end
    endfunction

    localparam DEPTH = BANKS * WORDS;
    localparam WIDE  = bits_for(DEPTH);
    localparam COUNT = bits_for(BANKS + 1);
    localparam [31:0] WORDS_32 = WORDS;
    localparam [31:0] LAST_32  = WORDS - 1;
    localparam [31:0] TOP_32   = DEPTH - WORDS;
    localparam [31:0] BANKS_32 = BANKS;
    localparam [WIDE-1:0]  SIZE = WORDS_32[WIDE-1:0];
    localparam [WIDE-1:0]  LAST = LAST_32[WIDE-1:0];
    localparam [WIDE-1:0]  TOP  = TOP_32[WIDE-1:0]; // base of the last bank
    localparam [COUNT-1:0] ALL  = BANKS_32[COUNT-1:0];
    localparam [COUNT-1:0] ONE  = {{(COUNT-1){1'b0}}, 1'b1};

    reg [WIDE-1:0]  write_base, write_word, read_base;
    reg [COUNT-1:0] filled;  // banks with a complete sample
    reg [COUNT-1:0] waiting; // of these, not issued yet

    wire put  = in_valid && in_ready;
    wire fill = put && write_word == LAST;

    assign in_ready   = filled != ALL;
    assign has_sample = waiting != {COUNT{1'b0}};

    wire [WIDE-1:0] write_at = write_base + write_word;

    genvar p;
    generate
        for (p = 0; p < PORTS; p = p + 1) begin : port
            reg  [WIDTH-1:0] mem [0:DEPTH-1];
            reg  [WIDTH-1:0] word;
            wire [WIDE-1:0]  offset;
            wire [WIDE-1:0]  read_at = read_base + offset;

            if (WIDE > ADDR) begin : extend
                assign offset = {{(WIDE-ADDR){1'b0}}, addr[p*ADDR +: ADDR]};
            end else begin : cut
                assign offset = addr[p*ADDR +: WIDE];
            end

            always @(posedge clk) if (put) mem[write_at] <= in_data;
            always @(posedge clk) if (step) word <= mem[read_at];
            assign q[p*WIDTH +: WIDTH] = word;
        end
    endgenerate

    always @(posedge clk)
        if (rst) begin
            write_base <= {WIDE{1'b0}};
            write_word <= {WIDE{1'b0}};
            read_base  <= {WIDE{1'b0}};
            filled     <= {COUNT{1'b0}};
            waiting    <= {COUNT{1'b0}};
        end else begin
            if (put) write_word <= fill ? {WIDE{1'b0}} : write_word + 1'b1;
            if (fill) write_base <= write_base == TOP ? {WIDE{1'b0}} : write_base + SIZE;
            if (free) read_base <= read_base == TOP ? {WIDE{1'b0}} : read_base + SIZE;
            if (fill && !free) filled <= filled + ONE;
            if (free && !fill) filled <= filled - ONE;
            if (fill && !issued) waiting <= waiting + ONE;
            if (issued && !fill) waiting <= waiting - ONE;
        end
endmodule
