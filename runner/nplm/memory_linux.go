package nplm

import "golang.org/x/sys/unix"

// memory is how many bytes the machine has.
func memory() int64 {
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return assumed
	}
	return int64(info.Totalram) * int64(info.Unit)
}

// assumed is the memory of a machine that does not tell.
const assumed = 64 << 30
