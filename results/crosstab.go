package results

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"sweep/sweeps"
)

// CrosstabOptions say what a table of a sweep shows.
type CrosstabOptions struct {
	Rows string // a hyperparameter, one row for each of its values
	Cols string // another one, or "" for a single column
	Cell string // the metric in the cells; "": the sweep's own
	// Where restricts the trials, as in a Selection.
	Where string
}

// Crosstab is a sweep's configurations by the values of two of its hyperparameters.
type Crosstab struct {
	Sweep  string `json:"sweep"`
	Metric string `json:"metric"` // in the cells
	Goal   string `json:"goal"`   // of that metric
	Rows   string `json:"rows"`
	Cols   string `json:"cols"` // "": there is one column

	RowValues []sweeps.Value `json:"row_values"` // the absent value last: a configuration that has no such parameter
	ColValues []sweeps.Value `json:"col_values"`
	Cells     [][]Cell       `json:"cells"` // by row and column
	// Chosen are the parameters that vary within a cell, of which it shows the best by ChosenBy.
	Chosen   []string `json:"chosen"`
	ChosenBy string   `json:"chosen_by"`
	// Notes are sentences that belong under the table: what the intervals and marks mean, and what was chosen.
	Notes []string `json:"notes"`
}

// Cell is one configuration in a Crosstab. The zero Cell is that of a combination that the sweep does not have.
type Cell struct {
	Configuration string   `json:"configuration"` // "": there is none
	N             int      `json:"n"`
	Mean          *float64 `json:"mean"`
	SD            *float64 `json:"sd"`
	Low           *float64 `json:"low"` // 95 % interval of the mean; nil with one replicate
	High          *float64 `json:"high"`
	Best          Flag     `json:"best"`
	TiedWithBest  Flag     `json:"tied_with_best"`
	Diverged      int      `json:"diverged"` // replicates: such a configuration is not ranked
	// State says why there is no mean: diverged, stopped, failed, running or waiting; "" with one.
	State string `json:"state"`
	// Chosen are the values of the table's Chosen.
	Chosen sweeps.Values `json:"chosen"`
	// Of says out of how many configurations the cell's was chosen.
	Of int `json:"of"`
}

// Tied reports whether the cell is to be marked as one that cannot be told apart from the best. With one replicate that
// goes for all of them, and says nothing.
func (c Cell) Tied() bool { return bool(c.TiedWithBest) && !bool(c.Best) && c.Low != nil }

// ErrTable reports that a sweep does not make the table that was asked for.
var ErrTable = errors.New("no such table")

// Crosstab sets a sweep's configurations out by the values of two hyperparameters. Where further ones vary within a cell
// it shows the configuration that is best by the sweep's own metric, whatever metric it shows, so that tables of several
// metrics are of the same models, and no figure of the test part chooses. Errors wrap ErrTable, ErrQuery or ErrNotFound.
func (s *Store) Crosstab(ctx context.Context, sweep string, o CrosstabOptions) (Crosstab, error) {
	keep := func(replicate) bool { return true }
	if o.Where != "" {
		rows, truncated, err := s.Select(ctx, sweep, Selection{Where: o.Where})
		if err != nil {
			return Crosstab{}, err
		}
		if truncated {
			return Crosstab{}, fmt.Errorf("%w: more than %d trials are too many for a table", ErrTable, queryRows)
		}
		wanted := map[string]bool{}
		for _, r := range rows {
			wanted[r.Trial] = true
		}
		keep = func(r replicate) bool { return wanted[r.Trial] }
	}
	var tab Crosstab
	err := s.view(ctx, "tabulate sweep "+sweep, func(tx *gorm.DB) error {
		t, err := s.tabulation(tx, sweep, o, keep)
		if err != nil {
			return err
		}
		tab = t.table()
		return nil
	})
	return tab, err
}

// tabulation is a Crosstab in the making.
type tabulation struct {
	options CrosstabOptions
	own     standings                // of all configurations, by the sweep's metric
	shown   standings                // of those in the cells, by the metric in them
	values  map[string]sweeps.Values // by configuration
	rows    []sweeps.Value
	cols    []sweeps.Value
	picked  map[[2]sweeps.Value]*pick
	further []string // parameters that vary within a cell
}

// pick is the configuration that a cell shows.
type pick struct {
	of     int
	chosen *candidate // of own
	shown  *candidate // the same one of shown
}

func (s *Store) tabulation(tx *gorm.DB, sweep string, o CrosstabOptions, keep func(replicate) bool) (*tabulation, error) {
	row, err := sweepNamed(tx, sweep)
	if err != nil {
		return nil, err
	}
	t := &tabulation{options: o, values: map[string]sweeps.Values{}, picked: map[[2]sweeps.Value]*pick{}}
	if t.own, err = s.weigh(tx, row, "", func(_ string, r replicate) bool { return keep(r) }); err != nil {
		return nil, err
	}
	if len(t.own.candidates) == 0 {
		return nil, fmt.Errorf("%w: no trial of sweep %s is left%s", ErrTable, sweep, where(o.Where))
	}
	if err := t.layOut(); err != nil {
		return nil, err
	}
	if err := t.pick(); err != nil {
		return nil, err
	}
	if o.Cell == "" || o.Cell == row.Metric {
		t.shown = t.own
	} else {
		in := map[string]bool{}
		for _, p := range t.picked {
			in[p.chosen.Configuration.Configuration] = true
		}
		t.shown, err = s.weigh(tx, row, o.Cell, func(configuration string, r replicate) bool { return in[configuration] && keep(r) })
		if err != nil {
			return nil, err
		}
		if !t.shown.recorded {
			names, err := finalMetrics(tx, sweep)
			if err != nil || len(names) > 0 {
				return nil, errors.Join(err, fmt.Errorf("metric %s: %w; the sweep has %s", o.Cell, ErrNotFound, list(names)))
			}
		}
	}
	for _, p := range t.picked {
		for i := range t.shown.candidates {
			if t.shown.candidates[i].id == p.chosen.id {
				p.shown = &t.shown.candidates[i]
			}
		}
	}
	return t, nil
}

func where(expression string) string {
	if expression == "" {
		return ""
	}
	return " where " + expression
}

// layOut finds the values of both axes.
func (t *tabulation) layOut() error {
	var names []string
	for i := range t.own.candidates {
		c := &t.own.candidates[i]
		vs, err := decodeParams(c.Params)
		if err != nil {
			return err
		}
		t.values[c.Configuration.Configuration] = vs
		for _, v := range vs {
			if !slices.Contains(names, v.Name) {
				names = append(names, v.Name)
			}
		}
	}
	for _, axis := range []struct{ flag, name string }{{"rows", t.options.Rows}, {"cols", t.options.Cols}} {
		if axis.name == "" && axis.flag == "cols" {
			continue
		}
		if !slices.Contains(names, axis.name) {
			return fmt.Errorf("%w: the sweep has no parameter %q for its %s; %s", ErrTable, axis.name, axis.flag, sweeps.Suggest(axis.name, names))
		}
	}
	if t.options.Rows == t.options.Cols {
		return fmt.Errorf("%w: rows and columns are both %s", ErrTable, t.options.Rows)
	}
	for _, c := range t.own.candidates {
		at := t.place(c.Configuration.Configuration)
		if !slices.Contains(t.rows, at[0]) {
			t.rows = append(t.rows, at[0])
		}
		if !slices.Contains(t.cols, at[1]) {
			t.cols = append(t.cols, at[1])
		}
	}
	sortValues(t.rows)
	sortValues(t.cols)
	return nil
}

// place is where a configuration stands: 3e6 and 3000000 are one value.
func (t *tabulation) place(configuration string) [2]sweeps.Value {
	var at [2]sweeps.Value
	for i, name := range []string{t.options.Rows, t.options.Cols} {
		v, _ := t.values[configuration].Lookup(name)
		if whole, ok := v.Int(); ok {
			v = sweeps.IntValue(whole)
		}
		at[i] = v
	}
	return at
}

// sortValues puts numbers in their order, and leaves other values in the plan's; the absent value is the last.
func sortValues(vs []sweeps.Value) {
	slices.SortStableFunc(vs, func(a, b sweeps.Value) int {
		if a.Kind() == 0 || b.Kind() == 0 {
			return cmp.Compare(b.Kind(), a.Kind())
		}
		x, ok := a.Float()
		if y, also := b.Float(); ok && also {
			return cmp.Compare(x, y)
		}
		return 0
	})
}

// pick chooses what each cell shows: of several configurations the one that ranks first, of those that are not ranked the
// one with the best mean, or else the first in the plan.
func (t *tabulation) pick() error {
	order := slices.Clone(t.own.order)
	for _, with := range []bool{true, false} {
		for i := range t.own.candidates {
			if c := &t.own.candidates[i]; c.Rank == nil && (c.Mean != nil) == with {
				order = append(order, i)
			}
		}
		if with {
			sign := map[bool]float64{false: 1, true: -1}[t.own.maximize]
			slices.SortStableFunc(order[len(t.own.order):], t.own.byMean(sign))
		}
	}
	for _, i := range order {
		c := &t.own.candidates[i]
		at := t.place(c.Configuration.Configuration)
		if p := t.picked[at]; p != nil {
			p.of++
		} else {
			t.picked[at] = &pick{of: 1, chosen: c}
		}
	}
	for _, c := range t.own.candidates {
		first := t.values[t.picked[t.place(c.Configuration.Configuration)].chosen.Configuration.Configuration]
		for _, v := range slices.Concat(t.values[c.Configuration.Configuration], first) {
			x, _ := t.values[c.Configuration.Configuration].Lookup(v.Name)
			y, _ := first.Lookup(v.Name)
			if !x.Same(y) && !slices.Contains(t.further, v.Name) {
				t.further = append(t.further, v.Name)
			}
		}
	}
	if len(t.further) > 0 && t.own.mixed {
		return fmt.Errorf("%w: %s in a cell of several, which are on different texts or vocabularies, so that none of them is the best; "+
			"say which with --where, such as --where \"%s = %s\"", ErrTable, vary(t.further), t.further[0], t.example(t.further[0]))
	}
	return nil
}

func vary(names []string) string {
	if len(names) == 1 {
		return names[0] + " varies"
	}
	return list(names) + " vary"
}

// example is a value of a parameter as --where takes it.
func (t *tabulation) example(name string) string {
	for _, c := range t.own.candidates {
		v, ok := t.values[c.Configuration.Configuration].Lookup(name)
		if text, isText := v.Text(); isText {
			return literal(text)
		} else if ok {
			return v.String()
		}
	}
	return "NULL"
}

// honest reports whether the marks may go by the metric in the cells: by one of the test part nothing is chosen.
func (t *tabulation) honest() bool { return !strings.HasPrefix(t.shown.metric, "test/") }

func (t *tabulation) table() Crosstab {
	tab := Crosstab{
		Sweep: t.own.sweep.Sweep, Metric: t.shown.metric, Goal: "minimize", Rows: t.options.Rows, Cols: t.options.Cols,
		RowValues: t.rows, ColValues: t.cols, Chosen: t.further, ChosenBy: t.own.metric,
	}
	if t.shown.maximize {
		tab.Goal = "maximize"
	}
	for _, r := range t.rows {
		line := make([]Cell, len(t.cols))
		for i, c := range t.cols {
			if p := t.picked[[2]sweeps.Value{r, c}]; p != nil {
				line[i] = t.cell(p)
			}
		}
		tab.Cells = append(tab.Cells, line)
	}
	tab.Notes = t.notes(tab)
	return tab
}

func (t *tabulation) cell(p *pick) Cell {
	c := Cell{Configuration: p.chosen.Configuration.Configuration, Of: p.of}
	for _, name := range t.further {
		if v, ok := t.values[c.Configuration].Lookup(name); ok {
			c.Chosen = append(c.Chosen, sweeps.Setting{Name: name, Value: v})
		}
	}
	if p.shown == nil {
		c.State = string(sweeps.Waiting)
		return c
	}
	marks := p.shown
	if !t.honest() {
		marks = p.chosen
	}
	c.N, c.Mean, c.SD, c.Low, c.High = p.shown.N, p.shown.Mean, p.shown.SD, p.shown.Low, p.shown.High
	c.Best, c.TiedWithBest = marks.Best, marks.TiedWithBest
	for _, r := range p.shown.replicates {
		if r.State == sweeps.Diverged || r.State == sweeps.Complete && r.Has && r.Value == nil {
			c.Diverged++
		}
	}
	if c.Mean == nil {
		c.State = stateOf(p.shown.replicates)
	}
	return c
}

// stateOf says why replicates have no mean, by the one that says most.
func stateOf(rs []replicate) string {
	for _, s := range []sweeps.State{sweeps.Diverged, sweeps.Stopped, sweeps.Failed, sweeps.Running} {
		if slices.ContainsFunc(rs, func(r replicate) bool { return r.State == s }) {
			return string(s)
		}
	}
	if slices.ContainsFunc(rs, func(r replicate) bool { return r.Has && r.Value == nil }) {
		return string(sweeps.Diverged)
	}
	return string(sweeps.Waiting)
}

func (t *tabulation) notes(tab Crosstab) []string {
	way := "the lower the better"
	if t.shown.maximize {
		way = "the higher the better"
	}
	notes := []string{fmt.Sprintf("Cells: mean %s over n replicates, %s, with its 95%% interval where n is above 1.", tab.Metric, way)}
	if t.options.Where != "" {
		notes = append(notes, fmt.Sprintf("Only trials where %s.", strings.Join(strings.Fields(t.options.Where), " ")))
	}
	notes = append(notes, t.choices(tab)...)
	var ranked, best, tied, diverged bool
	for _, line := range tab.Cells {
		for _, c := range line {
			ranked = ranked || c.Mean != nil
			best, tied, diverged = best || bool(c.Best), tied || c.Tied(), diverged || c.Diverged > 0
		}
	}
	by := "by " + tab.Metric
	if !t.honest() {
		by = "by " + t.own.metric + ", since no figure of the test part chooses"
	}
	switch {
	case best && tied:
		notes = append(notes, fmt.Sprintf("Bold: the best %s; underlined: those that cannot be told apart from it at 5%%.", by))
	case best:
		notes = append(notes, fmt.Sprintf("Bold: the best %s.", by))
	case ranked && t.own.mixed:
		notes = append(notes, "Nothing is marked: the configurations are on different texts or vocabularies.")
	}
	if diverged {
		notes = append(notes, Dagger+" A replicate diverged: the mean is over the others, and the configuration is not ranked.")
	}
	return notes
}

// Dagger marks configurations with a diverged replicate.
const Dagger = "\u2020"

// choices say what the cells were chosen from: in one sentence where all cells have the same.
func (t *tabulation) choices(tab Crosstab) []string {
	if len(t.further) == 0 {
		return nil
	}
	var parts []string
	var same sweeps.Values
	alike := true
	for i, line := range tab.Cells {
		for j, c := range line {
			if c.Configuration == "" {
				continue
			}
			if same == nil {
				same = c.Chosen
			}
			alike = alike && slices.Equal(same, c.Chosen)
			at := name(tab.RowValues[i])
			if tab.Cols != "" {
				at += " x " + name(tab.ColValues[j])
			}
			parts = append(parts, at+": "+settings(c.Chosen))
		}
	}
	first, last := fmt.Sprintf("Of the values of %s each cell shows the best by %s", list(t.further), t.own.metric), ""
	if t.own.metric == t.shown.metric {
		last = " What was chosen by the figures that are shown looks a little too good."
	}
	if alike {
		return []string{first + ", in all of them " + settings(same) + "." + last}
	}
	return []string{first + ". " + strings.Join(parts, "; ") + "." + last}
}

func settings(vs sweeps.Values) string {
	var parts []string
	for _, v := range vs {
		parts = append(parts, v.Name+" = "+v.Value.String())
	}
	return cmp.Or(strings.Join(parts, ", "), "none")
}

func name(v sweeps.Value) string { return cmp.Or(v.String(), "none") }
