package sweeps

import "sweep/sweeps/stopping"

// rule returns the stopping rule of the spec, nil without one.
func (s *Spec) rule() stopping.Rule {
	e := s.EarlyTerminate
	if e == nil {
		return nil
	}
	switch {
	case e.Type == "median":
		return stopping.Median{From: max(e.MinIter, 1), Enough: e.Startup}
	case e.Type == "hyperband" && e.Brackets == 0:
		return stopping.NewBands(e.MinIter, e.MaxIter, e.S, e.Eta, e.Strict)
	}
	return stopping.Halving{Rungs: e.rungs(0), Eta: e.Eta, Promotes: e.Promote, Brackets: e.Brackets}
}

// Rungs are the iterations at which a trial is judged that logs the metric so often; 0 is unknown.
func (s *Spec) Rungs(points int) []int {
	if e := s.EarlyTerminate; e != nil && e.Type != "median" {
		return e.rungs(points)
	}
	return nil
}

// rungs are the iterations at which trials are judged that log the metric points times; 0 is unknown.
func (e EarlyTerminate) rungs(points int) []int {
	return stopping.Ladder(e.MinIter, e.MaxIter, e.S, e.Eta, points)
}
