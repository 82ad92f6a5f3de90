// Adds up the parts of a packet, beginning with a bias.
//
// y follows x by one cycle while step is set: it is the sum of the parts up to x. Y bits hold the whole sum, so a part is cut to Y bits
// without harm: partial sums may wrap around, the whole one does not.
module mlpc_accumulate #(
    parameter X = 18, // bits of a part
    parameter Y = 20  // bits of the sum and the bias
) (
    input  wire                clk,
    input  wire                step,
    input  wire                beat,  // x holds a part
    input  wire                first, // the first one of its packet
    input  wire signed [X-1:0] x,
    input  wire        [Y-1:0] bias,
    // Kept as a register of its own: synth_xilinx of yosys 0.23 takes it for the register behind the pre-adder of a DSP block that
    // multiplies y, and loses the way back from y to the sum.
    (* keep *)
    output reg         [Y-1:0] y
);
    wire [Y-1:0] part;
    generate
        if (X >= Y) begin : cut
            assign part = x[Y-1:0];
            if (X > Y) begin : top
                wire unused = &{1'b0, x[X-1:Y]};
            end
        end else begin : extend
            assign part = {{(Y-X){x[X-1]}}, x};
        end
    endgenerate

    always @(posedge clk)
        if (step && beat) y <= (first ? bias : y) + part;
endmodule
