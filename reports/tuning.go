package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// finding is what a related sweep says against a tied parameter's value at one value of the dimension.
type finding struct {
	parameter string
	at        value // of the dimension
	best      value // that the related sweep ranks first there; absent: it does not compare values there
	used      value // by this sweep
}

// tune compares the tied parameters with what a related sweep found best. A parameter is tuned if the related sweep
// judges by validation and, at every value of the dimension, ranks first exactly the value that this sweep uses. A
// sweep that does not vary the parameter has nothing to say of it.
func (s *study) tune(by *study) {
	if !strings.HasPrefix(by.metric.Name, "val/") {
		return
	}
	for i := range s.dimensions {
		d := &s.dimensions[i]
		for _, w := range d.With {
			if !by.varies(w) || !by.has(d.Name) {
				continue
			}
			var against []finding
			for _, v := range d.Values {
				best, used := by.bestAt(d.Name, v, w), s.tied(*d, v, w)
				if best != used || !best.there {
					against = append(against, finding{w, v, best, used})
				}
			}
			if len(against) == 0 {
				d.Tuned = append(d.Tuned, w)
			}
			d.Against = append(d.Against, against...)
		}
	}
}

// has reports whether any configuration sets a parameter.
func (s *study) has(name string) bool {
	return slices.ContainsFunc(s.configs, func(c config) bool { return c.params[name].there })
}

// bestAt is the value of a parameter in the first of the ranked configurations where dimension is v. It is absent
// where fewer than two values were tried to the end: one alone is the best of nothing.
func (s *study) bestAt(dimension string, v value, parameter string) value {
	tried := map[value]bool{}
	rank, best := 0, value{}
	for _, c := range s.configs {
		if c.params[dimension] != v || c.rank == 0 && c.diverged == 0 {
			continue
		}
		tried[c.params[parameter]] = true
		if c.rank > 0 && (rank == 0 || c.rank < rank) {
			rank, best = c.rank, c.params[parameter]
		}
	}
	if len(tried) < 2 {
		return value{}
	}
	return best
}

// untuned are the tied parameters of which nobody knows how they came by their values.
func (d dimension) untuned() []string {
	return slices.DeleteFunc(slices.Clone(d.With), func(w string) bool { return slices.Contains(d.Tuned, w) })
}

// tiedWord says how the parameters tied to a dimension came by their values.
func (d dimension) tiedWord() string {
	if len(d.untuned()) == 0 {
		return "tuned for each " + d.Name
	}
	return "tied to " + d.Name
}

// ties are the page's sentences on the parameters that are tied to others.
func (s *study) ties() []string {
	var out []string
	for _, d := range s.dimensions {
		if len(d.Tuned) > 0 {
			was := "was"
			if len(d.Tuned) > 1 {
				was = "were"
			}
			out = append(out, fmt.Sprintf("The %s %s tuned for each %s on validation by the sweep %s.", and(d.Tuned), was, d.Name, orUnnamed(s.related.name)))
		}
		if ws := d.untuned(); len(ws) > 0 {
			goes := "goes"
			if len(ws) > 1 {
				goes = "go"
			}
			own := ""
			if len(ws) == 1 && s.allDiffer(d, ws[0]) {
				own = ": each " + d.Name + " has its own"
			}
			out = append(out, fmt.Sprintf("The %s %s with the %s%s.", and(ws), goes, d.Name, own))
		}
		out = append(out, s.objections(d, "this sweep")...)
	}
	return out
}

// allDiffer reports whether a tied parameter has another value at each value of the dimension.
func (s *study) allDiffer(d dimension, w string) bool {
	seen := map[value]bool{}
	for _, v := range d.Values {
		seen[s.tied(d, v, w)] = true
	}
	return len(seen) == len(d.Values)
}

// mostFindings is how many values a sentence lists.
const mostFindings = 5

// objections say where the related sweep found other values best than whom uses, or compared none.
func (s *study) objections(d dimension, whom string) []string {
	var found, out []string
	silent := map[string][]string{}
	for _, f := range d.Against {
		name := ""
		if len(d.With) > 1 {
			name = f.parameter + " "
		}
		if f.best.there {
			found = append(found, fmt.Sprintf("%s%s best at %s %s, %s uses %s", name, f.best, d.Name, f.at, whom, f.used))
		} else {
			silent[f.parameter] = append(silent[f.parameter], f.at.String())
		}
	}
	if len(found) > 0 {
		out = append(out, orUnnamed(s.related.name)+" found "+strings.Join(upTo(mostFindings, found), "; ")+".")
	}
	for _, w := range d.With {
		if at := silent[w]; len(at) > 0 {
			out = append(out, fmt.Sprintf("%s does not compare values of %s at %s %s.", orUnnamed(s.related.name), w, d.Name, and(upTo(mostFindings, at))))
		}
	}
	return out
}

// upTo cuts a list and says how much of it is missing.
func upTo(n int, list []string) []string {
	if len(list) <= n {
		return list
	}
	return append(slices.Clone(list[:n]), fmt.Sprintf("%d more", len(list)-n))
}

// bond says in the related sweep's picture what it has to do with this one: why, which the caller may leave to us, if
// it found the values that are used; otherwise where it did not.
func (s *study) bond(why string) []string {
	var tuned, against []string
	for _, d := range s.dimensions {
		for _, w := range d.Tuned {
			tuned = append(tuned, fmt.Sprintf("The %s of %s was tuned for each %s on validation by this sweep.", w, orUnnamed(s.name), d.Name))
		}
		against = append(against, s.objections(d, orUnnamed(s.name))...)
	}
	if len(against) > 0 || len(tuned) == 0 {
		return against
	}
	return []string{cmp.Or(why, strings.Join(tuned, " "))}
}
