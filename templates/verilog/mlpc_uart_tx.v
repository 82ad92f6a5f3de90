// Sends bytes on a serial line: 8 data bits, no parity, 1 stop bit.
//
// BIT is the number of clock cycles of a bit.
module mlpc_uart_tx #(
    parameter BIT = 104
) (
    input  wire       clk,
    input  wire       rst,
    input  wire [7:0] data,
    input  wire       valid,
    output wire       ready,
    output wire       tx
);
    localparam [31:0] LAST_32 = BIT - 1;
    localparam [15:0] LAST = LAST_32[15:0];

    reg [15:0] count;
    reg [9:0]  frame; // bits to send, the next one lowest
    reg [3:0]  left;  // bits to send

    assign ready = left == 4'd0;
    assign tx    = frame[0];

    always @(posedge clk)
        if (rst) begin
            count <= 16'd0;
            frame <= 10'h3ff;
            left  <= 4'd0;
        end else if (ready) begin
            count <= 16'd0;
            if (valid) begin
                frame <= {1'b1, data, 1'b0};
                left  <= 4'd10;
            end
        end else begin
            count <= count == LAST ? 16'd0 : count + 16'd1;
            if (count == LAST) begin
                frame <= {1'b1, frame[9:1]};
                left  <= left - 4'd1;
            end
        end
endmodule
