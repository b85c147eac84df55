package artifacts

import "time"

// SetMute sets how long a bucket may be silent, and returns what sets it back.
func SetMute(d time.Duration) (restore func()) {
	before := mute
	mute = d
	return func() { mute = before }
}
