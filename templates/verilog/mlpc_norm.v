// Brings x to a mantissa of exactly M bits: m = floor(x / 2^e), where e may be negative; x = 0 gives 0 and 0.
//
// Combinational. e is signed; E bits hold -(M - 1) to X - M.
module mlpc_norm #(
    parameter X = 20, // bits of x
    parameter M = 8,
    parameter E = 5
) (
    input  wire [X-1:0] x,
    output reg  [M-1:0] m,
    output reg  [E-1:0] e
);
    // x at the upper end of a word that leaves room for a mantissa below it.
    localparam WIDE = X + M - 1;

    reg [WIDE-1:0] wide;
    reg [WIDE-1:0] shifted;
    integer i, exponent;
    always @* begin
        wide            = {WIDE{1'b0}};
        wide[M-1 +: X]  = x;
        shifted         = {WIDE{1'b0}};
        exponent        = 0;
        for (i = 0; i < X; i = i + 1)
            if (x[i]) begin
                shifted  = wide >> i;
                exponent = i + 1 - M;
            end
        m = shifted[M-1:0];
        e = exponent[E-1:0];
    end

    wire unused = &{1'b0, shifted, exponent[31:E]};
endmodule
