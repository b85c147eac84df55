package main

// An access loads and stores vectors, or one vector of which memory holds only n elements, 1 to 3. Of those the first
// goes to lane 0, the second (or the only one) to lane 1 and the last to lane 2: lanes that stand for the same element
// compute the same, so that storing all three needs neither a mask nor a branch, and memory outside is not touched.
type access struct {
	f            *function
	partial      bool
	second, last reg // offsets in bytes
	address      reg // scratch
}

func (f *function) whole() access { return access{f: f} }

// part prepares the access to n elements. It clobbers n.
func (f *function) part(n reg) access {
	a := access{f: f, partial: true, second: f.reg(), last: n, address: f.reg()}
	f.op("CMP", 1, n)
	f.op("CSET", "NE", a.second)
	f.op("LSL", 2, a.second)
	f.op("SUB", 1, n)
	f.op("LSL", 2, n)
	return a
}

// load fills v from p + offset on.
func (a access) load(v []vec, p reg, offset int) {
	if a.partial {
		a.f.op("FMOVS", at(p, offset), v[0].scalar())
		a.lanes(v, p, offset, func(lane string) { a.f.op("VLD1", at(a.address, 0), lane) })
		return
	}
	for ; len(v) > 1; v, offset = v[2:], offset+32 {
		a.f.op("FLDPQ", at(p, offset), "("+v[0].scalar()+", "+v[1].scalar()+")")
	}
	if len(v) > 0 {
		a.f.op("FMOVQ", at(p, offset), v[0].scalar())
	}
}

// store writes v to p + offset on.
func (a access) store(v []vec, p reg, offset int) {
	if a.partial {
		a.f.op("FMOVS", v[0].scalar(), at(p, offset))
		a.lanes(v, p, offset, func(lane string) { a.f.op("VST1", lane, at(a.address, 0)) })
		return
	}
	for ; len(v) > 1; v, offset = v[2:], offset+32 {
		a.f.op("FSTPQ", "("+v[0].scalar()+", "+v[1].scalar()+")", at(p, offset))
	}
	if len(v) > 0 {
		a.f.op("FMOVQ", v[0].scalar(), at(p, offset))
	}
}

func (a access) lanes(v []vec, p reg, offset int, emit func(lane string)) {
	if len(v) != 1 || offset != 0 {
		panic("a partial vector stands alone")
	}
	a.f.op("ADD", a.second, p, a.address)
	emit(v[0].String() + ".S[1]")
	a.f.op("ADD", a.last, p, a.address)
	emit(v[0].String() + ".S[2]")
}
