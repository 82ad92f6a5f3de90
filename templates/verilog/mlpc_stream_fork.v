// Gives every word of a stream to N streams. A stream that took the word early waits until all have it.
//
// Combinational from in to out, one flag a stream.
module mlpc_stream_fork #(
    parameter N = 2
) (
    input  wire         clk,
    input  wire         rst,
    input  wire         in_valid,
    output wire         in_ready,
    output wire [N-1:0] out_valid,
    input  wire [N-1:0] out_ready
);
    reg  [N-1:0] done;
    wire [N-1:0] has = done | out_ready;

    assign in_ready  = &has;
    assign out_valid = {N{in_valid}} & ~done;

    always @(posedge clk)
        if (rst) done <= {N{1'b0}};
        else if (in_valid) done <= in_ready ? {N{1'b0}} : has;
endmodule
