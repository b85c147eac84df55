package results

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestNotesAndTags(t *testing.T) {
	s := opened(t)
	p := grid("hidden", 1, 50, 100)
	trained(t, s, p, map[int][]float64{50: {135}, 100: {133}})
	put(t, s, grid("again", 1, 50)) // linked: the same training
	ctx, id := t.Context(), p.Trials()[0].ID
	sweep, trial := Noted{Sweep: "hidden"}, Noted{Trial: id}
	if notes, err := s.Notes(ctx, sweep); err != nil || len(notes) != 0 {
		t.Errorf("before any: %v, %v", notes, err)
	}
	for _, n := range []Noted{sweep, trial} {
		for _, text := range []string{" first \n", "it's \"second\",\nof two lines"} {
			if err := s.AddNote(ctx, n, text); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.AddTags(ctx, n, []string{"zebra", "fig:3", "zebra"}); err != nil {
			t.Fatal(err)
		}
		if err := s.AddTags(ctx, n, []string{"café", "fig:3"}); err != nil {
			t.Fatal(err)
		}
	}
	const text = "first\nit's \"second\",\nof two lines"
	tags := []string{"café", "fig:3", "zebra"}
	sw, err := s.Sweep(ctx, "hidden")
	if err != nil || sw.Notes == nil || *sw.Notes != text || !slices.Equal(sw.Tags, tags) {
		t.Errorf("%+v, %v", sw, err)
	}
	if sw, err = s.Sweep(ctx, "again"); err != nil || sw.Notes != nil || len(sw.Tags) != 0 {
		t.Errorf("the other sweep: %+v, %v", sw, err)
	}
	for _, name := range []string{"hidden", "again"} {
		if r := trials(t, s, name)[id]; r.Notes == nil || *r.Notes != text || !slices.Equal(r.Tags, tags) {
			t.Errorf("in %s: %v %q", name, r.Notes, r.Tags)
		}
	}
	if r := trials(t, s, "hidden")[p.Trials()[1].ID]; r.Notes != nil || len(r.Tags) != 0 {
		t.Errorf("another trial: %v %q", r.Notes, r.Tags)
	}
	rows, _, err := s.Select(ctx, "hidden", Selection{Where: `tags LIKE '%"fig:3"%' AND notes IS NOT NULL`})
	if err != nil || len(rows) != 1 || rows[0].Trial != id {
		t.Errorf("%d trials with the tag, %v", len(rows), err)
	}
	notes, err := s.Notes(ctx, trial)
	if err != nil || len(notes) != 2 || notes[0].Text != "first" || notes[0].At == "" {
		t.Errorf("%+v, %v", notes, err)
	}
	if n, err := s.RemoveTags(ctx, trial, []string{"fig:3", "nothing"}); n != 1 || err != nil {
		t.Errorf("%d removed, %v", n, err)
	}
	if n, err := s.RemoveTags(ctx, trial, nil); n != 2 || err != nil {
		t.Errorf("%d removed, %v", n, err)
	}
	if n, err := s.RemoveNotes(ctx, trial); n != 2 || err != nil {
		t.Errorf("%d removed, %v", n, err)
	}
	if r := trials(t, s, "again")[id]; r.Notes != nil || len(r.Tags) != 0 {
		t.Errorf("after removing: %v %q", r.Notes, r.Tags)
	}
	if sw, err = s.Sweep(ctx, "hidden"); err != nil || !slices.Equal(sw.Tags, tags) {
		t.Errorf("the sweep's own tags: %q, %v", sw.Tags, err)
	}
}

func TestNotesRefuse(t *testing.T) {
	s := opened(t)
	put(t, s, grid("hidden", 1, 50))
	ctx, on := t.Context(), Noted{Sweep: "hidden"}
	for _, text := range []string{"", " \n", "a\x00b", "a\xffb", strings.Repeat("x", longestNote+1)} {
		if err := s.AddNote(ctx, on, text); !errors.Is(err, ErrNote) {
			t.Errorf("note %.20q: %v", text, err)
		}
	}
	for _, tag := range []string{"", "a b", "a,b", `a"b`, `a\b`, "a'b", "a\tb", "a\x00", "a\xff", "a\u2028b", strings.Repeat("x", longestTag+1)} {
		if err := s.AddTags(ctx, on, []string{"good", tag}); !errors.Is(err, ErrNote) {
			t.Errorf("tag %.20q: %v", tag, err)
		}
	}
	var many []string
	for i := range mostTags + 1 {
		many = append(many, strings.Repeat("x", i%50+1)+strings.Repeat("y", i/50))
	}
	if err := s.AddTags(ctx, on, many); !errors.Is(err, ErrNote) {
		t.Errorf("%d tags: %v", len(many), err)
	}
	if sw, err := s.Sweep(ctx, "hidden"); err != nil || len(sw.Tags) != 0 || sw.Notes != nil {
		t.Errorf("after refusals: %+v, %v", sw, err)
	}
	for _, n := range []Noted{{Sweep: "nothing"}, {Trial: "nothing"}} {
		_, err := s.Notes(ctx, n)
		if !errors.Is(err, ErrNotFound) || !errors.Is(s.AddNote(ctx, n, "x"), ErrNotFound) || !errors.Is(s.AddTags(ctx, n, []string{"x"}), ErrNotFound) {
			t.Errorf("%s: %v", n, err)
		}
	}
}
