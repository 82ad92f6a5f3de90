// Adds products to float32 sums: with mlpc_float32_product before it, a fused multiply-add with one rounding, half to even.
//
// A number is a fixed-point number of N bits in two's complement of which at most 24 bits from the leading one on are not zero, and none
// below LOW: what rounding to float32 leaves, so nothing moves to a leading one and back. LOW is the place of 2^-149, the least number,
// where that is above place 0. The caller holds that sums fit.
//
// y follows p by four cycles while step is set. Sums of SLOTS rows take turns: slot says whose the product is. A sum begins at `start`
// where first is set, else it goes on; add takes the parts of SLOTS other sums, kept with keep, in the place of a product. So the beats of
// a row are four cycles apart, at least. SLOTS 0: every sum is of one product.
module mlpc_float32_sum #(
    parameter N     = 72,
    parameter LOW   = 0,
    parameter SLOTS = 4,
    parameter PARTS = 0, // 1: add and keep are used
    parameter ADDR  = 2  // bits of slot
) (
    input  wire            clk,
    input  wire            step,
    input  wire            beat, // p holds a product
    input  wire            first,
    input  wire            add,
    input  wire            keep,
    input  wire [ADDR-1:0] slot,
    input  wire [N-1:0]    start,
    input  wire            neg,
    input  wire [N-2:0]    p,
    output reg  [N-1:0]    y
);
    // The four stages: sum, mask of the bits to drop, whether a tie goes up, and the rounded sum.
    reg [N-1:0] s1, s2, s3;
    reg [N-1:0] mask2, mask3;
    reg         up3;

    wire [N-1:0] rounded;
    wire [N-1:0] so_far, part;

    generate
        if (SLOTS > 0) begin : sums
            reg            beat1, beat2, beat3;
            reg [ADDR-1:0] slot1, slot2, slot3;
            reg [N-1:0]    sum [0:SLOTS-1];
            always @(posedge clk)
                if (step) begin
                    {beat1, slot1} <= {beat, slot};
                    {beat2, slot2} <= {beat1, slot1};
                    {beat3, slot3} <= {beat2, slot2};
                    if (beat3) sum[slot3] <= rounded;
                end
            assign so_far = first ? start : sum[slot];
            if (PARTS > 0) begin : parts
                reg         keep1, keep2, keep3;
                reg [N-1:0] kept [0:SLOTS-1];
                always @(posedge clk)
                    if (step) begin
                        {keep1, keep2, keep3} <= {keep, keep1, keep2};
                        if (beat3 && keep3) kept[slot3] <= rounded;
                    end
                assign part = add ? kept[slot] : {1'b0, p};
            end else begin : whole
                assign part = {1'b0, p};
                wire unused_parts = &{1'b0, add, keep};
            end
        end else begin : single
            assign so_far = start;
            assign part   = {1'b0, p};
            wire unused_flags = &{1'b0, beat, first, add, keep, slot};
        end
    endgenerate

    // Bit i of the mask: the leading one stands 24 places above i or more. Of a negative number its complement shows where that is: it
    // has another one only where the number is a power of two, and then nothing is to drop. Five bits at a time are looked at.
    localparam TOP    = N > 25 ? N - 25 : 1; // bits of the mask that may be set by a leading one
    localparam BLOCKS = (TOP + 4) / 5;
    wire [N-1:0]        size = s1 ^ {N{s1[N-1]}};
    wire [5*BLOCKS+N:0] high = {{(5*BLOCKS+2){1'b0}}, size[N-2:0]} >> 24;
    reg  [BLOCKS-1:0]   any;
    reg  [N-1:0]        mask;
    integer             i;
    always @* begin
        any  = {BLOCKS{1'b0}};
        mask = ~({N{1'b1}} << LOW);
        for (i = 0; i < BLOCKS; i = i + 1)
            any[i] = |high[5*i +: 5];
        for (i = 0; i < TOP; i = i + 1)
            mask[i] = mask[i] || (|(any >> (i/5 + 1))) || (|(high[5*(i/5) +: 5] >> (i%5)));
    end

    // mask/2 is the half of a unit without the last bit; a tie adds it where the unit bit is set. One adder each, with the carry as a bit
    // below.
    wire [N-1:0] unit  = {mask2[N-2:0], 1'b0} & ~mask2;
    wire         minus = neg && !(PARTS > 0 && add);
    wire [N:0]   sum_1 = {so_far, 1'b1} + {part ^ {N{minus}}, minus};
    wire [N:0]   sum_3 = {s3, 1'b1} + {1'b0, mask3[N-1:1], up3};
    assign rounded = sum_3[N:1] & ~mask3;

    always @(posedge clk)
        if (step) begin
            s1    <= sum_1[N:1];
            s2    <= s1;
            mask2 <= mask;
            s3    <= s2;
            mask3 <= mask2;
            up3   <= |(s2 & unit);
            y     <= rounded;
        end

    wire unused = &{1'b0, sum_1[0], sum_3[0], size[N-1], high[5*BLOCKS+N:5*BLOCKS]};
endmodule
