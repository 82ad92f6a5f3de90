package verilog

import (
	"fmt"
	"math/bits"
	"strings"

	"mlpc/ir/stream"
)

// signedBits is the number of bits that hold all given integers in two's complement.
func signedBits(values ...int64) int {
	n := 1
	for _, x := range values {
		if x < 0 {
			x = ^x
		}
		n = max(n, bits.Len64(uint64(x))+1)
	}
	return n
}

// hexWord gives integers of the given width, the first in the low bits, as one hexadecimal number in two's complement.
func hexWord(values []int64, width int) string {
	digits := make([]byte, (len(values)*width+3)/4)
	at, held, n := len(digits), uint64(0), 0
	push := func(x uint64, width int) { // width ≤ 32, so held never overflows
		held |= (x & (1<<width - 1)) << n
		for n += width; n >= 4; n -= 4 {
			at--
			digits[at] = "0123456789abcdef"[held&15]
			held >>= 4
		}
	}
	for _, v := range values {
		for rest := width; rest > 0; rest -= 32 {
			push(uint64(v), min(rest, 32))
			v >>= 32
		}
	}
	if n > 0 {
		push(0, 4-n)
	}
	return string(digits)
}

// sized spells an integer of the given width as a signed Verilog constant.
func sized(x int64, width int) string {
	return fmt.Sprintf("%d'sh%s", width, hexWord([]int64{x}, width))
}

// hexFile gives words for $readmemh, one a line.
func hexFile(words [][]int64, width int) []byte {
	var b strings.Builder
	for _, w := range words {
		b.WriteString(hexWord(w, width))
		b.WriteByte('\n')
	}
	return []byte(b.String())
}

// constants are integers that go with the elements of a stream.
type constants struct {
	width int
	words [][]int64 // by beat: a constant for each lane; as many beats as it takes until they repeat
}

// constantsOf tabulates at(element) over the beats of a form, filled up lanes with 0, and finds out when they repeat.
func constantsOf(f stream.Form, at func(e int) int64) constants {
	var c constants
	var all []int64
	for beat := range f.Beats() {
		word := make([]int64, f.Lanes)
		for lane := range word {
			if e := f.Element(beat, lane); e >= 0 {
				word[lane] = at(e)
			} else if beat == 0 {
				word[lane] = word[0]
			} else {
				word[lane] = c.words[0][lane]
			}
		}
		c.words = append(c.words, word)
		all = append(all, word...)
	}
	c.width = signedBits(all...)
	for _, period := range []int{1, f.GroupBeats()} {
		if c.repeats(period) {
			c.words = c.words[:period]
			break
		}
	}
	return c
}

// repeats tells whether word i equals word i mod period everywhere.
func (c *constants) repeats(period int) bool {
	for i, w := range c.words {
		for lane, x := range w {
			if x != c.words[i%period][lane] {
				return false
			}
		}
	}
	return true
}

// single tells whether one integer serves all elements.
func (c *constants) single() bool {
	for _, x := range c.words[0] {
		if x != c.words[0][0] {
			return false
		}
	}
	return len(c.words) == 1
}

// all lists every constant.
func (c *constants) all() []int64 {
	var list []int64
	for _, w := range c.words {
		list = append(list, w...)
	}
	return list
}
