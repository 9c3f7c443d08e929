package when_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"standleitung/bot/when"
)

// TestPhrases reads tables of phrases: "phrase<TAB>answer" under the present that the last "@" line set.
func TestPhrases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no tables of phrases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { checkTable(t, file) })
	}
}

func checkTable(t *testing.T, file string) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var now time.Time
	rows, right := 0, 0
	for n, line := range strings.Split(string(data), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		if rest, ok := strings.CutPrefix(line, "@ "); ok {
			now = present(t, rest)
			continue
		}
		phrase, want, _ := strings.Cut(line, "\t")
		rows++
		if got := answer(when.Parse(phrase, when.Options{Now: now})); got == want {
			right++
		} else {
			t.Errorf("%s:%d: Parse(%q) = %s, want %s", filepath.Base(file), n+1, phrase, got, want)
		}
	}
	t.Logf("%s: %d of %d", filepath.Base(file), right, rows)
}

// present reads "2026-11-25T10:20 Europe/Berlin".
func present(t *testing.T, s string) time.Time {
	t.Helper()
	clock, name, _ := strings.Cut(s, " ")
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	now, err := time.ParseInLocation("2006-01-02T15:04", clock, zone)
	if err != nil {
		t.Fatal(err)
	}
	return now
}

// answer writes a result as the tables do.
func answer(r when.Result) string {
	switch r.Kind {
	case when.WholeDay:
		return r.Moment.Date.String()
	case when.Instant:
		return r.Moment.Time.Format("2006-01-02T15:04")
	case when.Unclear:
		return "?" + string(r.Reason)
	}
	return "-"
}
