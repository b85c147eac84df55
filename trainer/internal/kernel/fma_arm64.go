package kernel

// fma32 returns x*y + z rounded once to float32. The language lets a compiler fuse the two, and on arm64 Go's does, into
// one FMADDS. The conversion keeps it from fusing a product that z may be instead, once this is inlined. TestFMA fails
// if either ceases to hold.
func fma32(x, y, z float32) float32 { return x*y + float32(z) }
