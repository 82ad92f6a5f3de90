package serial

// MostSPRAMs is the number of single-port RAMs of an iCE40UP5K.
const MostSPRAMs = 4

// SPRAMs is the number of RAMs of 16,384 words of 16 bits that hold the weights.
func (m *Machine) SPRAMs() int {
	width, depth := m.P*m.Widths().Weight, len(m.Weights)/m.P
	return (width + 15) / 16 * ((depth + 16383) / 16384)
}

// FlashBase is where the weights lie in the flash, behind the configuration of the FPGA.
const FlashBase = 0x100000

// wake is the number of cycles that a flash gets to wake up: 85 µs at 12 MHz.
const wake = 1024

// WordBytes is the number of bytes of a word of P weights in the flash.
func (m *Machine) WordBytes() int { return (m.P*m.Widths().Weight + 7) / 8 }

// BootCycles is the number of cycles from reset until the weights are loaded, two a bit: the commands, the pause between them, the words.
func (m *Machine) BootCycles() int {
	if !m.SPRAM {
		return 0
	}
	return 2*8 + wake + 2*32 + 2*8*m.WordBytes()*len(m.Weights)/m.P + 1
}

// FlashImage gives the bytes of the flash from FlashBase on: each word of weights in two's complement, the last of the P weights in
// the high bits, the high byte first.
func (m *Machine) FlashImage() []byte {
	bytes, bits := m.WordBytes(), m.Widths().Weight
	var image []byte
	for at := 0; at < len(m.Weights); at += m.P {
		word := make([]byte, bytes)
		for i := range m.P * bits {
			bit := byte(m.Weights[at+i/bits] >> (i % bits) & 1)
			word[bytes-1-i/8] |= bit << (i % 8)
		}
		image = append(image, word...)
	}
	return image
}
