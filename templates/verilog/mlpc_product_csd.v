// Product of a value and a signed weight that is constant: a sum of the value's multiples by the digits of the weight in canonical signed
// digit form, -1, 0 or 1, no two neighbours of which are other than 0. Synthesis drops the rows of zeros.
//
// Combinational; p has W + X bits.
module mlpc_product_csd #(
    parameter X        = 8,
    parameter X_SIGNED = 0,
    parameter W        = 8
) (
    input  wire [X-1:0]   x,
    input  wire [W-1:0]   w,
    output wire [W+X-1:0] p
);
    localparam P = W + X;

    // Digit k is 1 where plus has bit k, -1 where minus has it: w = plus - minus.
    wire [W:0] half  = {{2{w[W-1]}}, w[W-1:1]};
    wire [W:0] three = {w[W-1], w} + half; // w + floor(w / 2)
    wire [W:0] other = half ^ three;
    wire [W:0] plus  = three & other, minus = half & other;
    wire unused = &{1'b0, plus[W], minus[W]};

    wire [P-1:0] wide = {{W{X_SIGNED != 0 && x[X-1]}}, x};

    genvar k;
    generate
        for (k = 0; k < W; k = k + 1) begin : digit
            wire [P-1:0] sum;
            wire [P-1:0] rest;
            if (k == 0) begin : first
                assign rest = {P{1'b0}};
            end else begin : next
                assign rest = digit[k-1].sum;
            end
            assign sum = plus[k] ? rest + (wide << k) : minus[k] ? rest - (wide << k) : rest;
        end
    endgenerate
    assign p = digit[W-1].sum;
endmodule
