// Delays flags by STAGES steps. Reset clears them.
module mlpc_delay #(
    parameter WIDTH  = 3,
    parameter STAGES = 2
) (
    input  wire             clk,
    input  wire             rst,
    input  wire             step,
    input  wire [WIDTH-1:0] d,
    output wire [WIDTH-1:0] q
);
    reg  [STAGES*WIDTH-1:0]     held;
    wire [(STAGES+1)*WIDTH-1:0] next = {held, d};

    always @(posedge clk)
        if (rst) held <= {STAGES*WIDTH{1'b0}};
        else if (step) held <= next[STAGES*WIDTH-1:0];

    assign q = next[STAGES*WIDTH +: WIDTH];
endmodule
