// Rounds an unsigned number to the 24 bits of a float's significand, half to even: v is nearly m * 2^drop.
//
// Combinational. m may be 2^24, where the rounding carries. IN is 25 to 63.
module mlpc_round24 #(
    parameter IN = 48 // bits of v
) (
    input  wire [IN-1:0] v,
    output wire [24:0]   m,
    output reg  [5:0]    drop
);
    // drop is how far the leading one stands above bit 23.
    integer i;
    always @* begin
        drop = 6'd0;
        for (i = 24; i < IN; i = i + 1)
            if (v[i]) drop = i[5:0] - 6'd23;
    end

    wire [IN:0] unit    = {{IN{1'b0}}, 1'b1} << drop;
    wire        even    = ~unit[0] & ~(|({1'b0, v} & unit));
    wire [IN:0] nearest = {1'b0, v} + {1'b0, unit[IN:1]} - {{IN{1'b0}}, even};
    wire [IN:0] shifted = nearest >> drop;

    assign m = shifted[24:0];
    wire unused = &{1'b0, shifted[IN:25]};
endmodule
