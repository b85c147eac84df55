package results

import (
	"context"
	"database/sql"
	"math"
	"math/bits"
	"slices"
	"strings"

	"gorm.io/gorm"

	"sweep/sweeps"
)

// rowsPerStatement keeps a statement's variables far below SQLite's 32,766.
const rowsPerStatement = 500

// point is one observation on its way to the database.
type point struct {
	at *session
	sweeps.Point
}

// finite returns the value to store: nil for NaN and infinities, which are NULL.
func finite(v float64) any {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return v
}

// advance notes how far the sessions of points have come, and returns those that were given up: their trials were released and
// may be another process's by now.
func advance(tx *gorm.DB, points []point) (gone map[*session]bool, err error) {
	far := map[*session]*progress{}
	var order []*session
	for _, p := range points {
		if far[p.at] == nil {
			far[p.at] = &progress{}
			order = append(order, p.at)
		}
		far[p.at].add(p.Point)
	}
	gone = map[*session]bool{}
	for part := range slices.Chunk(order, mostTogether) {
		if err := advanceSome(tx, part, far, gone); err != nil {
			return nil, err
		}
	}
	return gone, nil
}

// advanceSome adds to gone the sessions that are not their trials' any more.
func advanceSome(tx *gorm.DB, part []*session, far map[*session]*progress, gone map[*session]bool) error {
	var sessions, trials []any
	for _, s := range part {
		g := far[s]
		spent := max(g.seconds-s.before, 0)
		sessions = append(sessions, s.id, g.start, g.step, spent)
		trials = append(trials, s.trial, s.attempt, g.step, g.examples, s.before+spent)
	}
	v, sessions := table("bigint, bigint, bigint, double precision", sessions)
	err := execute(tx, `UPDATE sessions SET start_step = coalesce(start_step, v.column2), end_step = max(coalesce(end_step, 0), v.column3), seconds = max(seconds, v.column4)
		FROM `+v+` WHERE sessions.id = v.column1 AND sessions.outcome = 'running'`, sessions...)
	if err != nil {
		return err
	}
	v, trials = table("bigint, bigint, bigint, bigint, double precision", trials)
	theirs, err := returned(tx, `UPDATE trials SET steps = max(steps, v.column3), examples = max(examples, v.column4), seconds = max(seconds, v.column5)
		FROM `+v+` WHERE trials.id = v.column1 AND trials.state = 'running' AND trials.attempts = v.column2 RETURNING trials.id, trials.attempts`, trials...)
	for _, s := range part {
		if !theirs[pair{s.trial, int64(s.attempt)}] {
			gone[s] = true
		}
	}
	return err
}

// insertPoints writes curves. A point that is there already (the trial went on from a checkpoint before it) is replaced.
// metrics holds the numbers of known metrics and takes those of others.
func insertPoints(tx *gorm.DB, points []point, metrics map[string]int64) error {
	if len(points) == 0 {
		return nil
	}
	if err := metricIDs(tx, points, metrics); err != nil {
		return err
	}
	var args []any
	rows := 0
	type row struct{ training, metric, step int64 }
	there := map[row]bool{} // of the statement: no row may be in it twice
	flush := func() error {
		if rows == 0 {
			return nil
		}
		clear(there)
		v, padded := table("bigint, bigint, bigint, bigint, double precision, double precision", args)
		q := `INSERT INTO points (training_id, metric_id, step, examples, seconds, value) SELECT column1, column2, column3, column4, column5, column6 FROM ` + v +
			` WHERE column1 IS NOT NULL ON CONFLICT (training_id, metric_id, step) DO UPDATE SET examples = excluded.examples, seconds = excluded.seconds, value = excluded.value`
		err := execute(tx, q, padded...)
		rows, args = 0, args[:0]
		return err
	}
	for _, p := range points {
		if p.Metric == "" {
			continue
		}
		at := row{p.at.training, metrics[p.Metric], p.Step}
		if there[at] {
			if err := flush(); err != nil {
				return err
			}
		}
		there[at] = true
		args = append(args, at.training, at.metric, at.step, p.Examples, p.Seconds, finite(p.Value))
		if rows++; rows == rowsPerStatement {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// progress is how far a session came by the points of one transaction.
type progress struct {
	start          *int64 // of the first point that tells only progress
	step, examples int64
	seconds        float64
}

func (g *progress) add(p sweeps.Point) {
	if p.Metric == "" && g.start == nil {
		g.start = &p.Step
	}
	g.step, g.examples, g.seconds = max(g.step, p.Step), max(g.examples, p.Examples), max(g.seconds, p.Seconds)
}

// metricIDs adds to known the number of every metric among the points, giving new ones theirs.
func metricIDs(tx *gorm.DB, points []point, known map[string]int64) error {
	for _, p := range points {
		if _, ok := known[p.Metric]; ok || p.Metric == "" {
			continue
		}
		if err := execute(tx, `INSERT INTO metrics (name) VALUES (?) ON CONFLICT DO NOTHING`, p.Metric); err != nil {
			return err
		}
		var id int64
		if err := one(tx, `SELECT id FROM metrics WHERE name = ?`, p.Metric).Scan(&id); err != nil {
			return err
		}
		known[p.Metric] = id
	}
	return nil
}

// execute runs one statement past gorm's own parsing, which costs more than SQLite does for long ones.
func execute(tx *gorm.DB, query string, args ...any) error {
	_, err := tx.Statement.ConnPool.ExecContext(context.WithoutCancel(tx.Statement.Context), query, args...)
	return err
}

// one runs a query for one row, past gorm likewise.
//
// Of a query over several tables, or with an order, SQLite makes a new plan each time it runs with values, in the hope
// of a better one; that takes longer than most queries here. It leaves be what compares with +?, which it cannot guess
// the value of.
func one(tx *gorm.DB, query string, args ...any) *sql.Row {
	return tx.Statement.ConnPool.QueryRowContext(context.WithoutCancel(tx.Statement.Context), query, args...)
}

// ask is one for who may be told to wait no longer.
func ask(tx *gorm.DB, query string, args ...any) *sql.Row {
	return tx.Statement.ConnPool.QueryRowContext(tx.Statement.Context, query, args...)
}

// affect runs one statement and returns how many rows it changed.
func affect(tx *gorm.DB, query string, args ...any) (int64, error) {
	res, err := tx.Statement.ConnPool.ExecContext(context.WithoutCancel(tx.Statement.Context), query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// pair are two numbers of a row.
type pair [2]int64

// returned runs one statement and returns two numbers of each row that it changed.
func returned(tx *gorm.DB, query string, args ...any) (map[pair]bool, error) {
	out := map[pair]bool{}
	var p pair
	err := each(tx, []any{&p[0], &p[1]}, func() error {
		out[p] = true
		return nil
	}, query, args...)
	return out, err
}

// each reads a query's rows, each into the same places, and calls f with them. gorm looks at the types anew for each row.
func each(tx *gorm.DB, into []any, f func() error, query string, args ...any) error {
	rows, err := tx.Statement.ConnPool.QueryContext(context.WithoutCancel(tx.Statement.Context), query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if err := f(); err != nil {
			return err
		}
	}
	return rows.Err()
}

// table makes rows of values a table v of a FROM clause, with columns column1 and so on of these types. There are up to twice as many rows,
// the rest of NULLs, so that the number is a power of two: else a server plans as many statements as there are numbers.
func table(types string, args []any) (from string, padded []any) {
	columns := strings.Split(types, ", ")
	n := len(args) / len(columns)
	rows := 1 << bits.Len(uint(n-1))
	first := make([]string, len(columns)) // has the types; the others follow it
	for i, c := range columns {
		first[i] = "CAST(? AS " + c + ")"
	}
	from = "(VALUES (" + strings.Join(first, ",") + ")"
	if rows > 1 {
		from += "," + tuples(rows-1, len(columns))
	}
	return from + ") v", append(args, make([]any, (rows-n)*len(columns))...)
}

// asValues makes texts values of a statement.
func asValues(texts []string) []any {
	out := make([]any, len(texts))
	for i, t := range texts {
		out[i] = t
	}
	return out
}

// oneOf makes values a list for IN, of a power of two of them likewise.
func oneOf(args []any) (in string, padded []any) {
	n := 1 << bits.Len(uint(len(args)-1))
	return tuples(1, n), append(args, make([]any, n-len(args))...)
}

// tuples returns the placeholders of several rows: (?,?),(?,?).
func tuples(rows, columns int) string {
	return repeat("("+strings.Repeat("?,", columns-1)+"?)", rows)
}

// repeat joins n copies of a row's placeholders.
func repeat(row string, n int) string { return strings.Repeat(row+",", n-1) + row }
