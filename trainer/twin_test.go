package trainer

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// twin is the model in float64 and plain loops: what the fast code is held against. Its own gradients are held against
// differences of its loss.
type twin struct {
	n, m, h, v             int
	direct, onehot, normal bool
	activation             string
	p                      map[string][]float64 // C (v, m), H (h, n*m), d (h), U (v, h), b (v), W (v, n*m), gamma (h)
}

// tensorNames lists the tensors that c has and that are trained, in order.
func (t *twin) tensorNames() []string {
	names := []string{"b"}
	if !t.onehot {
		names = append(names, "C")
	}
	if t.h > 0 {
		names = append(names, "H", "d", "U")
	}
	if t.direct {
		names = append(names, "W")
	}
	if t.normal {
		names = append(names, "gamma")
	}
	slices.Sort(names)
	return names
}

func twinOf(w *weights) *twin {
	t := &twin{n: w.n, m: w.m, h: w.h, v: w.vocab, direct: w.direct, onehot: w.onehot, normal: w.norm, activation: w.activation,
		p: map[string][]float64{}}
	for _, x := range w.tensors() {
		for _, f := range x.Data {
			t.p[x.Name] = append(t.p[x.Name], float64(f))
		}
	}
	return t
}

// objective is what one batch asks: contexts (B, n), targets (B), the factor of every hidden activation (B, h) and of
// every input (B, n*m) or nil, the weight of every symbol's exponential or nil for the exact softmax, and the weight
// decay.
type objective struct {
	contexts, targets []int32
	mask, gate        [][]float64
	weight            []float64
	decay             float64
}

// loss returns the mean loss of the batch plus decay/2 times the squares of all weights but biases and gamma, and its
// gradient.
func (t *twin) loss(o objective) (float64, map[string][]float64) {
	g := map[string][]float64{}
	for k, p := range t.p {
		g[k] = make([]float64, len(p))
	}
	batch := float64(len(o.targets))
	var xs, sums [][]float64
	for i := range o.targets {
		x := t.input(o.contexts[i*t.n:][:t.n])
		if o.gate != nil {
			for k, f := range o.gate[i] {
				x[k] *= f
			}
		}
		xs = append(xs, x)
		sums = append(sums, t.join(x))
	}
	norm := t.normalize(sums)
	var das, dxs [][]float64
	total := 0.0
	for i, target := range o.targets {
		var mask []float64
		if o.mask != nil {
			mask = o.mask[i]
		}
		loss, da, dx := t.example(xs[i], sums[i], int(target), mask, o.weight, g, 1/batch)
		total += loss / batch
		das, dxs = append(das, da), append(dxs, dx)
	}
	norm.back(t, das, g)
	for i, da := range das {
		t.back(o.contexts[i*t.n:][:t.n], xs[i], da, dxs[i], o.gate, i, g)
	}
	for _, name := range []string{"C", "H", "U", "W"} {
		for i, x := range t.p[name] {
			total += o.decay / 2 * x * x
			g[name][i] += o.decay * x
		}
	}
	return total, g
}

// input returns x of a context.
func (t *twin) input(context []int32) (x []float64) {
	if t.onehot {
		x = make([]float64, t.n*t.v)
		for k, s := range context {
			x[k*t.v+int(s)] = 1
		}
		return x
	}
	for _, s := range context {
		x = append(x, t.p["C"][int(s)*t.m:][:t.m]...)
	}
	return x
}

// join returns H x, and d if no normalisation follows.
func (t *twin) join(x []float64) (sums []float64) {
	for j := range t.h {
		sum := 0.0
		if !t.normal {
			sum = t.p["d"][j]
		}
		for i, xi := range x {
			sum += t.p["H"][j*len(x)+i] * xi
		}
		sums = append(sums, sum)
	}
	return sums
}

// twinNorm is what batch norm keeps for the way back.
type twinNorm struct {
	z       [][]float64
	inverse []float64
}

// normalize replaces sums by gamma times what is normalised over the batch, plus d.
func (t *twin) normalize(sums [][]float64) (k twinNorm) {
	if !t.normal {
		return k
	}
	n := float64(len(sums))
	k.z = make([][]float64, len(sums))
	for j := range t.h {
		mean, squares := 0.0, 0.0
		for _, s := range sums {
			mean += s[j] / n
		}
		for _, s := range sums {
			squares += (s[j] - mean) * (s[j] - mean) / n
		}
		k.inverse = append(k.inverse, 1/math.Sqrt(squares+1e-5))
		for i, s := range sums {
			z := (s[j] - mean) * k.inverse[j]
			k.z[i] = append(k.z[i], z)
			s[j] = t.p["gamma"][j]*z + t.p["d"][j]
		}
	}
	return k
}

// back turns gradients by what came out into those by what came in.
func (k twinNorm) back(t *twin, das [][]float64, g map[string][]float64) {
	if !t.normal {
		return
	}
	n := float64(len(das))
	for j := range t.h {
		for i, da := range das {
			g["d"][j] += da[j]
			g["gamma"][j] += da[j] * k.z[i][j]
		}
		for i, da := range das {
			da[j] = t.p["gamma"][j] * k.inverse[j] * (da[j] - g["d"][j]/n - k.z[i][j]*g["gamma"][j]/n)
		}
	}
}

// fire is the activation and its derivative.
func (t *twin) fire(s float64) (a, slope float64) {
	switch t.activation {
	case "relu":
		if s > 0 {
			return s, 1
		}
		return 0, 0
	case "sigmoid":
		a = 1 / (1 + math.Exp(-s))
		return a, a * (1 - a)
	}
	a = math.Tanh(s)
	return a, 1 - a*a
}

// ask runs the trained network on one context: the hidden activations and the logits.
func (t *twin) ask(context []int32) (a, z []float64) {
	x := t.input(context)
	for j, s := range t.join(x) {
		if t.normal {
			s = t.p["gamma"][j]*(s-t.p["mean"][j])/math.Sqrt(t.p["variance"][j]+1e-5) + t.p["d"][j]
		}
		fired, _ := t.fire(s)
		a = append(a, fired)
	}
	return a, t.logits(x, a)
}

// logits returns those of an example whose hidden activations are a.
func (t *twin) logits(x, a []float64) (z []float64) {
	for v := range t.v {
		sum := t.p["b"][v]
		for j, aj := range a {
			sum += t.p["U"][v*t.h+j] * aj
		}
		if t.direct {
			for i, xi := range x {
				sum += t.p["W"][v*len(x)+i] * xi
			}
		}
		z = append(z, sum)
	}
	return z
}

// example returns the loss of one example from what goes into its activation, adds the output layer's gradient times
// share to g, and returns that by what went into the activation, and by x through the direct connections.
func (t *twin) example(x, sums []float64, target int, mask, weight []float64, g map[string][]float64, share float64) (loss float64, da, dx []float64) {
	a, slopes := make([]float64, t.h), make([]float64, t.h)
	for j, s := range sums {
		a[j], slopes[j] = t.fire(s)
		if mask != nil {
			a[j] *= mask[j]
			slopes[j] *= mask[j]
		}
	}
	z := t.logits(x, a)
	top := slices.Max(z)
	dz, sum := make([]float64, t.v), 0.0
	for v, zv := range z {
		f := 1.0
		if weight != nil && v != target {
			f = weight[v]
		}
		dz[v] = f * math.Exp(zv-top)
		sum += dz[v]
	}
	for v := range dz {
		dz[v] /= sum
	}
	dz[target]--
	da, dx = make([]float64, t.h), make([]float64, len(x))
	for v, d := range dz {
		d *= share
		g["b"][v] += d
		for j := range a {
			g["U"][v*t.h+j] += d * a[j]
			da[j] += d * t.p["U"][v*t.h+j]
		}
		if t.direct {
			for i := range x {
				g["W"][v*len(x)+i] += d * x[i]
				dx[i] += d * t.p["W"][v*len(x)+i]
			}
		}
	}
	for j := range da {
		da[j] *= slopes[j]
	}
	return math.Log(sum) + top - z[target], da, dx
}

// back takes the gradient of an example down from H x to the table.
func (t *twin) back(context []int32, x, da, dx []float64, gate [][]float64, at int, g map[string][]float64) {
	for j, d := range da {
		if !t.normal {
			g["d"][j] += d
		}
		for i := range x {
			g["H"][j*len(x)+i] += d * x[i]
			dx[i] += d * t.p["H"][j*len(x)+i]
		}
	}
	if t.onehot {
		return
	}
	for i, d := range dx {
		if gate != nil {
			d *= gate[at][i]
		}
		g["C"][int(context[i/t.m])*t.m+i%t.m] += d
	}
}

// batchOf draws a batch of random symbols, the same for the same size.
func batchOf(vocab, n, size int) (contexts, targets []int32) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range size {
		for range n {
			contexts = append(contexts, int32(rng.IntN(vocab)))
		}
		targets = append(targets, int32(rng.IntN(vocab)))
	}
	return contexts, targets
}

// TestTwinGradient checks every gradient of the twin against central differences, for every option that enters it.
func TestTwinGradient(t *testing.T) {
	for _, c := range []struct {
		name           string
		hidden         int
		direct         bool
		mask, gate     bool
		sampled        bool
		decay          float64
		activation     string
		norm           bool
		representation string
	}{
		{name: "full", hidden: 4},
		{name: "sampled", hidden: 4, sampled: true},
		{name: "direct", hidden: 4, direct: true},
		{name: "dropout", hidden: 4, mask: true},
		{name: "input dropout", hidden: 4, direct: true, gate: true},
		{name: "decay", hidden: 4, decay: 0.1},
		{name: "no hidden layer", direct: true},
		{name: "relu", hidden: 4, activation: "relu", mask: true},
		{name: "sigmoid", hidden: 4, activation: "sigmoid", mask: true},
		{name: "batch norm", hidden: 4, norm: true},
		{name: "one-hot", hidden: 4, representation: "onehot"},
		{name: "all", hidden: 4, direct: true, mask: true, gate: true, sampled: true, decay: 0.1, norm: true, activation: "sigmoid"},
		{name: "all, one-hot", hidden: 4, mask: true, sampled: true, decay: 0.1, norm: true, activation: "relu", representation: "onehot"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := Config{ContextLength: 2, EmbeddingDim: 3, HiddenSize: c.hidden, Direct: c.direct, Init: "normal", EmbeddingInit: 1, Seed: 1,
				Activation: c.activation, BatchNorm: c.norm, Representation: c.representation}
			w := newWeights(cfg, 7)
			w.initialize(cfg, make([]int64, 7))
			tw := twinOf(w)
			var o objective
			o.contexts, o.targets = batchOf(7, 2, 5)
			o.decay = c.decay
			rng := rand.New(rand.NewPCG(5, 6))
			if c.mask {
				for range o.targets {
					row := make([]float64, c.hidden)
					for j := range row {
						row[j] = 2 * float64(rng.IntN(2))
					}
					o.mask = append(o.mask, row)
				}
			}
			if c.gate {
				for range o.targets {
					row := make([]float64, w.x)
					for j := range row {
						row[j] = 2 * float64(rng.IntN(2))
					}
					o.gate = append(o.gate, row)
				}
			}
			if c.sampled {
				o.weight = []float64{0.5, 0, 3, 0, 0, 1.5, 0.25}
			}
			_, g := tw.loss(o)
			for _, name := range tw.tensorNames() {
				for i := range tw.p[name] {
					const step = 2e-5
					old := tw.p[name][i]
					tw.p[name][i] = old + step
					up, _ := tw.loss(o)
					tw.p[name][i] = old - step
					down, _ := tw.loss(o)
					tw.p[name][i] = old
					want := (up - down) / (2 * step)
					// Rounding of the loss leaves about 1e-11 in the difference.
					if got := g[name][i]; math.Abs(got-want) > 1e-6*math.Abs(want)+1e-10 {
						t.Errorf("%s[%d]: gradient %g, difference %g", name, i, got, want)
					}
				}
			}
		})
	}
}

// stepCase is one configuration whose fast step is held against the twin.
type stepCase struct {
	cfg   Config
	vocab int
	lift  float32 // added to every output bias
	gain  float32 // multiplies U
	third bool    // every third row of C is frozen
	loose float64 // how many times as far from the twin as float32 may be; 0: once
}

// TestStep holds the gradient of one step of the fast code, and its loss, against the twin: blocks of the vocabulary
// kept together and streamed, batches that fill no vector, logits far outside the range of exp.
func TestStep(t *testing.T) {
	small := Config{ContextLength: 3, EmbeddingDim: 5, HiddenSize: 20, BatchSize: 32, Loss: "full"}
	sampled := small
	sampled.Loss, sampled.Negatives = "sampled", 40
	direct := small
	direct.Direct = true
	bare := direct
	bare.HiddenSize = 0
	dropout := small
	dropout.Dropout = 0.3
	all := sampled
	all.Direct, all.Dropout, all.BatchSize = true, 0.5, 23
	odd := small
	odd.BatchSize, odd.HiddenSize, odd.EmbeddingDim = 7, 3, 1
	decay := small
	decay.WeightDecay = 0.05
	wide := small
	wide.BatchSize, wide.HiddenSize = 128, 6
	wideDirect := wide
	wideDirect.Direct = true
	relu, sigmoid, norm := small, small, small
	relu.Activation, relu.Dropout = "relu", 0.3
	sigmoid.Activation, norm.BatchNorm = "sigmoid", true
	quiet := sigmoid
	quiet.Dropout = 0.4
	gated := direct
	gated.InputDropout = 0.3
	crowd := all
	crowd.BatchNorm, crowd.InputDropout, crowd.Activation, crowd.WeightDecay = true, 0.2, "sigmoid", 0.05
	onehot, index, binary, random := small, direct, norm, sampled
	onehot.Representation, onehot.BatchSize = "onehot", 30
	hotter := sampled
	hotter.Representation, hotter.BatchNorm, hotter.Dropout, hotter.Activation, hotter.WeightDecay = "onehot", true, 0.2, "relu", 0.05
	index.Representation, binary.Representation, random.Representation = "index", "binary", "random"
	frozen := sampled
	frozen.WeightDecay, frozen.InputDropout = 0.05, 0.2
	fixed := decay
	fixed.Representation, fixed.InputDropout = "random", 0.2
	for name, c := range map[string]stepCase{
		"frozen":           {cfg: small, vocab: 27, third: true},
		"frozen, sampled":  {cfg: frozen, vocab: 150, third: true},
		"frozen, direct":   {cfg: direct, vocab: 27, third: true},
		"relu":             {cfg: relu, vocab: 27},
		"sigmoid":          {cfg: sigmoid, vocab: 27},
		"sigmoid, dropout": {cfg: quiet, vocab: 27},
		"batch norm":       {cfg: norm, vocab: 27},
		"input dropout":    {cfg: gated, vocab: 27},
		"crowd":            {cfg: crowd, vocab: 90},
		"one-hot":          {cfg: onehot, vocab: 27},
		"one-hot, all":     {cfg: hotter, vocab: 90},
		"index, direct":    {cfg: index, vocab: 27},
		"binary, norm":     {cfg: binary, vocab: 27},
		"random, sampled":  {cfg: random, vocab: 150},
		"random, decay":    {cfg: fixed, vocab: 27},
		"full":             {cfg: small, vocab: 27},
		"several blocks":   {cfg: small, vocab: 150},
		"sampled":          {cfg: sampled, vocab: 150},
		"direct":           {cfg: direct, vocab: 70},
		"no hidden layer":  {cfg: bare, vocab: 70},
		"dropout":          {cfg: dropout, vocab: 27},
		"all":              {cfg: all, vocab: 90},
		"odd sizes":        {cfg: odd, vocab: 5},
		"streamed":         {cfg: wide, vocab: 1100},
		"streamed direct":  {cfg: wideDirect, vocab: 1100},
		"decay":            {cfg: decay, vocab: 27},
		"tiny sums":        {cfg: small, vocab: 27, lift: -100},
		"huge sums":        {cfg: small, vocab: 27, lift: 95},
		"huge, streamed":   {cfg: wide, vocab: 1100, lift: 95},
		"steep":            {cfg: small, vocab: 27, gain: 60},
		"steep, sampled":   {cfg: sampled, vocab: 150, gain: 60},
		"tiny sums, sampl": {cfg: sampled, vocab: 150, lift: -100},
		"bf16":             {cfg: inPairs(small), vocab: 27, loose: roughly},
		"bf16, several":    {cfg: inPairs(small), vocab: 151, loose: roughly},
		"bf16, sampled":    {cfg: inPairs(sampled), vocab: 150, loose: roughly},
		"bf16, direct":     {cfg: inPairs(direct), vocab: 71, loose: roughly},
		"bf16, odd sizes":  {cfg: inPairs(odd), vocab: 5, loose: roughly},
		"bf16, all":        {cfg: inPairs(all), vocab: 90, loose: roughly},
	} {
		t.Run(name, func(t *testing.T) { checkStep(t, c) })
	}
}

// roughly is how much wider bfloat16 may miss the twin than float32 does. It has 16 bits less, but sums are float32, and
// errors mostly cancel.
const roughly = 1 << 10

func inPairs(c Config) Config {
	c.Precision = precisionPairs
	return c
}

func checkStep(t *testing.T, c stepCase) {
	loose := max(1, c.loose)
	c.cfg.Optimizer, c.cfg.Init, c.cfg.EmbeddingInit, c.cfg.Seed = "sgd", "scaled", 1, 9
	counts := make([]int64, c.vocab)
	for i := range counts {
		counts[i] = int64(1000 / (i + 1))
	}
	w := newWeights(c.cfg, c.vocab)
	w.initialize(c.cfg, counts)
	for v := range c.vocab {
		row := w.U[v*w.us:]
		row[w.h] += c.lift
		for j := range w.h {
			row[j] *= max(1, c.gain) * 20 // the start is too flat to tell errors
		}
	}
	tw := twinOf(w)
	l := newLearner(c.cfg, w, counts)
	if c.third {
		l.frozen = make([]bool, c.vocab)
		for v := 0; v < c.vocab; v += 3 {
			l.frozen[v] = true
		}
	}
	contexts, targets := batchOf(c.vocab, c.cfg.ContextLength, c.cfg.BatchSize)
	copy(l.contexts, contexts)
	copy(l.targets, targets)
	const step, rate = 4, 0.5
	got := l.step(step, rate, true)

	o := objective{contexts: contexts, targets: targets, decay: c.cfg.WeightDecay}
	if c.cfg.Dropout > 0 {
		o.mask = masks(c.cfg, step)
	}
	if c.cfg.InputDropout > 0 {
		o.gate = gates(c.cfg, w.x, step)
	}
	if l.draws != nil {
		o.weight = make([]float64, c.vocab)
		for at, v := range l.candidates.members {
			o.weight[v] = float64(l.weight[at])
		}
	}
	want, g := tw.loss(o)
	plain := o
	plain.decay = 0
	loss, plainG := tw.loss(plain)
	if math.Abs(got-loss) > 2e-5*min(loose, 100)*max(1, math.Abs(loss)) {
		t.Errorf("loss = %.7f, twin says %.7f (%.7f with decay)", got, loss, want)
	}
	norm := 0.0
	for _, name := range tw.tensorNames() {
		if w.fixed && name == "C" {
			continue
		}
		for i, x := range plainG[name] {
			if name != "C" || l.frozen == nil || !l.frozen[i/w.m] {
				norm += x * x
			}
		}
	}
	norm = math.Sqrt(norm)
	if math.Abs(l.gradNorm-norm) > 1e-4*min(loose, 100)*norm {
		t.Errorf("gradient's length = %g, twin says %g", l.gradNorm, norm)
	}
	for _, x := range w.tensors() {
		if x.Name == "mean" || x.Name == "variance" {
			continue // TestBatchNorm
		}
		for i, after := range x.Data {
			before := tw.p[x.Name][i]
			wantG := g[x.Name][i]
			if !moved(l, x.Name, i) {
				wantG = 0 // it does not decay either
			}
			tolerance := 2e-6*loose*max(1, norm) + 2e-7*math.Abs(before)/rate
			if gotG := (before - float64(after)) / rate; math.Abs(gotG-wantG) > tolerance {
				t.Fatalf("gradient of %s[%d] = %g, twin says %g", x.Name, i, gotG, wantG)
			}
		}
	}
}

// moved reports whether a step of l has updated number i of a tensor: of the table what the batch looked up, of a sampled
// loss's output layer the candidates.
func moved(l *learner, name string, i int) bool {
	w := l.w
	switch name {
	case "C":
		return !w.fixed && (l.frozen == nil || !l.frozen[i/w.m]) && slices.Contains(l.contexts, int32(i/w.m))
	case "H":
		if !w.onehot {
			return true
		}
		column := i % w.rows
		for at, s := range l.contexts {
			if at%w.n*w.vocab+int(s) == column {
				return true
			}
		}
		return false
	case "U", "b", "W":
		width := map[string]int{"U": w.h, "b": 1, "W": w.x}[name]
		return l.draws == nil || slices.Contains(l.candidates.members, int32(i/width))
	}
	return true
}

// masks returns the factors that dropout applies at a step, (B, h), by running the learner's own drop on ones.
func masks(cfg Config, step int64) [][]float64 {
	ld := stride(cfg.BatchSize)
	l := &learner{cfg: cfg, w: &weights{h: cfg.HiddenSize, activation: "tanh"}, panel: &panel{lanes: cfg.BatchSize, ld: ld}}
	l.in = slices.Repeat([]float32{1}, cfg.HiddenSize*ld)
	l.keep, l.bits = make([]float32, len(l.in)), make([]uint64, len(l.in)/4)
	l.drop(step)
	rows := make([][]float64, cfg.BatchSize)
	for i := range rows {
		for j := range cfg.HiddenSize {
			rows[i] = append(rows[i], float64(l.in[j*l.ld+i]))
		}
	}
	return rows
}

// gates returns the factors that dropout applies to the inputs at a step, (B, x), likewise.
func gates(cfg Config, x int, step int64) [][]float64 {
	w := &weights{x: x, hs: round16(x + 1)}
	l := &learner{cfg: cfg, w: w, panel: &panel{lanes: cfg.BatchSize}, gate: newGate(cfg.BatchSize * w.hs)}
	l.xt = slices.Repeat([]float32{1}, cfg.BatchSize*w.hs)
	l.dropInputs(step)
	rows := make([][]float64, cfg.BatchSize)
	for i := range rows {
		for k := range x {
			rows[i] = append(rows[i], float64(l.xt[i*w.hs+k]))
		}
	}
	return rows
}

// TestDropout drops the right share, scales the rest, and drops others at every step and seed.
func TestDropout(t *testing.T) {
	cfg := Config{HiddenSize: 50, BatchSize: 64, Dropout: 0.3, Seed: 1}
	flat := func(cfg Config, step int64) []float64 { return slices.Concat(masks(cfg, step)...) }
	m := flat(cfg, 0)
	zeros, sum := 0.0, 0.0
	for _, f := range m {
		if f == 0 {
			zeros++
		} else if math.Abs(f-1/0.7) > 1e-4 {
			t.Fatalf("factor %g", f)
		}
		sum += f
	}
	n := float64(len(m))
	if se := math.Sqrt(0.21 / n); math.Abs(zeros/n-0.3) > 4*se || math.Abs(sum/n-1) > 4*se/0.7 {
		t.Errorf("share dropped %g, mean factor %g", zeros/n, sum/n)
	}
	other := cfg
	other.Seed++
	if slices.Equal(m, flat(cfg, 1)) || slices.Equal(m, flat(other, 0)) || !slices.Equal(m, flat(cfg, 0)) {
		t.Error("a mask must depend on seed and step, and on nothing else")
	}
}

// TestFarTarget has one lane's target, which no negative hits, so far above all else that its logit is useless as the
// shift of the other lanes.
func TestFarTarget(t *testing.T) {
	cfg := Config{ContextLength: 1, EmbeddingDim: 1, HiddenSize: 1, BatchSize: 2, Loss: "sampled", Negatives: 4, Optimizer: "sgd", Seed: 1}
	counts := []int64{100, 100, 0, 100}
	w := newWeights(cfg, len(counts))
	l := newLearner(cfg, w, counts)
	w.U[2*w.us+w.h] = 300
	copy(l.targets, []int32{0, 2})
	got := l.step(0, 0, false)
	if at := slices.Index(l.candidates.members, 2); l.weight[at] != 0 {
		t.Fatal("the far symbol was drawn")
	}
	sum := 1.0 // of the target 0, whose logit is 0 like that of all but the far one
	for at, v := range l.candidates.members {
		if v != 0 {
			sum += float64(l.weight[at])
		}
	}
	if want := math.Log(sum) / 2; math.Abs(got-want) > 1e-6 { // the far target is certain
		t.Errorf("loss = %g, want %g", got, want)
	}
}

// twinOptimizer takes an optimiser's steps in float64.
type twinOptimizer struct {
	cfg  Config
	m, v map[string][]float64
}

func newTwinOptimizer(cfg Config, tw *twin) *twinOptimizer {
	o := &twinOptimizer{cfg, map[string][]float64{}, map[string][]float64{}}
	for k, p := range tw.p {
		o.m[k], o.v[k] = make([]float64, len(p)), make([]float64, len(p))
	}
	return o
}

// move takes step t, from 1, of weight i of tensor k, which has the value p, with its gradient and the weight decay that it
// is subject to.
func (o *twinOptimizer) move(k string, i, t int, p, g, rate, decay float64) float64 {
	if k == "U" && o.cfg.Parametrization == "mup" {
		rate *= 100 / float64(o.cfg.HiddenSize)
	}
	m, v := &o.m[k][i], &o.v[k][i]
	if o.cfg.Optimizer == "adamw" {
		p -= rate * decay * p
	} else {
		g += decay * p
	}
	switch o.cfg.Optimizer {
	case "momentum":
		*m = o.cfg.Momentum**m + g
		return p - rate**m
	case "adagrad":
		*v += g * g
		return p - rate*g/(math.Sqrt(*v)+1e-10)
	case "adam", "adamw":
		*m = adamBeta1**m + (1-adamBeta1)*g
		*v = adamBeta2**v + (1-adamBeta2)*g*g
		c1, c2 := 1-math.Pow(adamBeta1, float64(t)), 1-math.Pow(adamBeta2, float64(t))
		return p - rate*(*m/c1)/(math.Sqrt(*v/c2)+adamEps)
	}
	return p - rate*g
}

// TestOptimizers follows the fast optimisers for some steps with those in float64: dense on U, H and the biases, on
// touched rows of C only, and with a sampled loss on the candidates' rows of U.
func TestOptimizers(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  Config
	}{
		{"sgd", Config{Optimizer: "sgd"}},
		{"momentum", Config{Optimizer: "momentum"}},
		{"adagrad", Config{Optimizer: "adagrad"}},
		{"adam", Config{Optimizer: "adam"}},
		{"adamw", Config{Optimizer: "adamw"}},
		{"mup", Config{Optimizer: "adam", Parametrization: "mup"}},
		{"mup, adamw, direct", Config{Optimizer: "adamw", Parametrization: "mup", Direct: true}},
		{"batch norm", Config{Optimizer: "adam", BatchNorm: true}},
	} {
		for _, decay := range []float64{0, 0.1} {
			for _, loss := range []string{"full", "sampled"} {
				t.Run(fmt.Sprintf("%s/%s/decay=%g", c.name, loss, decay), func(t *testing.T) {
					cfg := c.cfg
					cfg.ContextLength, cfg.EmbeddingDim, cfg.HiddenSize, cfg.BatchSize, cfg.Seed = 2, 4, 6, 16, 2
					cfg.Loss, cfg.Negatives, cfg.Init, cfg.EmbeddingInit, cfg.WeightDecay = loss, 8, "normal", 1, decay
					followOptimizer(t, cfg.WithDefaults("word"), 0.01)
				})
			}
		}
	}
}

func followOptimizer(t *testing.T, cfg Config, rate float64) {
	const vocab = 40
	w := newWeights(cfg, vocab)
	w.initialize(cfg, make([]int64, vocab))
	tw := twinOf(w)
	l := newLearner(cfg, w, make([]int64, vocab))
	o := newTwinOptimizer(cfg, tw)
	for step := range 5 {
		contexts, targets := batchOf(vocab, 2, 16*(step+1))
		contexts, targets = contexts[32*step:], targets[16*step:]
		copy(l.contexts, contexts)
		copy(l.targets, targets)
		l.step(int64(step), rate, step == 2)
		ask := objective{contexts: contexts, targets: targets}
		if l.draws != nil {
			ask.weight = make([]float64, vocab)
			for at, v := range l.candidates.members {
				ask.weight[v] = float64(l.weight[at])
			}
		}
		_, g := tw.loss(ask)
		for _, k := range tw.tensorNames() {
			decay := cfg.WeightDecay
			if k == "b" || k == "d" || k == "gamma" {
				decay = 0
			}
			for i, p := range tw.p[k] {
				if moved(l, k, i) {
					tw.p[k][i] = o.move(k, i, step+1, p, g[k][i], rate, decay)
				}
			}
		}
	}
	for _, x := range w.tensors() {
		if x.Name == "mean" || x.Name == "variance" {
			continue
		}
		for i, got := range x.Data {
			if want := tw.p[x.Name][i]; math.Abs(float64(got)-want) > 2e-5 { // a step is about 1e-2
				t.Errorf("%s[%d] = %g after 5 steps, twin says %g", x.Name, i, got, want)
			}
		}
	}
}

// TestMereTarget gives a symbol that only another lane is to predict, and that was not drawn, a logit far above the
// lane's own: it does not count, and must not turn the sum of what counts into no number.
func TestMereTarget(t *testing.T) {
	for _, precision := range []string{precisionSingle, precisionPairs} {
		for _, gap := range []float32{50, 95, 1000} {
			cfg := Config{HiddenSize: 4, EmbeddingDim: 2, ContextLength: 1, BatchSize: 2, Loss: "sampled", Negatives: 3,
				Precision: precision, Steps: 1, Seed: 1}.WithDefaults("word")
			w := newWeights(cfg, 50)
			l := newLearner(cfg, w, make([]int64, 50))
			copy(l.targets, []int32{3, 40})
			w.U[40*w.us+w.h] = gap
			loss := l.step(0, 0.001, false)
			if slices.Contains(l.candidates.members[2:], 40) {
				t.Fatal("the symbol was drawn: choose another seed")
			}
			if !(loss >= 0 && loss < 10) || slices.ContainsFunc(w.all, func(x float32) bool { return x != x }) {
				t.Errorf("%s, %g above: loss %g", precision, gap, loss)
			}
		}
	}
}
