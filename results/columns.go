package results

import (
	"encoding/json"
	"reflect"
	"strings"
)

// columns returns the select list of a row type: the JSON names of its fields, which are the view's columns, taken
// from the table or view v. JSON columns are cast to bytes, since drivers hand text over as a string, which does not
// scan into a json.RawMessage.
func columns[Row any]() string {
	var names []string
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Row]()) {
		name := f.Tag.Get("json")
		if f.Type == reflect.TypeFor[json.RawMessage]() {
			names = append(names, "CAST(v."+name+" AS BLOB) AS "+name)
		} else {
			names = append(names, "v."+name)
		}
	}
	return strings.Join(names, ", ")
}
