// Dot product of N values and N weights: products in registers, then a tree of registered adders.
//
// 1 + ceil(log2 N) cycles while step is set. X_SIGNED 0: the values are unsigned; the weights are signed. Y = W + X + ceil(log2 N).
// DROP > 0: truncated multipliers, see mlpc_trunc_mul.
module mlpc_dot #(
    parameter N        = 3,
    parameter X        = 8, // bits of a value
    parameter X_SIGNED = 0,
    parameter W        = 8, // bits of a weight
    parameter DROP     = 0,
    parameter STYLE    = 0, // of mlpc_product
    parameter Y        = 18 // bits of y, as above
) (
    input  wire                clk,
    input  wire                step,
    input  wire [N*X-1:0]      x,
    input  wire [N*W-1:0]      w,
    output wire signed [Y-1:0] y
);
    localparam P = W + X;

    wire [N*P-1:0] products;

    genvar i;
    generate
        for (i = 0; i < N; i = i + 1) begin : lane
            wire signed [P-1:0] p;
            reg  signed [P-1:0] product;
            mlpc_product #(.X(X), .X_SIGNED(X_SIGNED), .W(W), .STYLE(STYLE), .DROP(DROP)) mul (.x(x[i*X +: X]), .w(w[i*W +: W]), .p(p));
            always @(posedge clk) if (step) product <= p;
            assign products[i*P +: P] = product;
        end
    endgenerate

    mlpc_adder_tree #(.N(N), .X(P), .Y(Y)) tree (.clk(clk), .step(step), .x(products), .y(y));
endmodule
