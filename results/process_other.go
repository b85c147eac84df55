//go:build !linux

package results

// thisProcess cannot tell where it is: that workers have died is found out by their not being heard of.
func thisProcess() (machine string, began int64) { return "", 0 }

func gone(pid, began int64) bool { return false }
