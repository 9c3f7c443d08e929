package register_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"standleitung/bot/register"
)

var update = flag.Bool("update", false, "write the files of what is expected")

// score counts, over sentences and labels, what was found and should have been.
type score struct{ right, wrong, missed int }

func (s score) precision() float64 { return float64(s.right) / float64(s.right+s.wrong) }
func (s score) recall() float64    { return float64(s.right) / float64(s.right+s.missed) }

func (s score) String() string {
	return fmt.Sprintf("precision %.3f, recall %.3f (%d right, %d wrong, %d missed)",
		s.precision(), s.recall(), s.right, s.wrong, s.missed)
}

// sentences reads a labelled set: expected labels, separated by commas, or -, then a tab and the sentence.
func sentences(t testing.TB, file string) [][2]string {
	t.Helper()
	data, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var all [][2]string
	for line := range strings.Lines(string(data)) {
		labels, text, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if ok {
			all = append(all, [2]string{labels, text})
		}
	}
	return all
}

// matcher compiles a file of terms, which must be without fault.
func matcher(t testing.TB, file string) *register.Matcher {
	t.Helper()
	f, err := os.Open("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	entries, err := register.ReadTerms(f)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	m, err := register.Compile(entries)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// measure matches the sentences of a file and returns the score, with a line for each fault.
func measure(t testing.TB, m *register.Matcher, file string) (score, []string) {
	var s score
	var faults []string
	for _, c := range sentences(t, file) {
		var want []string
		if c[0] != "-" {
			want = strings.Split(c[0], ",")
		}
		for _, h := range m.Match(c[1]) {
			i := slices.Index(want, h.Label)
			switch {
			case i >= 0:
				s.right++
				want[i] += " (found)"
			case slices.Contains(want, h.Label+" (found)"):
			default:
				s.wrong++
				faults = append(faults, fmt.Sprintf("wrong\t%s\t%s\t%s", h.Label, h.Words(c[1]), c[1]))
			}
		}
		for _, w := range want {
			if !strings.HasSuffix(w, " (found)") {
				s.missed++
				faults = append(faults, fmt.Sprintf("missed\t%s\t%s", w, c[1]))
			}
		}
	}
	return s, faults
}

// What the matcher gets wrong on the labelled sets stands in testdata/faults.txt, so that a change shows what it
// breaks and what it mends. The sets named heldout were written before the rules that they were to measure, and scored
// once: precision 0.894 and recall 0.983 on the first, 0.907 and 0.848 on the second. What they showed has been
// mended since, so their scores here are no measure of new texts any more.
func TestLabelled(t *testing.T) {
	var all strings.Builder
	for _, c := range []struct {
		terms, file       string
		precision, recall float64
	}{
		{"register.txt", "labelled_de.txt", 0.97, 0.99},
		{"register.txt", "labelled_en.txt", 0.94, 0.99},
		{"heldout_register.txt", "heldout.txt", 0.92, 0.98},
		{"heldout2_register.txt", "heldout2.txt", 0.91, 0.93},
	} {
		s, faults := measure(t, matcher(t, c.terms), c.file)
		t.Logf("%s: %s", c.file, s)
		if s.precision() < c.precision || s.recall() < c.recall {
			t.Errorf("%s: %s, want at least %.2f and %.2f", c.file, s, c.precision, c.recall)
		}
		fmt.Fprintf(&all, "%s\n%s\n\n", c.file, strings.Join(faults, "\n"))
	}
	const file = "testdata/faults.txt"
	if *update {
		if err := os.WriteFile(file, []byte(all.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(all.String(), "\n")); diff != "" {
		t.Errorf("the faults are others than those in %s; -update writes them down (-was +is):\n%s", file, diff)
	}
}
