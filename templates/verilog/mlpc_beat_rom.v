// Gives the words of a ROM in turn, one a step, and begins again after the last: constants that go with the beats of a stream.
//
// q changes at an edge at which step is set: the n-th such edge after reset brings word (n - 1) mod DEPTH. DEPTH >= 2.
module mlpc_beat_rom #(
    parameter WIDTH = 8,
    parameter DEPTH = 4,
    parameter FILE  = "",
    parameter STYLE = 0 // as in mlpc_rom
) (
    input  wire             clk,
    input  wire             rst,
    input  wire             step,
    output wire [WIDTH-1:0] q
);
    function integer bits_for;
        input integer n;
        for (bits_for = 1; (1 << bits_for) < n; bits_for = bits_for + 1) begin
        end
    endfunction

    localparam ADDR = bits_for(DEPTH);
    localparam [31:0] LAST_32 = DEPTH - 1;
    localparam [ADDR-1:0] LAST = LAST_32[ADDR-1:0];

    reg [ADDR-1:0] addr;

    always @(posedge clk)
        if (rst) addr <= {ADDR{1'b0}};
        else if (step) addr <= addr == LAST ? {ADDR{1'b0}} : addr + 1'b1;

    mlpc_rom #(.WIDTH(WIDTH), .DEPTH(DEPTH), .ADDR(ADDR), .FILE(FILE), .STYLE(STYLE)) rom (.clk(clk), .step(step), .addr(addr), .q(q));
endmodule
