package program

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"sweep/sweeps"
)

// TrialDir is a trial's own folder under the record's folder dir.
func TrialDir(dir, trial string) string { return filepath.Join(dir, "checkpoints", trial) }

// The variables of a program's environment that mark what belongs to it.
const (
	variableDir     = "SWEEP_DIR_TRIAL"
	variableAttempt = "SWEEP_ATTEMPT_ID"
)

// job is what all attempts at a trial in one call of Train have in common.
type job struct {
	trial   string
	path    string   // of the file that is executed
	words   []string // of the command
	shown   string   // the command for people
	dir     string   // the trial's own folder
	env     []string // of an attempt, what differs between them apart
	log     string   // path of the journal
	journal *journal
	swept   bool // what a killed sweep left of this trial is gone
}

// prepare writes the files that a program is told of, and finds out what is to be executed.
func (t *Trainer) prepare(trial sweeps.Trial) (*job, error) {
	record, err := filepath.Abs(t.Record) // the program runs elsewhere
	if err != nil {
		return nil, fmt.Errorf("prepare trial: %w", err)
	}
	params := trial.Params
	if _, there := params.Lookup(t.SeedParam); t.SeedParam != "" && !there {
		seed := sweeps.Setting{Name: t.SeedParam, Value: sweeps.IntValue(int64(trial.Seed))}
		params = append(params[:len(params):len(params)], seed)
	}
	files, err := writeFiles(record, trial.ID, params)
	if err != nil {
		return nil, fmt.Errorf("prepare trial: %w", err)
	}
	t.module.once.Do(func() { t.module.err = writeModule(record) })
	if t.module.err != nil {
		return nil, fmt.Errorf("prepare trial: %w", t.module.err)
	}
	j := &job{trial: trial.ID, dir: TrialDir(record, trial.ID), log: LogFile(record, trial.ID)}
	if err := os.MkdirAll(j.dir, 0o755); err != nil {
		return nil, fmt.Errorf("prepare trial: %w", err)
	}
	if err := j.command(t, params, files.nested); err != nil {
		return nil, err
	}
	j.env = environment(trial, j.dir, files.flat, moduleDir(record))
	if j.journal, err = openJournal(j.log, maxLog); err != nil {
		return nil, err
	}
	return j, nil
}

// command expands the command for the trial, and looks for the program that it begins with.
func (j *job) command(t *Trainer, params sweeps.Values, jsonFile string) error {
	e := expansion{program: t.Program, params: params, jsonFile: jsonFile}
	command := commandOf(t.Program, t.Command)
	words, err := e.words(command)
	if err != nil {
		return err
	}
	if len(words) == 0 || words[0] == "" {
		return errors.New("the command begins with an empty word")
	}
	e.secret = true
	forLog, err := e.words(command)
	if err != nil {
		return err
	}
	j.words, j.shown = words, shown(forLog)
	j.path, err = executable(words[0], t.Program, t.Dir)
	if err != nil {
		if problem := checkStarted(words[0], t.Program, t.Dir); problem != nil {
			err = problem
		}
		return &StartError{Err: err}
	}
	return nil
}

// environment is that of sweep with what the program is told besides. Of a name that is there twice the last one counts.
func environment(trial sweeps.Trial, dir, params, modules string) []string {
	path := modules
	if old := os.Getenv("PYTHONPATH"); old != "" {
		path += string(os.PathListSeparator) + old
	}
	return append(append([]string{"PYTHONUNBUFFERED=1"}, os.Environ()...),
		"PYTHONPATH="+path,
		"SWEEP_TRIAL="+trial.ID,
		"SWEEP_SWEEP="+trial.Sweep,
		"SWEEP_SEED="+strconv.FormatUint(trial.Seed, 10),
		"SWEEP_REPLICATE="+strconv.Itoa(trial.Replicate),
		"SWEEP_PARAMS="+params,
		variableDir+"="+dir,
	)
}

// paramFiles are the paths of a trial's parameters. They lie beside its log, for the trial's own folder is to be empty
// when it begins.
type paramFiles struct {
	flat   string // names with dots
	nested string // dots as levels
}

func writeFiles(record, trial string, params sweeps.Values) (paramFiles, error) {
	base := filepath.Join(record, "logs", trial)
	files := paramFiles{flat: base + ".params.json", nested: base + ".args.json"}
	flat, err := params.MarshalJSON()
	if err != nil {
		return files, err
	}
	var spaced bytes.Buffer
	if err := json.Indent(&spaced, flat, "", "  "); err != nil {
		return files, err
	}
	levels, err := nested(params)
	if err != nil {
		return files, err
	}
	return files, errors.Join(writeFile(files.flat, append(spaced.Bytes(), '\n')), writeFile(files.nested, append(levels, '\n')))
}

// writeFile makes a file hold b at a stroke, for a program may be reading it.
func writeFile(path string, b []byte) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, b) {
		return nil
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(b)
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// StartError says that a program could not be started at all.
type StartError struct{ Err error }

func (e *StartError) Error() string {
	s := "start program: " + e.Err.Error()
	if errors.Is(e.Err, fs.ErrNotExist) && !errors.Is(e.Err, exec.ErrNotFound) {
		s += "; if the file is there, its first line names a program that is not"
	}
	return s
}

// Unwrap returns the cause.
func (e *StartError) Unwrap() error { return e.Err }
