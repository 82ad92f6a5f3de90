// Product of a value and a signed weight out of a table of all products.
//
// Combinational; p has W + X bits. Operands of 6 bits together make each bit of it one LUT of 6 inputs.
module mlpc_product_table #(
    parameter X        = 3,
    parameter X_SIGNED = 0,
    parameter W        = 3
) (
    input  wire [X-1:0]   x,
    input  wire [W-1:0]   w,
    output wire [W+X-1:0] p
);
    // column gives bit k of all products, that of w and x at {w, x}.
    function [(1<<(W+X))-1:0] column(input integer k);
        integer value, weight;
        begin
            for (weight = 0; weight < (1 << W); weight = weight + 1)
                for (value = 0; value < (1 << X); value = value + 1)
                    column[(weight << X) + value] = |((product(value, weight) >> k) & 1);
        end
    endfunction

    // product is that of two patterns of bits.
    function integer product(input integer value, input integer weight);
        product = (value  - (X_SIGNED != 0 && value >= (1 << (X - 1)) ? 1 << X : 0))
                * (weight - (weight >= (1 << (W - 1)) ? 1 << W : 0));
    endfunction

    genvar k;
    generate
        for (k = 0; k < W + X; k = k + 1) begin : digit
            localparam [(1<<(W+X))-1:0] ALL = column(k);
            assign p[k] = ALL[{w, x}];
        end
    endgenerate
endmodule
