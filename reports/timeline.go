package reports

import (
	"cmp"
	"fmt"
	"image/color"
	"slices"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"sweep/results"
)

// shift is one session as the timeline draws it: seconds of the sweep's working time, and the slot it ran in.
type shift struct {
	results.Session
	begin, end float64
	slot       int // from 0
}

// schedule puts sessions on slots, each on the lowest that is free, and cuts out of the time what nothing ran in, for
// longer than a fiftieth of the rest: nights between runs. breaks are where it was cut.
func schedule(sessions []results.Session) (out []shift, slots int, breaks []float64) {
	type span struct {
		results.Session
		from, to time.Time
	}
	var spans []span
	busy := 0.0
	for _, s := range sessions {
		from, err := time.Parse(time.RFC3339, s.StartedAt)
		if err != nil {
			continue
		}
		to := from.Add(time.Duration(s.Seconds * float64(time.Second)))
		if s.EndedAt != nil {
			if t, err := time.Parse(time.RFC3339, *s.EndedAt); err == nil && t.After(from) && s.Outcome != "lost" { // of a lost one nobody saw the end
				to = t
			}
		}
		busy += to.Sub(from).Seconds()
		spans = append(spans, span{s, from, to})
	}
	slices.SortStableFunc(spans, func(a, b span) int { return a.from.Compare(b.from) })
	var free []time.Time // when each slot is
	var until time.Time
	cut := time.Duration(0)
	for i, s := range spans {
		if idle := s.from.Sub(until); i > 0 && idle.Seconds() > busy/50 {
			cut += idle
			breaks = append(breaks, s.from.Add(-cut).Sub(spans[0].from).Seconds())
		}
		slot := slices.IndexFunc(free, func(t time.Time) bool { return !t.After(s.from) })
		if slot < 0 {
			slot, free = len(free), append(free, time.Time{})
		}
		free[slot] = s.to
		if s.to.After(until) {
			until = s.to
		}
		at := func(t time.Time) float64 { return t.Add(-cut).Sub(spans[0].from).Seconds() }
		out = append(out, shift{s.Session, at(s.from), at(s.to), slot})
	}
	return out, len(free), breaks
}

// ends of sessions as the timeline tells them apart, in the legend's order.
var sessionLooks = []struct {
	outcome, text string
	color         color.NRGBA
}{
	{"complete", "went to its end", okabeIto[5]},
	{"stopped", "stopped early", okabeIto[4]},
	{"diverged", "diverged", okabeIto[1]},
	{"failed", "failed", okabeIto[6]},
	{"interrupted", "paused or interrupted, went on later", paleGrey},
	{"lost", "its process died", inkSoft},
	{"running", "running", okabeIto[2]},
}

// timelineFigure draws which slot ran which trial when. ok is false where nothing ran.
func (s *study) timelineFigure(sessions []results.Session) (f figure, ok bool) {
	shifts, slots, breaks := schedule(sessions)
	if len(shifts) == 0 {
		return figure{}, false
	}
	f = figure{Name: "timeline", Chapter: chapterRun, Columns: 1, Height: 70 + min(24*float64(slots), 420)}
	f.Table = table{Columns: []string{"trial", "label", "attempt", "slot", "begin_seconds", "end_seconds", "outcome", "started_at"}}
	labels, states := map[string]string{}, map[string]string{}
	for _, c := range s.configs {
		for _, t := range c.trials {
			labels[t.Trial.Trial] = s.label(c) + ", replicate " + fmt.Sprint(t.Replicate)
			states[t.Trial.Trial] = t.State
		}
	}
	last := map[string]int{}
	for _, h := range shifts {
		last[h.Trial] = max(last[h.Trial], h.Attempt)
	}
	for i, h := range shifts {
		if h.Outcome == "interrupted" && h.Attempt == last[h.Trial] && states[h.Trial] == "stopped" {
			shifts[i].Outcome = "stopped" // it paused at a rung, and was not promoted
		}
	}
	x := axis{Label: "seconds since the sweep began, without the time in which nothing ran"}
	if len(breaks) == 0 {
		x.Label = "seconds since the sweep began"
	}
	y := axis{Label: "slot", Scale: category, Min: -0.5, Max: float64(slots) - 0.5}
	for i := range slots {
		m := mark{At: float64(i), Label: fmt.Sprint(i + 1)}
		if slots > 12 && (i+1)%((slots+11)/12) != 0 {
			m.Label = ""
		}
		y.Marks = append(y.Marks, m)
	}
	xs := []float64{0}
	p := panel{Y: y}
	for _, look := range sessionLooks {
		b := bars{Color: look.color}
		for _, h := range shifts {
			if cmp.Or(h.Outcome, "running") != look.outcome {
				continue
			}
			b.Bars = append(b.Bars, bar{h.begin, h.end, float64(h.slot), labels[h.Trial]})
			xs = append(xs, h.end)
		}
		if len(b.Bars) > 0 {
			p.Layers = append(p.Layers, bundle{look.text, []plot.Plotter{b}})
			f.Legend = append(f.Legend, legendEntry{Text: look.text, Color: look.color, Look: lookBand})
		}
	}
	for _, h := range shifts {
		f.Table.add(h.Trial, labels[h.Trial], h.Attempt, h.slot+1, h.begin, h.end, h.Outcome, h.StartedAt)
	}
	for _, b := range breaks {
		p.Layers = append(p.Layers, rule{At: b, Upright: true, Stroke: stroke{Color: ink, Width: 0.8, Dash: 2}})
	}
	x.cover(0, xs...)
	x.Min = 0
	p.X = x
	f.Panels = []panel{p}
	busy := 0.0
	for _, h := range shifts {
		busy += h.end - h.begin
	}
	f.Title = fmt.Sprintf("%s on %s, %.0f %% of whose time was used", count(len(shifts), "session"), count(slots, "slot"), 100*busy/(x.Max*float64(slots)))
	f.Caption = []string{"Each bar is one session of one trial. Slots are numbered anew here: a session takes the lowest that is free."}
	if len(breaks) > 0 {
		f.Caption = append(f.Caption, "Dotted lines: time in which nothing ran is left out there.")
	}
	if n := s.linked(sessions); n > 0 {
		f.Caption = append(f.Caption, count(n, "trial")+" had been trained before, and took no time.")
	}
	f.Caption = append(f.Caption, s.source())
	f.Alt = f.Title + "."
	return f, true
}

// linked counts the trials that have ended without a session.
func (s *study) linked(sessions []results.Session) int {
	ran := map[string]bool{}
	for _, h := range sessions {
		ran[h.Trial] = true
	}
	n := 0
	for _, c := range s.configs {
		for _, t := range c.trials {
			if !ran[t.Trial.Trial] && t.State == "complete" {
				n++
			}
		}
	}
	return n
}

// bar reaches from one value to another in a row.
type bar struct {
	From, To, Row float64
	Of            string
}

// bars are lying bars of one colour.
type bars struct {
	Bars  []bar
	Color color.NRGBA
}

// Plot implements plot.Plotter.
func (b bars) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := places(c, p)
	for _, r := range b.Bars {
		x0, x1 := x(r.From), max(x(r.To), x(r.From)+0.5)
		y0, y1 := y(r.Row-0.4), y(r.Row+0.4)
		trace(c, vg.Point{X: (x0 + x1) / 2, Y: (y0 + y1) / 2}, plotter.XY{X: r.From, Y: r.Row}, r.Of)
		if x1-x0 > 2 {
			x1 -= 0.5 // a seam between one and the next
		}
		c.FillPolygon(b.Color, []vg.Point{{X: x0, Y: y0}, {X: x1, Y: y0}, {X: x1, Y: y1}, {X: x0, Y: y1}})
	}
}
