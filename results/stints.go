package results

import (
	"maps"
	"slices"
	"time"

	"gorm.io/gorm"
)

// stints are the sessions of sweeps that this process is in, by the sweep's name. One lasts from the first Claim to
// EndSweep. Each transaction that is about the sweep adds the wall time since the one before, so that a process that
// is killed loses only what came after its last.
type stints map[string]stint

type stint struct {
	until   time.Time     // up to when its time is in the record
	added   time.Duration // since it began, whole microseconds
	touched bool          // the open transaction is about the sweep
}

// begin starts a sweep's stint, unless it has begun, and touches it.
func (s stints) begin(sweep string, now time.Time) {
	if _, begun := s[sweep]; !begun {
		s[sweep] = stint{until: now}
	}
	s.touch(sweep)
}

// touch notes that the transaction is about a sweep: its stint, if there is one, comes up to now at the transaction's end.
func (s stints) touch(sweep string) {
	if old, begun := s[sweep]; begun {
		old.touched = true
		s[sweep] = old
	}
}

// extend brings those that were touched up to now: once a transaction, for each change of one row leaves an old one behind.
func (s stints) extend(tx *gorm.DB, now time.Time) error {
	for _, sweep := range slices.Sorted(maps.Keys(s)) {
		old := s[sweep]
		if !old.touched {
			continue
		}
		d := max(now.Sub(old.until).Truncate(time.Microsecond), 0)
		s[sweep] = stint{until: old.until.Add(d), added: old.added + d}
		if d == 0 {
			continue
		}
		if err := execute(tx, `UPDATE sweeps SET seconds = `+secondsPlus+` WHERE name = ?`, d.Seconds(), sweep); err != nil {
			return err
		}
	}
	return nil
}

// secondsPlus adds to a sweep's seconds. Rounding makes a sum of many additions the same as that of one.
const secondsPlus = `round(seconds + ?, 6)`

// end ends a sweep's stint and returns how many seconds of it are in the record.
func (s stints) end(sweep string) float64 {
	added := s[sweep].added
	delete(s, sweep)
	return added.Seconds()
}
