package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"sweep/results"
)

// The words of the effect pictures, and those that captions share.

// title says the finding, or asks where there is none.
func (e *effect) title() string {
	s := e.s
	if s.mixed {
		return capital(s.metric.Label) + " by " + e.d.Name
	}
	if s.best < 0 {
		return fmt.Sprintf("Which %s gives the %s %s?", e.d.Name, s.metric.superlative(), s.metric.Label)
	}
	best := s.configs[s.best].params[e.d.Name]
	if alone := e.alone(); alone != "" {
		return fmt.Sprintf("%s is %s at %s %s, %s", capital(s.metric.Label), s.metric.format(s.configs[s.best].mean), e.d.Name, best, alone)
	}
	tied := e.tied()
	switch {
	case s.intervals() || len(tied) == 1:
	case len(tied) == len(e.d.Values):
		return fmt.Sprintf("No best %s: %s is equal at all of them, by one training each", e.d.Name, s.metric.Label)
	default:
		return fmt.Sprintf("%s is %s at %s %s alike, by one training each", capital(s.metric.Label), s.metric.superlative(), e.d.Name, listed(tied))
	}
	if !s.intervals() {
		return fmt.Sprintf("%s is %s at %s %s, by one training each", capital(s.metric.Label), s.metric.superlative(), e.d.Name, best)
	}
	switch {
	case len(tied) == 1:
		return fmt.Sprintf("%s %s gives the %s %s", e.d.Name, best, s.metric.superlative(), s.metric.Label)
	case len(tied) == len(e.d.Values):
		return fmt.Sprintf("No best %s: %s cannot tell its values apart", e.d.Name, s.metric.Label)
	}
	return fmt.Sprintf("The best %s is among %s: they cannot be told apart", e.d.Name, listed(tied))
}

// tied are the dimension's values at which a configuration is the best, equals it or cannot be told from it.
func (e *effect) tied() []value {
	s := e.s
	out := []value{s.configs[s.best].params[e.d.Name]}
	for _, c := range s.configs {
		ties := bool(c.TiedWithBest) || c.rank > 0 && equal(c.mean, s.configs[s.best].mean)
		if v := c.params[e.d.Name]; ties && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	if e.d.Numeric {
		slices.SortFunc(out, func(a, b value) int { return cmp.Compare(a.num, b.num) })
	}
	return out
}

// listed joins values: "50, 100 and 200".
func listed(values []value) string {
	var out []string
	for _, v := range values {
		out = append(out, v.String())
	}
	return and(out)
}

// alone says why nothing was compared with the best, a search that stopped all the others, say; "" if something was.
func (e *effect) alone() string {
	ranked, means := 0, 0
	for _, c := range e.s.configs {
		if c.rank > 0 {
			ranked++
		}
		if usable(c.mean, linear) {
			means++
		}
	}
	switch {
	case ranked != 1 || len(e.s.configs) < 2:
		return ""
	case means > 1:
		return "the only one that is ranked"
	}
	return "the only one trained to its end"
}

// and joins words: "50, 100 and 200".
func and(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func (e *effect) captions() []string {
	s := e.s
	out := []string{s.replicatesSentence()}
	switch {
	case len(e.others) == 0:
	case e.scattered():
		out = append(out, "Every configuration also differs in "+and(names(e.others))+", so nothing else is held fixed from point to point.")
	case s.best >= 0:
		var at []string
		for _, o := range e.others {
			at = append(at, o.Name+" "+s.configs[s.best].params[o.Name].String())
		}
		line := ""
		if e.d.Numeric {
			line = " (thick line)"
		}
		out = append(out, "The others at their best"+line+": "+and(at)+".")
	}
	return out
}

// replicatesSentence says what bars mean.
func (s *study) replicatesSentence() string {
	if !s.intervals() {
		return "One training a point, so there is no interval."
	}
	split := "one fixed split"
	if s.mixed {
		split = "the configuration's own split"
	}
	covered := "initialisation and order"
	if slices.ContainsFunc(s.configs, config.sampled) {
		covered = "initialisation, order and negatives"
	}
	if s.program {
		return fmt.Sprintf("n = %s replicates; bars are 95 %% intervals of the mean over replicates (runs of the program with different seeds).", s.nRange())
	}
	return fmt.Sprintf("n = %s replicates; bars are 95 %% intervals of the mean over replicates (%s) on %s.", s.nRange(), covered, split)
}

// sampled reports whether the loss is over sampled negatives, which then vary from replicate to replicate.
func (c config) sampled() bool { return c.params["loss"].text == "sampled" }

func names(ds []dimension) []string {
	var out []string
	for _, d := range ds {
		out = append(out, d.Name)
	}
	return out
}

// mix takes back what holds only on one split and vocabulary: ranks and baselines.
func (s *study) mix() {
	s.mixed, s.best, s.baselines = true, -1, nil
	for i := range s.configs {
		c := &s.configs[i]
		c.rank, c.Best, c.TiedWithBest = 0, false, false
	}
}

// mixedSentence says why a mixed sweep has neither ranks nor baselines; "" for any other.
func (s *study) mixedSentence() string {
	if !s.mixed {
		return ""
	}
	return fmt.Sprintf("The configurations are of different texts, splits or vocabularies, across which %s does not mean the same: none is ranked, and count-based baselines are left out.", s.metric.Label)
}

// nRange is the number of replicates with a value: "3", or "2 to 3".
func (s *study) nRange() string {
	lo, hi := math.MaxInt, 0
	for _, c := range s.configs {
		if c.N > 0 {
			lo, hi = min(lo, c.N), max(hi, c.N)
		}
	}
	switch {
	case hi == 0:
		return "0"
	case lo == hi:
		return strconv.Itoa(hi)
	}
	return fmt.Sprintf("%d to %d", lo, hi)
}

// heldFixed names the parameters that were the same everywhere.
func (e *effect) heldFixed() string { return e.s.heldFixed() }

func (s *study) heldFixed() string {
	var parts []string
	for _, p := range s.fixed {
		parts = append(parts, p.name+" "+p.value.String())
	}
	if len(parts) == 0 {
		return ""
	}
	rest := ""
	if len(parts) > 12 {
		rest = fmt.Sprintf(" and %d more", len(parts)-12)
		parts = parts[:12]
	}
	return "Held fixed: " + strings.Join(parts, ", ") + rest + "."
}

func (e *effect) lostSentence() string {
	n, failed := 0, 0
	for _, c := range e.s.configs {
		n += c.diverged
		for _, t := range c.trials {
			if t.State == "failed" {
				failed++
			}
		}
	}
	var out []string
	if n > 0 {
		out = append(out, fmt.Sprintf("%s diverged (crosses at the top) and %s no value.", count(n, "trial"), has(n)))
	}
	if failed > 0 {
		out = append(out, fmt.Sprintf("%s failed and %s not drawn.", count(failed, "trial"), map[bool]string{true: "is", false: "are"}[failed == 1]))
	}
	return strings.Join(out, " ")
}

func has(n int) string {
	if n == 1 {
		return "has"
	}
	return "have"
}

// count writes "1 trial", "3 trials".
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return thousands(int64(n)) + " " + what + "s"
}

// source is the last sentence of every caption.
func (s *study) source() string {
	t := "Sweep " + orUnnamed(s.name)
	if s.corpus != "" {
		t += ", corpus " + s.corpus
	}
	if s.commit != "" {
		t += ", commit " + s.commit
	}
	return t + "."
}

// commitOf names the revision of the project that a sweep ran in, and whether its files were others; "" if it was none.
func commitOf(p results.Provenance) string {
	if p.Project == "" {
		return ""
	}
	commit := p.Project[:min(len(p.Project), 10)]
	if p.ProjectDiff != "" { // untracked files are no sign: the record itself may be one
		commit += " with changes"
	}
	return commit
}

// sourced is the source, after why a mixed sweep is not compared.
func (s *study) sourced() []string {
	if s.mixed {
		return []string{s.mixedSentence(), s.source()}
	}
	return []string{s.source()}
}

func (e *effect) alt(refs []reference) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s against %s.", capital(e.s.metric.Label), e.d.Name)
	n := 0
	for _, r := range e.series {
		if len(e.series) > 1 && !r.best {
			continue
		}
		for _, i := range r.index {
			c := e.s.configs[i]
			if n++; n > 12 || !usable(c.mean, linear) {
				continue
			}
			fmt.Fprintf(&b, " %s: %s.", c.params[e.d.Name], e.s.metric.interval(c.mean, c.low, c.high))
		}
	}
	for _, r := range refs {
		fmt.Fprintf(&b, " Baseline %s: %s.", r.label, e.s.metric.format(r.value))
	}
	return b.String()
}
