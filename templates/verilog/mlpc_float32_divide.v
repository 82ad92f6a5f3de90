// A stage of a division by a constant: COUNT further bits of the quotient, by the non-restoring method.
//
// One cycle while step is set. r is the remainder so far, from -SCALE up to SCALE; the bits of the dividend yet to come stand at the top of
// bits, and those of the quotient gather below them. In the end a negative r lacks SCALE.
module mlpc_float32_divide #(
    parameter T     = 16, // bits holds T + 1 bits
    parameter COUNT = 2,
    parameter [23:0] SCALE = 24'hc00000
) (
    input  wire        clk,
    input  wire        step,
    input  wire [24:0] r,
    input  wire [T:0]  bits,
    output reg  [24:0] r_next,
    output reg  [T:0]  bits_next
);
    localparam [24:0] MORE = {1'b0, SCALE};
    localparam [24:0] LESS = ~{1'b0, SCALE} + 25'd1;

    reg [24:0] rest;
    reg [T:0]  gathered;
    integer    i;
    always @* begin
        rest     = r;
        gathered = bits;
        for (i = 0; i < COUNT; i = i + 1) begin
            rest     = {rest[23:0], gathered[T]} + (rest[24] ? MORE : LESS);
            gathered = {gathered[T-1:0], !rest[24]};
        end
    end

    always @(posedge clk)
        if (step) begin
            r_next    <= rest;
            bits_next <= gathered;
        end
endmodule
