package artifacts

import "time"

// SetMute sets how long a bucket may be silent, and returns what sets it back.
func SetMute(d time.Duration) (restore func()) {
	one, other := mute, short
	mute, short = d, d
	return func() { mute, short = one, other }
}
