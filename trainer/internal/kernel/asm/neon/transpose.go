package main

// transpose emits the transposition of 8 rows, 4 columns at a time.
func (f *file) transpose() {
	params := []string{"dst *float32", "ldd int", "src *float32", "lds int", "blocks int"}
	f.function("transpose8NEON", "transposes 8 rows of 4*blocks elements; strides are in bytes.", params, func(f *function) {
		p := f.load("dst", "ldd", "src", "lds", "blocks")
		dst, ldd, src, lds, blocks := p[0], p[1], p[2], p[3], p[4]
		next := f.reg()
		row, pair, column := f.vecs(8), f.vecs(8), f.vecs(8) // column c is 2c and 2c+1
		turn := func(name, kind string, d, x, y vec) {
			f.op(name, y.String()+kind, x.String()+kind, d.String()+kind)
		}
		f.label("block")
		f.op("MOVD", src, next)
		for _, v := range row {
			f.op("VLD1.P", index(next, lds), list([]vec{v}))
		}
		for r := 0; r < 8; r += 2 { // two rows: columns 0 and 2, 1 and 3
			turn("VTRN1", ".S4", pair[r], row[r], row[r+1])
			turn("VTRN2", ".S4", pair[r+1], row[r], row[r+1])
		}
		for h := range 2 { // four rows
			for c := range 2 {
				turn("VTRN1", ".D2", column[2*c+h], pair[4*h+c], pair[4*h+2+c])
				turn("VTRN2", ".D2", column[2*c+4+h], pair[4*h+c], pair[4*h+2+c])
			}
		}
		for c := range 4 {
			f.op("VST1.P", list(column[2*c:2*c+2]), index(dst, ldd))
		}
		f.op("ADD", 16, src)
		f.op("SUB", 1, blocks)
		f.op("CBNZ", blocks, "block")
		f.op("RET")
	})
}
