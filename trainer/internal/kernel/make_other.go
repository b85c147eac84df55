//go:build !linux

package kernel

func wantHugePages([]float32) {}
