package num_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"mlpc/ir/num"
)

// gemmlowpDriver scales with gemmlowp's own functions, in the order in which TFLite's MultiplyByQuantizedMultiplier calls them.
const gemmlowpDriver = `#include <cstdint>
#include <cstdio>
#include <gemmlowp/fixedpoint/fixedpoint.h>

int main()
{
    long long x, mul;
    int shift;
    while (std::scanf("%lld %lld %d", &x, &mul, &shift) == 3) {
        const int left = shift < 31 ? 31 - shift : 0;
        const int right = shift > 31 ? shift - 31 : 0;
        const std::int32_t wide = static_cast<std::int32_t>(x * (1LL << left));
        const std::int32_t high = gemmlowp::SaturatingRoundingDoublingHighMul(wide, static_cast<std::int32_t>(mul));
        std::printf("%d\n", gemmlowp::RoundingDivideByPOT(high, right));
    }
}
`

// TestGemmlowpIsTheLibrarys compares the Gemmlowp rounding with libgemmlowp.
func TestGemmlowpIsTheLibrarys(t *testing.T) {
	gxx := tool(t, "g++")
	dir := t.TempDir()
	source, binary := filepath.Join(dir, "driver.cc"), filepath.Join(dir, "driver")
	if err := os.WriteFile(source, []byte(gemmlowpDriver), 0o666); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(gxx, "-std=c++11", "-O2", "-o", binary, source).CombinedOutput(); err != nil {
		if !bytes.Contains(out, []byte("gemmlowp/fixedpoint/fixedpoint.h: No such file")) {
			t.Fatalf("%v\n%s", err, out)
		}
		if os.Getenv("MLPC_TOOLS") == "require" {
			t.Fatal("libgemmlowp-dev is not installed")
		}
		t.Skip("libgemmlowp-dev is not installed")
	}
	cases := gemmlowpCases(random(t), 300000)
	var in bytes.Buffer
	for _, c := range cases {
		fmt.Fprintln(&in, c.x, c.mul, c.shift)
	}
	cmd := exec.Command(binary)
	cmd.Stdin = &in
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(string(out))
	if len(lines) != len(cases) {
		t.Fatalf("%d results for %d cases", len(lines), len(cases))
	}
	for i, c := range cases {
		want, err := strconv.ParseInt(lines[i], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		if got := num.Requant(c.x, c.mul, 0, c.shift, num.Gemmlowp); got != want {
			t.Fatalf("%d · %d / 2^%d: %d, gemmlowp %d", c.x, c.mul, c.shift, got, want)
		}
	}
}
