package reports

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"sweep/results"
)

// The tables of the page.

// configurationTable lists the configurations by rank.
func (s *study) configurationTable() pageTable {
	t := pageTable{}
	head := []string{"rank", "<<"}
	for _, d := range s.dimensions {
		head = append(head, d.Name)
		head = append(head, d.With...)
	}
	accuracy := slices.ContainsFunc(s.configs, func(c config) bool { return !math.IsNaN(c.average("val_accuracy")) })
	perplexity := !s.metric.Perplexity && slices.ContainsFunc(s.configs, func(c config) bool { return !math.IsNaN(c.average("val_perplexity")) })
	test := slices.ContainsFunc(s.configs, func(c config) bool { return !math.IsNaN(c.average("test_perplexity")) })
	head = append(head, s.metric.axisLabel(), "95 % interval", "n")
	if accuracy {
		head = append(head, "validation accuracy")
	}
	if perplexity {
		head = append(head, "validation perplexity")
	}
	if test {
		head = append(head, "test perplexity")
	}
	head = append(head, "parameters", "seconds", "<configuration")
	t.Columns = columns(head...)
	ppl := metric{Perplexity: true}
	for k, i := range s.byRank() {
		if k == mostConfigs {
			t.Note = fmt.Sprintf("%d more are in the record.", len(s.configs)-mostConfigs)
			break
		}
		c := s.configs[i]
		row := []string{"–", s.verdict(i)}
		if c.rank > 0 {
			row[0] = strconv.Itoa(c.rank)
		}
		for _, d := range s.dimensions {
			for _, n := range append([]string{d.Name}, d.With...) {
				row = append(row, c.params[n].String())
			}
		}
		interval := "–"
		if !math.IsNaN(c.low) && !math.IsNaN(c.high) {
			interval = s.metric.format(c.low) + " to " + s.metric.format(c.high)
		}
		row = append(row, s.metric.format(c.mean), interval, strconv.Itoa(c.N))
		if accuracy {
			row = append(row, metric{Share: true}.format(c.average("val_accuracy")))
		}
		if perplexity {
			row = append(row, ppl.format(c.average("val_perplexity")))
		}
		if test {
			row = append(row, ppl.format(c.average("test_perplexity")))
		}
		row = append(row, thousands(c.parameters), seconds(c.seconds), c.Configuration.Configuration)
		t.Rows = append(t.Rows, pageRow{Cells: row, Best: i == s.best})
	}
	return t
}

func seconds(v float64) string {
	if !usable(v, linear) {
		return "–"
	}
	return strconv.FormatFloat(v, 'f', 1, 64)
}

// verdict is one word about a configuration.
func (s *study) verdict(i int) string {
	c := s.configs[i]
	switch {
	case i == s.best:
		return "best"
	case c.diverged > 0:
		return fmt.Sprintf("%d of %d diverged, not ranked", c.diverged, len(c.trials))
	case s.mixed:
		return "not ranked: another text or vocabulary"
	case c.rank == 0:
		return "not ranked"
	case bool(c.TiedWithBest):
		return "not told from the best"
	case s.replicates == 1:
		return ""
	}
	return "worse"
}

// trialTable lists the trials in running order.
func (s *study) trialTable(in Input) pageTable {
	head := []string{"<trial"}
	for _, d := range s.dimensions {
		head = append(head, d.Name)
		head = append(head, d.With...)
	}
	head = append(head, "replicate", "seed", "<state", s.metric.axisLabel())
	if s.metric.Name != "val/accuracy" {
		head = append(head, "validation accuracy")
	}
	test := slices.ContainsFunc(in.Trials, func(t results.Trial) bool { return t.TestPerplexity != nil })
	if test {
		head = append(head, "test perplexity")
	}
	head = append(head, "steps", "seconds", "attempts")
	t := pageTable{Columns: columns(head...), Folded: len(in.Trials) > 30}
	index := map[string]*config{}
	for i := range s.configs {
		index[s.configs[i].Configuration.Configuration] = &s.configs[i]
	}
	n := 0
	for _, tr := range in.Trials {
		c := index[tr.Configuration]
		if c == nil || bool(tr.Retired) {
			continue
		}
		if n++; n > mostTrials {
			continue
		}
		row := []string{tr.Trial}
		for _, d := range s.dimensions {
			for _, name := range append([]string{d.Name}, d.With...) {
				row = append(row, c.params[name].String())
			}
		}
		row = append(row, strconv.Itoa(tr.Replicate), strconv.FormatUint(tr.Seed, 10), tr.State, s.metric.format(orNaN(tr.Value)))
		if s.metric.Name != "val/accuracy" {
			row = append(row, metric{Share: true}.format(orNaN(tr.ValAccuracy)))
		}
		if test {
			row = append(row, metric{Perplexity: true}.format(orNaN(tr.TestPerplexity)))
		}
		row = append(row, thousands(tr.Steps), seconds(tr.Seconds), strconv.Itoa(tr.Attempts))
		t.Rows = append(t.Rows, pageRow{Cells: row, Best: !s.mixed && tr.Trial != "" && tr.Trial == in.Answer.BestTrial})
	}
	t.Title = count(n, "trial")
	if n > mostTrials {
		t.Note = fmt.Sprintf("The first %d of %d; the record holds all.", mostTrials, n)
	}
	return t
}

// failureTable lists what went wrong, with the reason.
func (s *study) failureTable() pageTable {
	t := pageTable{Columns: columns("<trial", "<configuration", "replicate", "<state", "steps", "<<reason")}
	for _, c := range s.configs {
		for _, tr := range c.trials {
			if tr.State != "failed" && tr.State != "diverged" {
				continue
			}
			reason := ""
			if tr.Error != nil {
				reason = *tr.Error
			}
			t.Rows = append(t.Rows, pageRow{Cells: []string{tr.Trial.Trial, s.label(c), strconv.Itoa(tr.Replicate), tr.State, thousands(tr.Steps), reason}})
		}
	}
	if len(t.Rows) > mostTrials {
		t.Note = fmt.Sprintf("The first %d of %d.", mostTrials, len(t.Rows))
		t.Rows = t.Rows[:mostTrials]
	}
	return t
}

// baselineTable lists every count model.
func (s *study) baselineTable() *pageTable {
	if len(s.baselines) == 0 {
		return nil
	}
	t := &pageTable{Columns: columns("<model", "validation loss (nats/token)", "validation perplexity", "validation accuracy", "test perplexity", "parameters")}
	for _, b := range s.baselines {
		t.Rows = append(t.Rows, pageRow{Cells: []string{baselineName(b), metric{Loss: true}.format(orNaN(b.ValLoss)), metric{Perplexity: true}.format(orNaN(b.ValPerplexity)),
			metric{Share: true}.format(orNaN(b.ValAccuracy)), metric{Perplexity: true}.format(orNaN(b.TestPerplexity)), thousands(b.Parameters)}})
	}
	return t
}
