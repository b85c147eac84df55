package results

import (
	"time"

	"gorm.io/gorm"
)

// stints are the sessions of sweeps that this process is in, by the sweep's name. One lasts from the first Claim to
// EndSweep. Each transaction that is about the sweep adds the wall time since the one before, so that a process that
// is killed loses only what came after its last.
type stints map[string]stint

type stint struct {
	until time.Time     // up to when its time is in the record
	added time.Duration // since it began, whole microseconds
}

// begin starts a sweep's stint; one that has begun is brought up to now.
func (s stints) begin(tx *gorm.DB, sweep string, now time.Time) error {
	if _, begun := s[sweep]; !begun {
		s[sweep] = stint{until: now}
	}
	return s.extend(tx, sweep, now)
}

// extend brings a sweep's stint, if there is one, up to now.
func (s stints) extend(tx *gorm.DB, sweep string, now time.Time) error {
	old, begun := s[sweep]
	d := now.Sub(old.until).Truncate(time.Microsecond)
	if !begun || d <= 0 {
		return nil
	}
	s[sweep] = stint{until: old.until.Add(d), added: old.added + d}
	return execute(tx, `UPDATE sweeps SET seconds = `+secondsPlus+` WHERE name = ?`, d.Seconds(), sweep)
}

// secondsPlus adds to a sweep's seconds. Rounding makes a sum of many additions the same as that of one.
const secondsPlus = `round(seconds + ?, 6)`

// end ends a sweep's stint and returns how many seconds of it are in the record.
func (s stints) end(sweep string) float64 {
	added := s[sweep].added
	delete(s, sweep)
	return added.Seconds()
}
