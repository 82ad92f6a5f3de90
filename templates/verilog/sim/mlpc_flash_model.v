// For simulation: a SPI flash that knows the commands "release from power-down" and "read", and answers nothing before the first. FILE
// holds its bytes from BASE on, one a line, in hexadecimal.
module mlpc_flash_model #(
    parameter FILE  = "",
    parameter BASE  = 24'h100000,
    parameter BYTES = 4
) (
    input  wire cs_n,
    input  wire sck,
    input  wire mosi,
    output reg  miso
);
    reg [7:0]  mem [0:BYTES-1];
    reg [31:0] command;
    reg        is_awake;
    integer    taken, at;
    wire [7:0] place = mem[at / 8] >> (7 - at % 8);
    wire       unused = &{1'b0, place};
    initial begin
        is_awake = 1'b0;
        miso     = 1'b0;
        taken    = 0;
        at       = 0;
        if (FILE != "") $readmemh(FILE, mem);
    end

    always @(posedge sck or posedge cs_n)
        if (cs_n) begin
            if (taken == 8 && command[7:0] == 8'hab) is_awake <= 1'b1;
            taken <= 0;
        end else begin
            if (taken < 32) command <= {command[30:0], mosi};
            taken <= taken + 1;
        end

    // A bit of the answer appears at the falling edge behind the command, and at those that follow.
    always @(negedge sck or posedge cs_n)
        if (cs_n) at <= 0;
        else if (is_awake && taken >= 32 && command[31:24] == 8'h03) begin
            miso <= place[0];
            at   <= at + 1;
            if (taken == 32) begin
                miso <= mem[{8'd0, command[23:0]} - {8'd0, BASE}][7];
                at   <= ({8'd0, command[23:0]} - {8'd0, BASE}) * 8 + 1;
            end
        end
endmodule
