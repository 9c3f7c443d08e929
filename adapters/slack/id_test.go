package slack_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"standleitung/adapters/slack"
)

func TestRefsComeBack(t *testing.T) {
	for _, id := range []string{"1796000001.000100", "D1:1796000001.000100", "C0ABC:1.1", "F0ABC123", "e:1796000001.000100"} {
		r, ok := slack.ParseRef(id)
		if !ok || r.String() != id {
			t.Errorf("%q comes back as %q, %v", id, r.String(), ok)
		}
	}
	for _, id := range []string{"", "x", "1796000001", "1796000001.", ".1", "D1:", "d1:1.1", "e:x", "1.1.1", "f1", "F", "-1.1", "1.1:1.1:1.1", "99999999999999.1"} {
		if r, ok := slack.ParseRef(id); ok && r.String() != "F" {
			t.Errorf("%q is taken for %q", id, r.String())
		}
	}
}

func FuzzRef(f *testing.F) {
	f.Add("1796000001.000100")
	f.Add("D1:1796000001.000100")
	f.Fuzz(func(t *testing.T, id string) {
		if r, ok := slack.ParseRef(id); ok && r.String() != id {
			t.Errorf("%q comes back as %q", id, r.String())
		}
	})
}

func TestTimesComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMicro(rapid.Int64Range(0, 99_999_999_999_999_999).Draw(t, "micros")).UTC()
		later := at.Add(time.Duration(rapid.Int64Range(1, 1e9).Draw(t, "more")) * time.Microsecond)
		if got := slack.TimeOf(slack.TSOf(at)); !got.Equal(at) {
			t.Fatalf("%v comes back as %v", at, got)
		}
		if slack.CompareTS(slack.TSOf(at), slack.TSOf(later)) >= 0 {
			t.Fatalf("%s is not before %s", slack.TSOf(at), slack.TSOf(later))
		}
	})
	if !slack.TimeOf("x").IsZero() || !slack.TimeOf("").IsZero() {
		t.Error("what is no ts has a time")
	}
}
