// Element `index` of N.
//
// Combinational. INDEX bits hold N - 1.
module mlpc_pick #(
    parameter N     = 3,
    parameter WIDTH = 8,
    parameter INDEX = 2
) (
    input  wire [N*WIDTH-1:0] x,
    input  wire [INDEX-1:0]   index,
    output reg  [WIDTH-1:0]   y
);
    integer i;
    always @* begin
        y = x[WIDTH-1:0];
        for (i = 1; i < N; i = i + 1)
            if (index == i[INDEX-1:0]) y = x[i*WIDTH +: WIDTH];
    end
endmodule
