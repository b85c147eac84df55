package reports

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"sweep/internal/stats"
	"sweep/results"
)

// The data sets that the tests draw. Figures are of the size that the corpora give.

// point is a value as the rows hold it.
func point(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// plan describes one configuration of a fixture.
type plan struct {
	params     string // JSON object
	mean       float64
	parameters int64
	seconds    float64
	states     []string // by replicate; nil: all complete
}

// sweepOf makes the rows of a sweep, with learning curves. sd is the replicates' standard deviation.
func sweepOf(name, metric string, swept []string, replicates int, sd float64, plans []plan) Input {
	rng := rand.New(rand.NewPCG(1, uint64(len(plans))))
	goal := "minimize"
	if metric == "val/accuracy" {
		goal = "maximize"
	}
	in := Input{
		Sweep: results.Sweep{Sweep: name, State: "complete", Method: "grid", Metric: metric, Goal: goal,
			Configurations: len(plans), Trials: len(plans) * replicates, CreatedAt: "2026-03-01T10:00:00Z", Seconds: 151},
		Swept: swept,
		Provenance: results.Provenance{At: "2026-03-01T10:00:00Z", Description: "How large should the hidden layer be?", Program: "0.1.0", Trainer: "nplm", TrainerVersion: "1",
			Go: "go1.26", OS: "linux", Arch: "amd64", CPU: "a processor with two cores", Cores: 2, Kernel: "avx512",
			Command: []string{"sweep", "run", "sweeps/" + name + ".yaml"}, SpecFile: "sweeps/" + name + ".yaml", SpecSource: "name: " + name + "\n",
			SpecHash: "0123456789abcdef", Corpus: "gostd", Split: "aaaa", Vocabulary: "bbbb"},
	}
	effects := make([]float64, replicates) // a seed is easy or hard for every configuration
	for r := range effects {
		effects[r] = rng.NormFloat64() * sd
	}
	best := -1
	for i, p := range plans {
		c := results.Configuration{Sweep: name, Configuration: fmt.Sprintf("c%011d", i), Params: json.RawMessage(p.params), Metric: metric}
		var values []float64
		diverged := false
		for r := range replicates {
			t := results.Trial{Sweep: name, Trial: fmt.Sprintf("%06d%06d", i, r), Configuration: c.Configuration, Replicate: r + 1, Seed: uint64(r + 8123),
				State: "complete", Params: c.Params, Parameters: p.parameters, Steps: 4000, Examples: 512000, Seconds: p.seconds * (1 + 0.03*rng.NormFloat64()), Attempts: 1}
			if p.states != nil {
				t.State = p.states[r]
			}
			v := p.mean + effects[r] + rng.NormFloat64()*sd*0.4
			switch t.State {
			case "complete", "stopped":
				values = append(values, v)
				t.Value = point(v)
				if metric == "val/perplexity" {
					t.ValPerplexity, t.ValLoss, t.ValAccuracy = point(v), point(math.Log(v)), point(0.29-0.0005*v)
					t.TestPerplexity, t.TestLoss, t.TestAccuracy = point(v*1.01), point(math.Log(v*1.01)), point(0.28-0.0005*v)
				} else {
					t.ValLoss = point(v)
				}
			case "diverged":
				diverged = true
				msg := "loss is NaN at step 812"
				t.Error = &msg
			case "failed":
				msg := "open <model>: no space left on device"
				t.Error = &msg
			}
			in.Trials = append(in.Trials, t)
			for k := 1; k <= 10; k++ {
				f := float64(k) / 10
				y := v * (1 + 1.6*math.Pow(1-f, 2)*math.Exp(-2*f)) * (1 + 0.004*rng.NormFloat64())
				if t.State == "diverged" && k > 3 {
					y = math.NaN()
				}
				if t.State == "waiting" {
					break
				}
				in.Points = append(in.Points, results.Point{Sweep: name, Trial: t.Trial, Metric: metric, Step: int64(400 * k), Examples: int64(51200 * k), Seconds: p.seconds * f, Value: point(y)})
			}
		}
		c.N = len(values)
		if c.N > 0 {
			mean := stats.Mean(values)
			c.Mean = &mean
			if c.N > 1 {
				s := stats.SD(values)
				half := 2.3 * sd * 1.1 / math.Sqrt(float64(c.N))
				c.SD, c.Low, c.High = &s, point(mean-half), point(mean+half)
			}
			better := best < 0 || mean < *in.Configurations[best].Mean
			if goal == "maximize" {
				better = best < 0 || mean > *in.Configurations[best].Mean
			}
			if better && !diverged {
				best = i
			}
		}
		if diverged {
			c.Rank = nil
		}
		in.Configurations = append(in.Configurations, c)
	}
	rank(&in, best, replicates, sd)
	return in
}

// rank fills in what the statistics would have found.
func rank(in *Input, best, replicates int, sd float64) {
	if best < 0 {
		in.Answer = results.Answer{Sweep: in.Sweep.Sweep, Metric: in.Sweep.Metric, Sentence: "No configuration is ranked yet.", Method: "none"}
		return
	}
	top := &in.Configurations[best]
	top.Best, top.TiedWithBest = true, true
	for i := range in.Configurations {
		c := &in.Configurations[i]
		diverged := false
		for _, t := range in.Trials {
			diverged = diverged || t.Configuration == c.Configuration && t.State == "diverged"
		}
		if c.Mean == nil || diverged {
			continue
		}
		r := 1
		for _, o := range in.Configurations {
			if o.Mean != nil && *o.Mean < *c.Mean {
				r++
			}
		}
		c.Rank = &r
		if replicates > 1 && math.Abs(*c.Mean-*top.Mean) < 1.6*sd {
			c.TiedWithBest = true
			if i != best {
				in.Answer.Tied = append(in.Answer.Tied, *c)
			}
		}
	}
	in.Answer.Sweep, in.Answer.Metric, in.Answer.Goal = in.Sweep.Sweep, in.Sweep.Metric, in.Sweep.Goal
	in.Answer.Best, in.Answer.BestLabel = top, "hidden_size = 100"
	in.Answer.Sentence = "hidden_size = 100 has the lowest validation perplexity: 133.5 [132.9, 134.1] over 3 replicates."
	in.Answer.Method = "none"
	if replicates > 1 {
		in.Answer.Method = "blocks"
		in.Answer.Residual, in.Answer.DF = point(sd*0.4 / *top.Mean), point(float64((len(in.Configurations)-1)*(replicates-1)))
		in.Answer.Detectable, in.Answer.DetectablePercent = point(0.0085), point(0.86)
	}
	in.Answer.OtherMetrics = []string{"val/accuracy would choose hidden_size = 200."}
}

// gostdBaselines are the count models measured on the words of the Go distribution.
func gostdBaselines() []results.Baseline {
	row := func(model string, order int, ppl, acc float64, params int64) results.Baseline {
		return results.Baseline{Corpus: "gostd", Split: "aaaa", Vocabulary: "bbbb", Model: model, OrderN: order, ValPerplexity: &ppl, ValLoss: point(math.Log(ppl)),
			ValAccuracy: &acc, TestPerplexity: point(ppl * 1.02), TestLoss: point(math.Log(ppl * 1.02)), Parameters: params}
	}
	return []results.Baseline{
		row("uniform", 0, 17000, 0.00006, 0), row("unigram", 1, 476, 0.07, 17000), row("interpolated", 4, 139.4, 0.215, 2900000),
		row("kneser-ney", 3, 128, 0.22, 1100000), row("kneser-ney", 4, 123, 0.226, 2400000), row("kneser-ney", 5, 122, 0.227, 3800000),
	}
}

const gostdFixed = `"corpus":"gostd","vocab_size":17000,"context_length":3,"embedding_dim":30,"loss":"sampled","negatives":512,"optimizer":"adam","lr_schedule":"linear","warmup":0.02,"batch_size":128,"epochs":4`

// hiddenSweep is the sweep of the first question: three sizes, each with its own rate.
func hiddenSweep(replicates int) Input {
	in := sweepOf("hidden", "val/perplexity", []string{"hidden_size", "learning_rate"}, replicates, 0.5, []plan{
		{`{` + gostdFixed + `,"hidden_size":50,"learning_rate":0.004}`, 135.2, 1381550, 11, nil},
		{`{` + gostdFixed + `,"hidden_size":100,"learning_rate":0.002}`, 133.5, 2236100, 19, nil},
		{`{` + gostdFixed + `,"hidden_size":200,"learning_rate":0.001}`, 135.5, 3945200, 36, nil},
	})
	in.Baselines, in.OwnOrder = gostdBaselines(), 4
	return in
}

// rateGrid is the table of sizes and rates, with one training a cell.
func rateGrid(replicates int) Input {
	ppl := [][]float64{{148.5, 139.1, 135.2, 137.0}, {140.0, 133.5, 135.4, 141.8}, {137.0, 135.5, 141.2, 147.5}}
	var plans []plan
	for i, h := range []int{50, 100, 200} {
		for j, rate := range []string{"0.001", "0.002", "0.004", "0.008"} {
			plans = append(plans, plan{fmt.Sprintf(`{%s,"hidden_size":%d,"learning_rate":%s}`, gostdFixed, h, rate), ppl[i][j],
				[]int64{1381550, 2236100, 3945200}[i], []float64{11, 19, 36}[i], nil})
		}
	}
	in := sweepOf("hidden-rate", "val/perplexity", []string{"hidden_size", "learning_rate"}, replicates, 0.5, plans)
	in.Baselines, in.OwnOrder = gostdBaselines(), 4
	return in
}

// cube is a grid of three parameters on names.
func cube(replicates int) Input {
	var plans []plan
	for _, n := range []int{2, 3, 5} {
		for _, m := range []int{2, 5, 10} {
			for _, h := range []int{50, 100, 200} {
				loss := 2.05 + 0.12/float64(n-1) + 0.1/float64(m) - 0.0003*float64(h) + 0.02*float64(n)*float64(n)/25
				plans = append(plans, plan{fmt.Sprintf(`{"corpus":"names","context_length":%d,"embedding_dim":%d,"hidden_size":%d,"optimizer":"sgd","learning_rate":0.25,"steps":20000}`, n, m, h),
					loss, int64(27*m + (n*m+1)*h + (h+1)*27), 0.4 + 0.004*float64(h), nil})
			}
		}
	}
	in := sweepOf("grid", "val/loss", []string{"context_length", "embedding_dim", "hidden_size"}, replicates, 0.004, plans)
	in.Provenance.Corpus = "names"
	for _, b := range []struct {
		model string
		order int
		loss  float64
	}{{"uniform", 0, math.Log(27)}, {"unigram", 1, 2.82}, {"kneser-ney", 3, 2.21}, {"kneser-ney", 4, 2.12}, {"kneser-ney", 5, 2.10}, {"kneser-ney", 6, 2.11}} {
		in.Baselines = append(in.Baselines, results.Baseline{Corpus: "names", Model: b.model, OrderN: b.order, ValLoss: &b.loss, ValPerplexity: point(math.Exp(b.loss)), Parameters: int64(1000 * (b.order + 1))})
	}
	return in
}

// letters are 27 symbols in m dimensions, the vowels near each other.
func letters(m int, seed uint64) Embedding {
	rng := rand.New(rand.NewPCG(seed, 7))
	e := Embedding{Trial: fmt.Sprintf("abcdef%06d", seed), Label: "replicate " + strconv.FormatUint(seed, 10)}
	angle := float64(seed)
	for i := range 27 {
		s := "."
		if i > 0 {
			s = string(rune('a' + i - 1))
		}
		x, y := rng.NormFloat64()*0.8, rng.NormFloat64()*0.8
		switch s {
		case "a", "e", "i", "o", "u":
			x, y = 2.2+rng.NormFloat64()*0.25, 1.5+rng.NormFloat64()*0.25
		case "q":
			x, y = -3, 2.5
		case ".":
			x, y = 2.5, -3
		}
		v := make([]float32, m)
		sin, cos := math.Sincos(angle)
		for k := range v {
			v[k] = float32(rng.NormFloat64() * 0.1)
		}
		v[0] += float32(cos*x - sin*y)
		if m > 1 {
			v[1] += float32(sin*x + cos*y)
		}
		e.Symbols, e.Vectors, e.Counts = append(e.Symbols, s), append(e.Vectors, v), append(e.Counts, int64(1000-i))
	}
	return e
}

// words are n random vectors of m numbers.
func words(n, m int) Embedding {
	rng := rand.New(rand.NewPCG(3, 3))
	e := Embedding{Trial: "0123456789ab"}
	syllables := []string{"ka", "re", "ti", "mo", "shu", "ne", "the", "ing", "er", "lo", "pa", "st"}
	for i := range n {
		w := ""
		for j := i + 1; j > 0; j /= len(syllables) {
			w += syllables[j%len(syllables)]
		}
		if i == 0 {
			w = "</s>"
		}
		if i == 1 {
			w = "<unk>"
		}
		v := make([]float32, m)
		for k := range v {
			v[k] = float32(rng.NormFloat64() / (1 + 0.3*float64(k)))
		}
		e.Symbols, e.Vectors, e.Counts = append(e.Symbols, w), append(e.Vectors, v), append(e.Counts, int64(1e6/(i+1)))
	}
	return e
}

// dataSets are the sweeps that every drawing has to cope with, by name.
func dataSets() map[string]Input {
	sets := map[string]Input{
		"empty":    {},
		"hidden":   hiddenSweep(3),
		"one":      hiddenSweep(1),
		"rates":    rateGrid(3),
		"cube":     cube(3),
		"names":    namesSweep(),
		"diverged": divergedSweep(),
		"random":   randomSweep(),
		"category": categorySweep(),
		"four":     fourDimensions(),
		"hostile":  hostileSweep(),
		"mixed":    mixedSweep(),
		"motion":   motionSweep(),
		"start":    startSweep(),
		"search":   searchSweep(),
	}
	h := sets["hidden"]
	h.Related = tunedSweep("0.001").Related
	h.Embeddings = []Embedding{words(3000, 30)}
	sets["hidden"] = h
	return sets
}

// namesSweep is one configuration with five replicates and their letters in the plane.
func namesSweep() Input {
	in := sweepOf("names", "val/loss", nil, 5, 0.004, []plan{{`{"corpus":"names","context_length":3,"embedding_dim":2,"hidden_size":200}`, 2.11, 8054, 7, nil}})
	in.Provenance.Corpus = "names"
	for i := range 5 {
		in.Embeddings = append(in.Embeddings, letters(2, uint64(i+1)))
	}
	return in
}

// divergedSweep is the table of sizes and rates with a missing cell, diverged trials and a failed one.
func divergedSweep() Input {
	base := rateGrid(3)
	var plans []plan
	for i, c := range base.Configurations {
		p := plan{string(c.Params), *c.Mean, 1381550, 11, []string{"complete", "complete", "complete"}}
		switch {
		case i == 0:
			p.states[2] = "failed"
		case i == 4:
			continue
		case i == 11:
			p.states = []string{"diverged", "diverged", "diverged"}
		case i%4 == 3:
			p.states[1] = "diverged"
		}
		plans = append(plans, p)
	}
	in := sweepOf("diverged", "val/perplexity", base.Swept, 3, 0.5, plans)
	in.Baselines, in.OwnOrder = base.Baselines, base.OwnOrder
	return in
}

// mixedSweep is over two vocabularies, so nothing is ranked, as the record has it.
func mixedSweep() Input {
	var plans []plan
	for i, size := range []int{5000, 17000} {
		for j, h := range []int{50, 100, 200} {
			plans = append(plans, plan{fmt.Sprintf(`{"corpus":"gostd","vocab_size":%d,"hidden_size":%d}`, size, h), 90 + 45*float64(i) - float64(j), int64(size * h), 11 + 10*float64(j), nil})
		}
	}
	in := sweepOf("mixed", "val/perplexity", []string{"vocab_size", "hidden_size"}, 3, 0.5, plans)
	in.Provenance.Description, in.Mixed = "", true
	in.Answer = results.Answer{Sweep: "mixed", Metric: in.Sweep.Metric, Goal: in.Sweep.Goal, Method: "none",
		Sentence: "The configurations were trained on different splits or vocabularies, so none is ranked."}
	for i := range in.Configurations {
		c := &in.Configurations[i]
		c.Rank, c.Best, c.TiedWithBest = nil, false, false
	}
	return in
}

// startSweep compares a random start with two files of vectors, one of them also frozen, at two sizes.
func startSweep() Input {
	var plans []plan
	for _, h := range []int{50, 100} {
		for i, start := range []string{`"none","freeze":false`, `"features","freeze":false`, `"features","freeze":true`, `"../vectors/a-long-name-of-vectors-300d.txt","freeze":false`} {
			plans = append(plans, plan{fmt.Sprintf(`{"corpus":"gostd","hidden_size":%d,"init_vectors":%s}`, h, start),
				[]float64{5, 4.8, 5.6, 4.95}[i], int64(27000 * h), 12, nil})
		}
	}
	return sweepOf("start", "val/loss", []string{"hidden_size", "init_vectors", "freeze"}, 4, 0.02, plans)
}

// tunedSweep is the sweep of sizes with the rates that the related grid found best, or with another for 200.
func tunedSweep(rate string) Input {
	in := hiddenSweep(3)
	for i := range in.Configurations {
		in.Configurations[i].Params = json.RawMessage(strings.Replace(string(in.Configurations[i].Params), `"learning_rate":0.001}`, `"learning_rate":`+rate+`}`, 1))
	}
	rates := rateGrid(1)
	in.Related = &Related{Sweep: rates.Sweep, Trials: rates.Trials, Configurations: rates.Configurations, Swept: rates.Swept, Why: "The sweep that found the rates."}
	return in
}

// randomSweep is forty configurations drawn at random, each trained once.
func randomSweep() Input {
	rng := rand.New(rand.NewPCG(9, 9))
	var plans []plan
	for i := range 40 {
		rate := math.Pow(10, -4+3*rng.Float64())
		h := 20 + rng.IntN(400)
		plans = append(plans, plan{fmt.Sprintf(`{"corpus":"gostd","hidden_size":%d,"learning_rate":%g,"dropout":%.3f}`, h, rate, rng.Float64()*0.5),
			130 + 12*math.Abs(math.Log10(rate)+2.7) + float64(i%3), int64(h * 27000), 5 + float64(h)/10, nil})
	}
	in := sweepOf("random", "val/perplexity", []string{"hidden_size", "learning_rate", "dropout"}, 1, 0.5, plans)
	in.Sweep.Method = "random"
	in.Baselines = gostdBaselines()
	return in
}

// searchSweep is a random search over three parameters with early stopping: two workers, and a night between the twentieth
// trial and the rest.
func searchSweep() Input {
	in := randomSweep()
	in.Sweep.Sweep = "search"
	var free [2]float64
	for i := range in.Trials {
		t := &in.Trials[i]
		outcome := "complete"
		switch {
		case i == 7:
			t.State, outcome, t.Value = "diverged", "diverged", nil
		case i%4 == 3:
			t.State, outcome = "stopped", "interrupted" // paused at a rung, and not promoted
			*t.Value += 20
		}
		if i == 20 {
			free[0] += 40_000
			free[1] = free[0]
		}
		w := 0
		if free[1] < free[0] {
			w = 1
		}
		clock := func(v float64) string {
			return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).Add(time.Duration(v * float64(time.Second))).Format(time.RFC3339Nano)
		}
		end := clock(free[w] + t.Seconds)
		in.Sessions = append(in.Sessions, results.Session{Sweep: "search", Trial: t.Trial, Attempt: 1, Seconds: t.Seconds, Outcome: outcome,
			StartedAt: clock(free[w]), EndedAt: &end})
		free[w] += t.Seconds
	}
	ptr := func(v float64) *float64 { return &v }
	in.Importance = &Importance{N: 30, Method: "PED-ANOVA of the best tenth", Partial: true, Shares: []Share{
		{Of: []string{"dropout"}, Value: 0.08, Low: ptr(0.01), High: ptr(0.2)},
		{Of: []string{"learning_rate"}, Value: 0.8, Low: ptr(0.6), High: ptr(0.9)},
		{Of: []string{"hidden_size"}, Value: 0.12, Low: ptr(0.02), High: ptr(0.3)}}}
	return in
}

// categorySweep has one dimension of words, one of them long, and a metric that is maximised.
func categorySweep() Input {
	return sweepOf("category", "val/accuracy", []string{"representation"}, 4, 0.003, []plan{
		{`{"representation":"index"}`, 0.11, 120000, 4, nil}, {`{"representation":"one-hot"}`, 0.21, 17220000, 40, nil},
		{`{"representation":"binary code of the word's number, long"}`, 0.16, 130000, 5, nil}, {`{"representation":"learned"}`, 0.235, 1400000, 9, nil}})
}

// fourDimensions is a grid of four parameters, one of them words.
func fourDimensions() Input {
	var plans []plan
	for _, n := range []int{1, 2} {
		for _, m := range []int{10, 20, 40} {
			for _, a := range []string{"tanh", "relu"} {
				for _, d := range []float64{0, 0.1, 0.3} {
					plans = append(plans, plan{fmt.Sprintf(`{"context_length":%d,"embedding_dim":%d,"activation":"%s","dropout":%g}`, n, m, a, d),
						2 + 0.1/float64(n) + 1/float64(m) + 0.2*d, int64(n*m) * 1000, 3, nil})
				}
			}
		}
	}
	return sweepOf("four", "val/loss", []string{"context_length", "embedding_dim", "activation", "dropout"}, 2, 0.01, plans)
}

// hostileSweep has markup and formulas wherever a text can come from outside.
func hostileSweep() Input {
	in := hiddenSweep(2)
	const evil = `<script>alert(1)</script>`
	in.Sweep.Sweep = evil + ` "x" & 'y'`
	in.Provenance.Description = `How <b>large</b>? ` + evil + ` 中文 ` + strings.Repeat("very", 60)
	in.Provenance.SpecSource = "name: </pre>" + evil
	in.Provenance.Extra = map[string]string{evil: evil}
	in.Answer.Sentence = evil
	in.Notes = []string{evil}
	for i := range in.Configurations {
		in.Configurations[i].Params = json.RawMessage(strings.Replace(string(in.Configurations[i].Params), `"corpus":"gostd"`, `"=`+evil+`":"=`+evil+strconv.Itoa(i)+`"`, 1))
		in.Trials[2*i].Error = &in.Answer.Sentence
		in.Trials[2*i].State = "failed"
	}
	e := words(60, 8)
	e.Symbols[2], e.Symbols[3], e.Symbols[4], e.Symbols[5], e.Symbols[6] = "中文", "😀", "=SUM(A1)", "\n", " "
	e.Symbols[7], e.Symbols[8], e.Symbols[9] = evil, strings.Repeat("long", 30), "bad\x00\xff"
	in.Embeddings = []Embedding{e}
	in.Motions = []Motion{{Embedding: e, Steps: []int64{0, 7}, Total: 7, Tables: [][][]float32{words(60, 8).Vectors, e.Vectors}}}
	in.Texts = &Texts{Trial: evil, Count: 1, Texts: []Text{{Text: evil, Ended: true}}}
	return in
}
