package kernel

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"testing"
)

// golden is the hash of what TestGolden computes. If it changes, results of training change: change Version with it.
const golden = "4e17388b00604036ade0c05e9092fc0e49b28fd821f0522c60a42458a7a6134b"

// TestGolden runs every function that computes, on inputs made without any library, and wants the same bits on every
// path, platform and release.
func TestGolden(t *testing.T) {
	everyPath(t, func(t *testing.T) {
		state := uint32(1)
		values := func(n int) []float32 { // even steps between -2 and 2
			s := make([]float32, n)
			for i := range s {
				state = state*1664525 + 1013904223
				s[i] = float32(int32(state)>>8) / (1 << 22)
			}
			return s
		}
		h := sha256.New()
		write := func(s ...float32) {
			if err := binary.Write(h, binary.LittleEndian, s); err != nil {
				t.Fatal(err)
			}
		}
		const rows, k, lanes = 37, 150, 70
		z := make([]float32, rows*lanes)
		Gemm(z, lanes, values(rows*k), k, 1, values(k*lanes), lanes, rows, k, lanes, false)
		write(z...)
		a := append([]float32(nil), z...)
		Tanh(a)
		ones := make([]float32, lanes)
		for i := range ones {
			ones[i] = 1
		}
		TanhGrad(z, a, lanes, rows, lanes, ones)
		write(a...)
		write(z...)
		sum, top := make([]float32, lanes), values(lanes)
		MaxRows(z, lanes, rows, lanes, top)
		ExpRows(z, lanes, rows, lanes, top, values(rows), sum)
		ScaleLanes(z, lanes, rows, lanes, sum)
		write(z...)
		write(sum...)
		w, m, v := values(rows*lanes), make([]float32, rows*lanes), make([]float32, rows*lanes)
		c1, c2 := float32(1), float32(1)
		for range 10 {
			c1, c2 = float32(c1*0.9), float32(c2*0.999)
			Adam(w, m, v, values(rows*lanes), 0.01, 0.9, 0.999, 1e-8, 1/(1-c1), 1/(1-c2), 0.001)
		}
		SGD(w, m, 0.1, 0.01)
		write(w...)
		write(Dot(w, v), Exp(w[0]), Tanh1(w[1]), Sqrt(v[0]))
		for i := range 1000 {
			if err := binary.Write(h, binary.LittleEndian, Log(float64(i)+float64(v[i]))); err != nil {
				t.Fatal(err)
			}
		}
		if got := hex.EncodeToString(h.Sum(nil)); got != golden {
			t.Errorf("hash of the results of version %s: got %s, want %s", Version, got, golden)
		}
	})
}
