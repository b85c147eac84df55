package kernel

import (
	"strings"
	"testing"
)

func TestUse(t *testing.T) {
	old := active
	t.Cleanup(func() { active = old })
	t.Setenv(Variable, "")
	if err := Use("generic"); err != nil || Name() != "generic" {
		t.Fatalf("Use(generic): %v, Name %q", err, Name())
	}
	if err := Use(""); err != nil || Name() != best().String() {
		t.Fatalf(`Use(""): %v, Name %q, want %q`, err, Name(), best())
	}
	t.Setenv(Variable, "generic")
	if err := Use(""); err != nil || Name() != "generic" {
		t.Fatalf(`Use("") under %s=generic: %v, Name %q`, Variable, err, Name())
	}
	t.Setenv(Variable, "sse9")
	for _, name := range []string{"", "altivec"} {
		err := Use(name)
		if err == nil || !strings.Contains(err.Error(), "unknown path") {
			t.Errorf("Use(%q) under %s=sse9: got %v, want an unknown path", name, Variable, err)
		}
	}
	if Name() != "generic" {
		t.Errorf("a failed Use changed the path to %q", Name())
	}
	if atStart() != best() {
		t.Errorf("start with an unknown path: got %v, want %v", atStart(), best())
	}
}
