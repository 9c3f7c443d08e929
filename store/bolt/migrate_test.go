package bolt_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"standleitung/bot"
	"standleitung/store/bolt"
)

var update = flag.Bool("update", false, "write the files in testdata anew instead of comparing with them")

// oldFile is a store that a program with the first migration only has written. It is never written anew without need:
// its worth is that it is old.
const oldFile = "testdata/layout1.db"

// migrations as a program collects them: records of kind "pump" first have no unit, later no text.
func migrations(ran *[]string) []bot.Migration {
	step := func(name string, change func(tx bot.Tx, f bot.Found) error) bot.Migration {
		return bot.Migration{Name: name, Run: func(tx bot.Tx) error {
			*ran = append(*ran, name)
			for f, err := range tx.Scan(bot.Query{Kind: "pump"}) {
				if err != nil {
					return err
				}
				if err := change(tx, f); err != nil {
					return err
				}
			}
			return nil
		}}
	}
	return []bot.Migration{
		step("unit", func(tx bot.Tx, f bot.Found) error {
			return tx.Put("pump", f.Key, append(f.Value, " bar"...), nil)
		}),
		step("index by text", func(tx bot.Tx, f bot.Found) error {
			return tx.Put("pump", f.Key, f.Value, []bot.Entry{{Index: "text", Value: string(f.Value)}})
		}),
		step("capitals", func(tx bot.Tx, f bot.Found) error {
			return tx.Put("pump", "P"+f.Key[1:], f.Value, []bot.Entry{{Index: "text", Value: string(f.Value)}})
		}),
	}
}

func openWith(t *testing.T, path string, known []bot.Migration) (*bolt.Store, error) {
	t.Helper()
	cfg := config(path)
	cfg.Migrations = known
	return bolt.Open(t.Context(), cfg)
}

// writeOldFile writes what an older program leaves behind.
func writeOldFile(t *testing.T) {
	t.Helper()
	var ran []string
	s, err := openWith(t, filepath.Join(t.TempDir(), "store.db"), migrations(&ran)[:1])
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Update(t.Context(), func(tx bot.Tx) error {
		_, err := tx.Number("pumps")
		return errors.Join(err,
			tx.Put("pump", "p1", []byte("4 bar"), nil), tx.Put("pump", "p2", []byte("6 bar"), nil),
			tx.Put("valve", "v1", bytes.Repeat([]byte("v"), 6000), []bot.Entry{{Index: "i", Value: "1"}}),
			tx.Enqueue("lane", "sent"), tx.Enqueue("lane", "next"), tx.Enqueue("other", "parked"))
	}); err != nil {
		t.Fatal(err)
	}
	taken, err := s.Next(t.Context(), bot.Taking{Now: noon, Limit: 2, Lease: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Update(t.Context(), func(tx bot.Tx) error {
		return tx.Settle(taken.Rows[1], bot.Settlement{State: bot.RowParked, Reason: "refused"})
	}); err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if _, err := s.Backup(t.Context(), &file); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(oldFile, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// copyOldFile returns the path of a copy that may be written to.
func copyOldFile(t *testing.T) string {
	t.Helper()
	old, err := os.ReadFile(oldFile)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "store.db")
	if err := os.WriteFile(path, old, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestMigrateOldFile(t *testing.T) {
	if *update {
		writeOldFile(t)
	}
	path := copyOldFile(t)
	for _, want := range []string{"index by text,capitals", ""} { // each once
		var ran []string
		s, err := openWith(t, path, migrations(&ran))
		if err != nil {
			t.Fatalf("Open() of the old file = %v, want nil", err)
		}
		if got := strings.Join(ran, ","); got != want {
			t.Errorf("migrations that ran: %q, want %q", got, want)
		}
		if err := s.View(t.Context(), checkOldFile); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// checkOldFile checks what became of the content of the old file.
func checkOldFile(r bot.Reader) error {
	var found []string
	for f, err := range r.Scan(bot.Query{Kind: "pump", Index: "text"}) {
		if err != nil {
			return err
		}
		found = append(found, f.Entry+" "+f.Key)
	}
	if got, want := strings.Join(found, ", "), "4 bar P1, 4 bar p1, 6 bar P2, 6 bar p2"; got != want {
		return errors.New("found " + got + ", want " + want)
	}
	lane, err := r.Lane("lane")
	if err != nil {
		return err
	}
	if lane.Waiting != 2 || lane.Oldest.Post != "sent" || lane.Oldest.State != bot.RowUnknown || lane.Oldest.Tries != 1 {
		return errors.New("the row that was being sent is not unknown")
	}
	for row, err := range r.Parked("") {
		if err != nil || row.Post != "parked" || row.Reason != "refused" {
			return errors.New("the parked row is not as it was")
		}
	}
	value, err := r.Get("valve", "v1")
	if err == nil && len(value) != 6000 {
		return errors.New("the long record is not as it was")
	}
	return err
}

func TestMigrateRefuses(t *testing.T) {
	var ran []string
	all := migrations(&ran)
	other := bot.Migration{Name: "other", Run: func(bot.Tx) error { return nil }}
	for name, c := range map[string]struct {
		known []bot.Migration
		want  error
		text  string
	}{
		"none known":     {nil, bolt.ErrNewer, `"unit"`},
		"another first":  {[]bot.Migration{other, all[0]}, bolt.ErrNewer, `"unit"`},
		"two of a name":  {[]bot.Migration{all[0], all[0]}, nil, "a name of its own"},
		"without a name": {[]bot.Migration{all[0], {Run: other.Run}}, nil, "needs a name"},
	} {
		s, err := openWith(t, copyOldFile(t), c.known)
		if err == nil {
			s.Close()
		}
		if err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: Open() = %v, want %v with %s", name, err, c.want, c.text)
		}
	}
}

func TestMigrateFails(t *testing.T) {
	errStop := errors.New("stop")
	for name, end := range map[string]func() error{
		"error": func() error { return errStop },
		"panic": func() error { panic(errStop) },
	} {
		var ran []string
		path := copyOldFile(t)
		good := migrations(&ran)
		half := bot.Migration{Name: "half", Run: func(tx bot.Tx) error {
			if err := tx.Delete("valve", "v1"); err != nil {
				return err
			}
			return end()
		}}
		_, err := openWith(t, path, []bot.Migration{good[0], good[1], half, good[2]})
		if err == nil || !strings.Contains(err.Error(), `migration "half"`) || !strings.Contains(err.Error(), "stop") {
			t.Errorf("%s: Open() = %v, want the fault of the migration", name, err)
		}
		// What the failed one wrote is undone, the one before it stays, and it may be put right.
		s, err := openWith(t, path, good)
		if err != nil {
			t.Fatalf("%s: Open() after a failed migration = %v, want nil", name, err)
		}
		if got := strings.Join(ran, ","); got != "index by text,capitals" {
			t.Errorf("%s: migrations that ran: %s, want each once", name, got)
		}
		if err := s.View(t.Context(), checkOldFile); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		s.Close()
	}
}
