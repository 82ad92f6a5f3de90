// The exact product of two float32 numbers as a fixed-point number: sign and p, of N - 1 bits.
//
// Two cycles while step is set. The factors are xm * 2^xe and wm * 2^we with signs, and p counts in units of a product of places 0. The
// caller holds that p fits.
module mlpc_float32_product #(
    parameter XM = 24, // bits of a significand
    parameter XE = 5,  // bits of a place
    parameter WM = 24,
    parameter WE = 4,
    parameter E  = 6,  // bits of the sum of the places
    parameter N  = 72
) (
    input  wire          clk,
    input  wire          step,
    input  wire          xneg,
    input  wire [XM-1:0] xm,
    input  wire [XE-1:0] xe,
    input  wire          wneg,
    input  wire [WM-1:0] wm,
    input  wire [WE-1:0] we,
    output reg           neg,
    output reg  [N-2:0]  p
);
    reg              sign;
    reg  [E-1:0]     place;
    reg  [XM+WM-1:0] product;

    wire [E:0]       places = {{(E+1-XE){1'b0}}, xe} + {{(E+1-WE){1'b0}}, we};
    wire [N+XM+WM-2:0] moved  = {{(N-1){1'b0}}, product} << place;

    always @(posedge clk)
        if (step) begin
            sign    <= xneg ^ wneg;
            place   <= places[E-1:0];
            product <= {{WM{1'b0}}, xm} * {{XM{1'b0}}, wm};
            neg     <= sign;
            p       <= moved[N-2:0];
        end

    wire unused = &{1'b0, places[E], moved[N+XM+WM-2:N-1]};
endmodule
