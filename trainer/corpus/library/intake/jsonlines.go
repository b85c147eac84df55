package intake

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// fieldOf returns the text of a field of a JSON object; null says that the field holds none.
func fieldOf(s []byte, field string) (text string, null bool, err error) {
	var record map[string]json.RawMessage
	if err := json.Unmarshal(s, &record); err != nil || record == nil {
		return "", false, fmt.Errorf("no JSON object: %.40q; each line is an object, as in {\"%s\": \"a document\"}", s, field)
	}
	value, ok := record[field]
	if !ok {
		return "", false, fmt.Errorf("no field %q; there is %s", field, listed(keys(record)))
	}
	if bytes.Equal(value, []byte("null")) {
		return "", true, nil
	}
	if err := json.Unmarshal(value, &text); err != nil {
		return "", false, fmt.Errorf("the field %q holds %.40s and no text", field, value)
	}
	return text, false, nil
}

func keys(record map[string]json.RawMessage) []string {
	var names []string
	for name := range record {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// listed writes names for an error, the first ones where there are very many.
func listed(names []string) string {
	const most = 30
	if len(names) == 0 {
		return "none"
	}
	more := ""
	if n := len(names) - most; n > 0 {
		names, more = names[:most], fmt.Sprintf(" and %d more", n)
	}
	return strings.Join(names, ", ") + more
}
