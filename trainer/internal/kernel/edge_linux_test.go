package kernel

import (
	"math/rand/v2"
	"os"
	"syscall"
	"testing"
	"unsafe"
)

// A cell is memory between two pages that nothing may touch, not even to read.
type cell []byte

func newCell(t *testing.T, bytes int) cell {
	t.Helper()
	page := os.Getpagesize()
	size := (bytes + page - 1) / page * page
	m, err := syscall.Mmap(-1, 0, size+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = syscall.Munmap(m) })
	for _, wall := range [][]byte{m[:page], m[page+size:]} {
		if err := syscall.Mprotect(wall, syscall.PROT_NONE); err != nil {
			t.Skip(err)
		}
	}
	return cell(m[page : page+size])
}

// hold returns a copy of s that begins where the cell does, or ends where it does.
func (c cell) hold(s []float32, atEnd bool) []float32 {
	if len(s) == 0 {
		return nil
	}
	from := 0
	if atEnd {
		from = len(c) - 4*len(s)
	}
	in := unsafe.Slice((*float32)(unsafe.Pointer(&c[from])), len(s))
	copy(in, s)
	return in
}

// TestEdges runs every function on slices that end, or begin, where memory does: reading outside them is a fault.
func TestEdges(t *testing.T) {
	var cells [4]cell
	for i := range cells {
		cells[i] = newCell(t, 1<<14)
	}
	everyPath(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(11, 11))
		for _, atEnd := range []bool{true, false} {
			for n := 1; n < 67; n++ {
				for _, rows := range []int{1, 3, 8} {
					for _, w := range twins {
						s := w.slices(r, n, rows, n, false)
						for i := range s {
							s[i] = cells[i].hold(s[i], atEnd)
						}
						w.fast(s, n, rows, n)
					}
				}
				Dot(cells[0].hold(random(r, n, false), atEnd), cells[1].hold(random(r, n, false), atEnd))
				for rows := range 14 {
					k := 1 + r.IntN(4)
					dst := cells[0].hold(random(r, rows*n, false), atEnd)
					b := cells[2].hold(random(r, k*n, false), atEnd)
					a := cells[1].hold(random(r, rows*k, false), atEnd)
					Gemm(dst, n, a, k, 1, b, n, rows, k, n, false)
					Gemm(dst, n, a, 1, rows, b, n, rows, k, n, true)
				}
			}
		}
	})
}
