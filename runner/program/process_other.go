//go:build !unix

package program

import "os"

// metricsPipe says that a program can be handed a descriptor besides the standard ones.
const metricsPipe = false

func inode(*os.File) uint64 { return 0 }

func signalOf(*os.ProcessState) int { return 0 }

func signalName(int) string { return "" }
