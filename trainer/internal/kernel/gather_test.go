package kernel

import (
	"math/rand/v2"
	"testing"
)

// numbers returns n random lines of a table of that many.
func numbers(r *rand.Rand, n, lines int) []int32 {
	at := make([]int32, n)
	for i := range at {
		at[i] = int32(r.IntN(lines))
	}
	return at
}

// compare requires got, which lies between guards, to have the bits of want.
func compare(t *testing.T, what string, got, want []float32, check func()) {
	t.Helper()
	check()
	for i := range want {
		if !same(got[i], want[i]) {
			t.Fatalf("%s: element %d = %b, want %b", what, i, got[i], want[i])
		}
	}
}

// TestGather covers pieces of every length up to 66, several in a row, and many rows.
func TestGather(t *testing.T) {
	everyPath(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(11, 11))
		for n := range 67 {
			for _, rows := range []int{0, 1, 3, 20} {
				count, lines := 1+r.IntN(3), 5
				if n == 40 && rows == 20 {
					rows = 3000 // several calls
				}
				ldt, ldr := n+r.IntN(3), count*n+r.IntN(3)
				at := numbers(r, rows*count, lines)
				table, row := random(r, (lines-1)*ldt+n, n%2 == 1), random(r, max(0, rows-1)*ldr+count*n, n%2 == 1)

				got, check := framed(t, row)
				Gather(got, ldr, table, ldt, at, count, n)
				want := append([]float32(nil), row...)
				gatherGeneric(want, ldr, table, ldt, at, rows, count, n)
				compare(t, "Gather", got, want, check)

				got, check = framed(t, table)
				ScatterAdd(got, ldt, row, ldr, at, count, n)
				want = append([]float32(nil), table...)
				scatterAddGeneric(want, ldt, row, ldr, at, rows, count, n)
				compare(t, "ScatterAdd", got, want, check)
			}
		}
	})
}

// TestLines covers optimiser steps on any lines of a table.
func TestLines(t *testing.T) {
	everyPath(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(12, 12))
		for _, n := range []int{0, 16, 32, 112} {
			for rows := range 12 {
				lines := 30
				ld, ldg := n+r.IntN(3), n+r.IntN(3)
				if n == 112 && rows == 11 {
					rows, lines = 1000, 1100 // several calls
				}
				at := numbers(r, lines, lines)
				for i, j := range r.Perm(lines) { // each at most once
					at[i] = int32(j)
				}
				at = at[:rows]
				g := random(r, max(0, rows-1)*ldg+n, rows%2 == 1)
				var got, want [3][]float32
				var checks [3]func()
				for i := range got {
					want[i] = random(r, (lines-1)*ld+n, false)
					got[i], checks[i] = framed(t, want[i])
				}
				SGDLines(got[0], ld, at, n, g, ldg, 0.1, 0.01)
				sgdLinesGeneric(want[0], ld, at, n, g, ldg, 0.1, 0.01)
				compare(t, "SGDLines", got[0], want[0], checks[0])
				AdamLines(got[0], got[1], got[2], ld, at, n, g, ldg, 0.02, 0.9, 0.999, 1e-8, 1.5, 3, 0.01)
				adamLinesGeneric(want[0], want[1], want[2], ld, at, n, g, ldg, newAdamRates(0.02, 0.9, 0.999, 1e-8, 1.5, 3, 0.01))
				for i := range got {
					compare(t, "AdamLines", got[i], want[i], checks[i])
				}
			}
		}
	})
}

// TestLinesRefused holds the checks that keep assembly from writing anywhere.
func TestLinesRefused(t *testing.T) {
	table, row := make([]float32, 64), make([]float32, 64)
	for name, f := range map[string]func(){
		"no such line":        func() { Gather(row, 16, table, 16, []int32{4}, 1, 16) },
		"a negative line":     func() { Gather(row, 16, table, 16, []int32{-1}, 1, 16) },
		"a last line cut off": func() { ScatterAdd(table[:63], 16, row, 16, []int32{3}, 1, 16) },
		"rows too short":      func() { ScatterAdd(table, 16, row[:20], 16, []int32{0, 1}, 1, 16) },
		"a part of a row":     func() { Gather(row, 16, table, 16, []int32{0, 1, 2}, 2, 8) },
		"no whole vectors":    func() { SGDLines(table, 16, []int32{0}, 8, row, 16, 1, 0) },
		"lines that overlap":  func() { SGDLines(table, 16, []int32{0}, 32, row, 32, 1, 0) },
		"short moments":       func() { AdamLines(table, table, table[:16], 16, []int32{1}, 16, row, 16, 1, 0, 0, 1, 1, 1, 0) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}
