// Memory of WIDTH by DEPTH in the single-port RAMs of an iCE40 UltraPlus, 16,384 words of 16 bits each. They have no contents at
// start: an edge writes put_data to put_at where `put` is set, else q holds word `at` after an edge at which step is set.
module mlpc_spram #(
    parameter WIDTH = 8,
    parameter DEPTH = 16,
    parameter ADDR  = 4 // bits of an address, enough for DEPTH - 1
) (
    input  wire             clk,
    input  wire             put,
    input  wire [ADDR-1:0]  put_at,
    input  wire [WIDTH-1:0] put_data,
    input  wire             step,
    input  wire [ADDR-1:0]  at,
    output wire [WIDTH-1:0] q
);
    localparam COLUMNS = (WIDTH + 15) / 16, BANKS = (DEPTH + 16383) / 16384;
    wire [31:0]           place   = {{(32-ADDR){1'b0}}, put ? put_at : at};
    /* verilator lint_off WIDTH */
    wire [16*COLUMNS-1:0] written = put_data; // filled up with zeros
    /* verilator lint_on WIDTH */
    wire [16*COLUMNS*BANKS-1:0] words;
    reg  [31:0] bank;
    always @(posedge clk) bank <= place >> 14;

    genvar b, c;
    generate
        for (b = 0; b < BANKS; b = b + 1) begin : banks
            wire here = BANKS == 1 || place >> 14 == b;
            for (c = 0; c < COLUMNS; c = c + 1) begin : columns
                SB_SPRAM256KA ram (
                    .ADDRESS(place[13:0]), .DATAIN(written[16*c +: 16]), .MASKWREN(4'b1111), .WREN(put), .CHIPSELECT((put || step) && here),
                    .CLOCK(clk), .STANDBY(1'b0), .SLEEP(1'b0), .POWEROFF(1'b1), .DATAOUT(words[16*(b*COLUMNS + c) +: 16])
                );
            end
        end
    endgenerate
    wire [16*COLUMNS*BANKS-1:0] chosen = BANKS == 1 ? words : words >> (bank * 16 * COLUMNS);
    assign q = chosen[WIDTH-1:0];
    wire unused = &{1'b0, chosen};
endmodule
