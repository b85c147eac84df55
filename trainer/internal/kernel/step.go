package kernel

// SGD takes one step of gradient descent with L2 decay: w[i] -= rate * (g[i] + decay*w[i]), as two fused
// multiply-adds. g holds at least len(w) elements and is left as it is.
func SGD(w, g []float32, rate, decay float32) {
	checkSame("SGD", len(w), g)
	if len(w) > 0 {
		sgd(w, g, rate, decay)
	}
}

// Momentum takes one step with momentum and L2 decay, as torch.optim.SGD:
//
//	m  = momentum*m + (g + decay*w)
//	w -= rate*m
//
// every operation rounded. It is plain Go. m and g hold at least len(w) elements; g is left as it is.
func Momentum(w, m, g []float32, rate, momentum, decay float32) {
	checkSame("Momentum", len(w), m, g)
	for i, x := range w {
		m[i] = float32(momentum*m[i]) + (g[i] + float32(decay*x))
		w[i] = x - float32(rate*m[i])
	}
}

// Adagrad takes one step of Adagrad (Duchi, Hazan and Singer, 2011) with L2 decay, as torch.optim.Adagrad:
//
//	g' = g + decay*w
//	v += g'*g'
//	w -= rate * g' / (sqrt(v) + eps)
//
// every operation rounded. It is plain Go. eps must be positive. v and g hold at least len(w) elements; g is left as it
// is.
func Adagrad(w, v, g []float32, rate, eps, decay float32) {
	checkSame("Adagrad", len(w), v, g)
	for i, x := range w {
		d := g[i] + float32(decay*x)
		v[i] += float32(d * d)
		w[i] = x - float32(rate*(d/(Sqrt(v[i])+eps)))
	}
}

// Adam takes one step of Adam (Kingma and Ba, 2015) with L2 decay added to the gradient, as the weight_decay of
// PyTorch's torch.optim.Adam:
//
//	g' = g + decay*w
//	m  = beta1*m + (1-beta1)*g'
//	v  = beta2*v + (1-beta2)*g'*g'
//	w -= rate*c1 * m / (sqrt(v*c2) + eps)
//
// where c1 = 1/(1-beta1^t) and c2 = 1/(1-beta2^t) correct the bias at step t, counted from 1. 1-beta1, 1-beta2 and
// rate*c1 are rounded to float32 once. m, v and g hold at least len(w) elements; g is left as it is. eps must be
// positive: where a gradient has always been 0 the weight then stays as it is.
func Adam(w, m, v, g []float32, rate, beta1, beta2, eps, c1, c2, decay float32) {
	checkSame("Adam", len(w), m, v, g)
	if len(w) > 0 {
		adam(w, m, v, g, newAdamRates(rate, beta1, beta2, eps, c1, c2, decay))
	}
}

// adamRates are the scalars of Adam in the order in which the assembly reads them.
type adamRates struct{ beta1, beta1c, beta2, beta2c, eps, c2, decay, step float32 }

func newAdamRates(rate, beta1, beta2, eps, c1, c2, decay float32) adamRates {
	return adamRates{
		beta1: beta1, beta1c: 1 - beta1, beta2: beta2, beta2c: 1 - beta2,
		eps: eps, c2: c2, decay: decay, step: rate * c1,
	}
}

func sgdGeneric(w, g []float32, rate, decay float32) {
	g = g[:len(w)]
	for i, x := range w {
		w[i] = fma32(-rate, fma32(decay, x, g[i]), x)
	}
}

func adamGeneric(w, m, v, g []float32, a adamRates) {
	m, v, g = m[:len(w)], v[:len(w)], g[:len(w)]
	for i, x := range w {
		d := fma32(a.decay, x, g[i])
		m[i] = fma32(a.beta1, m[i], float32(a.beta1c*d))
		v[i] = fma32(a.beta2, v[i], float32(a.beta2c*d)*d)
		w[i] = x - float32(a.step*m[i])/(Sqrt(float32(v[i]*a.c2))+a.eps)
	}
}
