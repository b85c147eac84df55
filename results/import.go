package results

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"sweep/sweeps"
)

// ImportedMethod is the method of sweeps that another program has run.
const ImportedMethod = "imported"

// The keys of Provenance.Extra that an import writes.
const (
	importedSource   = "source"          // the kind of program: optuna, wandb, mlflow
	importedFrom     = "source_name"     // what was imported, for people
	importedVersion  = "source_version"  // of the other program
	importedIdentity = "source_identity" // what stays the same of it
)

// Import is a sweep that another program has run, on its way into the record.
type Import struct {
	Sweep    string // its name in the record
	Metric   string // that its trials are judged by
	Maximize bool
	Source   Source
	Trials   []ImportedTrial // in the order of the other program
	Left     int             // trials that had not ended there, and are left out
	Spec     []byte          // a spec that describes the space, where the other program tells it; it is not for running
	Program  string          // version of this program
	Command  []string        // that imports it again
}

// Source says where an import comes from.
type Source struct {
	Kind    string // optuna, wandb or mlflow
	Name    string // for people: "Optuna study tune"
	Version string // of the other program, "" if it does not tell
	// Identity is what stays the same of the other program's sweep while it goes on; a sweep of the record takes trials of
	// one identity. "" where the source has none.
	Identity string
	Details  map[string]string // kept as they are: file, sha256, address, ...
}

// ImportedTrial is one finished training of another program.
type ImportedTrial struct {
	ID     string // by which the other program knows it, for ever
	Params sweeps.Values
	Seed   uint64       // below 2^53; tells replicates apart
	State  sweeps.State // complete, stopped, diverged or failed
	Error  string
	Finals map[string]float64 // by metric; NaN and infinities become NULL
	Points []sweeps.Point     // of its curves, one a metric and step
	// Seconds is how long it took where its start and end do not tell.
	Seconds           float64
	Started, Finished time.Time // zero: not known
}

// took is how long a trial was trained, in seconds.
func (t *ImportedTrial) took() float64 {
	if t.Seconds > 0 || t.Started.IsZero() || t.Finished.IsZero() {
		return t.Seconds
	}
	return max(0, t.Finished.Sub(t.Started).Seconds())
}

// ImportDiff says what an import adds to the record.
type ImportDiff struct {
	New  int `json:"new"`  // trials that the record does not hold yet
	Kept int `json:"kept"` // trials that it holds, and that stay as they are
}

// foreign is a trial of an import with what it is called here.
type foreign struct {
	*ImportedTrial
	configuration, key string
}

// identify names the trials of an import.
func (x *Import) identify() ([]foreign, error) {
	if !sweeps.IsName(x.Sweep) {
		return nil, fmt.Errorf("%q cannot be the name of a sweep: letters, digits, dot, dash and underscore, at most 128, a letter or digit first; choose one with --name", x.Sweep)
	}
	out := make([]foreign, len(x.Trials))
	seen := map[string]bool{}
	for i := range x.Trials {
		t := &x.Trials[i]
		fail := func(format string, args ...any) ([]foreign, error) {
			return nil, fmt.Errorf("%s, trial %s: %w", x.Source.Name, t.ID, fmt.Errorf(format, args...))
		}
		if seen[t.ID] {
			return fail("it is there twice")
		}
		seen[t.ID] = true
		if !t.State.Finished() {
			return fail("state %q is no end", t.State)
		}
		if t.Seed > 1<<53-1 {
			return fail("its seed %d is above 2^53", t.Seed)
		}
		configuration, key, err := sweeps.Foreign(x.trainer(), x.Sweep, t.ID, t.Params)
		if err != nil {
			return fail("%w", err)
		}
		out[i] = foreign{t, configuration, key}
	}
	return out, nil
}

// importedTrainer begins the names that stand for other programs in keys.
const importedTrainer = "imported/"

// trainer stands for the other program in keys.
func (x *Import) trainer() string { return importedTrainer + x.Source.Kind }

// Imported reports whether a sweep's figures come from another program.
func (p *Provenance) Imported() bool { return strings.HasPrefix(p.Trainer, importedTrainer) }

func (x *Import) goal() string { return sweeps.Metric{Maximize: x.Maximize}.Goal() }

// Fresh says what an import would add to a record that does not hold its sweep.
func (x *Import) Fresh() (ImportDiff, error) {
	trials, err := x.identify()
	return ImportDiff{New: len(trials)}, err
}

// DiffImport says what an import would add, changing nothing.
func (s *Store) DiffImport(ctx context.Context, x Import) (ImportDiff, error) {
	trials, err := x.identify()
	if err != nil {
		return ImportDiff{}, err
	}
	var d ImportDiff
	err = s.view(ctx, "import "+x.Source.Name, func(tx *gorm.DB) error {
		fresh, _, err := x.fresh(tx, trials)
		d = ImportDiff{New: len(fresh), Kept: len(trials) - len(fresh)}
		return err
	})
	return d, err
}

// Import records what another program has trained, in one transaction: finished trials, which no run trains again or links.
// Those that the record holds stay as they are. It refuses a name under which the record holds anything else.
func (s *Store) Import(ctx context.Context, x Import) (ImportDiff, error) {
	trials, err := x.identify()
	if err != nil {
		return ImportDiff{}, err
	}
	var d ImportDiff
	err = s.write("import "+x.Source.Name, request{sync: true, act: func(tx *gorm.DB) error {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		fresh, there, err := x.fresh(tx, trials)
		if err != nil {
			return err
		}
		d = ImportDiff{New: len(fresh), Kept: len(trials) - len(fresh)}
		if there && len(fresh) == 0 {
			return nil
		}
		return s.putImport(tx, &x, fresh)
	}})
	return d, err
}

// fresh returns the trials that the record lacks, and whether it holds the sweep.
func (x *Import) fresh(tx *gorm.DB, trials []foreign) (out []foreign, there bool, err error) {
	row, err := sweepNamed(tx, x.Sweep)
	if errors.Is(err, ErrNotFound) {
		return trials, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	if err := x.continues(tx, row); err != nil {
		return nil, true, err
	}
	var rows []struct {
		Key       string
		StartedAt *int64
	}
	err = tx.Raw(`SELECT g.key, t.started_at FROM trials t JOIN trainings g ON g.id = t.training_id JOIN sweeps s ON s.id = t.sweep_id
		WHERE s.name = ?`, x.Sweep).Scan(&rows).Error
	held := make(map[string]*int64, len(rows))
	for _, r := range rows {
		held[r.Key] = r.StartedAt
	}
	for _, t := range trials {
		switch began, known := held[t.key]; {
		case !known:
			out = append(out, t)
		case began != nil && !t.Started.IsZero() && *began != t.Started.UnixMicro():
			return nil, true, fmt.Errorf("the record holds a sweep %s whose trial %s began at %s, here it began at %s: that is another one%s",
				x.Sweep, t.ID, timeText(*began), timeText(t.Started.UnixMicro()), otherName)
		}
	}
	return out, true, err
}

const otherName = "; give it another name with --name"

// continues refuses to add trials to a sweep that is another one.
func (x *Import) continues(tx *gorm.DB, row Sweep) error {
	if row.Method != ImportedMethod {
		return fmt.Errorf("the record holds a sweep %s that was trained here%s", x.Sweep, otherName)
	}
	var body string
	err := tx.Raw(`SELECT p.body FROM provenance p JOIN sweeps s ON s.id = p.sweep_id WHERE s.name = ? ORDER BY p.id DESC LIMIT 1`,
		x.Sweep).Row().Scan(&body)
	if err != nil {
		return err
	}
	var p Provenance
	if err := json.Unmarshal([]byte(body), &p); err != nil {
		return fmt.Errorf("read provenance: %w", err)
	}
	switch {
	case p.Extra[importedSource] != x.Source.Kind || p.Extra[importedIdentity] != x.Source.Identity:
		return fmt.Errorf("the record holds a sweep %s that was imported from another place (%s)%s", x.Sweep, p.Extra[importedFrom], otherName)
	case row.Metric != x.Metric || row.Goal != x.goal():
		return fmt.Errorf("sweep %s was imported to %s %s, not to %s %s%s", x.Sweep, row.Goal, row.Metric, x.goal(), x.Metric, otherName)
	}
	return nil
}

// putImport writes the sweep and trials that are new to it.
func (s *Store) putImport(tx *gorm.DB, x *Import, fresh []foreign) error {
	var id int64
	err := tx.Raw(`INSERT INTO sweeps (name, state, method, metric, goal, looks, stopping, created_at) VALUES (?, 'complete', ?, ?, ?, 0, '', ?)
		ON CONFLICT (name) DO UPDATE SET state = 'complete' RETURNING id`,
		x.Sweep, ImportedMethod, x.Metric, x.goal(), x.created(s.now())).Row().Scan(&id)
	if err != nil {
		return err
	}
	if err := putForeign(tx, id, x.Sweep, fresh); err != nil {
		return err
	}
	if err := s.endForeign(tx, id, fresh); err != nil {
		return err
	}
	if err := timesOfImport(tx, id, x.Left); err != nil {
		return err
	}
	swept, err := sweptOf(tx, id)
	if err != nil {
		return err
	}
	if err := s.putProvenance(tx, id, x.provenance(swept)); err != nil {
		return err
	}
	return s.updateStandings(tx, id)
}

// created is when the sweep began: its first trial, if a trial tells, else now.
func (x *Import) created(now int64) int64 {
	first := now
	for _, t := range x.Trials {
		if !t.Started.IsZero() {
			first = min(first, t.Started.UnixMicro())
		}
	}
	return first
}

func (x *Import) provenance(swept []string) Provenance {
	extra := map[string]string{importedSource: x.Source.Kind, importedFrom: x.Source.Name}
	maps.Copy(extra, x.Source.Details)
	if x.Source.Identity != "" {
		extra[importedIdentity] = x.Source.Identity
	}
	if x.Source.Version != "" {
		extra[importedVersion] = x.Source.Version
	}
	return Provenance{
		Description: "Imported: " + x.Source.Name, Program: x.Program, Trainer: x.trainer(), TrainerVersion: x.Source.Version,
		Command: x.Command, SpecSource: string(x.Spec), Swept: swept, Extra: extra,
	}
}

// putForeign writes configurations and trials, after those that the sweep has. The trials wait: endForeign ends them.
func putForeign(tx *gorm.DB, sweep int64, name string, fresh []foreign) error {
	var there []struct {
		Configuration string
		Replicates    int
	}
	err := tx.Raw(`SELECT c.configuration, (SELECT coalesce(max(t.replicate), 0) FROM trials t WHERE t.configuration_id = c.id) AS replicates
		FROM configurations c WHERE c.sweep_id = ?`, sweep).Scan(&there).Error
	if err != nil {
		return err
	}
	replicates := make(map[string]int, len(there))
	for _, c := range there {
		replicates[c.Configuration] = c.Replicates
	}
	var last int
	if err := one(tx, `SELECT coalesce(max(position), 0) FROM trials WHERE sweep_id = ?`, sweep).Scan(&last); err != nil {
		return err
	}
	var configurations []sweeps.Configuration
	trials := make([]sweeps.Trial, len(fresh))
	for i, t := range fresh {
		if _, known := replicates[t.configuration]; !known {
			configurations = append(configurations, sweeps.Configuration{ID: t.configuration, Params: t.Params})
		}
		replicates[t.configuration]++
		trials[i] = sweeps.Trial{
			ID: t.key[:shortID], Key: t.key, Sweep: name, Configuration: t.configuration, Replicate: replicates[t.configuration], Seed: t.Seed,
		}
	}
	if err := putConfigurations(tx, sweep, len(there), configurations); err != nil {
		return err
	}
	return putTrials(tx, sweep, last, trials)
}

// endForeign writes the figures of trials that wait, and ends them. No other sweep may take their figures.
func (s *Store) endForeign(tx *gorm.DB, sweep int64, fresh []foreign) error {
	var rows []struct {
		Key                 string
		ID, TrainingID, Own int64
	}
	err := tx.Raw(`SELECT g.key, t.id, t.training_id, (SELECT count(*) FROM trials x WHERE x.training_id = g.id) AS own
		FROM trials t JOIN trainings g ON g.id = t.training_id WHERE t.sweep_id = ?`, sweep).Scan(&rows).Error
	if err != nil {
		return err
	}
	at := make(map[string]*session, len(rows))
	for _, r := range rows {
		at[r.Key] = &session{trial: r.ID, training: r.TrainingID}
		if r.Own > 1 { // a key that says where it comes from belongs to one sweep
			return fmt.Errorf("trial %.12s is of another sweep, too: %w", r.Key, ErrCorrupt)
		}
	}
	metrics := map[string]int64{}
	for _, t := range fresh {
		live := at[t.key]
		points := make([]point, len(t.Points))
		steps, examples := int64(0), int64(0)
		for i, p := range t.Points {
			points[i] = point{live, p}
			steps, examples = max(steps, p.Step), max(examples, p.Examples)
		}
		if err := insertPoints(tx, points, metrics); err != nil {
			return err
		}
		end := ending{live.trial, live.training, sweeps.Outcome{State: t.State, Step: steps}, t.Finals}
		if err := writeFinals(tx, []ending{end}); err != nil {
			return err
		}
		var started any
		finished := s.now()
		if !t.Started.IsZero() {
			started = t.Started.UnixMicro()
			finished = t.Started.UnixMicro() + int64(1e6*t.took())
		}
		if !t.Finished.IsZero() {
			finished = t.Finished.UnixMicro()
		}
		err := execute(tx, `UPDATE trials SET state = ?, stopped_by = ?, error = ?, linkable = 0, started_at = ?, finished_at = ?, seconds = ?,
			steps = ?, examples = ? WHERE id = ?`, t.State, stoppedBy(sweeps.Outcome{ByRule: t.State == sweeps.Stopped}),
			errorText(t.Error), started, finished, t.took(), steps, examples, live.trial)
		if err != nil {
			return err
		}
	}
	return nil
}

// timesOfImport sets how a sweep ended and for how long any of its trials was trained.
func timesOfImport(tx *gorm.DB, sweep int64, left int) error {
	var rows []struct {
		StartedAt, FinishedAt int64
		State                 sweeps.State
		Seconds               float64
	}
	err := tx.Raw(`SELECT coalesce(started_at, 0) AS started_at, finished_at, state, seconds FROM trials WHERE sweep_id = ?
		ORDER BY started_at`, sweep).Scan(&rows).Error
	if err != nil {
		return err
	}
	state := "complete"
	var end, busy int64
	rest := 0.0 // of trials of which nothing but their length is known
	for _, r := range rows {
		if r.State == sweeps.Failed {
			state = "failed"
		}
		if r.StartedAt == 0 {
			rest += r.Seconds
			continue
		}
		busy += max(0, r.FinishedAt-max(end, r.StartedAt))
		end = max(end, r.FinishedAt)
	}
	if left > 0 {
		state = "interrupted"
	}
	return execute(tx, `UPDATE sweeps SET state = ?, seconds = ? WHERE id = ?`, state, float64(busy)/1e6+rest, sweep)
}

// sweptOf returns the parameters that differ between a sweep's configurations, in their order.
func sweptOf(tx *gorm.DB, sweep int64) ([]string, error) {
	var rows []string
	err := tx.Raw(`SELECT params FROM configurations WHERE sweep_id = ? AND retired = 0 ORDER BY position`, sweep).Scan(&rows).Error
	if err != nil {
		return nil, err
	}
	var names []string
	count := map[string]int{}
	first := map[string]sweeps.Value{}
	differs := map[string]bool{}
	for _, r := range rows {
		vs, err := decodeParams([]byte(r))
		if err != nil {
			return nil, err
		}
		for _, v := range vs {
			if count[v.Name]++; count[v.Name] == 1 {
				names, first[v.Name] = append(names, v.Name), v.Value
			}
			differs[v.Name] = differs[v.Name] || !v.Value.Same(first[v.Name])
		}
	}
	return slices.DeleteFunc(names, func(n string) bool { return !differs[n] && count[n] == len(rows) }), nil
}

// refuseImported is ErrImported if a sweep of the name was imported.
func refuseImported(tx *gorm.DB, sweep string) error {
	var method string
	err := tx.Raw(`SELECT method FROM sweeps WHERE name = ?`, sweep).Row().Scan(&method)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err == nil && method == ImportedMethod:
		return fmt.Errorf("sweep %s: %w", sweep, ErrImported)
	}
	return err
}

// SeedOf makes a seed of what tells a training from the others where it has none.
func SeedOf(id string) uint64 {
	h := sha256.Sum256([]byte(id))
	return binary.BigEndian.Uint64(h[:8]) >> (64 - 53)
}

// ReadValue reads a parameter that another program keeps as text: a whole number, a number, true or false, or else a string.
func ReadValue(text string) sweeps.Value {
	switch text {
	case "true", "True":
		return sweeps.BoolValue(true)
	case "false", "False":
		return sweeps.BoolValue(false)
	}
	if i, err := strconv.ParseInt(text, 10, 64); err == nil && i <= 1<<53 && i >= -1<<53 && strconv.FormatInt(i, 10) == text {
		return sweeps.IntValue(i)
	}
	if strings.Trim(text, "0123456789.eE+-") != "" || text == "" || strings.Trim(text, "0123456789") == "" {
		return sweeps.StringValue(text) // also what is no decimal to all: hexadecimal, underscores, Inf; and numbers like 007
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil && !math.IsInf(f, 0) {
		return sweeps.FloatValue(f)
	}
	return sweeps.StringValue(text)
}

// Judge sets what a trial's state comes to by the sweep's metric: one that ended without it has failed, one whose value is no
// number has diverged.
func (t *ImportedTrial) Judge(metric string) {
	if t.State != sweeps.Complete {
		return
	}
	v, has := t.Finals[metric]
	for _, p := range t.Points {
		if !has && p.Metric == metric {
			v = p.Value // the last of the curve stands in
		}
	}
	has = has || slices.ContainsFunc(t.Points, func(p sweeps.Point) bool { return p.Metric == metric })
	switch {
	case !has:
		t.State, t.Error = sweeps.Failed, "it did not report "+metric
	case math.IsNaN(v) || math.IsInf(v, 0):
		t.State, t.Error = sweeps.Diverged, fmt.Sprintf("%s is %v", metric, v)
	}
}

// TakeSeed takes the parameter that is the seed out of each trial's parameters, where it is a whole number, so that trials which
// differ in nothing else are replicates. It judges every trial by itself: trials that come later change nothing.
func (x *Import) TakeSeed(name string) {
	seen := map[string]bool{}
	for i := range x.Trials {
		t := &x.Trials[i]
		v, ok := t.Params.Lookup(name)
		seed, whole := v.Int()
		if !ok || !whole || seed < 0 || seed >= 1<<53 {
			continue
		}
		t.Seed = uint64(seed) //nolint:gosec // not below 0
		t.Params = slices.DeleteFunc(slices.Clone(t.Params), func(s sweeps.Setting) bool { return s.Name == name })
		b, err := json.Marshal(t.Params)
		if err != nil {
			continue // identify refuses it
		}
		// The same once more has a seed of its own, lest it count as a pair with others.
		at := fmt.Sprintf("%d %s", t.Seed, b)
		if seen[at] {
			t.Seed = SeedOf(t.ID)
		}
		seen[at] = true
	}
}
