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

// holdWords is hold for other numbers.
func holdWords[T int32 | uint32 | uint64](c cell, s []T, atEnd bool) []T {
	if len(s) == 0 {
		return nil
	}
	from := 0
	if atEnd {
		from = len(c) - int(unsafe.Sizeof(s[0]))*len(s)
	}
	in := unsafe.Slice((*T)(unsafe.Pointer(&c[from])), len(s))
	copy(in, s)
	return in
}

// TestEdgesOfTables does the same for what reaches lines by number, packs pairs, or draws bits.
func TestEdgesOfTables(t *testing.T) {
	var cells [5]cell
	for i := range cells {
		cells[i] = newCell(t, 1<<16)
	}
	everyPath(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(15, 15))
		for _, atEnd := range []bool{true, false} {
			floats := func(i, n int) []float32 { return cells[i].hold(random(r, n, false), atEnd) }
			for n := 1; n < 67; n++ {
				for _, rows := range []int{1, 2, 3, 8, 9} {
					count, lines := 1+r.IntN(3), 6
					at := holdWords(cells[0], numbers(r, rows*count, lines), atEnd)
					table, row := floats(1, lines*n), floats(2, rows*count*n)
					Gather(row, count*n, table, n, at, count, n)
					ScatterAdd(table, n, row, count*n, at, count, n)

					half := (n + 1) / 2
					src := floats(1, rows*n)
					PackRows(holdWords(cells[2], make([]uint32, rows*half), atEnd), half, src, n, rows, n)
					PackColumns(holdWords(cells[2], make([]uint32, (rows+1)/2*n), atEnd), n, src, n, rows, n)
					k := 1 + r.IntN(5)
					a, b := holdWords(cells[0], randomPairs(r, rows*k, false), atEnd), holdWords(cells[1], randomPairs(r, k*n, false), atEnd)
					GemmPairs(floats(2, rows*n), n, a, k, 1, b, n, rows, k, n, false)
					GemmPairs(floats(2, rows*n), n, a, 1, rows, b, n, rows, k, n, true)
				}
			}
			for _, n := range []int{16, 32, 48, 112} {
				for rows := 1; rows < 12; rows++ {
					at := holdWords(cells[0], numbers(r, rows, 1), atEnd)
					for i, j := range r.Perm(20)[:rows] {
						at[i] = int32(j)
					}
					w, m, v, g := floats(1, 20*n), floats(2, 20*n), floats(3, 20*n), floats(4, rows*n)
					SGDLines(w, n, at, n, g, n, 0.1, 0)
					AdamLines(w, m, v, n, at, n, g, n, 0.1, 0.9, 0.99, 1e-8, 1, 1, 0)
				}
				Dropout(floats(1, n), floats(2, n), holdWords(cells[3], make([]uint64, n/4), atEnd), 13000, 1.25)
			}
		}
	})
}
