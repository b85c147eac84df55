// Package reports turns the rows of one sweep into pictures and one HTML page. It draws and never queries: everything
// it shows is handed to Write, and the data behind each picture lies beside it as CSV.
//
// gonum/plot draws every picture, PNG and SVG from the same figure. What it lacks is here: ranges that cannot panic,
// 1-2-5 ticks, ribbons, labels that do not collide, small multiples, colour bars, captions. A figure is a plain value
// (figure.go) that a builder (effect.go, curves.go, ...) makes from the rows; its hash tells whether the picture on
// disk is still the right one.
package reports
