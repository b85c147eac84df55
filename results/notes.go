package results

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"gorm.io/gorm"
)

// Bounds of what people may note.
const (
	longestNote = 16 << 10 // bytes
	longestTag  = 64       // bytes
	mostTags    = 100      // of one thing
)

// ErrNote reports a note or tag that cannot be kept.
var ErrNote = errors.New("not noted")

// Noted is a sweep or a trial that is noted of; one of the two is "".
type Noted struct {
	Sweep string
	Trial string // its whole id; what is noted goes with the training into every sweep
}

func (n Noted) String() string {
	if n.Sweep != "" {
		return "sweep " + n.Sweep
	}
	return "trial " + n.Trial
}

// owner returns the column that names what is noted of, and its row.
func (n Noted) owner(tx *gorm.DB) (column string, id int64, err error) {
	column, query, name := "training_id", `SELECT id FROM trainings WHERE trial = ?`, n.Trial
	if n.Sweep != "" {
		column, query, name = "sweep_id", `SELECT id FROM sweeps WHERE name = ?`, n.Sweep
	}
	var ids []int64
	if err := tx.Raw(query, name).Scan(&ids).Error; err != nil {
		return "", 0, err
	}
	if len(ids) == 0 {
		return "", 0, fmt.Errorf("%s: %w", n, ErrNotFound)
	}
	return column, ids[0], nil
}

// Note is one thing that was noted.
type Note struct {
	At   string `json:"at"` // RFC 3339, UTC
	Text string `json:"text"`
}

// Notes returns what was noted, the oldest first.
func (s *Store) Notes(ctx context.Context, n Noted) ([]Note, error) {
	notes := []Note{}
	err := s.view(ctx, "read notes of "+n.String(), func(tx *gorm.DB) error {
		column, id, err := n.owner(tx)
		if err != nil {
			return err
		}
		var rows []struct {
			At   int64
			Text string
		}
		err = tx.Raw(`SELECT at, text FROM notes WHERE `+column+` = ? ORDER BY id`, id).Scan(&rows).Error
		notes = notes[:0]
		for _, r := range rows {
			notes = append(notes, Note{timeText(r.At), r.Text})
		}
		return err
	})
	return notes, err
}

// CheckNote returns a note without the space around it, or an error that wraps ErrNote.
func CheckNote(text string) (string, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return "", fmt.Errorf("%w: the text is empty; --remove takes notes away", ErrNote)
	case len(text) > longestNote:
		return "", fmt.Errorf("%w: the text has %d bytes, and at most %d are kept", ErrNote, len(text), longestNote)
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return "", fmt.Errorf("%w: the text is not UTF-8", ErrNote)
	}
	return text, nil
}

// CheckTags refuses what is no tag with an error that wraps ErrNote: a tag is one word, so that lists of them read well.
func CheckTags(tags []string) error {
	for _, t := range tags {
		bad := strings.IndexFunc(t, func(r rune) bool {
			return unicode.IsSpace(r) || !unicode.IsPrint(r) || strings.ContainsRune(`,"'\`+"`", r)
		})
		switch {
		case t == "":
			return fmt.Errorf("%w: a tag is empty", ErrNote)
		case len(t) > longestTag || !utf8.ValidString(t):
			return fmt.Errorf("%w: tag %.20q... is longer than %d bytes, or not UTF-8", ErrNote, t, longestTag)
		case bad >= 0:
			return fmt.Errorf("%w: tag %q: a tag is one word, without spaces, commas, quotes and backslashes", ErrNote, t)
		}
	}
	return nil
}

// AddNote adds a note to those that there are.
func (s *Store) AddNote(_ context.Context, n Noted, text string) error {
	text, err := CheckNote(text)
	if err != nil {
		return err
	}
	return s.noting(n, func(tx *gorm.DB, column string, id int64) error {
		return execute(tx, `INSERT INTO notes (`+column+`, at, text) VALUES (?, ?, ?)`, id, s.now(), text)
	})
}

// RemoveNotes removes all notes of a thing and returns how many there were.
func (s *Store) RemoveNotes(_ context.Context, n Noted) (removed int64, err error) {
	err = s.noting(n, func(tx *gorm.DB, column string, id int64) (err error) {
		removed, err = affect(tx, `DELETE FROM notes WHERE `+column+` = ?`, id)
		return err
	})
	return removed, err
}

// AddTags adds tags; one that is there already stays.
func (s *Store) AddTags(_ context.Context, n Noted, tags []string) error {
	if err := CheckTags(tags); err != nil {
		return err
	}
	return s.noting(n, func(tx *gorm.DB, column string, id int64) error {
		var had []string
		if err := tx.Raw(`SELECT tag FROM tags WHERE `+column+` = ?`, id).Scan(&had).Error; err != nil {
			return err
		}
		for _, t := range tags {
			if slices.Contains(had, t) {
				continue
			}
			if had = append(had, t); len(had) > mostTags {
				return fmt.Errorf("%w: %s would have more than %d tags", ErrNote, n, mostTags)
			}
			if err := execute(tx, `INSERT INTO tags (`+column+`, tag) VALUES (?, ?)`, id, t); err != nil {
				return err
			}
		}
		return nil
	})
}

// RemoveTags removes tags, all of them if none is named, and returns how many were there.
func (s *Store) RemoveTags(_ context.Context, n Noted, tags []string) (removed int64, err error) {
	err = s.noting(n, func(tx *gorm.DB, column string, id int64) error {
		removed = 0
		if len(tags) == 0 {
			removed, err = affect(tx, `DELETE FROM tags WHERE `+column+` = ?`, id)
			return err
		}
		for _, t := range tags {
			k, err := affect(tx, `DELETE FROM tags WHERE `+column+` = ? AND tag = ?`, id, t)
			if err != nil {
				return err
			}
			removed += k
		}
		return nil
	})
	return removed, err
}

func (s *Store) noting(n Noted, act func(tx *gorm.DB, column string, id int64) error) error {
	return s.write("note "+n.String(), request{sync: true, act: func(tx *gorm.DB) error {
		column, id, err := n.owner(tx)
		if err != nil {
			return err
		}
		return act(tx, column, id)
	}})
}
