// Package spreadsheet keeps what is written as CSV from doing anything in a program that opens it.
package spreadsheet

import "strings"

// Text is a text as a cell of CSV: one that would be taken for a formula gets an apostrophe in front, which spreadsheets
// do not show. Names, messages and symbols of a vocabulary may come from anywhere. Numbers need no guard.
func Text(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
