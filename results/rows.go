package results

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
)

// Flag is a truth value that is 0 or 1 in the views and in JSON.
type Flag bool

// MarshalJSON writes 0 or 1.
func (f Flag) MarshalJSON() ([]byte, error) {
	if f {
		return []byte("1"), nil
	}
	return []byte("0"), nil
}

// UnmarshalJSON reads 0, 1, false or true.
func (f *Flag) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case "0", "false":
		*f = false
	case "1", "true":
		*f = true
	default:
		return fmt.Errorf("results: %s is not 0 or 1", b)
	}
	return nil
}

// Scan reads what a driver gives for 0 or 1.
func (f *Flag) Scan(v any) error {
	switch v := v.(type) {
	case int64:
		*f = v != 0
	case bool:
		*f = Flag(v)
	default:
		return fmt.Errorf("results: %v (%T) is not 0 or 1", v, v)
	}
	return nil
}

// Value writes 0 or 1.
func (f Flag) Value() (driver.Value, error) {
	if f {
		return int64(1), nil
	}
	return int64(0), nil
}

// Sweep is one row of v_sweeps. Counts leave out retired trials.
type Sweep struct {
	Sweep          string  `json:"sweep"`
	State          string  `json:"state"` // running, interrupted, complete, failed
	Method         string  `json:"method"`
	Metric         string  `json:"metric"`
	Goal           string  `json:"goal"` // minimize or maximize
	Configurations int     `json:"configurations"`
	Trials         int     `json:"trials"`
	Complete       int     `json:"complete"`
	Failed         int     `json:"failed"`
	CreatedAt      string  `json:"created_at"` // RFC 3339, UTC
	Seconds        float64 `json:"seconds"`    // wall time, summed over sessions
	Notes          *string `json:"notes"`      // a line each; nil: none
	Tags           Tags    `json:"tags"`
}

// Tags are short words that people give to sweeps and trials, in their order; a JSON array in the views.
type Tags []string

// Value writes the array.
func (t Tags) Value() (driver.Value, error) { return t.String(), nil }

// String is the array as JSON, as the views have it.
func (t Tags) String() string {
	b, err := json.Marshal(append([]string{}, t...))
	if err != nil {
		panic(err) // strings are always JSON
	}
	return string(b)
}

// Scan reads the array.
func (t *Tags) Scan(v any) error {
	*t = Tags{}
	switch v := v.(type) {
	case string:
		return json.Unmarshal([]byte(v), t)
	case []byte:
		return json.Unmarshal(v, t)
	}
	return fmt.Errorf("results: %v (%T) is no list of tags", v, v)
}

// Trial is one row of v_trials: a training's place in one sweep. Figures are NULL (nil) until the trial ends, and
// where the figure was NaN or infinite.
type Trial struct {
	Sweep         string          `json:"sweep"`
	Trial         string          `json:"trial"` // 12 hex digits
	Configuration string          `json:"configuration"`
	Replicate     int             `json:"replicate"` // from 1
	Seed          uint64          `json:"seed"`
	State         string          `json:"state"`
	Retired       Flag            `json:"retired"` // no longer in the sweep's plan
	Params        json.RawMessage `json:"params"`  // object, names in the spec's order
	Value         *float64        `json:"value"`   // of the sweep's metric

	ValLoss            *float64 `json:"val_loss"` // nats
	ValPerplexity      *float64 `json:"val_perplexity"`
	ValAccuracy        *float64 `json:"val_accuracy"` // 0 to 1, like top5 and unk_share
	ValTop5            *float64 `json:"val_top5"`
	ValUnkShare        *float64 `json:"val_unk_share"`
	ValPerplexityKnown *float64 `json:"val_perplexity_known"` // over targets that are not <unk>

	TestLoss            *float64 `json:"test_loss"`
	TestPerplexity      *float64 `json:"test_perplexity"`
	TestAccuracy        *float64 `json:"test_accuracy"`
	TestTop5            *float64 `json:"test_top5"`
	TestUnkShare        *float64 `json:"test_unk_share"`
	TestPerplexityKnown *float64 `json:"test_perplexity_known"`

	TrainLoss  *float64 `json:"train_loss"`
	Parameters int64    `json:"parameters"` // trainable numbers of the model
	Steps      int64    `json:"steps"`      // done
	Examples   int64    `json:"examples"`   // seen
	Seconds    float64  `json:"seconds"`    // of training, summed over sessions
	Attempts   int      `json:"attempts"`   // sessions begun in this sweep; 0 for a linked trial
	StartedAt  *string  `json:"started_at"` // RFC 3339, UTC
	FinishedAt *string  `json:"finished_at"`
	Error      *string  `json:"error"`
	Confirms   Flag     `json:"confirms"` // its seed was kept from the search, to judge what that has chosen
	Notes      *string  `json:"notes"`    // a line each, of the training in any sweep; nil: none
	Tags       Tags     `json:"tags"`
}

// Point is one row of v_points: one observation of a trial's curve.
type Point struct {
	Sweep    string   `json:"sweep"`
	Trial    string   `json:"trial"`
	Metric   string   `json:"metric"`
	Step     int64    `json:"step"`
	Examples int64    `json:"examples"`
	Seconds  float64  `json:"seconds"` // of training so far
	Value    *float64 `json:"value"`
}

// Configuration is one row of v_configurations: what the replicates of one configuration say together.
type Configuration struct {
	Sweep         string          `json:"sweep"`
	Configuration string          `json:"configuration"`
	Params        json.RawMessage `json:"params"` // object, names in the spec's order
	N             int             `json:"n"`      // complete replicates with a finite value
	Metric        string          `json:"metric"`
	Mean          *float64        `json:"mean"`
	SD            *float64        `json:"sd"`
	Low           *float64        `json:"low"`  // 95 % interval of the mean over replicates
	High          *float64        `json:"high"` // nil with one replicate
	Rank          *int            `json:"rank"` // from 1; nil without a value, or with a diverged replicate
	Best          Flag            `json:"best"`
	TiedWithBest  Flag            `json:"tied_with_best"` // cannot be told apart from the best at 5 %; the best itself is 1
}

// Baseline is one row of v_baselines: a count model on one split and vocabulary.
type Baseline struct {
	Corpus              string   `json:"corpus"`
	Split               string   `json:"split"`      // hash of the texts and how they were divided
	Vocabulary          string   `json:"vocabulary"` // hash of the symbols in order
	Model               string   `json:"model"`      // uniform, unigram, add-k, interpolated, kneser-ney
	OrderN              int      `json:"order_n"`    // counts the predicted symbol
	Smoothing           *float64 `json:"smoothing"`  // the k of add-k
	ValLoss             *float64 `json:"val_loss"`   // nats
	ValPerplexity       *float64 `json:"val_perplexity"`
	ValAccuracy         *float64 `json:"val_accuracy"`
	ValPerplexityKnown  *float64 `json:"val_perplexity_known"`
	TestLoss            *float64 `json:"test_loss"`
	TestPerplexity      *float64 `json:"test_perplexity"`
	TestAccuracy        *float64 `json:"test_accuracy"`
	TestPerplexityKnown *float64 `json:"test_perplexity_known"`
	Parameters          int64    `json:"parameters"`
	Fitted              Flag     `json:"fitted"` // its weights were fitted on the validation part, whose figures are not ranked
}

// Session is one attempt at a trial by one process.
type Session struct {
	Sweep     string  `json:"sweep"`
	Trial     string  `json:"trial"`
	Attempt   int     `json:"attempt"`    // from 1
	StartStep *int64  `json:"start_step"` // nil: the trainer reported no progress
	EndStep   *int64  `json:"end_step"`   // the last step that reached the record
	Seconds   float64 `json:"seconds"`
	// Outcome is running, complete, stopped, diverged, failed, interrupted (ended in order, goes on later) or lost
	// (its process died).
	Outcome   string  `json:"outcome"`
	StartedAt string  `json:"started_at"` // RFC 3339, UTC
	EndedAt   *string `json:"ended_at"`
}

// Provenance says what a sweep's figures came from. It is kept as one JSON object for each edit of a sweep.
type Provenance struct {
	At             string   `json:"at,omitempty"` // RFC 3339, UTC; set by the store
	Description    string   `json:"description,omitempty"`
	Program        string   `json:"program,omitempty"` // version of sweep
	Trainer        string   `json:"trainer,omitempty"`
	TrainerVersion string   `json:"trainer_version,omitempty"` // numeric version
	Go             string   `json:"go,omitempty"`
	OS             string   `json:"os,omitempty"`
	Arch           string   `json:"arch,omitempty"`
	CPU            string   `json:"cpu,omitempty"`
	Cores          int      `json:"cores,omitempty"`
	Kernel         string   `json:"kernel,omitempty"` // width of the float32 loops in use
	Host           string   `json:"host,omitempty"`
	Command        []string `json:"command,omitempty"`
	SpecFile       string   `json:"spec_file,omitempty"`
	SpecSource     string   `json:"spec_source,omitempty"`
	SpecHash       string   `json:"spec_hash,omitempty"`
	SpecSeed       uint64   `json:"spec_seed,omitempty"`
	Swept          []string `json:"swept,omitempty"` // names of parameters that take more than one value
	Corpus         string   `json:"corpus,omitempty"`
	Split          string   `json:"split,omitempty"`
	Vocabulary     string   `json:"vocabulary,omitempty"`
	VCS            string   `json:"vcs,omitempty"` // revision that the program was built from
	Dir            string   `json:"dir,omitempty"` // in which the program ran: relative paths start from it
	// Project is the revision of the version control that the spec's folder is under, and ProjectDiff the SHA-256 of what was
	// changed against it and not committed; "" without.
	Project     string            `json:"project,omitempty"`
	ProjectDiff string            `json:"project_diff,omitempty"`
	Untracked   int               `json:"untracked,omitempty"` // files there that version control does not know
	Extra       map[string]string `json:"extra,omitempty"`     // anything else worth keeping, by name
}

// Rows is the answer to a Query.
type Rows struct {
	Columns   []string
	Rows      [][]any // nil, int64, float64, string or []byte
	Truncated bool    // there were more rows than are given
}

// Figures returns a trial's final figures that have a column of their own, by metric.
func (t *Trial) Figures() map[string]float64 {
	out := map[string]float64{}
	for name, v := range map[string]*float64{
		"val/loss": t.ValLoss, "val/perplexity": t.ValPerplexity, "val/accuracy": t.ValAccuracy, "val/top5": t.ValTop5,
		"val/unk_share": t.ValUnkShare, "val/perplexity_known": t.ValPerplexityKnown,
		"test/loss": t.TestLoss, "test/perplexity": t.TestPerplexity, "test/accuracy": t.TestAccuracy, "test/top5": t.TestTop5,
		"test/unk_share": t.TestUnkShare, "test/perplexity_known": t.TestPerplexityKnown, "train/loss": t.TrainLoss,
	} {
		if v != nil {
			out[name] = *v
		}
	}
	return out
}
