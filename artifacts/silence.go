package artifacts

import (
	"context"
	"fmt"
	"io"
	"time"
)

var (
	// mute is how long a bucket may take or give nothing of an object before that counts as lost. What is read of a file waits in
	// memory until it is sent, partBytes for each that is under way and one more, which a slow line takes a while for.
	mute = 5 * time.Minute
	// short is how long a question may take.
	short = time.Minute
)

// watched is a context that ends when nothing was moved for long: a server that accepts and does not answer would hold whoever waits for it
// for ever. The reader that it returns reads on, and notes that something moves. Stop ends the watch.
func watched(ctx context.Context, r io.Reader) (_ context.Context, _ io.Reader, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	lost := time.AfterFunc(mute, func() { cancel(fmt.Errorf("%w: it has taken and given nothing for %v", ErrAway, mute)) })
	return ctx, &watchedReader{r, lost}, func() {
		lost.Stop()
		cancel(nil)
	}
}

type watchedReader struct {
	r    io.Reader
	lost *time.Timer
}

func (w *watchedReader) Read(b []byte) (int, error) {
	w.lost.Reset(mute)
	return w.r.Read(b)
}

// later is a reader that is known when something was heard.
type later struct{ io.Reader }

// Parts of an object that are sent at once, by each of the trials that may end together.
const (
	partBytes = 5 << 20 // the least that S3 takes
	parts     = 2
)

// soon bounds the time that a question takes.
func soon(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, short, fmt.Errorf("%w: it has not answered for %v", ErrAway, short))
}

// why is what ended a context that an error is of, beside the error.
func why(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); err != nil && cause != nil && cause != ctx.Err() {
		return fmt.Errorf("%w (%w)", cause, err)
	}
	return err
}
