// BASE + the number of thresholds that are not above x.
//
// Combinational. Y bits hold every result, read as the caller likes.
module mlpc_threshold #(
    parameter X    = 8, // bits of x
    parameter T    = 9, // bits of a threshold, at least X
    parameter N    = 3,
    parameter BASE = 0,
    parameter Y    = 2
) (
    input  wire signed [X-1:0] x,
    input  wire [N*T-1:0]      steps,
    output reg  [Y-1:0]        y
);
    localparam [31:0] BASE_32 = BASE;

    reg [T-1:0] wide;
    integer i;
    always @* begin
        wide          = {T{x[X-1]}};
        wide[X-1:0]   = x;
        y             = BASE_32[Y-1:0];
        for (i = 0; i < N; i = i + 1)
            if ($signed(wide) >= $signed(steps[i*T +: T])) y = y + 1'b1;
    end
endmodule
