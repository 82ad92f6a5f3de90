// Product of a value and a signed weight at their own widths, exact or truncated.
//
// Combinational; p has W + X bits, which always hold it.
module mlpc_product #(
    parameter X        = 8,
    parameter X_SIGNED = 0,
    parameter W        = 8,
    parameter STYLE    = 0, // 1: in a DSP block; 2: in logic, a row of adders; 3: a table of all products; 4: w is constant; 0: as the tool likes
    parameter DROP     = 0  // 0: exact; else see mlpc_trunc_mul
) (
    input  wire        [X-1:0]   x,
    input  wire signed [W-1:0]   w,
    output wire signed [W+X-1:0] p
);
    localparam XS = X_SIGNED != 0 ? X : X + 1;

    wire signed [XS-1:0] xs;
    generate
        if (X_SIGNED != 0) begin : is_signed
            assign xs = x;
        end else begin : is_unsigned
            assign xs = {1'b0, x};
        end

        if (DROP == 0 && STYLE == 2) begin : rows
            // A row adds the one operand where a bit of the other, shorter one is set. The top bit of a signed number takes off.
            localparam BY_X = X < W, N = BY_X ? X : W, B = BY_X ? W : XS, TAKES_OFF = BY_X ? X_SIGNED : 1;
            wire        [N-1:0] bits;
            wire signed [B-1:0] b;
            wire        [N+B-1:0] y;
            if (BY_X) begin : by_x
                assign bits = x;
                assign b    = w;
            end else begin : by_w
                assign bits = w;
                assign b    = xs;
            end
            genvar k;
            for (k = 0; k < N; k = k + 1) begin : row
                wire signed [B:0] part = bits[k] ? {b[B-1], b} : {(B+1){1'b0}};
                wire signed [B:0] sum;
                if (k == 0) begin : first
                    assign sum = TAKES_OFF != 0 && N == 1 ? -part : part;
                end else begin : next
                    wire signed [B:0] rest = {row[k-1].sum[B], row[k-1].sum[B:1]};
                    if (TAKES_OFF != 0 && k == N - 1) begin : top
                        assign sum = rest - part;
                    end else begin : body
                        assign sum = rest + part;
                    end
                end
                if (k == N - 1) begin : last
                    assign y[N+B-1:N-1] = sum;
                end else begin : low
                    assign y[k] = sum[0];
                end
            end
            assign p = y[W+X-1:0];
            if (N + B > W + X) begin : beyond
                wire unused = y[N+B-1];
            end
            if (BY_X) begin : has_x
                wire unused = &{1'b0, xs};
            end
        end else if (DROP == 0 && STYLE == 1) begin : block
            (* use_dsp = "yes" *) wire signed [W+XS-1:0] wide;
            /* verilator lint_off WIDTH */
            assign wide = xs * w;
            /* verilator lint_on WIDTH */
            assign p = wide[W+X-1:0];
            if (XS > X) begin : top
                wire unused = wide[W+XS-1];
            end
        end else if (DROP == 0 && STYLE == 3) begin : all
            mlpc_product_table #(.X(X), .X_SIGNED(X_SIGNED), .W(W)) products (.x(x), .w(w), .p(p));
            wire unused = &{1'b0, xs};
        end else if (DROP == 0 && STYLE == 4 && W > 1) begin : digits
            mlpc_product_csd #(.X(X), .X_SIGNED(X_SIGNED), .W(W)) sums (.x(x), .w(w), .p(p));
            wire unused = &{1'b0, xs};
        end else if (DROP == 0) begin : exact
            wire signed [W+XS-1:0] wide;
            // The operands keep their own widths, so that synthesis sees a multiplier of that size.
            /* verilator lint_off WIDTH */
            assign wide = xs * w;
            /* verilator lint_on WIDTH */
            assign p = wide[W+X-1:0];
            if (XS > X) begin : top
                wire unused = wide[W+XS-1];
            end
        end else begin : truncated
            wire signed [W+XS:0] wide;
            mlpc_trunc_mul #(.W(W), .X(XS), .P(W + XS + 1), .DROP(DROP)) mul (.w(w), .x(xs), .p(wide));
            assign p = wide[W+X-1:0];
            wire unused = &{1'b0, wide[W+XS:W+X]};
        end
    endgenerate
endmodule
