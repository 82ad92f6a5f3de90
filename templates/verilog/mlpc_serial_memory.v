// The memory of mlpc_serial: P banks, which take neighbouring words in turn.
//
// An edge puts put_data at put_at where `put` is set, and reads the word at `at`: `word` is it, and `words` are those of all banks at that
// place, the first in the low bits. P is 1, 2, 4 or 8, LANES its logarithm; ADDR is greater than LANES.
module mlpc_serial_memory #(
    parameter X     = 16,
    parameter ADDR  = 5,
    parameter P     = 1,
    parameter LANES = 0
) (
    input  wire            clk,
    input  wire            put,
    input  wire [ADDR-1:0] put_at,
    input  wire [X-1:0]    put_data,
    input  wire [ADDR-1:0] at,
    output wire [X-1:0]    word,
    output wire [P*X-1:0]  words
);
    genvar i;
    generate
        for (i = 0; i < P; i = i + 1) begin : bank
            wire here;
            reg [X-1:0] mem [0:(1<<(ADDR-LANES))-1];
            reg [X-1:0] q;
            always @(posedge clk) if (put && here) mem[put_at[ADDR-1:LANES]] <= put_data;
            always @(posedge clk) q <= mem[at[ADDR-1:LANES]];
            assign words[i*X +: X] = q;
        end
        if (P == 1) begin : one
            assign bank[0].here = 1'b1;
            assign word         = words;
        end else begin : several
            reg [LANES-1:0] lane;
            always @(posedge clk) lane <= at[LANES-1:0];
            for (i = 0; i < P; i = i + 1) begin : choice
                assign bank[i].here = put_at[LANES-1:0] == i;
            end
            assign word = words[lane*X +: X];
        end
    endgenerate
endmodule
