package results

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"gorm.io/gorm"

	"sweep/sweeps"
)

const (
	flushPoints = 1000                   // points that are written without waiting for more
	flushAfter  = 100 * time.Millisecond // the longest that a point waits in memory
	queueLength = 4096                   // requests that wait for the writer before their senders do
	retryAfter  = 2 * time.Second        // between tries to write what a full disk refused
	mostPending = 1_000_000              // points that are kept while the disk is full
)

// writer is the one goroutine that writes. It gathers what it is asked for into transactions: points wait a moment
// for company, a change of state is written at once together with all that came before it. Only a transaction that
// finishes something is synced to disk; one sync then covers everything written before it, so that a trial costs one.
type writer struct {
	db       *gorm.DB
	database database
	patience time.Duration
	tired    *tired
	durable  bool // Options.Durability is full
	now      func() time.Time

	requests chan request // written by callers, read by run; never closed
	spool    *spool
	quit     chan struct{}
	done     chan struct{} // closed when run has ended
	once     sync.Once

	// standings brings the statistics of a sweep up to date; writers is how many processes do so.
	standings func(tx *gorm.DB, sweep int64) error
	writers   func(tx *gorm.DB) (int, error)
	// beat lets a worker be heard of.
	beat func(tx *gorm.DB) (done func(), err error)
	// turns ends sessions of tasks and claims begins them, many by a few statements. Each has its own answer; an error is the transaction's.
	turns  func(tx *gorm.DB, ts []*turning) error
	claims func(tx *gorm.DB, cs []*claiming) error

	mu      sync.Mutex
	failure error // of the last transaction, while points wait that it could not write
	lost    error // why points were dropped, the first time

	// Of run alone:
	pending  []point
	stale    map[int64]struct{} // sweeps whose standings are older than their trials
	computed time.Time          // when standings were brought up to date last
	took     time.Duration      // what that took, for all processes that do so
	metrics  map[string]int64   // numbers of metrics, as committed
	late     []request          // that came while the server was away, and are to be seen to next
	stints   stints             // as committed
	next     stints             // as the open transaction leaves them; actions change these
	deciders []sweeps.Decider   // asked in the open transaction
	yields   bool               // the next transaction is not in a hurry
	yielded  int                // how often in a row standings have given way
	began    time.Time          // when the transaction had its turn
}

// request asks the writer for points, an action, or both (points first).
type request struct {
	points []point
	act    func(tx *gorm.DB) error // may run several times; nil: points only
	sync   bool                    // its effect must survive a power cut
	stale  int64                   // the sweep whose standings it changes, 0: none
	turn   *turning                // in act's place
	claim  *claiming               // in act's place
	reply  chan error              // of length 1; nil with points only
	answer error                   // of act, for reply
}

// joined is what is seen to together with others of its kind, and what came of it.
type joined struct{ refused error }

func (j *joined) answer() *error { return &j.refused }

func startWriter(s *Store, db *gorm.DB, at database, o Options) *writer {
	w := &writer{
		db: db, database: at, patience: o.Patience, tired: &s.tired, durable: o.Durability != "normal", now: o.Now,
		requests: make(chan request, queueLength), spool: newSpool(o.spool, o.identity), quit: make(chan struct{}), done: make(chan struct{}),
		standings: s.updateStandings, writers: s.writers, beat: s.beatAlong, turns: s.turnAll, claims: s.claimTasks, stale: map[int64]struct{}{}, metrics: map[string]int64{}, stints: stints{},
	}
	go w.run()
	return w
}

// stop writes what waits and ends the goroutine. It returns why points were lost, if any were.
func (w *writer) stop() error {
	w.once.Do(func() { close(w.quit) })
	<-w.done
	w.mu.Lock()
	defer w.mu.Unlock()
	return cmp.Or(w.failure, w.lost)
}

func (w *writer) failed() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.failure
}

func (w *writer) setFailure(err error) {
	w.mu.Lock()
	w.failure = err
	w.mu.Unlock()
}

// drop gives points up. Their sessions learn why: what else succeeds, their trials must not end as if all were there.
func (w *writer) drop(points []point, cause error) {
	if len(points) == 0 {
		return
	}
	err := fault("points were lost", cause)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lost = cmp.Or(w.lost, err)
	for _, p := range points {
		p.at.lost = cmp.Or(p.at.lost, err)
	}
}

// giveUp tells sessions that their trials are not theirs any more.
func (w *writer) giveUp(sessions map[*session]bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for s := range sessions {
		s.lost = cmp.Or(s.lost, fmt.Errorf("%w: %w: attempt %d was given up, the trial may be another process's", ErrFinished, sweeps.ErrSuperseded, s.attempt))
	}
}

// lostOf returns why points of a session were dropped, nil if none were.
func (w *writer) lostOf(s *session) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return s.lost
}

// add hands points of a session over and returns at once, unless the queue is full.
func (w *writer) add(ctx context.Context, s *session, points []point) error {
	if err := cmp.Or(w.lostOf(s), w.failed()); err != nil {
		return err
	}
	if w.spool.divert(points) {
		return nil
	}
	r := request{points: points}
	select {
	case <-w.done: // whatever room there is in the queue
		return ErrClosed
	default:
	}
	select {
	case w.requests <- r: // whether or not ctx has ended
		return nil
	default:
	}
	select {
	case w.requests <- r:
		return nil
	case <-w.done:
		return ErrClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// do runs an action in the next transaction and waits for its commit, however ctx fares: a cancelled sweep still
// writes down how its trials ended.
func (w *writer) do(r request) error {
	r.reply = make(chan error, 1)
	select {
	case w.requests <- r:
	case <-w.done:
		return ErrClosed
	}
	select {
	case err := <-r.reply:
		return err
	case <-w.done:
		select { // answered in its last transaction?
		case err := <-r.reply:
			return err
		default:
			return ErrClosed
		}
	}
}

func (w *writer) run() {
	defer close(w.done)
	for {
		batch, more := w.gather()
		w.write(batch)
		for !more && len(w.late) > 0 {
			batch, w.late = w.late, nil
			w.write(batch)
		}
		w.refresh(!more)
		if !more {
			return
		}
	}
}

// gather waits for requests and returns those that go into one transaction; more is false when the store closes.
func (w *writer) gather() (batch []request, more bool) {
	if len(w.late) > 0 {
		batch, w.late = w.late, nil
		return w.drain(batch), true
	}
	var wake <-chan time.Time
	if wait, ok := w.nap(); ok {
		wake = time.After(wait)
	}
	select {
	case r := <-w.requests:
		batch = append(batch, r)
	case <-wake:
		return nil, true
	case <-w.quit:
		return w.drain(nil), false
	}
	flush := time.After(flushAfter)
	for points := len(batch[0].points); batch[len(batch)-1].reply == nil && points < flushPoints; {
		select {
		case r := <-w.requests:
			batch = append(batch, r)
			points += len(r.points)
		case <-flush:
			return batch, true
		case <-w.quit:
			return w.drain(batch), false
		}
	}
	return w.drain(batch), true
}

// drain adds what is queued already.
func (w *writer) drain(batch []request) []request {
	for {
		select {
		case r := <-w.requests:
			batch = append(batch, r)
		default:
			return batch
		}
	}
}

// write commits a batch and answers its requests, trying again while the record is busy or the disk is full. Points
// that it cannot write by then stay pending; they go into the next transaction. Points that fail for another reason
// are dropped.
func (w *writer) write(batch []request) {
	durable := false
	w.pending = append(w.pending, w.spool.take()...) // before requests that came after
	for _, r := range batch {
		w.pending = append(w.pending, r.points...)
		durable = durable || r.sync
	}
	if len(batch) == 0 && len(w.pending) == 0 {
		return
	}
	patience := w.patience
	if w.failed() != nil {
		patience = 0 // it was waited for once already
	}
	careful := false
	err := w.tired.persist(context.Background(), patience, func() (err error) {
		batch, err = w.commit(batch, durable && w.durable, careful)
		if errors.Is(err, errBare) {
			careful = true
			batch, err = w.commit(batch, durable && w.durable, careful)
		}
		if s := sentinel(err); s == ErrAway || s == ErrFull && w.database.shared() {
			w.goneAway()
		}
		return err
	})
	switch {
	case err == nil:
		w.settle()
	case !passing(err):
		w.drop(w.pending, err) // they would fail for ever
		w.settle()
	case len(w.pending) > 0:
		w.setFailure(fault("record", err))
		if n := len(w.pending) - mostPending; n > 0 {
			w.drop(w.pending[:n], err)
			w.pending = append([]point(nil), w.pending[n:]...)
		}
	}
	for _, r := range batch {
		if r.reply == nil {
			continue
		}
		if err != nil {
			r.reply <- err
			continue
		}
		if r.stale != 0 {
			w.stale[r.stale] = struct{}{}
		}
		r.reply <- r.answer
	}
	if err == nil {
		if w.pending = append(w.pending, w.spool.back()...); len(w.pending) > 0 {
			w.write(nil)
		}
	}
}

// goneAway lets points be kept while the server is away, or its disk is full. Those that wait in the queue are taken out of it, so that they are on the disk,
// too; other requests have to wait.
func (w *writer) goneAway() {
	before := len(w.pending)
	for _, r := range w.drain(nil) {
		w.pending = append(w.pending, r.points...)
		if r.points = nil; r.reply != nil {
			w.late = append(w.late, r)
		}
	}
	w.spool.leave(w.pending, w.pending[before:])
}

// settle notes that no points wait any more.
func (w *writer) settle() {
	w.pending = w.pending[:0]
	w.setFailure(nil)
}

// errBare reports that actions without savepoints have failed otherwise than by being refused: the transaction is to be tried again with
// savepoints for all.
var errBare = errors.New("an action has failed that had no savepoint")

// commit writes a batch in one transaction, and returns it with what came while others had their turn. An action that is refused takes
// only itself back; its reason is its answer. A returned error means that nothing was written.
func (w *writer) commit(batch []request, durable, careful bool) (_ []request, err error) {
	if err := w.database.sync(w.db, durable); err != nil {
		return batch, err
	}
	tx := w.db.Begin()
	if tx.Error != nil {
		return batch, tx.Error
	}
	w.began = time.Time{}
	defer func() {
		if err != nil {
			tx.Rollback() // after SQLITE_FULL it may be rolled back already
			for _, d := range w.deciders {
				d.Forget()
			}
		}
		w.deciders = w.deciders[:0]
	}()
	if err := w.database.begin(tx, w.yields); err != nil {
		return batch, err
	}
	w.began = time.Now()
	if !careful && w.database.shared() {
		batch = w.join(batch)
	}
	w.next = maps.Clone(w.stints)
	metrics := maps.Clone(w.metrics)
	gone, err := advance(tx, w.pending)
	if err != nil {
		return batch, err
	}
	kept := slices.DeleteFunc(slices.Clone(w.pending), func(p point) bool { return gone[p.at] })
	if err := insertPoints(tx, kept, metrics); err != nil {
		return batch, err
	}
	for _, p := range kept {
		w.next.touch(p.at.name)
	}
	if err := w.carryOut(tx, batch, careful); err != nil {
		return batch, err
	}
	if err := w.next.extend(tx, w.now()); err != nil {
		return batch, err
	}
	heard, err := w.beat(tx)
	if err != nil {
		return batch, err
	}
	if err := tx.Commit().Error; err != nil {
		return batch, err
	}
	heard()
	w.stints, w.metrics = w.next, metrics
	w.giveUp(gone)
	return batch, nil
}

// join adds what was asked for while the transaction waited for its turn.
func (w *writer) join(batch []request) []request {
	n := len(batch)
	batch = w.drain(batch)
	w.pending = append(w.pending, w.spool.take()...) // what was measured before an end that has just been asked for
	for _, r := range batch[n:] {
		w.pending = append(w.pending, r.points...)
	}
	return batch
}

// carryOut carries out the actions of a batch: those that are seen to together, up to the next one that is not.
func (w *writer) carryOut(tx *gorm.DB, batch []request, careful bool) (err error) {
	for len(batch) > 0 {
		n := slices.IndexFunc(batch, func(r request) bool { return r.act != nil })
		if n < 0 {
			n = len(batch)
		}
		if err := w.carryOutJoined(tx, batch[:n], careful); err != nil {
			return err
		}
		if n < len(batch) {
			if batch[n].answer, err = w.attempt(tx, batch[n].act); err != nil {
				return err
			}
			n++
		}
		batch = batch[n:]
	}
	return nil
}

// carryOutJoined ends what ends, and then begins what begins.
func (w *writer) carryOutJoined(tx *gorm.DB, batch []request, careful bool) error {
	var turns []*turning
	var claims []*claiming
	for _, r := range batch {
		switch {
		case r.turn != nil:
			turns = append(turns, r.turn)
		case r.claim != nil:
			claims = append(claims, r.claim)
		}
	}
	if err := together(w, tx, turns, w.turns, careful); err != nil {
		return err
	}
	if err := together(w, tx, claims, w.claims, careful); err != nil {
		return err
	}
	for i, r := range batch {
		switch {
		case r.turn != nil:
			batch[i].answer = r.turn.refused
		case r.claim != nil:
			batch[i].answer = r.claim.refused
		}
	}
	return nil
}

// together carries out actions of one kind without savepoints: they are refused before they have written anything, if at all. In a
// careful transaction each is by itself, with one.
func together[A interface{ answer() *error }](w *writer, tx *gorm.DB, all []A, do func(*gorm.DB, []A) error, careful bool) error {
	if len(all) == 0 {
		return nil
	}
	for _, a := range all { // it may be for another time
		*a.answer() = nil
	}
	if !careful {
		err := do(tx, all)
		if err != nil && !passing(err) {
			err = fmt.Errorf("%w: %w", errBare, err)
		}
		return err
	}
	for _, a := range all {
		refused, err := w.attempt(tx, func(tx *gorm.DB) error {
			if err := do(tx, []A{a}); err != nil {
				return err
			}
			return *a.answer()
		})
		if err != nil {
			return err
		}
		*a.answer() = refused
	}
	return nil
}

// mostTogether is how many rows one statement begins or ends.
const mostTogether = 128

// decide notes that a decider is asked in the open transaction.
func (w *writer) decide(d sweeps.Decider) {
	if !slices.Contains(w.deciders, d) {
		w.deciders = append(w.deciders, d)
	}
}

// attempt runs an action inside a savepoint. refused is the action's own error; err one that ends the transaction.
func (w *writer) attempt(tx *gorm.DB, act func(*gorm.DB) error) (refused, err error) {
	if err := execute(tx, "SAVEPOINT action"); err != nil {
		return nil, err
	}
	before := maps.Clone(w.next)
	if refused = act(tx); refused != nil {
		if passing(refused) || errors.Is(sentinel(refused), ErrCorrupt) || errors.Is(sentinel(refused), ErrUnwritable) {
			return nil, refused
		}
		if err := execute(tx, "ROLLBACK TO action"); err != nil {
			return nil, fmt.Errorf("%w (after: %w)", err, refused)
		}
		w.next = before
	}
	return refused, execute(tx, "RELEASE action")
}

// nap is how long the writer may sleep without a request: until standings are due, and no longer than until points
// that could not be written are to be tried again. ok is false when nothing waits.
func (w *writer) nap() (wait time.Duration, ok bool) {
	if len(w.stale) > 0 {
		wait, ok = time.Until(w.due()), true
	}
	if (len(w.pending) > 0 || w.spool.waits()) && (!ok || wait > retryAfter) {
		wait, ok = retryAfter, true
	}
	return wait, ok
}

// due is when standings are to be brought up to date next: after standingsEvery, and where that takes long, for a sweep
// of many thousands of trials, so late that it is a small part of what all writers do.
func (w *writer) due() time.Time {
	return w.computed.Add(max(standingsEvery, standingsShare*w.took))
}

// mostYields is how often in a row standings give way to what others write.
const mostYields = 10

// refresh brings standings up to date, if that is due or now is set.
func (w *writer) refresh(now bool) {
	if len(w.stale) == 0 || !now && time.Now().Before(w.due()) {
		return
	}
	writers := 1
	batch := []request{{act: func(tx *gorm.DB) (err error) { writers, err = w.writers(tx); return err }}}
	for id := range w.stale {
		batch = append(batch, request{act: func(tx *gorm.DB) error { return w.standings(tx, id) }})
	}
	w.yields = !now && w.yielded < mostYields
	// What fails here is tried again after the next trial and at the end of the sweep, which returns the error.
	_, err := w.commit(batch, false, true)
	w.yields = false
	w.computed = time.Now()
	switch {
	case errors.Is(err, errTaken):
		w.yielded++
		w.took = 0 // again in a second
		return
	case err == nil:
		w.settle()
		clear(w.stale)
	}
	w.yielded = 0
	if !w.began.IsZero() {
		w.took = time.Duration(writers) * w.computed.Sub(w.began)
	}
}

// errTaken reports that others are just writing.
var errTaken = errors.New("others are just writing")
