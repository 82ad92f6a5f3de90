// The float32 number (x - ZERO) * SCALE, rounded half to even, for an integer x.
//
// Three cycles while step is set. The number is (neg ? -1 : 1) * m * 2^drop, in units of a product with drop 0; m has M bits, and its
// leading one is bit M - 1 where drop > 0. With one set, m is ONE and drop 0 instead: the factor of a bias.
module mlpc_float32_value #(
    parameter X        = 16, // bits of x
    parameter X_SIGNED = 1,
    parameter D        = 17, // bits of |x - ZERO|
    parameter S        = 24, // bits of SCALE
    parameter M        = 24, // min(D + S, 24)
    parameter E        = 5,  // bits of drop
    parameter [22:0]  ZERO  = 23'd0, // two's complement, of at most 23 bits
    parameter [S-1:0] SCALE = {S{1'b1}},
    parameter [M-1:0] ONE   = {{(M-1){1'b0}}, 1'b1}
) (
    input  wire         clk,
    input  wire         step,
    input  wire [X-1:0] x,
    input  wire         one,
    output reg          neg,
    output reg  [M-1:0] m,
    output reg  [E-1:0] drop
);
    localparam P = D + S;
    localparam W = X > 23 ? X + 2 : 25; // holds x - ZERO

    wire sign = X_SIGNED != 0 && x[X-1];
    wire signed [W-1:0] difference = $signed({{(W-X){sign}}, x}) - $signed({{(W-23){ZERO[22]}}, ZERO});
    wire        [W-1:0] magnitude  = (difference ^ {W{difference[W-1]}}) + {{(W-1){1'b0}}, difference[W-1]};

    reg          neg0, neg1, one0, one1;
    reg  [D-1:0] size;
    reg  [P-1:0] product;

    always @(posedge clk)
        if (step) begin
            neg0    <= difference[W-1];
            one0    <= one;
            size    <= magnitude[D-1:0];
            neg1    <= neg0 && !one0;
            one1    <= one0;
            product <= {{S{1'b0}}, size} * {{D{1'b0}}, SCALE};
        end

    wire [M-1:0] m_next;
    wire [E-1:0] drop_next;
    generate
        if (P > 24) begin : rounded
            wire [24:0] significand;
            wire [5:0]  fallen;
            mlpc_round24 #(.IN(P)) round (.v(product), .m(significand), .drop(fallen));
            // A carry leaves 2^24, which is 2^23 one place higher.
            wire [5:0] place = fallen + {5'd0, significand[24]};
            assign m_next    = {significand[23] | significand[24], significand[22:0]};
            assign drop_next = place[E-1:0];
            if (E < 6) begin : top
                wire unused_place = &{1'b0, place[5:E]};
            end
        end else begin : exact
            assign m_next    = product;
            assign drop_next = {E{1'b0}};
        end
    endgenerate

    always @(posedge clk)
        if (step) begin
            neg  <= neg1;
            m    <= one1 ? ONE : m_next;
            drop <= one1 ? {E{1'b0}} : drop_next;
        end

    generate
        if (W > D) begin : rest
            wire unused_magnitude = &{1'b0, magnitude[W-1:D]};
        end
    endgenerate
endmodule
