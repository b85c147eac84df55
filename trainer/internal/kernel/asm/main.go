// Asm writes the assembly of package kernel for one instruction set. It is a module of its own, so that the program
// does not depend on the generator; run it by `go generate` in the folder of package kernel.
package main

import (
	"flag"
	"log"

	. "github.com/mmcloughlin/avo/build"
)

func main() {
	set := flag.String("isa", "", "instruction set: avx2, avx512 or bf16")
	flag.Parse()
	var v isa
	switch *set {
	case "avx2":
		v = isaAVX2()
	case "avx512":
		v = isaAVX512()
	case "bf16":
		ConstraintExpr("amd64")
		bf16(isaAVX512())
		Generate()
		return
	default:
		log.Fatalf("unknown instruction set %q", *set)
	}
	ConstraintExpr("amd64")
	gemms(v)
	expRows(v)
	tanh(v)
	tanhGrad(v)
	maxRows(v)
	scaleLanes(v)
	sgd(v)
	adam(v)
	mul(v)
	dropout(v)
	dot(v)
	gather(v)
	scatterAdd(v)
	sgdLines(v)
	adamLines(v)
	if !v.wide {
		transpose(false)
		transpose(true)
	}
	peak(v)
	Generate()
}
