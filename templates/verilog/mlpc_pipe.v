// Says which stages of a pipeline hold a beat: STAGES flags that all move together when the last stage is empty or its beat leaves.
//
// beat[i] belongs to the registers of stage i, which load when move is set. A beat enters with enter and leaves as out_valid.
module mlpc_pipe #(
    parameter STAGES = 3
) (
    input  wire              clk,
    input  wire              rst,
    input  wire              enter,
    output wire              move,
    output reg  [STAGES-1:0] beat,
    output wire              out_valid,
    input  wire              out_ready
);
    wire [STAGES:0] next = {beat, enter};

    assign out_valid = beat[STAGES-1];
    assign move      = !out_valid || out_ready;

    always @(posedge clk)
        if (rst) beat <= {STAGES{1'b0}};
        else if (move) beat <= next[STAGES-1:0];

    wire unused = next[STAGES];
endmodule
