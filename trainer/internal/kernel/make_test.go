package kernel

import (
	"testing"
	"unsafe"
)

func TestMake(t *testing.T) {
	for n := range 67 {
		s := Make(n)
		if len(s) != n || cap(s) != n {
			t.Fatalf("Make(%d): length %d, capacity %d", n, len(s), cap(s))
		}
		if n > 0 && uintptr(unsafe.Pointer(&s[0]))%64 != 0 {
			t.Fatalf("Make(%d) does not begin at a cache line", n)
		}
		for i := range s {
			if s[i] != 0 {
				t.Fatalf("Make(%d)[%d] = %g", n, i, s[i])
			}
		}
	}
}
