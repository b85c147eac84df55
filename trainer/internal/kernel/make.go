package kernel

import "unsafe"

// Make returns n zeros whose first element lies at a multiple of 64 bytes, a cache line and the widest vector. Where
// the system has huge pages, large slices ask for them: single rows of a table of megabytes are reached without a walk
// through the page tables.
func Make(n int) []float32 {
	s := make([]float32, n+15)
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(s)))%64) / 4
	s = s[skip : skip+n : skip+n]
	if n >= hugeFrom {
		wantHugePages(s)
	}
	return s
}

// hugeFrom is the length from which a slice is large: that of two huge pages.
const hugeFrom = 1 << 20
