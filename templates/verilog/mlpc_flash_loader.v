// Reads WORDS words from a SPI flash after reset and puts them into a memory, then sets `done`. A word is BYTES bytes, the high ones
// first; the first lies at byte BASE. The flash is woken first, since configuring the FPGA leaves it asleep: it is left alone for WAKE
// cycles then. The SPI clock is half of clk, mode 0.
module mlpc_flash_loader #(
    parameter WORDS = 4,
    parameter BYTES = 1,
    parameter ADDR  = 2, // bits of an address, enough for WORDS - 1
    parameter BASE  = 24'h100000,
    parameter WAKE  = 1024
) (
    input  wire               clk,
    input  wire               rst,
    output reg                cs_n,
    output reg                sck,
    output wire               mosi,
    input  wire               miso,
    output reg                put,
    output reg  [ADDR-1:0]    put_at,
    output reg  [8*BYTES-1:0] put_data,
    output wire               done
);
    localparam [2:0] WAKING = 3'd0, PAUSE = 3'd1, ASKING = 3'd2, READING = 3'd3, DONE = 3'd4;
    localparam [7:0] RELEASE = 8'hab, READ = 8'h03;
    localparam [31:0] WAKE_32 = WAKE, BITS_32 = 8*BYTES, LAST_32 = WORDS - 1;

    reg [2:0]         state;
    reg [15:0]        left; // bits or cycles
    reg [31:0]        out;
    reg [8*BYTES-1:0] word;
    reg [ADDR-1:0]    at;
    assign mosi = out[31];
    assign done = state == DONE;
    wire is_last = left == 16'd1;

    always @(posedge clk)
        if (rst) begin
            state <= WAKING;
            cs_n  <= 1'b0;
            sck   <= 1'b0;
            put   <= 1'b0;
            left  <= 16'd8;
            out   <= {RELEASE, 24'd0};
            at    <= {ADDR{1'b0}};
        end else begin
            put <= 1'b0;
            if (state == PAUSE || sck) left <= left - 16'd1;
            if (state == PAUSE) begin
                if (is_last) begin
                    state <= ASKING;
                    cs_n  <= 1'b0;
                    left  <= 16'd32;
                    out   <= {READ, BASE[23:0]};
                end
            end else if (state != DONE) begin
                sck <= !sck;
                if (!sck) word <= {word[8*BYTES-2:0], miso};
                else begin
                    out <= {out[30:0], 1'b0};
                    if (is_last) begin
                        left <= BITS_32[15:0];
                        if (state == WAKING) begin
                            state <= PAUSE;
                            cs_n  <= 1'b1;
                            left  <= WAKE_32[15:0];
                        end else if (state == ASKING) state <= READING;
                        else begin
                            put      <= 1'b1;
                            put_at   <= at;
                            put_data <= word;
                            at       <= at + 1'b1;
                            if (at == LAST_32[ADDR-1:0]) begin
                                state <= DONE;
                                cs_n  <= 1'b1;
                            end
                        end
                    end
                end
            end
        end
endmodule
