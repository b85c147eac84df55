package reports

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"sweep/results"
)

// The sentences and tables of the page.

// question is the spec's description, or one made of what was swept.
func (s *study) question(in Input) string {
	if d := strings.TrimSpace(in.Provenance.Description); d != "" {
		return d
	}
	if s.mixed && len(s.dimensions) > 0 {
		return fmt.Sprintf("What %s goes with each %s?", s.metric.Label, and(names(s.dimensions)))
	}
	if len(s.dimensions) == 0 {
		return "What " + s.metric.Label + " does this configuration reach?"
	}
	return fmt.Sprintf("Which %s gives the %s %s?", and(names(s.dimensions)), s.metric.superlative(), s.metric.Label)
}

// summary is the line above the question.
func (s *study) summary(in Input) string {
	finished := 0
	trials := 0
	for _, c := range s.configs {
		for _, t := range c.trials {
			trials++
			if t.State == "complete" || t.State == "stopped" {
				finished++
			}
		}
	}
	parts := []string{count(len(s.configs), "configuration"), fmt.Sprintf("%d of %s finished", finished, count(trials, "trial"))}
	if in.Sweep.State != "" {
		parts = append(parts, in.Sweep.State)
	}
	if in.Sweep.Seconds > 0 {
		parts = append(parts, duration(in.Sweep.Seconds))
	}
	if day, _, ok := strings.Cut(in.Sweep.CreatedAt, "T"); ok {
		parts = append(parts, day)
	}
	return strings.Join(parts, ", ")
}

func (s *study) answer(in Input) string {
	switch {
	case in.Answer.Sentence != "":
		return in.Answer.Sentence
	case s.mixed:
		return "There is no answer: no configuration is ranked."
	}
	return "There is no answer yet: no configuration has been ranked."
}

// against says honestly whether the network or the count models win, first against the best of them, then against
// those of interest.
func (s *study) against() []string {
	if s.mixed {
		return []string{s.mixedSentence()}
	}
	if s.best < 0 {
		return nil
	}
	all := s.allReferences()
	refs := slices.DeleteFunc(slices.Clone(all), reference.knowing)
	if len(refs) == 0 {
		return nil
	}
	best := s.configs[s.best]
	top := refs[0]
	out := []string{s.versus(best, top, "the best count model on this text")}
	if t := s.aboveFloor(best, all); t != "" {
		out = append(out, t)
	}
	own := s.orderOf(best)
	var rest []string
	for _, r := range refs[1:] {
		if r.model == "unigram" || r.model == "uniform" || r.model == "kneser-ney" && r.order == own {
			same := ""
			if r.model == "kneser-ney" && s.seesAsMuch(best, r.order) {
				same = "; the same context"
			}
			rest = append(rest, fmt.Sprintf("%s (%s%s) it is %s", r.label, s.metric.format(r.value), same, s.gap(best.mean, r.value)))
		}
	}
	if len(rest) > 0 {
		out = append(out, "Against "+strings.Join(rest, "; against ")+".")
	}
	return out
}

// aboveFloor says how far the best configuration is from the entropy of a text whose language is known; "" elsewhere.
func (s *study) aboveFloor(c config, refs []reference) string {
	var parts []string
	for _, r := range refs {
		switch {
		case r.model == "entropy":
			parts = append(parts, fmt.Sprintf("the entropy of the language that the text was drawn from, under which nobody can go, is %s (the network is %s)",
				s.metric.format(r.value), s.gap(c.mean, r.value)))
		case r.model == "class" && r.order == s.orderOf(c):
			parts = append(parts, fmt.Sprintf("the %s, which is given the classes of the words and counts the rest, reaches %s (the network is %s)",
				r.label, s.metric.format(r.value), s.gap(c.mean, r.value)))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	t := strings.Join(parts, "; ")
	return strings.ToUpper(t[:1]) + t[1:] + "."
}

// allReferences are all baselines with a value, best first.
func (s *study) allReferences() []reference {
	var all []reference
	for _, b := range s.baselines {
		if v := s.metric.ofBaseline(b); usable(v, linear) {
			all = append(all, reference{label: baselineName(b), short: baselineShort(b), value: v, test: orNaN(b.TestPerplexity), parameters: b.Parameters, model: b.Model, order: b.OrderN})
		}
	}
	slices.SortStableFunc(all, func(a, b reference) int {
		if s.metric.Maximize {
			return cmp.Compare(b.value, a.value)
		}
		return cmp.Compare(a.value, b.value)
	})
	return all
}

// versus is one sentence about the best configuration and one baseline.
func (s *study) versus(c config, r reference, what string) string {
	name := "The network"
	switch {
	case !math.IsNaN(c.low) && r.value >= c.low && r.value <= c.high:
		return fmt.Sprintf("%s (%s) cannot be told from %s, %s (%s): that lies within its interval.",
			name, s.metric.interval(c.mean, c.low, c.high), what, r.label, s.metric.format(r.value))
	case s.metric.better(c.mean, r.value):
		return fmt.Sprintf("%s wins: %s against %s of %s, %s (the network is %s).", name, s.metric.format(c.mean), s.metric.format(r.value), r.label, what, s.gap(c.mean, r.value))
	}
	return fmt.Sprintf("%s does not win: %s, %s, reaches %s, the network %s (the network is %s).",
		name, what, r.label, s.metric.format(r.value), s.metric.format(c.mean), s.gap(c.mean, r.value))
}

// gap says how far a value is from a reference: "the network is 8.5 % worse".
func (s *study) gap(v, ref float64) string {
	word := "worse"
	if s.metric.better(v, ref) {
		word = "better"
	}
	if v == ref {
		return "the same"
	}
	switch {
	case s.metric.Perplexity && v > 0 && ref > 0:
		return fmt.Sprintf("%s %% %s", percent(100*math.Abs(v/ref-1)), word)
	case s.metric.Loss:
		return fmt.Sprintf("%s %% %s in perplexity", percent(100*math.Abs(math.Expm1(v-ref))), word)
	case s.metric.Share:
		return fmt.Sprintf("%s points %s", percent(100*math.Abs(v-ref)), word)
	}
	return fmt.Sprintf("%s %s", s.metric.format(math.Abs(v-ref)), word)
}

func percent(p float64) string {
	if p < 10 {
		return strconv.FormatFloat(p, 'f', 1, 64)
	}
	return strconv.FormatFloat(p, 'f', 0, 64)
}

// facts are the points below the answer.
func (s *study) facts(in Input) []string {
	var out []string
	if s.best >= 0 {
		c := s.configs[s.best]
		t := fmt.Sprintf("Best: %s, %s %s, n = %d", s.label(c), s.metric.Label, s.metric.interval(c.mean, c.low, c.high), c.N)
		if c.parameters > 0 {
			t += ", " + thousands(c.parameters) + " parameters"
		}
		if usable(c.seconds, linear) {
			t += ", " + duration(c.seconds) + " a training"
		}
		out = append(out, t+".")
		if v := c.average("test_perplexity"); !math.IsNaN(v) {
			t := fmt.Sprintf("On the test part, for what validation chose: perplexity %s (mean of n = %d)", metric{Perplexity: true}.format(v), c.N)
			if refs := slices.DeleteFunc(s.allReferences(), reference.knowing); len(refs) > 0 && !math.IsNaN(refs[0].test) {
				t += fmt.Sprintf("; %s %s", refs[0].label, metric{Perplexity: true}.format(refs[0].test))
			}
			out = append(out, t+". It was not used to choose.")
		}
	}
	out = append(out, s.ties()...)
	if s.mixed {
		return append(out, in.Notes...) // no other metric would choose, and no difference is looked for
	}
	out = append(out, in.Answer.OtherMetrics...)
	said := strings.Contains(in.Answer.Sentence, "power") // by the answer itself
	if d := in.Answer.DetectablePercent; !said && d != nil && usable(*d, linear) {
		out = append(out, fmt.Sprintf("Differences smaller than %s %% of perplexity would not have been seen with so few replicates (80 %% power), so “cannot be told apart” does not mean “equal”.", percent(*d)))
	} else if d := in.Answer.Detectable; !said && d != nil && usable(*d, linear) {
		out = append(out, fmt.Sprintf("Differences smaller than %s would not have been seen with so few replicates (80 %% power), so “cannot be told apart” does not mean “equal”.", strconv.FormatFloat(*d, 'g', 2, 64)))
	}
	return append(out, in.Notes...)
}

// average is the mean over the finished replicates of a column that the pictures do not need otherwise.
func (c config) average(column string) float64 {
	var vs []float64
	for _, t := range c.trials {
		if t.State != "complete" {
			continue
		}
		var v *float64
		switch column {
		case "test_perplexity":
			v = t.TestPerplexity
		case "val_accuracy":
			v = t.ValAccuracy
		case "val_perplexity":
			v = t.ValPerplexity
		}
		if v != nil {
			vs = append(vs, *v)
		}
	}
	mean, _, n := meanInterval(vs)
	if n == 0 {
		return math.NaN()
	}
	return mean
}

// limits are what the reader has to know before believing the answer.
func (s *study) limits(in Input) []string {
	out := slices.Clone(in.Answer.Notes)
	if in.Sweep.State == "running" || in.Sweep.State == "interrupted" {
		out = append(out, "The sweep is not finished: "+in.Sweep.State+".")
	}
	switch {
	case s.replicates == 1 && s.mixed:
		out = append(out, "Each configuration was trained once: there are no intervals.")
	case s.replicates == 1:
		out = append(out, "Each configuration was trained once: there are no intervals, and the order may be chance.")
	}
	return out
}

// statistics are the notes on how the figures were made.
func (s *study) statistics(in Input) []string {
	out := []string{"Intervals cover initialisation, order and negatives on one fixed split; another split of the text could move all figures together."}
	alike := "that saw the same data in the same order"
	if s.program {
		alike = "with the same seed"
		out[0] = "Intervals cover what differs between runs of the program with different seeds, and nothing else that could have been chosen otherwise."
	}
	switch {
	case s.replicates > 1 && s.mixed:
		out[0] = "Intervals cover initialisation, order and negatives on one fixed split, each configuration's own; another split of its text could move its figures."
		out = append(out, "Means and 95 % intervals are over replicates: trainings of the same configuration with different seeds.")
	case s.replicates > 1:
		out = append(out, "Means and 95 % intervals are over replicates: trainings of the same configuration with different seeds. Replicate r has the same seed in every configuration, so differences are taken between trainings "+alike+".")
	}
	method := in.Answer.Method
	if len(s.configs) < 2 || s.mixed {
		method = "" // nothing was compared
	}
	switch method {
	case "blocks":
		t := "The model is configuration plus seed with one pooled residual variance"
		if in.Answer.DF != nil {
			t += fmt.Sprintf(" on %s degrees of freedom", strconv.FormatFloat(*in.Answer.DF, 'f', 0, 64))
		}
		out = append(out, t+".")
	case "welch":
		out = append(out, "The configurations' variances differ too much, or their numbers of replicates do, for one pooled variance: Welch's intervals are used.")
	}
	if method == "blocks" || method == "welch" {
		out = append(out, "“Cannot be told from the best” is Hsu's comparison with the best at 5 % over the whole sweep; it is not a claim of equality.")
	}
	if (s.metric.Perplexity || s.metric.Loss) && method != "" {
		out = append(out, "Differences are taken in nats and shown as percent of perplexity. The mean of a configuration's perplexities is the mean of its replicates' perplexities.")
	}
	if s.program {
		return append(out, "A diverged trial (NaN or infinite loss) is a result: its configuration is shown and not ranked.")
	}
	return append(out,
		"Test figures are shown for what validation chose; they are never used to choose.",
		"A diverged trial (NaN or infinite loss) is a result: its configuration is shown and not ranked.",
		"In the learning curves the validation value is over a fixed sample; the value at a trial's end is over the whole part.")
}

// provenanceFacts lists what is known of where the figures came from.
func (s *study) provenanceFacts(p results.Provenance, sweep results.Sweep) []pageFact {
	var out []pageFact
	add := func(name, value string) {
		if value != "" {
			out = append(out, pageFact{name, value})
		}
	}
	add("Sweep planned", p.At)
	add("Method", sweep.Method)
	add("Metric", strings.TrimSpace(sweep.Metric+" "+sweep.Goal))
	add("Program", p.Program)
	add("Revision", p.VCS)
	add("Trainer", strings.TrimSpace(p.Trainer+" "+prefixed("numeric version ", p.TrainerVersion)))
	first := ""
	if s.mixed {
		first = " of the first trial"
	}
	add("Corpus"+first, p.Corpus)
	add("Split"+first, p.Split)
	add("Vocabulary"+first, p.Vocabulary)
	add("Spec", p.SpecFile)
	add("Spec hash", p.SpecHash)
	if p.SpecSeed != 0 {
		add("Spec seed", strconv.FormatUint(p.SpecSeed, 10))
	}
	add("Go", p.Go)
	add("System", strings.Trim(p.OS+"/"+p.Arch, "/"))
	machine := p.CPU
	if p.Cores > 0 {
		machine = strings.TrimPrefix(machine+", "+count(p.Cores, "core"), ", ")
	}
	add("Machine", machine)
	add("Kernel", p.Kernel)
	for _, k := range slices.Sorted(maps.Keys(p.Extra)) {
		add(k, p.Extra[k])
	}
	return out
}

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

// commands are what to type to get the same again.
func (s *study) commands(in Input) []string {
	var out []string
	if file := in.Provenance.SpecFile; file != "" {
		out = append(out, "sweep run "+quoted(file))
	} else if len(in.Provenance.Command) > 0 {
		var args []string
		for _, a := range in.Provenance.Command {
			args = append(args, quoted(a))
		}
		out = append(out, strings.Join(args, " "))
	}
	if s.name != "" {
		out = append(out, "sweep report "+quoted(s.name), "sweep best "+quoted(s.name))
	}
	return out
}

// quoted quotes a word for a POSIX shell where it needs it.
func quoted(s string) string {
	if s != "" && strings.IndexFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-/=:,@+", r))
	}) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
