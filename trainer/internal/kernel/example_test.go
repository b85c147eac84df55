package kernel

import "fmt"

func ExampleGemm() {
	a := []float32{1, 2, 3, 4}       // 2 x 2
	b := []float32{1, 0, 1, 0, 1, 1} // 2 x 3
	dst := make([]float32, 6)
	Gemm(dst, 3, a, 2, 1, b, 3, 2, 2, 3, false)
	fmt.Println(dst)
	Gemm(dst, 3, a, 1, 2, b, 3, 2, 2, 3, true) // plus the transpose of a times b
	fmt.Println(dst)
	// Output:
	// [1 2 3 3 4 7]
	// [2 5 7 5 8 13]
}
