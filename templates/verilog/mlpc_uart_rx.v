// Receives bytes from a serial line: 8 data bits, no parity, 1 stop bit.
//
// valid is set for one cycle with each byte. BIT is the number of clock cycles of a bit, at least 4.
module mlpc_uart_rx #(
    parameter BIT = 104
) (
    input  wire       clk,
    input  wire       rst,
    input  wire       rx,
    output reg  [7:0] data,
    output reg        valid
);
    localparam [31:0] LAST_32 = BIT - 1;
    localparam [31:0] HALF_32 = BIT / 2 - 2; // two cycles pass before the count begins
    localparam [15:0] LAST = LAST_32[15:0];
    localparam [15:0] HALF = HALF_32[15:0];

    reg [1:0]  line; // synchronizer
    reg [15:0] count;
    reg [3:0]  turn; // 0: waits; 1: start bit; 2 to 9: data bits; 10: stop bit

    wire is_due = turn == 4'd1 ? count == HALF : count == LAST;

    always @(posedge clk)
        if (rst) begin
            line  <= 2'b11;
            count <= 16'd0;
            turn  <= 4'd0;
            valid <= 1'b0;
        end else begin
            line  <= {line[0], rx};
            count <= turn == 4'd0 || is_due ? 16'd0 : count + 16'd1;
            valid <= turn == 4'd10 && is_due && line[1];
            if (turn == 4'd0) begin
                if (!line[1]) turn <= 4'd1;
            end else if (is_due) begin
                if (turn == 4'd1) turn <= line[1] ? 4'd0 : 4'd2;
                else turn <= turn == 4'd10 ? 4'd0 : turn + 4'd1;
            end
        end

    always @(posedge clk)
        if (is_due && turn >= 4'd2 && turn <= 4'd9) data <= {line[1], data[7:1]};
endmodule
