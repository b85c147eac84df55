package results

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"sweep/sweeps"
)

//go:embed views.txt
var viewsText string

// View is one of the views that other programs may rely on.
type View struct {
	View    string       `json:"view"`
	About   string       `json:"about"` // what a row is
	Columns []ViewColumn `json:"columns"`
}

// ViewColumn is a column of a View.
type ViewColumn struct {
	Column  string `json:"column"`
	Type    string `json:"type"` // text, integer or real
	Unit    string `json:"unit"` // "": none
	Meaning string `json:"meaning"`
}

// Views returns the views of a record with their columns, in order.
func Views() []View {
	var views []View
	for line := range strings.Lines(viewsText) {
		line = strings.TrimSpace(line)
		switch cells := strings.SplitN(line, "|", 4); {
		case line == "" || strings.HasPrefix(line, "#"):
		case len(cells) == 4:
			v := &views[len(views)-1]
			for i := range cells {
				cells[i] = strings.TrimSpace(cells[i])
			}
			v.Columns = append(v.Columns, ViewColumn{cells[0], cells[1], cells[2], cells[3]})
		default:
			name, about, ok := strings.Cut(line, ": ")
			if !ok {
				panic("results: views.txt: " + line) // which a test reads whole
			}
			views = append(views, View{View: name, About: about})
		}
	}
	return views
}

// ViewNamed returns a view, or an error that says which was probably meant.
func ViewNamed(name string) (View, error) {
	var names []string
	for _, v := range Views() {
		if v.View == name {
			return v, nil
		}
		names = append(names, v.View)
	}
	return View{}, fmt.Errorf("there is no view %q; %s", name, sweeps.Suggest(name, names))
}

var unknownName = regexp.MustCompile(`(?:no such )?(column|table|relation):? (?:\w+\.)?"?([^"\s();]+)"?`)

// hint says what was probably meant by a name that SQLite does not know, and where the names are listed.
func hint(err error) error {
	m := unknownName.FindStringSubmatch(err.Error())
	if m == nil {
		return err
	}
	var known []string
	for _, v := range Views() {
		if m[1] != "column" {
			known = append(known, v.View)
			continue
		}
		for _, c := range v.Columns {
			if !slices.Contains(known, c.Column) {
				known = append(known, c.Column)
			}
		}
	}
	meant := ""
	if s := sweeps.Suggest(m[2], known); strings.HasPrefix(s, "did you mean") || m[1] != "column" {
		meant = s + "; "
	}
	return fmt.Errorf("%w; %s`sweep schema` lists the views and their columns", err, meant)
}
