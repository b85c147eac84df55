package kernel

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// wantHugePages asks for huge pages behind s. That they cannot be had is no error: everything works without.
func wantHugePages(s []float32) {
	const page = 1 << 21
	first := unsafe.Pointer(unsafe.SliceData(s))
	skip := int(-uintptr(first) % page)
	bytes := (4*len(s) - skip) &^ (page - 1)
	if bytes <= 0 {
		return
	}
	b := unsafe.Slice((*byte)(unsafe.Add(first, skip)), bytes)
	if unix.Madvise(b, unix.MADV_HUGEPAGE) == nil {
		_ = unix.Madvise(b, unix.MADV_COLLAPSE) // where the heap has had these pages before
	}
}
