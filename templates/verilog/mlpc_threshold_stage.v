// One step of a binary search among thresholds: reads the threshold that the bits found so far lead to, then adds a bit.
//
// The search of a beat goes through LEVEL = 0, 1, .. in as many cycles while step is set. x, found and channel of the step before belong
// together; found holds the bits of the steps before, the first in the high place (ignored where LEVEL is 0). The file holds for each
// channel 2^LEVEL thresholds of T bits. T = X + 1.
module mlpc_threshold_stage #(
    parameter X       = 8,
    parameter T       = 9,
    parameter CHANNEL = 2, // bits of channel
    parameter LEVEL   = 1,
    parameter FOUND   = 1, // bits of found: LEVEL, at least 1
    parameter ADDR    = 3, // CHANNEL + LEVEL
    parameter DEPTH   = 8,
    parameter FILE    = ""
) (
    input  wire                clk,
    input  wire                step,
    input  wire signed [X-1:0] x,
    input  wire [FOUND-1:0]    found,
    input  wire [CHANNEL-1:0]  channel,
    output reg  signed [X-1:0] x_q,
    output wire [LEVEL:0]      found_q,
    output reg  [CHANNEL-1:0]  channel_q
);
    wire [ADDR-1:0]     addr;
    wire signed [T-1:0] threshold;

    mlpc_rom #(.WIDTH(T), .DEPTH(DEPTH), .ADDR(ADDR), .FILE(FILE)) rom (.clk(clk), .step(step), .addr(addr), .q(threshold));

    always @(posedge clk)
        if (step) begin
            x_q       <= x;
            channel_q <= channel;
        end

    wire signed [T-1:0] wide = {x_q[X-1], x_q};
    wire                reached = wide >= threshold;

    generate
        if (LEVEL == 0) begin : root
            assign addr    = channel;
            assign found_q = reached;
            wire unused = &{1'b0, found};
        end else begin : node
            reg [LEVEL-1:0] held;
            always @(posedge clk) if (step) held <= found;
            assign addr    = {channel, found};
            assign found_q = {held, reached};
        end
    endgenerate
endmodule
