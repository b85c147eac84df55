package kernel

// Gather copies lines of a table side by side into rows: piece j of row r, n elements at row[r*ldr+j*n], becomes a copy
// of line at[r*count+j], at table[at*ldt]. There are len(at)/count rows.
func Gather(row []float32, ldr int, table []float32, ldt int, at []int32, count, n int) {
	rows := checkPieces("Gather", row, ldr, table, ldt, at, count, n)
	if rows > 0 && n > 0 {
		gather(row, ldr, table, ldt, at, rows, count, n)
	}
}

// ScatterAdd adds pieces of rows to lines of a table, in order: it is to Gather as a gradient is to its function.
// Several pieces may go to one line.
func ScatterAdd(table []float32, ldt int, row []float32, ldr int, at []int32, count, n int) {
	rows := checkPieces("ScatterAdd", row, ldr, table, ldt, at, count, n)
	if rows > 0 && n > 0 {
		scatterAdd(table, ldt, row, ldr, at, rows, count, n)
	}
}

// checkPieces panics unless every piece lies in its row and every line in the table. It returns the number of rows.
func checkPieces(name string, row []float32, ldr int, table []float32, ldt int, at []int32, count, n int) int {
	if count <= 0 || n < 0 || ldt < n || len(at)%count != 0 {
		panic("kernel: " + name + ": sizes do not fit")
	}
	rows := len(at) / count
	checkBlock(name, row, ldr, rows, count*n)
	checkLines(name, table, ldt, at, n)
	return rows
}

// checkLines panics unless the table has n elements at each of the lines, ld apart.
func checkLines(name string, table []float32, ld int, at []int32, n int) {
	if n == 0 {
		return
	}
	lines := 0
	if len(table) >= n {
		lines = (len(table)-n)/max(1, ld) + 1
	}
	for _, i := range at {
		if uint(i) >= uint(lines) {
			panic("kernel: " + name + ": no such line in the table")
		}
	}
}

// SGDLines is SGD on some lines of a table, ld apart, of n elements each, a multiple of 16: row r of g, at g[r*ldg], is
// the gradient of line at[r]. No line may come twice.
func SGDLines(w []float32, ld int, at []int32, n int, g []float32, ldg int, rate, decay float32) {
	checkSteps("SGDLines", ld, at, n, g, ldg, w)
	if len(at) > 0 && n > 0 {
		sgdLines(w, ld, at, n, g, ldg, rate, decay)
	}
}

// AdamLines is Adam on some lines of a table and of its moments, as SGDLines.
func AdamLines(w, m, v []float32, ld int, at []int32, n int, g []float32, ldg int, rate, beta1, beta2, eps, c1, c2, decay float32) {
	checkSteps("AdamLines", ld, at, n, g, ldg, w, m, v)
	if len(at) > 0 && n > 0 {
		adamLines(w, m, v, ld, at, n, g, ldg, newAdamRates(rate, beta1, beta2, eps, c1, c2, decay))
	}
}

func checkSteps(name string, ld int, at []int32, n int, g []float32, ldg int, tables ...[]float32) {
	if n < 0 || n%16 != 0 || ld < n {
		panic("kernel: " + name + ": sizes do not fit")
	}
	checkBlock(name, g, ldg, len(at), n)
	for _, t := range tables {
		checkLines(name, t, ld, at, n)
	}
}

func gatherGeneric(row []float32, ldr int, table []float32, ldt int, at []int32, rows, count, n int) {
	for r := range rows {
		for j, i := range at[r*count:][:count] {
			copy(row[r*ldr+j*n:][:n], table[int(i)*ldt:])
		}
	}
}

func scatterAddGeneric(table []float32, ldt int, row []float32, ldr int, at []int32, rows, count, n int) {
	for r := range rows {
		for j, i := range at[r*count:][:count] {
			line := table[int(i)*ldt:][:n]
			for c, x := range row[r*ldr+j*n:][:n] {
				line[c] += x
			}
		}
	}
}

func sgdLinesGeneric(w []float32, ld int, at []int32, n int, g []float32, ldg int, rate, decay float32) {
	for r, i := range at {
		sgdGeneric(w[int(i)*ld:][:n], g[r*ldg:], rate, decay)
	}
}

func adamLinesGeneric(w, m, v []float32, ld int, at []int32, n int, g []float32, ldg int, a adamRates) {
	for r, i := range at {
		o := int(i) * ld
		adamGeneric(w[o:][:n], m[o:], v[o:], g[r*ldg:], a)
	}
}
