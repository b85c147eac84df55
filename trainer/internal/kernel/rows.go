package kernel

// MaxRows raises max to the largest value of each lane: max[l] = z[r*ldz+l] wherever that is greater, for every row.
// A NaN in z is passed over; one in max stays.
func MaxRows(z []float32, ldz, rows, lanes int, max []float32) {
	checkBlock("MaxRows", z, ldz, rows, lanes)
	checkLanes("MaxRows", rows, lanes, max)
	if rows > 0 && lanes > 0 {
		maxRows(z, ldz, rows, lanes, max)
	}
}

// ScaleLanes multiplies every row by the factors of its lanes: z[r*ldz+l] *= scale[l].
func ScaleLanes(z []float32, ldz, rows, lanes int, scale []float32) {
	checkBlock("ScaleLanes", z, ldz, rows, lanes)
	checkLanes("ScaleLanes", rows, lanes, scale)
	if rows > 0 && lanes > 0 {
		scaleLanes(z, ldz, rows, lanes, scale)
	}
}

func maxRowsGeneric(z []float32, ldz, rows, lanes int, max []float32) {
	max = max[:lanes]
	for r := range rows {
		for l, x := range z[r*ldz:][:lanes] {
			if x > max[l] {
				max[l] = x
			}
		}
	}
}

func scaleLanesGeneric(z []float32, ldz, rows, lanes int, scale []float32) {
	scale = scale[:lanes]
	for r := range rows {
		row := z[r*ldz:][:lanes]
		for l, s := range scale {
			row[l] *= s
		}
	}
}
