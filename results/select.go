package results

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"sweep/sweeps"
)

// paramPrefix stands before the name of a hyperparameter where it could be taken for a column.
const paramPrefix = "param."

// Selection says which trials of a sweep are wanted and in what order. A name is a column of v_trials, or a hyperparameter
// as param.NAME; the bare NAME will do where no column has it.
type Selection struct {
	// Where is an SQL expression that holds for a trial; "" takes all.
	Where string
	// Sort are names to sort by, the first deciding most; a dash before one turns its order round. NULL comes last. Equals
	// stand in the order of the plan.
	Sort []string
}

// trialColumns are the columns of v_trials in their order, which is that of a Trial's fields.
var trialColumns = func() (names []string) {
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Trial]()) {
		names = append(names, f.Tag.Get("json"))
	}
	return names
}()

// TrialColumns returns the columns of v_trials in their order.
func TrialColumns() []string { return slices.Clone(trialColumns) }

// ParamNames returns the hyperparameters that trials have, in the order in which they first appear.
func ParamNames(trials []Trial) ([]string, error) {
	var names []string
	seen := map[string]bool{}
	read := map[string]bool{} // configurations
	for _, t := range trials {
		if read[t.Configuration] {
			continue
		}
		read[t.Configuration] = true
		vs, err := decodeParams(t.Params)
		if err != nil {
			return nil, err
		}
		for _, v := range vs {
			if !seen[v.Name] {
				seen[v.Name] = true
				names = append(names, v.Name)
			}
		}
	}
	return names, nil
}

// kindsOf are the kinds of values that trials have of a hyperparameter.
func kindsOf(trials []Trial, param string) (kinds []sweeps.Kind) {
	for _, t := range trials {
		vs, err := decodeParams(t.Params)
		if err != nil {
			continue // which ParamNames has said
		}
		if v, ok := vs.Lookup(param); ok && !slices.Contains(kinds, v.Kind()) {
			kinds = append(kinds, v.Kind())
		}
	}
	return kinds
}

// Names are what the trials of a sweep may be asked for.
type Names struct {
	Params []string
	Metric string // the sweep's, by which the column value is known too

	value func(param string) string // an expression for what a row of v_trials v has of a parameter; Select's alone
}

// Resolve returns the full name of a column or hyperparameter: a column of v_trials, or param.NAME. The metric's name is the column value. An unknown one is an
// error that wraps ErrQuery and says what was probably meant.
func (n Names) Resolve(name string) (string, error) {
	param, prefixed := strings.CutPrefix(name, paramPrefix)
	switch {
	case prefixed && slices.Contains(n.Params, param):
		return name, nil
	case !prefixed && slices.Contains(trialColumns, name):
		return name, nil
	case !prefixed && slices.Contains(n.Params, name):
		return paramPrefix + name, nil
	case !prefixed && name != "" && name == n.Metric:
		return "value", nil
	}
	return "", n.unknown(name)
}

func (n Names) unknown(name string) error {
	known := slices.Concat(trialColumns, n.Params)
	if param, ok := strings.CutPrefix(name, paramPrefix); ok {
		name, known = param, n.Params
		return fmt.Errorf("%w: the sweep has no parameter %q; %s", ErrQuery, name, sweeps.Suggest(name, known))
	}
	if name != "" && name == n.Metric {
		return fmt.Errorf("%w: there is no column or parameter %q; what the sweep's metric came to is the column value", ErrQuery, name)
	}
	return fmt.Errorf("%w: there is no column or parameter %q; %s", ErrQuery, name, sweeps.Suggest(name, known))
}

// Select returns trials of a sweep, retired ones too, those first that Sort puts first. The expressions are bounded as a
// Query is; truncated says that more than its 10,000 trials fit. Errors of the caller's wrap ErrQuery.
func (s *Store) Select(ctx context.Context, sweep string, o Selection) (rows []Trial, truncated bool, err error) {
	if rows, err = s.Trials(ctx, sweep); err != nil || o.Where == "" && len(o.Sort) == 0 {
		return rows, false, err
	}
	params, err := ParamNames(rows)
	if err != nil {
		return nil, false, err
	}
	sw, err := s.Sweep(ctx, sweep)
	if err != nil {
		return nil, false, err
	}
	names := Names{Params: params, Metric: sw.Metric, value: func(param string) string { return s.db.param(param, kindsOf(rows, param)) }}
	statement, err := names.statement(sweep, o)
	if err != nil {
		return nil, false, err
	}
	found, err := s.Query(ctx, statement)
	if err != nil {
		return nil, false, names.explain(err)
	}
	at := make(map[string]int64, len(found.Rows)) // places in the order asked for
	for _, r := range found.Rows {
		place := int64(0)
		if len(r) > 1 {
			place, _ = r[1].(int64)
		}
		at[fmt.Sprint(r[0])] = place
	}
	rows = slices.DeleteFunc(rows, func(t Trial) bool { _, ok := at[t.Trial]; return !ok })
	if len(o.Sort) > 0 {
		slices.SortStableFunc(rows, func(a, b Trial) int { return cmp.Compare(at[a.Trial], at[b.Trial]) })
	}
	return rows, found.Truncated, nil
}

// statement writes the query for the ids of the trials wanted.
func (n Names) statement(sweep string, o Selection) (string, error) {
	used := map[string]bool{}
	where := "1 = 1"
	if strings.TrimSpace(o.Where) != "" {
		var err error
		if where, err = n.expression(o.Where, used); err != nil {
			return "", err
		}
	}
	var order []string
	for _, key := range o.Sort {
		name, down := strings.CutPrefix(strings.TrimSpace(key), "-")
		name, err := n.Resolve(name)
		if err != nil {
			return "", fmt.Errorf("sort by %s: %w", key, err)
		}
		if strings.HasPrefix(name, paramPrefix) {
			used[name] = true
		}
		way := "ASC"
		if down {
			way = "DESC"
		}
		order = append(order, fmt.Sprintf("%s IS NULL, %[1]s %s", quoted(name), way))
	}
	var b strings.Builder
	b.WriteString("SELECT trial")
	if len(order) > 0 { // equals have one rank
		b.WriteString(", rank() OVER (ORDER BY " + strings.Join(order, ", ") + ") AS place")
	}
	b.WriteString(" FROM (SELECT v.*")
	for _, name := range n.Params {
		if used[paramPrefix+name] {
			fmt.Fprintf(&b, ", %s AS %s", n.value(name), quoted(paramPrefix+name))
		}
	}
	// The line ends keep a remark at the expression's end from hiding what follows it.
	fmt.Fprintf(&b, " FROM v_trials v WHERE v.sweep = %s) t WHERE (\n%s\n)", literal(sweep), where)
	if len(order) > 0 {
		b.WriteString(" ORDER BY place")
	}
	return b.String(), nil
}

// quoted writes a name as SQL does.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// literal writes a text as SQL does.
func literal(text string) string { return `'` + strings.ReplaceAll(text, `'`, `''`) + `'` }

// expression checks that a text is one expression and spells the names of hyperparameters in it in full; used is told which.
// What the names of columns stand for SQLite finds out itself.
func (n Names) expression(text string, used map[string]bool) (string, error) {
	var b strings.Builder
	depth := 0
	for at := 0; at < len(text); {
		if name, length, quote := n.param(text[at:], at > 0 && wordByte(text[at-1]) || at > 0 && text[at-1] == '.'); length > 0 {
			if _, err := n.Resolve(name); err != nil {
				return "", err
			}
			if full, _ := n.Resolve(name); strings.HasPrefix(full, paramPrefix) {
				used[full] = true
				b.WriteString(quoted(full))
			} else if quote {
				b.WriteString(quoted(full))
			} else {
				b.WriteString(text[at : at+length])
			}
			at += length
			continue
		}
		length, _, err := token(text[at:])
		if err != nil {
			return "", err
		}
		switch text[at] {
		case '(':
			depth++
		case ')':
			depth--
		case ';':
			return "", fmt.Errorf("%w: an expression has no semicolon", ErrQuery)
		}
		if depth < 0 {
			return "", fmt.Errorf("%w: a parenthesis is closed that was not opened", ErrQuery)
		}
		b.WriteString(text[at : at+length])
		at += length
	}
	if depth > 0 {
		return "", fmt.Errorf("%w: a parenthesis is not closed", ErrQuery)
	}
	return b.String(), nil
}

// param returns the name that s starts with and its length there: param.NAME, a bare NAME of a hyperparameter, or anything
// in double quotes, which SQLite would take for a text if it is no name. inside says that s begins within a word.
func (n Names) param(s string, inside bool) (name string, length int, quote bool) {
	if inside {
		return "", 0, false
	}
	if s[0] == '"' {
		length, _, err := token(s)
		if err != nil {
			return "", 0, false // which token says
		}
		return s[1 : length-1], length, true
	}
	bare, prefixed := s, len(s) > len(paramPrefix) && strings.EqualFold(s[:len(paramPrefix)], paramPrefix)
	if prefixed {
		bare = s[len(paramPrefix):]
		if bare[0] == '"' {
			length, _, err := token(bare)
			if err != nil {
				return "", 0, false
			}
			return paramPrefix + bare[1:length-1], len(paramPrefix) + length, true
		}
	}
	best := ""
	for _, p := range n.Params { // the longest, for names may hold dots and dashes
		if len(p) > len(best) && strings.HasPrefix(bare, p) && (len(bare) == len(p) || !wordByte(bare[len(p)]) && bare[len(p)] != '.') {
			best = p
		}
	}
	switch {
	case best != "" && prefixed:
		return paramPrefix + best, len(paramPrefix) + len(best), false
	case best != "" && !called(bare[len(best):]) && !slices.Contains(operators, strings.ToUpper(best)):
		return best, len(best), false
	case prefixed:
		end := strings.IndexFunc(bare, func(r rune) bool { return r < 128 && !wordByte(byte(r)) && r != '.' })
		if end < 0 {
			end = len(bare)
		}
		return paramPrefix + bare[:end], len(paramPrefix) + end, false
	}
	return "", 0, false
}

// operators are words of expressions: a hyperparameter of such a name has to be asked for as param.NAME.
var operators = []string{"AND", "BETWEEN", "CASE", "ELSE", "END", "ESCAPE", "FROM", "GLOB", "IN", "IS", "LIKE", "NOT", "NULL", "OR", "SELECT", "THEN", "WHEN", "WHERE"}

// called reports whether an argument list follows a name: then it is a function's.
func called(rest string) bool { return strings.HasPrefix(strings.TrimLeft(rest, " \t\r\n"), "(") }

func wordByte(c byte) bool {
	return c == '_' || c == '$' || c >= 0x80 || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

var noColumn = regexp.MustCompile(`(?:no such column: (?:[A-Za-z]+\.)?|column (?:[A-Za-z]+\.)?)"?([^"\s();]+)"?`)

// explain adds to an error of SQLite's what was probably meant.
func (n Names) explain(err error) error {
	if m := noColumn.FindStringSubmatch(err.Error()); m != nil && errors.Is(err, ErrQuery) {
		return n.unknown(m[1])
	}
	return err
}

// Cells returns what a trial has, as JSON, under names that Names.Resolve has given.
func (t Trial) Cells(names []string) ([]json.RawMessage, error) {
	var params sweeps.Values
	out := make([]json.RawMessage, len(names))
	row := reflect.ValueOf(t)
	for i, name := range names {
		var cell any
		if param, ok := strings.CutPrefix(name, paramPrefix); ok {
			if params == nil {
				var err error
				if params, err = decodeParams(t.Params); err != nil {
					return nil, err
				}
			}
			cell, _ = params.Lookup(param)
		} else {
			at := slices.Index(trialColumns, name)
			if at < 0 {
				return nil, fmt.Errorf("results: v_trials has no column %s", name)
			}
			cell = row.Field(at).Interface()
		}
		b, err := json.Marshal(cell)
		if err != nil {
			return nil, fmt.Errorf("write %s of trial %s: %w", name, t.Trial, err)
		}
		out[i] = b
	}
	return out, nil
}
