package sweeps

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Hash returns the SHA-256, hex, of what the spec means: everything that decides which trials there are, how they are
// chosen and when they end. Name, description, comments, layout, workers and what is kept on disk do not enter.
func (s *Spec) Hash() string {
	h := sha256.New()
	// Every part is written with its kind and length, so that no two specs give the same bytes.
	part := func(kind string, values ...any) {
		for _, v := range values {
			text := fmt.Sprint(v)
			fmt.Fprintf(h, "%s %d %s\n", kind, len(text), text)
		}
	}
	value := func(kind string, v Value) {
		if f, ok := v.Float(); ok {
			v = FloatValue(f)
		}
		part(kind, uint8(v.kind), v)
	}
	values := func(kind string, vs []Value) {
		part(kind, len(vs))
		for _, v := range vs {
			value(kind, v)
		}
	}
	condition := func(kind string, c Condition) {
		part(kind, len(c))
		for _, t := range c {
			part(kind, t.Name)
			values(kind, t.Values)
		}
	}
	part("method", s.Method, s.Seed, s.Parallel)
	part("metric", s.Metric.Name, s.Metric.Goal(), s.Metric.Impute, s.Metric.ImputeWhileRunning)
	if s.Metric.Target != nil {
		part("target", *s.Metric.Target)
	}
	part("replicates", s.Replicates.N, s.Replicates.Seeds)
	if s.Replicates.Max > 0 {
		part("race", s.Replicates.Max)
	}
	part("budget", s.Budget.Trials, s.Budget.Configurations, s.Budget.Time, s.Budget.TrialTime)
	for _, p := range s.Parameters {
		d := p.Dist
		part("parameter", p.Name, d.Type, d.Probabilities, d.Min, d.Max, d.Mu, d.Sigma, d.A, d.B, d.Q, d.Count)
		values("values", d.Values)
		condition("when", p.When)
		if p.Derive != nil {
			part("derive", p.Derive.Source)
		}
	}
	for _, names := range s.Zip {
		part("zip", fmt.Sprintf("%q", names))
	}
	for _, c := range s.Constraints {
		part("constraint", c.Source)
	}
	for _, vs := range s.Include {
		part("include", len(vs))
		for _, set := range vs {
			part("include", set.Name)
			value("include", set.Value)
		}
	}
	for _, c := range s.Exclude {
		condition("exclude", c)
	}
	part("program", s.Program, fmt.Sprintf("%q", s.Command))
	if e := s.EarlyTerminate; e != nil {
		part("early_terminate", *e)
	}
	if c := s.Confirm; c != nil {
		part("confirm", *c)
	}
	return hex.EncodeToString(h.Sum(nil))
}
