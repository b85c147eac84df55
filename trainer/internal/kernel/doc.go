// Package kernel holds the float32 arithmetic of the trainer: matrix products, of single numbers and of pairs of bfloat16;
// the exponential and the hyperbolic tangent; what a softmax and dropout need; transposition; lines of a table copied,
// added to and stepped by two optimisers. Matrices are row-major with explicit strides counted in elements; "lanes" are
// the contiguous direction, which the trainer fills with examples.
//
// Every function has a plain Go twin, and on amd64 also AVX2 and AVX-512 code, on arm64 NEON code. All paths give the
// same bits: each output is one chain of fused multiply-adds with the inner index ascending, starting from zero or from
// what dst holds, and nothing else is used but multiply, add, divide, square root, minimum, maximum and integer
// operations. NaN is the exception: a NaN is a NaN on every path, but its sign and payload are not defined.
//
// Shapes that do not fit the slices panic. Sizes of zero are allowed and touch nothing. Outputs must not overlap
// inputs unless a function works in place. Nothing allocates, nothing starts a goroutine; functions may run
// concurrently on different outputs.
package kernel

//go:generate go -C asm run ./neon -out ../neon_arm64.s -stubs ../neon_arm64.go

// Version names the arithmetic. It changes whenever the bits of any result change, so that a record made by one
// version is never mistaken for one made by another.
const Version = "2"
