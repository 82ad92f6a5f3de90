// For simulation: the single-port RAM of an iCE40 UltraPlus, as its data sheet has it, without its sleep modes. Synthesis has its own.
module SB_SPRAM256KA (
    input  wire [13:0] ADDRESS,
    input  wire [15:0] DATAIN,
    input  wire [3:0]  MASKWREN, // for each 4 bits
    input  wire        WREN,
    input  wire        CHIPSELECT,
    input  wire        CLOCK,
    input  wire        STANDBY,
    input  wire        SLEEP,
    input  wire        POWEROFF, // active low
    output reg  [15:0] DATAOUT
);
    reg [15:0] mem [0:16383];
    integer i;
    wire is_on = CHIPSELECT && !STANDBY && !SLEEP && POWEROFF;
    always @(posedge CLOCK)
        if (is_on && WREN) begin
            for (i = 0; i < 4; i = i + 1)
                if (MASKWREN[i]) mem[ADDRESS][4*i +: 4] <= DATAIN[4*i +: 4];
        end else if (is_on) DATAOUT <= mem[ADDRESS];
endmodule
