package main

import "fmt"

// gemms emits the microkernel for every width of tile. The heights must agree with those in gemm_arm64.go: with w
// vectors they leave room for w vectors of b and a few elements of a.
func (f *file) gemms() {
	f.gemm(1, 8, true)
	f.gemm(1, 8, false)
	f.gemm(2, 12, false)
	f.gemm(3, 8, false)
	f.gemm(4, 6, false)
}

// gemm emits the microkernel on tiles of w vectors and up to height rows: it runs down `tiles` tiles of `rows` rows
// each, and for every tile over k, holding the tile in registers. Strides are in bytes.
//
// The last of several vectors begins `last` bytes into the row, where it may overlap the one before: lanes that both
// hold come out the same, so a row need not end with a whole vector. Only a row of fewer than 4 lanes is partial, and
// then `last` is their number.
func (f *file) gemm(w, height int, partial bool) {
	name := fmt.Sprintf("gemm%dNEON", w)
	doc := fmt.Sprintf("is the matrix product on %d vectors of lanes, the last at last; strides are in bytes.", w)
	switch {
	case partial:
		name, doc = "gemmPartNEON", "is the matrix product on 1 to 3 lanes, as last says; strides are in bytes."
	case w == 1:
		doc = "is the matrix product on 4 lanes, whatever last is; strides are in bytes."
	}
	params := []string{"dst *float32", "a *float32", "b *float32", "ldd int", "ars int", "aks int", "ldb int", "k int",
		"tiles int", "rows int", "last int", "add bool"}
	f.function(name, doc, params, func(f *function) {
		p := f.load("rows", "dst", "a", "ldd", "ars", "aks", "ldb", "tiles", "last")
		t := tile{function: f, w: w, dst: p[1], a: []reg{p[2]}, ldd: p[3], ars: p[4], aks: p[5], ldb: p[6], tiles: p[7],
			last: p[8], b: f.reg(), i: f.reg(), k: f.reg(), row: f.reg(), bLast: f.reg(), end: f.reg(), memory: f.whole()}
		if partial {
			t.memory = f.part(t.last)
		}
		for range height - 1 {
			t.a = append(t.a, f.reg())
		}
		for r := height; r > 1; r-- {
			f.op("CMP", r, p[0])
			f.op("BEQ", fmt.Sprintf("rows%d", r))
		}
		for r := 1; r <= height; r++ {
			f.vectors = 0
			t.emit(r)
		}
	})
}

// A tile emits one height of the microkernel. a[r] points at row r of a; at k ascending the element is i bytes after.
type tile struct {
	*function
	w                                           int
	dst, ldd, ars, aks, ldb, tiles, last, bLast reg
	b, i, k, row, end                           reg
	a                                           []reg
	memory                                      access
}

func (t tile) emit(rows int) {
	label := func(s string) string { return fmt.Sprintf("%s%d", s, rows) }
	acc := make([][]vec, rows)
	for r := range acc {
		acc[r] = t.vecs(t.w)
	}
	b := t.vecs(t.w)
	a := t.vecs(min(4, rows))

	t.label(label("rows"))
	for r := 1; r < rows; r++ {
		t.op("ADD", t.ars, t.a[r-1], t.a[r])
	}
	t.op("MOVD", t.params["b"], t.b)
	if t.w > 1 {
		t.op("ADD", t.last, t.b, t.bLast)
	}
	t.op("MOVD", t.params["k"], t.k)
	t.op("MOVD", 0, t.i)
	t.op("MOVBU", t.params["add"], t.row)
	t.op("CBNZ", t.row, label("add"))
	for r := range acc {
		t.zero(acc[r])
	}
	t.op("B", label("loop"))
	t.label(label("add"))
	t.eachRow(acc, t.memory.load)

	t.label(label("loop"))
	switch {
	case t.memory.partial:
		t.memory.load(b, t.b, 0)
		t.op("ADD", t.ldb, t.b)
	case t.w > 1:
		t.op("VLD1.P", index(t.b, t.ldb), list(b[:t.w-1]))
		t.op("VLD1.P", index(t.bLast, t.ldb), list(b[t.w-1:]))
	default:
		t.op("VLD1.P", index(t.b, t.ldb), list(b))
	}
	element := func(r int) { t.op("FMOVS", index(t.a[r], t.i), a[r%len(a)].scalar()) }
	for r := range a {
		element(r)
	}
	for r := range rows {
		t.fmla0(acc[r], b, a[r%len(a)])
		if next := r + len(a); next < rows {
			element(next)
		}
	}
	t.op("ADD", t.aks, t.i)
	t.op("SUB", 1, t.k)
	t.op("CBNZ", t.k, label("loop"))

	t.eachRow(acc, t.memory.store)
	t.op("MOVD", t.row, t.dst)
	t.op("ADD", t.ars, t.a[rows-1], t.a[0])
	t.op("SUB", 1, t.tiles)
	t.op("CBNZ", t.tiles, label("rows"))
	t.op("RET")
}

// eachRow loads or stores the tile and leaves t.row at the row after it.
func (t tile) eachRow(acc [][]vec, do func(v []vec, p reg, offset int)) {
	t.op("MOVD", t.dst, t.row)
	for r := range acc {
		do(acc[r][:max(1, t.w-1)], t.row, 0)
		if t.w > 1 {
			t.op("ADD", t.last, t.row, t.end)
			do(acc[r][t.w-1:], t.end, 0)
		}
		t.op("ADD", t.ldd, t.row)
	}
}
