package passes

import (
	"strings"
	"testing"
)

func TestParsePrecision(t *testing.T) {
	for s, want := range map[string]Grid{
		"ap_fixed<8,4>":                  {1.0 / 16, 0, -128, 127},
		"ap_ufixed<8, 0>":                {1.0 / 256, 0, 0, 255},
		"fixed<16,6,AP_RND_CONV,AP_SAT>": {1.0 / 1024, 0, -32768, 32767},
		"int8":                           {1, 0, -128, 127},
		"uint4@0.5":                      {0.5, 0, 0, 15},
		"ap_int<6>":                      {1, 0, -32, 31},
	} {
		if got, err := ParsePrecision(s); err != nil || got != want {
			t.Errorf("%s: %+v, %v, want %+v", s, got, err, want)
		}
	}
	for s, want := range map[string]string{
		"float":                        "none of",
		"ap_fixed<8>":                  "no W,I",
		"ap_fixed<0,4>":                "W is 1 to 32",
		"ap_fixed<8,4,AP_TRN>":         "AP_TRN is not possible",
		"int64":                        "1 to 32 bits",
		"int8@-1":                      "not a positive number",
		"int8@0.05@2":                  "not a positive number",
		"ap_fixed<8,4,AP_RND,AP_WRAP>": "AP_WRAP is not possible",
	} {
		if _, err := ParsePrecision(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", s, err, want)
		}
	}
}

func TestInputType(t *testing.T) {
	g := mlp(4, "relu", 3, 4, 2)
	p, _, err := Compile(g, Config{Target: "c", InputType: "ap_fixed<6,3>", Calib: synthetic(g, 100, [2]float64{})})
	if err != nil {
		t.Fatal(err)
	}
	in := p.Graph.Inputs()[0].Type
	if in.Elem.String() != "s6" || in.Scale[0] != 0.125 || in.Zero != 0 {
		t.Errorf("input %s scale %v zero %d", in.Elem, in.Scale, in.Zero)
	}
	if _, _, err = Compile(g, Config{Target: "c", InputType: "half", Calib: synthetic(g, 100, [2]float64{})}); err == nil {
		t.Error("an unknown type is accepted")
	}
}
