//go:build !linux

package results

// networkDisk cannot tell network file systems on this platform.
func networkDisk(string) (string, error) { return "", nil }
