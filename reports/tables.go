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
	t := pageTable{ID: "table-configurations"}
	swept := s.sweptDimensions()
	head := []string{"rank", "<<verdict"}
	for _, d := range swept {
		head = append(head, d.Name)
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
	t.key(map[string]string{s.metric.axisLabel(): s.metric.Name, "95 % interval": "interval", "validation accuracy": "val/accuracy",
		"validation perplexity": "val/perplexity", "test perplexity": "test/perplexity"})
	ppl := metric{Perplexity: true}
	for k, i := range s.byRank() {
		if k == mostConfigs {
			t.Note = fmt.Sprintf("%d more are in the record.", len(s.configs)-mostConfigs)
			break
		}
		c := s.configs[i]
		row := pageRow{Best: i == s.best}
		if c.rank > 0 {
			row.add(strconv.Itoa(c.rank), c.rank)
		} else {
			row.add("–", nil)
		}
		row.add(s.verdict(i), s.verdict(i))
		for _, d := range swept {
			row.add(c.params[d.Name].String(), d.exact(c.params[d.Name]))
		}
		interval := "–"
		if !math.IsNaN(c.low) && !math.IsNaN(c.high) {
			interval = s.metric.format(c.low) + " to " + s.metric.format(c.high)
		}
		row.add(s.metric.format(c.mean), exact(c.mean))
		row.add(interval, exact(c.high-c.low)) // sorted by its width
		row.add(strconv.Itoa(c.N), c.N)
		if accuracy {
			row.add(metric{Share: true}.format(c.average("val_accuracy")), exact(c.average("val_accuracy")))
		}
		if perplexity {
			row.add(ppl.format(c.average("val_perplexity")), exact(c.average("val_perplexity")))
		}
		if test {
			row.add(ppl.format(c.average("test_perplexity")), exact(c.average("test_perplexity")))
		}
		row.add(thousands(c.parameters), c.parameters)
		row.add(seconds(c.seconds), exact(c.seconds))
		row.add(c.Configuration.Configuration, c.Configuration.Configuration)
		t.Rows = append(t.Rows, row)
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
	swept := s.sweptDimensions()
	for _, d := range swept {
		head = append(head, d.Name)
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
	t := pageTable{ID: "table-trials", Columns: columns(head...), Folded: len(in.Trials) > 30}
	t.key(map[string]string{s.metric.axisLabel(): s.metric.Name, "validation accuracy": "val/accuracy", "test perplexity": "test/perplexity"})
	for i, d := range swept {
		t.Axes = append(t.Axes, d.pageAxis(1+i))
	}
	t.Axes = append(t.Axes, s.metricAxis(slices.IndexFunc(t.Columns, func(c pageColumn) bool { return c.Key == s.metric.Name }), in.Trials))
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
		row := pageRow{Best: !s.mixed && tr.Trial != "" && tr.Trial == in.Answer.BestTrial}
		row.add(tr.Trial, tr.Trial)
		for _, d := range swept {
			row.add(c.params[d.Name].String(), d.exact(c.params[d.Name]))
		}
		row.add(strconv.Itoa(tr.Replicate), tr.Replicate)
		row.add(strconv.FormatUint(tr.Seed, 10), strconv.FormatUint(tr.Seed, 10)) // a script's numbers have 53 bits
		row.add(tr.State, tr.State)
		row.add(s.metric.format(orNaN(tr.Value)), exact(orNaN(tr.Value)))
		if s.metric.Name != "val/accuracy" {
			row.add(metric{Share: true}.format(orNaN(tr.ValAccuracy)), exact(orNaN(tr.ValAccuracy)))
		}
		if test {
			row.add(metric{Perplexity: true}.format(orNaN(tr.TestPerplexity)), exact(orNaN(tr.TestPerplexity)))
		}
		row.add(thousands(tr.Steps), tr.Steps)
		row.add(seconds(tr.Seconds), exact(tr.Seconds))
		row.add(strconv.Itoa(tr.Attempts), tr.Attempts)
		t.Rows = append(t.Rows, row)
	}
	t.Title = count(n, "trial")
	if n > mostTrials {
		t.Note = fmt.Sprintf("The first %d of %d; the record holds all.", mostTrials, n)
	}
	return t
}

// failureTable lists what went wrong, with the reason.
func (s *study) failureTable() pageTable {
	t := pageTable{ID: "table-failures", Columns: columns("<trial", "<configuration", "replicate", "<state", "steps", "<<reason")}
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
	t := &pageTable{ID: "table-baselines", Columns: columns("<model", "validation loss (nats/token)", "validation perplexity", "validation accuracy", "test perplexity", "parameters")}
	for _, b := range s.baselines {
		t.Rows = append(t.Rows, pageRow{Cells: []string{baselineName(b), metric{Loss: true}.format(orNaN(b.ValLoss)), metric{Perplexity: true}.format(orNaN(b.ValPerplexity)),
			metric{Share: true}.format(orNaN(b.ValAccuracy)), metric{Perplexity: true}.format(orNaN(b.TestPerplexity)), thousands(b.Parameters)}})
	}
	return t
}
