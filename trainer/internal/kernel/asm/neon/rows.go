package main

// A column is what a function does that runs down the rows of a block, in one panel of lanes. Nil members do nothing.
type column struct {
	begin func(a access)        // loads what belongs to the lanes
	row   func(a access, z reg) // does a row
	end   func(a access)        // stores what belongs to the lanes
}

// panel emits `func(z *float32, ldz, rows, n int, more)` for panels of four vectors, of one, and of n elements, 1 to 3;
// only the last heeds n. Strides are in bytes.
func (f *file) panel(name string, more []string, setup func(f *function, w int) column) {
	params := append([]string{"z *float32", "ldz int", "rows int", "n int"}, more...)
	for _, p := range []struct {
		suffix, lanes string
		w             int
	}{{"4NEON", "16 lanes", 4}, {"1NEON", "4 lanes", 1}, {"PartNEON", "n lanes, 1 to 3", 1}} {
		f.function(name+p.suffix, "is "+name+" on "+p.lanes+"; strides are in bytes.", params, func(f *function) {
			r := f.load("z", "ldz", "rows")
			z, ldz, rows := r[0], r[1], r[2]
			a := f.whole()
			if p.suffix == "PartNEON" {
				a = f.part(f.load("n")[0])
			}
			c := setup(f, p.w)
			c.begin(a)
			f.label("row")
			c.row(a, z)
			f.op("ADD", ldz, z)
			f.op("SUB", 1, rows)
			f.op("CBNZ", rows, "row")
			if c.end != nil {
				c.end(a)
			}
			f.op("RET")
		})
	}
}

func (f *file) maxRows() {
	f.panel("maxRows", []string{"max *float32"}, func(f *function, w int) column {
		p := f.load("max")[0]
		most, x, greater := f.vecs(w), f.vecs(w), f.vecs(w)
		return column{
			begin: func(a access) { a.load(most, p, 0) },
			row: func(a access, z reg) {
				a.load(x, z, 0)
				f.fcmgt(greater, x, most) // FMAX would take a NaN, and FMAXNM lose one
				f.bit(most, x, greater)
			},
			end: func(a access) { a.store(most, p, 0) },
		}
	})
}

func (f *file) scaleLanes() {
	f.panel("scaleLanes", []string{"scale *float32"}, func(f *function, w int) column {
		p := f.load("scale")[0]
		scale, x := f.vecs(w), f.vecs(w)
		return column{
			begin: func(a access) { a.load(scale, p, 0) },
			row: func(a access, z reg) {
				a.load(x, z, 0)
				f.fmul(x, x, scale)
				a.store(x, z, 0)
			},
		}
	})
}

// expRows emits ExpRows with and without weights. See Exp of package kernel for the method.
func (f *file) expRows() {
	for _, weighted := range []bool{false, true} {
		name, more := "expRows", []string{"shift *float32", "sum *float32"}
		if weighted {
			name, more = "expWeighted", append(more, "weight *float32")
		}
		f.panel(name, more, func(f *function, w int) column {
			p := f.load("shift", "sum")
			shift, sum, e := f.vecs(w), f.vecs(w), f.newExp(min(w, 2))
			var weight reg
			var factor []vec
			if weighted {
				weight, factor = f.load("weight")[0], f.vecs(1)
			}
			return column{
				begin: func(a access) {
					a.load(shift, p[0], 0)
					a.load(sum, p[1], 0)
				},
				row: func(a access, z reg) {
					if weighted {
						f.op("VLD1R.P", at(weight, 4), list(factor))
					}
					for i := 0; i < w; i += len(e.x) {
						a.load(e.x, z, 16*i)
						f.fsub(e.x, e.x, shift[i:i+len(e.x)])
						e.emit(f)
						if weighted {
							f.fmul(e.p, e.p, factor)
						}
						a.store(e.p, z, 16*i)
						s := sum[i : i+len(e.p)]
						f.fadd(s, s, e.p)
					}
				},
				end: func(a access) { a.store(sum, p[1], 0) },
			}
		})
	}
}

// An exponential holds the constants and the registers of Exp on one or two vectors.
type exponential struct {
	magic, log2e, low, high, one, ln2Hi, ln2Lo, c6, c5, c4, c3, c2, most vec
	x, n, i, s, p                                                        []vec
}

func (f *function) newExp(w int) exponential {
	var e exponential
	f.table(f.address("expTable"), &e.magic, &e.log2e, &e.low, &e.high, &e.one, &e.ln2Hi, &e.ln2Lo,
		&e.c6, &e.c5, &e.c4, &e.c3, &e.c2, &e.most)
	e.x, e.n, e.i, e.s, e.p = f.vecs(w), f.vecs(w), f.vecs(w), f.vecs(w), f.vecs(w)
	return e
}

// emit leaves the exponential of x in p.
func (e exponential) emit(f *function) {
	x, n, i, s, p := e.x, e.n, e.i, e.s, e.p
	f.mov(n, only(e.magic))
	f.fmla(n, x, only(e.log2e)) // n in the low bits
	f.fsub(i, n, only(e.magic))
	f.mov(s, x)
	f.fmls(s, i, only(e.ln2Hi))
	f.fmls(s, i, only(e.ln2Lo)) // s = x - n ln 2
	f.polynomial(p, i, s, e.c6, e.c5, e.c4, e.c3, e.c2, e.one, e.one)
	f.shl(n, n, 23)
	f.add(p, p, n)
	f.fcmge(i, x, only(e.low))
	f.and(p, p, i) // 0 below the limit
	f.fcmge(i, only(e.high), x)
	f.fmul(x, x, only(e.most))
	f.bif(p, x, i) // above the other +Inf, and NaN for NaN
}
