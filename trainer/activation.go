package trainer

import "sweep/trainer/internal/kernel"

// Activations of the hidden layer. sigmoid(x) is 1/(1+e^-x) = (1 + tanh(x/2))/2, and computed so.
const (
	actTanh    = "tanh"
	actRelu    = "relu"
	actSigmoid = "sigmoid"
)

// activate applies an activation to every number of x.
func activate(name string, x []float32) {
	switch name {
	case actTanh:
		kernel.Tanh(x)
	case actRelu:
		for i, v := range x {
			if v < 0 { // what is no number stays none
				x[i] = 0
			}
		}
	case actSigmoid:
		for i, v := range x {
			x[i] = v / 2
		}
		kernel.Tanh(x)
		for i, v := range x {
			x[i] = float32(v/2) + 0.5
		}
	}
}

// multiplySlope multiplies d by an activation's derivative, told by the values a. At 0 that of relu is 0.
func multiplySlope(name string, d, a []float32) {
	switch name {
	case actTanh:
		for i, v := range a {
			d[i] *= 1 - float32(v*v)
		}
	case actRelu:
		for i, v := range a {
			if v <= 0 {
				d[i] = 0
			}
		}
	case actSigmoid:
		for i, v := range a {
			d[i] *= v * (1 - v)
		}
	}
}

// saturated counts what hardly learns among values of an activation, which lie in rows of ld, the first lanes of each in
// use: values of tanh and sigmoid within 1.5 % of their range from its ends (|a| > 0.97 for tanh), and for relu all values
// of neurons that are silent throughout the batch.
func saturated(name string, a []float32, ld, rows, lanes int) (n int) {
	for r := range rows {
		row := a[r*ld:][:lanes]
		switch name {
		case actTanh:
			for _, v := range row {
				if v > saturation || v < -saturation {
					n++
				}
			}
		case actSigmoid:
			for _, v := range row {
				if v > (1+saturation)/2 || v < (1-saturation)/2 {
					n++
				}
			}
		case actRelu:
			silent := true
			for _, v := range row {
				silent = silent && v <= 0
			}
			if silent {
				n += lanes
			}
		}
	}
	return n
}
