package main

import (
	"slices"
	"time"

	"sweep/runner"
	"sweep/sweeps"
)

// evidence is how much training a guess of the time left needs.
const evidence = 2 * time.Second

// pace measures how fast the work of a plan gets done. Work is counted in Trial.Cost, so that a large model that is
// half done weighs more than a small one that is whole.
type pace struct {
	trials     int
	replicates int    // the highest number of one
	waiting    []work // not begun, in the order of running
	ended      int    // trials that ended in this run or before

	known map[string]bool // trials, by ID
	more  int             // trials that are expected beside them: a search has yet to draw them

	whole  float64       // of all trials
	past   float64       // of trials that ended
	done   float64       // in this run, of trials that left their worker
	busy   time.Duration // that workers have spent on done
	before int           // trials that were found finished
}

// work is a trial that has not begun.
type work struct {
	id   string
	cost float64
}

// lane is what one worker trains.
type lane struct {
	last  runner.Event
	begun time.Time // when the first progress came; zero before
	from  float64   // the part of the work that was done by then
	whole time.Time // when its last step was done; zero before. What follows tells no progress
}

// until is up to when the lane's progress tells how much is done.
func (l *lane) until(now time.Time) time.Time {
	if l.whole.IsZero() {
		return now
	}
	return l.whole
}

// newPace measures a run that begins trials in this order.
func newPace(order []sweeps.Trial) pace {
	p := pace{known: map[string]bool{}}
	for _, t := range order {
		p.add(t)
		p.waiting = append(p.waiting, work{id: t.ID, cost: t.Work()})
	}
	return p
}

// add takes a trial into account.
func (p *pace) add(t sweeps.Trial) {
	p.known[t.ID] = true
	p.replicates = max(p.replicates, t.Replicate)
	p.whole += t.Work()
	if p.more > 0 { // it was expected
		p.more--
		p.whole -= p.average(t)
		return
	}
	p.trials++
}

// expect says that there will be as many trials as that.
func (p *pace) expect(trials int) {
	if p.more = max(0, trials-p.trials); p.more > 0 && p.trials > 0 {
		p.whole *= float64(trials) / float64(p.trials)
		p.trials = trials
	}
}

// average is the work of a trial that is expected, in whose place t has come.
func (p *pace) average(t sweeps.Trial) float64 {
	return min((p.whole-t.Work())/float64(max(p.trials, 1)), p.whole-t.Work())
}

// stop books a trial that ended while no worker had it.
func (p *pace) stop(t sweeps.Trial) {
	p.ended++
	p.past += t.Work()
}

// begin takes a trial off those that wait.
func (p *pace) begin(t sweeps.Trial) {
	if !p.known[t.ID] {
		p.add(t)
	}
	switch i := slices.IndexFunc(p.waiting, func(w work) bool { return w.id == t.ID }); i {
	case -1:
	case 0: // nearly always: no need to move a long plan for each trial
		p.waiting = p.waiting[1:]
	default:
		p.waiting = slices.Delete(p.waiting, i, i+1)
	}
}

// link books a trial that was finished before.
func (p *pace) link(t sweeps.Trial) {
	p.begin(t)
	p.ended++
	p.before++
	p.past += t.Work()
}

// finish books a trial that has left its worker.
func (p *pace) finish(l *lane, e runner.Event, now time.Time) {
	part := worked(e)
	if e.State == sweeps.Complete {
		part = 1
	}
	if !l.begun.IsZero() {
		p.done += max(0, part-l.from) * e.Trial.Work()
		p.busy += now.Sub(l.begun)
	}
	if e.State.Finished() {
		p.ended++
		p.past += e.Trial.Work()
	}
}

// part is how much of the plan's work is done, from 0 to 1.
func (p *pace) part(lanes []*lane) float64 {
	done := p.past
	for _, l := range lanes {
		if l != nil {
			done += worked(l.last) * l.last.Trial.Work()
		}
	}
	if p.whole == 0 {
		return 1
	}
	return min(1, done/p.whole)
}

// left guesses when the plan will be done at the speed so far, if workers go on to take its trials in turn. It is 0
// while too little is known.
func (p *pace) left(lanes []*lane, now time.Time) time.Duration {
	done, busy := p.done, p.busy
	for _, l := range lanes {
		if l != nil && !l.begun.IsZero() && l.last.Trial.Steps > 0 {
			done += max(0, worked(l.last)-l.from) * l.last.Trial.Work()
			busy += l.until(now).Sub(l.begun)
		}
	}
	if done <= 0 || busy < evidence || len(lanes) == 0 {
		return 0
	}
	speed := done / busy.Seconds() // of one worker

	loads := make([]float64, len(lanes))
	for i, l := range lanes {
		switch {
		case l == nil:
		case l.last.Trial.Steps > 0:
			judged := speed * now.Sub(l.until(now)).Seconds()
			loads[i] = max(0, (1-worked(l.last))*l.last.Trial.Work()-judged)
		case !l.begun.IsZero():
			loads[i] = max(0, l.last.Trial.Work()-speed*now.Sub(l.begun).Seconds())
		default:
			loads[i] = l.last.Trial.Work()
		}
	}
	for _, w := range p.waiting {
		first := 0
		for i := range loads {
			if loads[i] < loads[first] {
				first = i
			}
		}
		loads[first] += w.cost
	}
	return time.Duration(slices.Max(loads) / speed * float64(time.Second))
}

// fraction of a trial's steps that are done, 0 where their number is unknown.
func fraction(e runner.Event) float64 {
	if e.Trial.Steps <= 0 {
		return 0
	}
	return min(1, float64(e.Step)/float64(e.Trial.Steps))
}

// worked is the part of a trial's work that is done, 0 where the number of its steps is unknown.
func worked(e runner.Event) float64 {
	return fraction(e) * (1 - e.Trial.Ending/e.Trial.Work())
}
