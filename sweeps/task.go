package sweeps

import (
	"context"
	"errors"
)

var (
	// ErrSuperseded reports a task, or a session, that is none any more: its trial was begun anew, or has ended, or its sweep was taken
	// out of the queue.
	ErrSuperseded = errors.New("it is superseded")
	// ErrGone reports that this worker was not heard of for so long that others train what it had in hand.
	ErrGone = errors.New("this worker was given up by the others")
	// ErrLeft says that a task is left to other workers.
	ErrLeft = errors.New("it is left to others")
	// ErrDrifted reports that a plan is not what the record holds: it is to be read from there again.
	ErrDrifted = errors.New("the plan has drifted from the record")
)

// Task says that a trial may be trained now. It is all that a queue keeps of one: what is trained, and how far it has come,
// stands in the record, so that a queue which is lost is filled again from there.
type Task struct {
	Sweep   string `json:"sweep"`
	Trial   string `json:"trial"`           // its ID
	Segment int    `json:"segment"`         // how many sessions of it have come to a checkpoint before
	Attempt int    `json:"attempt"`         // which session of it this is to be, from 1: the record lets each begin once
	Spec    string `json:"spec"`            // the Identity of the plan
	Round   int64  `json:"round"`           // how often the sweep had been put into the queue
	Urgent  bool   `json:"-"`               // it is to be handed out before others
	Again   int    `json:"again,omitempty"` // to how many workers it was handed that were lost before they began it
}

// Identity is what tells a plan from one that is trained otherwise: the spec's Hash, the trainer and its numeric version.
func (p *Plan) Identity() string { return p.Spec.Hash() + " " + p.Trainer + " " + p.Version }

// Told is what the record was told of a trial. Numbers ascend within a sweep in the order in which that was.
type Told struct {
	Number int64
	Trial  string // its ID
	Progress
	Kept    bool // its end is in the record, and stays
	Seconds float64
	Err     string // why it failed or diverged
}

// Decision is what follows from results.
type Decision struct {
	Plan  *Plan // has grown from the place From on, by these results; to there since the last time, by those of others
	From  int
	Since int     // up to where it was recorded when the last decision was made
	Ends  []End   // of trials that no session has in hand
	Work  []Trial // that may be trained now
	Over  bool    // nothing is left to do
	Halt  bool    // nothing more is to be trained, for the results are of no use
}

// Own is a trial whose session has just ended, or, where Outcome is nil, has come to a decision.
type Own struct {
	Trial   string // its ID
	Outcome *Outcome
}

// Decider decides, within the transaction that records a result, what follows from it. It is asked by one goroutine.
type Decider interface {
	// Since returns up to which number it knows what the record was told.
	Since(ctx context.Context) (int64, error)
	// Decide takes what was told since, in order. The last of that is of the trials whose turn it is.
	Decide(told []Told, own []Own) (Decision, error)
	// Forget says that what was decided since was not recorded: the Decider starts from the record again.
	Forget()
}

// Turn is the end of a trial's session, or what it has come to on the way, with what follows from that.
type Turn struct {
	Trial   Trial
	Outcome *Outcome // how the session ended; nil if it goes on, or if there was none
	Metric  string   // by which the sweep is judged
	Curves  bool     // whether it is judged on the way
	Spec    string   // the plan's Identity: tasks that follow are of it
	Decider Decider
}

// Queueing is a sweep that is put into the queue.
type Queueing struct {
	Sweep, Spec string // its name, and the plan's Identity
	Metric      string // by which it is judged
	Curves      bool   // whether it is judged on the way
}

// Queued tells how a sweep stands in the queue.
type Queued struct {
	Spec   string // the Identity of the plan that is queued; "" if no further trial of it is begun
	In     bool   // it is in the queue, or what was begun may go on
	Told   int64  // the number of what was told last
	Round  int64  // how often it was put into the queue
	Halted string // why it was taken out of the queue by who had decided so (Decision.Halt)
}

// Others is what a worker learns of the others when trials have failed on it.
type Others struct {
	Alive     int // how many there are
	Doubtful  int // of which so many doubt themselves
	Failed    int // of the trials, those that have failed elsewhere since
	Succeeded int // and those that have come to something there
}

// Attempt is one attempt at a trial.
type Attempt struct {
	Trial  Trial
	Number int // from 1
}
