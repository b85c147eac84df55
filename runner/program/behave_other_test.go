//go:build !unix

package program

func behaveBadly(string, []string) {}
