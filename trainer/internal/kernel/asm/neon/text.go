package main

import (
	"fmt"
	"strings"
)

// A file collects functions, as assembly and as Go declarations.
type file struct{ text, stubs strings.Builder }

// A function is one function of assembly. It hands out registers, never the same twice, and writes instructions.
//
// Methods named after an instruction take the destination first, as Arm's manuals do; op takes Go's order, in which it
// is last.
type function struct {
	text    strings.Builder
	params  map[string]string // "ldd": "ldd+24(FP)"
	gp      []reg             // general registers not handed out yet
	vectors int               // handed out
}

type (
	reg int // a general register
	vec int // a vector register, of four float32
)

func (r reg) String() string { return fmt.Sprintf("R%d", int(r)) }
func (v vec) String() string { return fmt.Sprintf("V%d", int(v)) }

// s4 is the whole vector, scalar its first element, quad its 128 bits, by the names that Go's instructions want.
func (v vec) s4() string     { return v.String() + ".S4" }
func (v vec) b16() string    { return v.String() + ".B16" }
func (v vec) scalar() string { return fmt.Sprintf("F%d", int(v)) }

// function writes `func name(params)` with the body that build emits. Params are "name type" as in Go.
func (f *file) function(name, doc string, params []string, build func(f *function)) {
	g := &function{params: map[string]string{}}
	for r := range reg(27) { // R27 and up, and R18, belong to Go and the platform
		if r != 18 {
			g.gp = append(g.gp, r)
		}
	}
	size := 0
	for _, p := range params {
		n, kind, _ := strings.Cut(p, " ")
		bytes := 8
		switch kind {
		case "float32":
			bytes = 4
		case "bool":
			bytes = 1
		}
		size = (size + bytes - 1) / bytes * bytes
		g.params[n] = fmt.Sprintf("%s+%d(FP)", n, size)
		size += bytes
	}
	build(g)
	signature := fmt.Sprintf("func %s(%s)", name, strings.Join(params, ", "))
	fmt.Fprintf(&f.text, "\n// %s\nTEXT ·%s(SB), NOSPLIT, $0-%d\n%s", signature, name, size, g.text.String())
	fmt.Fprintf(&f.stubs, "\n// %s %s\n//\n//go:noescape\n%s\n", name, doc, signature)
}

// reg hands out a general register.
func (f *function) reg() reg {
	r := f.gp[0]
	f.gp = f.gp[1:]
	return r
}

// vec hands out a vector register.
func (f *function) vec() vec { return f.vecs(1)[0] }

// vecs hands out n vector registers in a row.
func (f *function) vecs(n int) []vec {
	v := make([]vec, n)
	for i := range v {
		v[i] = vec(f.vectors)
		f.vectors++
	}
	if f.vectors > 32 {
		panic("more than 32 vector registers")
	}
	return v
}

// load hands out registers that hold parameters.
func (f *function) load(names ...string) []reg {
	r := make([]reg, len(names))
	for i, n := range names {
		r[i] = f.reg()
		f.op("MOVD", f.params[n], r[i])
	}
	return r
}

// broadcast hands out a vector full of a float32 parameter.
func (f *function) broadcast(param string) vec {
	v := f.vec()
	f.op("FMOVS", f.params[param], v.scalar())
	f.op("VDUP", v.String()+".S[0]", v.s4())
	return v
}

// table fills vectors with the float32 at p, one each, and leaves p behind them.
func (f *function) table(p reg, v ...*vec) {
	for _, v := range v {
		*v = f.vec()
		f.op("VLD1R.P", at(p, 4), list([]vec{*v}))
	}
}

// address hands out a register that points at a variable of package kernel.
func (f *function) address(name string) reg {
	r := f.reg()
	f.op("MOVD", "$·"+name+"(SB)", r)
	return r
}

// op writes an instruction of Go's assembler. An int is an immediate.
func (f *function) op(name string, operands ...any) {
	s := make([]string, len(operands))
	for i, o := range operands {
		s[i] = fmt.Sprint(o)
		if _, ok := o.(int); ok {
			s[i] = "$" + s[i]
		}
	}
	f.line("\t%s", strings.TrimSpace(fmt.Sprintf("%-7s %s", name, strings.Join(s, ", "))))
}

func (f *function) label(name string) { f.line("\n%s:", name) }

func (f *function) line(format string, args ...any) { fmt.Fprintf(&f.text, format+"\n", args...) }

// at is the address r + offset.
func at(r reg, offset int) string {
	if offset == 0 {
		return fmt.Sprintf("(%v)", r)
	}
	return fmt.Sprintf("%d(%v)", offset, r)
}

// index is the address r + i; of an instruction with .P, r, which is then advanced by i.
func index(r, i reg) string { return fmt.Sprintf("(%v)(%v)", r, i) }

// list is an operand of one to four vectors in a row.
func list(v []vec) string {
	s := make([]string, len(v))
	for i := range v {
		s[i] = v[i].s4()
	}
	return "[" + strings.Join(s, ", ") + "]"
}
