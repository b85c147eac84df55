package trainer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"sweep/trainer/corpus"
)

const (
	checkpointEvery = 30 * time.Second
	progressEvery   = 100 * time.Millisecond
)

// Train trains one model on data and returns it. cfg must be completed and valid.
//
// If session.Dir holds a checkpoint of the same configuration, data and version, training goes on from there, to the
// same bits as without a break; if it holds the finished model, that is returned at once. A new session first tells
// the step that it goes on from, and repeats the points of the curve so far.
//
// A checkpoint that cannot be written ends training with an error, such as one that wraps syscall.ENOSPC when the disk is
// full; the checkpoints before it stay.
//
// When ctx ends, Train writes a checkpoint and returns the context's cause. A NaN or infinite loss is an error that
// wraps ErrDiverged and says at which step; then, and whenever an error is returned, there is no model. When
// session.Observe returns ErrStop, Train evaluates the weights that it has, on the whole parts, and returns their model
// without error.
func Train(ctx context.Context, cfg Config, data *corpus.Data, session Session) (*Model, error) {
	if session.Prior == nil || cfg.InitVectors == "" {
		var err error
		if session.Prior, err = ReadPrior(ctx, cfg, data); err != nil {
			return nil, fmt.Errorf("train: %w", err)
		}
	}
	t, err := newTraining(cfg, data, session)
	if err != nil {
		return nil, err
	}
	return t.run(ctx)
}

// training is one call of Train.
type training struct {
	*learner
	position
	data     *corpus.Data
	session  Session
	disk     disk
	identity string
	total    int64 // steps

	shuffled []int32     // targets of the training part, if they belong to other contexts; nil: its own
	kept     *keptTables // snapshots; nil: none are kept
	order    *order
	batch    []int32
	best     *weights // of the best point; nil unless they are kept
	valuator *evaluator
	losses   Losses  // of the chosen weights, at the end
	curve    []int32 // examples of the validation part behind each point, nil: all
	trainSet []int32 // examples of the training part behind the final train/loss

	clock    func() time.Time
	trained  time.Time // until when Seconds counts
	reported time.Time // last progress
	saved    time.Time // last checkpoint
	stopped  bool      // Observe has asked for the end
	unsaved  bool      // a checkpoint could not be written
}

func newTraining(cfg Config, data *corpus.Data, s Session) (*training, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	n := data.Train.Len()
	switch {
	case n == 0 || n > math.MaxInt32:
		return nil, fmt.Errorf("train: the training part has %d examples; 1 to %d can be trained on", n, math.MaxInt32)
	case data.Val.Len() == 0:
		return nil, errors.New("train: the validation part has no examples")
	}
	if err := cfg.Suits(data.Vocab.Size()); err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	id, err := identity(cfg, data, s.Prior)
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	if s.Every <= 0 {
		s.Every = checkpointEvery
	}
	if s.Observe == nil {
		s.Observe = func(Point) error { return nil }
	}
	t := &training{data: data, session: s, disk: realDisk(), identity: id, total: cfg.TotalSteps(n), clock: s.Now}
	if t.clock == nil {
		t.clock = time.Now
	}
	counts := make([]int64, data.Vocab.Size())
	for i := range counts {
		counts[i] = data.Vocab.Count(i)
	}
	w := newWeights(cfg, len(counts))
	w.initialize(cfg, counts)
	if s.Prior != nil {
		if err := s.Prior.put(w, cfg); err != nil {
			return nil, fmt.Errorf("train: %w", err)
		}
	}
	t.learner = newLearner(cfg, w, counts)
	t.frozen = s.Prior.frozen(cfg, len(counts))
	t.batch = make([]int32, cfg.BatchSize)
	if cfg.Select == "best" {
		t.best = w.like()
	}
	t.valuator = newEvaluator(w, data.Vocab.Unk())
	t.curve = sample(data.Options.SplitSeed, data.Val.Len(), cfg.EvalExamples)
	if cfg.Snapshots {
		t.kept = newKeptTables(w, t.total)
	}
	if cfg.ShuffleTargets {
		t.shuffled = shuffledTargets(cfg.Seed, data.Train)
	}
	t.trainSet = sample(data.Options.SplitSeed, n, cfg.EvalExamples)
	return t, nil
}

// run is the whole training.
func (t *training) run(ctx context.Context) (*Model, error) {
	t.reported = t.clock()
	t.saved = t.reported
	m, err := t.finished()
	if err != nil {
		return nil, err
	}
	if m != nil {
		if err := t.reopen(); err != nil {
			return nil, err
		}
		return m, nil
	}
	if err := t.resume(); err != nil {
		return nil, err
	}
	switch err := t.proceed(ctx); {
	case errors.Is(err, ErrDiverged):
		return nil, withFailure(err, t.discard())
	case t.unsaved: // it would fail again, and what is in the folder is older but whole
		return nil, err
	case err != nil: // interrupted, or nobody listens any more
		return nil, withFailure(err, t.save())
	}
	m = newModel(t.cfg, t.data, t.chosen(), t.Step)
	if t.best != nil {
		m.Step = t.BestStep
	}
	if err := t.finish(m); err != nil {
		return nil, err
	}
	return m, nil
}

// proceed takes the training from where it stands to its end.
func (t *training) proceed(ctx context.Context) error {
	if err := t.reopen(); err != nil {
		return err
	}
	if err := t.learn(ctx); err != nil {
		return err
	}
	return t.conclude(ctx)
}

// withFailure returns err together with the failure that followed on it, if there was one.
func withFailure(err, failure error) error {
	if failure == nil {
		return err
	}
	return errors.Join(err, failure)
}

// reopen tells where the session goes on from, and the points that earlier sessions have told: what they told last may
// not have been recorded.
func (t *training) reopen() error {
	if err := t.observe(t.point("", 0)); err != nil {
		return err
	}
	for _, p := range t.Points {
		if err := t.observe(p); err != nil {
			return err
		}
	}
	return nil
}

// learn takes the steps that are left, with the points of the curve between them.
func (t *training) learn(ctx context.Context) error {
	t.order = newOrder(t.cfg.Seed, t.data.Train.Len(), t.Step*int64(t.cfg.BatchSize))
	// The point after the last one that was told: this very step, if the session before ended between them.
	next := nextPoint(t.Observed, int64(t.cfg.Evaluations), t.total)
	t.trained = t.clock()
	for !t.stopped {
		if t.kept != nil {
			t.kept.take(t.w, t.Step)
		}
		if err := t.observeVowels(); err != nil {
			return err
		}
		if t.Step == next && t.Observed < t.Step {
			if err := t.observeCurve(ctx); err != nil {
				return err
			}
			next = nextPoint(t.Step, int64(t.cfg.Evaluations), t.total)
		}
		if t.Step == t.total || t.stopped {
			return nil
		}
		if err := t.advance(t.Step+1 == next); err != nil {
			return err
		}
		if err := t.pace(ctx); err != nil {
			return err
		}
	}
	return nil
}

// advance takes one step on the next batch; watch says that a point follows.
func (t *training) advance(watch bool) error {
	t.order.take(t.batch)
	for i, at := range t.batch {
		t.data.Train.Context(int(at), t.contexts[i*t.w.n:][:t.w.n])
		t.targets[i] = t.target(int(at))
	}
	rate := t.cfg.rate(t.Step, t.total)
	loss := t.step(t.Step, rate, watch)
	if math.IsNaN(loss) || math.IsInf(loss, 0) || watch && (math.IsNaN(t.gradNorm) || math.IsInf(t.gradNorm, 0)) {
		return fmt.Errorf("step %d, rate %g: %w", t.Step+1, rate, ErrDiverged)
	}
	t.Step++
	t.LossSum += loss
	t.LossSteps++
	if watch {
		t.Last = watched{number(rate), number(t.gradNorm), number(t.moveRatio), number(t.saturated)}
	}
	return nil
}

// target is what the network is to predict in an example of the training part.
func (t *training) target(at int) int32 {
	if t.shuffled != nil {
		return t.shuffled[at]
	}
	return t.data.Train.Target(at)
}

// pace counts the time, tells progress, writes a checkpoint when one is due, and notices the end of ctx.
func (t *training) pace(ctx context.Context) error {
	now := t.clock()
	t.Seconds += now.Sub(t.trained).Seconds()
	t.trained = now
	if err := t.tick(ctx, now); err != nil {
		return err
	}
	if now.Sub(t.saved) >= t.session.Every {
		if err := t.save(); err != nil {
			t.unsaved = true
			return err
		}
		t.trained = t.clock()
		t.saved = t.trained
	}
	return nil
}

// tick tells progress now and then, and returns the context's cause when it has ended.
func (t *training) tick(ctx context.Context, now time.Time) error {
	if now.Sub(t.reported) >= progressEvery {
		t.reported = now
		if err := t.observe(t.point("", 0)); err != nil {
			return err
		}
	}
	return context.Cause(ctx)
}

// chosen returns the weights that the training is for.
func (t *training) chosen() *weights {
	if t.best != nil && t.BestStep > 0 {
		return t.best
	}
	return t.w
}

// discard removes what the folder holds of the training.
func (t *training) discard() error {
	if t.session.Dir == "" {
		return nil
	}
	var errs []error
	for _, file := range []string{modelFile, lossesFile, snapshotsFile, lastFile} {
		if err := os.Remove(filepath.Join(t.session.Dir, file)); !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(append(errs, t.prune(0))...)
}
