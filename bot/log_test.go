package bot_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"standleitung/bot"
)

// TestKindsAreInTheTable: whoever adds a kind of record says what operators see of it, or verify would not know it.
func TestKindsAreInTheTable(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	made := regexp.MustCompile(`&Kind\[\w+\]\{\s*Name:\s*"(\w+)"`)
	known := bot.StoredKinds()
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range made.FindAllSubmatch(source, -1) {
			if !slices.Contains(known, string(m[1])) {
				t.Errorf("%s: the kind %q has no row in kindTable", file, m[1])
			}
		}
	}
	if names := bot.Untold(); len(names) > 0 {
		t.Errorf("the log has no words for the jobs %v: add them to jobTexts", names)
	}
}

// logged is a bot with some entries in its log, all sealed but the last.
func logged(t *testing.T) *fixture {
	t.Helper()
	f := newFixture(t)
	for n, text := range []string{"thema Pumpen im Winter", "annehmen T-1", "ablehnen T-1 Geheime Gründe", "annehmen T-1"} {
		if n == 3 {
			if err := f.bot.Seal(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := f.bot.Receive(t.Context(), direct("lena", fmt.Sprint("turn-", n), text)); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

func verify(t *testing.T, f *fixture) *bot.Proof {
	t.Helper()
	p, err := bot.Verify(t.Context(), f.store)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestVerify(t *testing.T) {
	f := logged(t)
	p := verify(t, f)
	if p.Wrong != 0 || p.Links != 3 || p.Unsealed != 1 || p.Kinds["topics"] != 1 || p.Kinds["log"] != 4 || p.Head == "" {
		t.Errorf("got %+v", p)
	}
	if err := f.bot.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	head := p.Head
	if p = verify(t, f); p.Wrong != 0 || p.Links != 4 || p.Unsealed != 0 || p.Head == head {
		t.Errorf("after sealing: got %+v", p)
	}
}

// TestVerifyFindsChanges changes what was sealed, in every way in which somebody who can write to the store could.
func TestVerifyFindsChanges(t *testing.T) {
	key := bot.Serial(2)
	entry := func(tx bot.Tx) ([]byte, []bot.Entry) {
		raw, err := tx.Get("log", key)
		if err != nil {
			t.Fatal(err)
		}
		return raw, []bot.Entry{{Index: "ref", Value: bot.Compose("T-1", key)}, {Index: "link", Value: bot.Serial(2)}}
	}
	replace := func(old, with string) func(bot.Tx) error {
		return func(tx bot.Tx) error {
			raw, entries := entry(tx)
			changed := bytes.Replace(raw, []byte(old), []byte(with), 1)
			if bytes.Equal(changed, raw) {
				return fmt.Errorf("nothing to change in %s", raw)
			}
			return tx.Put("log", key, changed, entries)
		}
	}
	for name, tc := range map[string]struct {
		change func(bot.Tx) error
		want   string
	}{
		"who":      {replace(`"lena"`, `"lenb"`), "the log is broken at link 2, written 2"},
		"what":     {replace("topic.accept", "topic.decline"), "its content is not what was sealed"},
		"a name":   {replace(`"person"`, `"persom"`), "its content is not what was sealed"},
		"an extra": {replace(`"at"`, `"x":1,"at"`), "its content is not what was sealed"},
		"removed":  {func(tx bot.Tx) error { return tx.Delete("log", key) }, "it says that it is link 3"},
		"the end":  {func(tx bot.Tx) error { return tx.Delete("log", bot.Serial(3)) }, "the log ends at link 2, but 3 were sealed"},
		"the head": {func(tx bot.Tx) error { return tx.Delete("loghead", "chain") }, "the log ends at link 3, but 0 were sealed"},
		"an index": {func(tx bot.Tx) error {
			raw, err := tx.Get("topic", bot.Serial(1))
			return errors.Join(err, tx.Put("topic", bot.Serial(1), raw, nil))
		}, `record "0000000000000001" of kind topic: its entries in the index state`},
		"a kind": {func(tx bot.Tx) error { return tx.Put("guess", "k", []byte("{}"), nil) }, "of the kind guess, which this program does not know"},
	} {
		t.Run(name, func(t *testing.T) {
			f := logged(t)
			if err := f.store.Update(t.Context(), tc.change); err != nil {
				t.Fatal(err)
			}
			p := verify(t, f)
			if got := strings.Join(p.Faults, "\n"); p.Wrong == 0 || !strings.Contains(got, tc.want) || strings.Contains(got, "Pumpen") {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// TestLogHoldsNoWords: what people write is in no entry, and what changes nothing makes none.
func TestLogHoldsNoWords(t *testing.T) {
	f := logged(t)
	for n, text := range []string{"themen", "T-1", "hilfe", "annehmen T-1", "annehmen T-9", "protokoll T-1", "irgendetwas", "thema"} {
		if _, err := f.bot.Receive(t.Context(), direct("lena", fmt.Sprint("more-", n), text)); err != nil {
			t.Fatal(err)
		}
	}
	lines := strings.Split(strings.TrimSpace(export(t, f, bot.Export{Kinds: []string{"log"}, Format: "jsonl"})), "\n")
	if len(lines) != 4 {
		t.Errorf("got %d entries, want 4: %s", len(lines), lines)
	}
	for _, secret := range []string{"Pumpen", "Gründe", "irgend"} {
		if strings.Contains(strings.Join(lines, ""), secret) {
			t.Errorf("the log holds %q: %s", secret, lines)
		}
	}
}

func export(t *testing.T, f *fixture, e bot.Export) string {
	t.Helper()
	var out strings.Builder
	if err := bot.WriteExport(t.Context(), f.store, e, &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestExport(t *testing.T) {
	f := newFixture(t)
	for n, text := range []string{"thema =HYPERLINK(1) #plan", "thema \"Mit Komma, und „Zeichen“\\nzwei\" grund:-5 Grad", "+1 T-1"} {
		if _, err := f.bot.Receive(t.Context(), direct("lena", fmt.Sprint("turn-", n), text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.store.Update(t.Context(), func(tx bot.Tx) error {
		return bot.Flags.Put(tx, &bot.Flag{ID: 1, Label: "Prices", Terms: []string{"hush"}, At: time.Unix(0, 0)})
	}); err != nil {
		t.Fatal(err)
	}
	all := export(t, f, bot.Export{Format: "jsonl"})
	kinds := map[string]int{}
	for line := range strings.Lines(all) {
		var record struct{ Kind string }
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		kinds[record.Kind]++
	}
	if kinds["topics"] != 2 || kinds["log"] != 2 || kinds["flags"] != 0 || strings.Contains(all, "hush") {
		t.Errorf("got %v", kinds)
	}
	if again := export(t, f, bot.Export{Format: "jsonl"}); again != all {
		t.Error("the same store gives another export")
	}
	if flags := export(t, f, bot.Export{Kinds: []string{"flags"}, Format: "csv"}); !strings.Contains(flags, "hush") {
		t.Errorf("flags that were asked for are missing: %s", flags)
	}
	text := export(t, f, bot.Export{Kinds: []string{"topics"}, Format: "csv"})
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) != 3 || rows[0][0] != "ref" || rows[1][2] != "'=HYPERLINK(1)" || !strings.Contains(text, "\r\n") {
		t.Errorf("got %q, %v", rows, err)
	}
	for want, e := range map[string]bot.Export{
		`there is no kind "people's": known are topics, people`: {Kinds: []string{"people's"}, Format: "jsonl"},
		"named twice":          {Kinds: []string{"topics", "topics"}, Format: "jsonl"},
		"known are jsonl, csv": {Format: "xml"},
		"a csv is one table: name one kind of topi": {Format: "csv"},
	} {
		if err := e.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got %v, want %q", e, err, want)
		}
	}
}
