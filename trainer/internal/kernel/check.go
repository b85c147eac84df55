package kernel

// checkBlock panics unless s holds a block of rows x lanes with rows ld apart.
func checkBlock(name string, s []float32, ld, rows, lanes int) {
	if rows < 0 || lanes < 0 || ld < 0 {
		panic("kernel: " + name + ": negative size or stride")
	}
	if rows == 0 || lanes == 0 {
		return
	}
	if rows > 1 && ld < lanes {
		panic("kernel: " + name + ": rows overlap")
	}
	if len(s) < (rows-1)*ld+lanes {
		panic("kernel: " + name + ": too short for its shape")
	}
}

// checkLanes panics unless s has an element for every lane of a block that is not empty.
func checkLanes(name string, rows, lanes int, s []float32) {
	if rows > 0 && len(s) < lanes {
		panic("kernel: " + name + ": a vector is shorter than the lanes")
	}
}

// checkSame panics unless every slice holds at least n elements.
func checkSame(name string, n int, s ...[]float32) {
	for _, v := range s {
		if len(v) < n {
			panic("kernel: " + name + ": lengths differ")
		}
	}
}
