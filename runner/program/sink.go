package program

import (
	"errors"
	"sync"

	"sweep/runner"
)

// sink hands on what a program measures, in the order in which its lines come in, by whichever stream.
type sink struct {
	report func(runner.Point) error
	asked  chan struct{} // closed by the sink when report has returned an error

	mu       sync.Mutex
	step     int64 // of the last line
	examples int64
	err      error // that report returned first, unless the record has failed since
}

func newSink(report func(runner.Point) error) *sink {
	return &sink{report: report, asked: make(chan struct{})}
}

// take reports the values of a line, and then that the line is whole. What a program says after it was told to stop is dropped; what it says
// until it has put itself away is not, for it goes on from behind that.
func (s *sink) take(m measurement) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil && !errors.Is(s.err, runner.ErrPause) {
		return
	}
	if !m.stepped {
		m.step = s.step + 1
	}
	s.step, s.examples = m.step, max(s.examples, m.examples)
	for _, v := range m.values {
		if !s.tell(runner.Point{Metric: v.metric, Step: m.step, Examples: m.examples, Value: v.x}) {
			return
		}
	}
	s.tell(runner.Point{Step: m.step, Examples: m.examples})
}

// beat reports that the program still runs, unless something is being reported anyway: it waits for nobody.
func (s *sink) beat() {
	if !s.mu.TryLock() {
		return
	}
	defer s.mu.Unlock()
	if s.err == nil {
		s.tell(runner.Point{Step: s.step, Examples: s.examples})
	}
}

// tell reports one point and says whether the line goes on. One that is whole when the program is told to end is better
// than a part of it, so only an error of the record breaks it off.
func (s *sink) tell(p runner.Point) bool {
	err := s.report(p)
	if err == nil {
		return true
	}
	request, first := isRequest(err), s.err == nil
	if first || !request {
		s.err = err
	}
	if first {
		close(s.asked)
	}
	return request
}

// isRequest reports whether an error of report asks for something, rather than being one of the record.
func isRequest(err error) bool {
	return errors.Is(err, runner.ErrStop) || errors.Is(err, runner.ErrPause)
}

// answer is the error that report returned, nil if none.
func (s *sink) answer() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}
