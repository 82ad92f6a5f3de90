// Marks the first and the last of every LENGTH beats of a stream.
//
// The flags belong to the beat that is present; step tells that it moves on. LENGTH >= 2.
module mlpc_packet #(
    parameter LENGTH = 3
) (
    input  wire clk,
    input  wire rst,
    input  wire step,
    output wire first,
    output wire last
);
    function integer bits_for;
        input integer n;
        for (bits_for = 1; (1 << bits_for) < n; bits_for = bits_for + 1) begin
        end
    endfunction

    localparam COUNT = bits_for(LENGTH);
    localparam [31:0] LAST_32 = LENGTH - 1;
    localparam [COUNT-1:0] LAST = LAST_32[COUNT-1:0];

    reg [COUNT-1:0] beat;

    assign first = beat == {COUNT{1'b0}};
    assign last  = beat == LAST;

    always @(posedge clk)
        if (rst) beat <= {COUNT{1'b0}};
        else if (step) beat <= last ? {COUNT{1'b0}} : beat + 1'b1;
endmodule
