package kernel

import "unsafe"

// Make returns n zeros whose first element lies at a multiple of 64 bytes, a cache line and the widest vector.
func Make(n int) []float32 {
	s := make([]float32, n+15)
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(s)))%64) / 4
	return s[skip : skip+n : skip+n]
}
