package trainer

import (
	"context"
	"errors"
	"fmt"
	"math"

	"sweep/trainer/corpus"
)

// point returns an observation of the training as it stands.
func (t *training) point(metric string, value float64) Point {
	return Point{
		Metric: metric, Step: t.Step, Examples: t.Step * int64(t.cfg.BatchSize),
		Seconds: t.Seconds, Value: value,
	}
}

// observe tells one point. ErrStop is noted, not returned.
func (t *training) observe(p Point) error {
	err := t.session.Observe(p)
	if errors.Is(err, ErrStop) {
		t.stopped = true
		return nil
	}
	if err != nil {
		return fmt.Errorf("observe: %w", err)
	}
	return nil
}

// observeCurve evaluates the sample of the validation part and tells the point of the curve at this step.
func (t *training) observeCurve(ctx context.Context) error {
	f, err := t.evaluate(ctx, t.w, t.data.Val, t.curve)
	if err != nil {
		return err
	}
	if t.best != nil && (t.BestStep == 0 || f.Loss < t.Best) {
		t.Best, t.BestStep = f.Loss, t.Step
		copy(t.best.all, t.w.all)
	}
	from := len(t.Points)
	if p := t.session.Prior; p != nil && t.Observed == 0 { // once, with the first point
		t.add(false, MetricCoveredSymbols, p.Symbols)
		t.add(false, MetricCoveredTokens, p.Tokens)
	}
	t.add(false, MetricTrainLoss, t.LossSum/float64(t.LossSteps))
	t.addFigures(false, "val/", f)
	t.add(false, MetricRate, float64(t.Last.Rate))
	t.add(false, MetricGradNorm, float64(t.Last.GradNorm))
	t.add(false, MetricUpdateRatio, float64(t.Last.MoveRatio))
	t.add(false, MetricSaturated, float64(t.Last.Saturated))
	t.addVowels(false, t.w)
	t.Observed, t.LossSum, t.LossSteps = t.Step, 0, 0
	if err := t.tell(from); err != nil {
		return err
	}
	return t.observe(t.point("", 0)) // the point is whole: whoever watches may decide now
}

// conclude evaluates the chosen weights on the whole validation and test parts, and on a sample of the training part.
func (t *training) conclude(ctx context.Context) error {
	w := t.chosen()
	t.valuator.targets = t.shuffled // what it was trained on
	train, err := t.evaluate(ctx, w, t.data.Train, t.trainSet)
	t.valuator.targets = nil
	if err != nil {
		return err
	}
	t.losses = Losses{SplitHash: t.data.SplitHash, VocabHash: t.data.VocabHash}
	val, err := t.judge(ctx, w, t.data.Val, &t.losses.Val)
	if err != nil {
		return err
	}
	var test Figures
	if t.data.Test.Len() > 0 {
		if test, err = t.judge(ctx, w, t.data.Test, &t.losses.Test); err != nil {
			return err
		}
	}
	from := len(t.Points)
	t.add(true, MetricTrainLoss, train.Loss)
	t.addFigures(true, "val/", val)
	if test.Examples > 0 {
		t.addFigures(true, "test/", test)
	}
	t.addVowels(true, w)
	return t.tell(from)
}

// judge evaluates a whole part and keeps the loss of each of its targets.
func (t *training) judge(ctx context.Context, w *weights, p corpus.Part, each *[]float32) (Figures, error) {
	t.valuator.each = each
	defer func() { t.valuator.each = nil }()
	return t.evaluate(ctx, w, p, nil)
}

// evaluate measures weights on a part. Its time is not counted as training.
func (t *training) evaluate(ctx context.Context, w *weights, p corpus.Part, chosen []int32) (Figures, error) {
	t.valuator.w = w
	f, err := t.valuator.part(p, chosen, func() error { return t.tick(ctx, t.clock()) })
	t.trained = t.clock()
	if errors.Is(err, ErrDiverged) {
		return f, fmt.Errorf("step %d, rate %g: %w", t.Step, t.cfg.rate(max(0, t.Step-1), t.total), err)
	}
	return f, err
}

// add notes a value. One that does not exist (a share of known targets where there are none) is left out.
func (t *training) add(final bool, metric string, value float64) {
	if math.IsNaN(value) {
		return
	}
	p := t.point(metric, value)
	p.Final = final
	t.Points = append(t.Points, p)
}

// addFigures notes what was measured on a part.
func (t *training) addFigures(final bool, part string, f Figures) {
	t.add(final, part+"loss", f.Loss)
	t.add(final, part+"perplexity", f.Perplexity)
	t.add(final, part+"accuracy", f.Accuracy)
	t.add(final, part+"top5", f.Top5)
	t.add(final, part+"unk_share", f.UnkShare)
	t.add(final, part+"perplexity_known", f.PerplexityKnown)
}

// tell reports the points from that one on.
func (t *training) tell(from int) error {
	for _, p := range t.Points[from:] {
		if err := t.observe(p); err != nil {
			return err
		}
	}
	return nil
}
