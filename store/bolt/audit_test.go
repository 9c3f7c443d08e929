package bolt_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"standleitung/bot"
	"standleitung/store/bolt"
)

// faults are what an audit finds in a file.
func faults(t *testing.T, path string) []string {
	t.Helper()
	s, err := bolt.OpenReadOnly(t.Context(), config(path))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var found []string
	if err := s.Audit(t.Context(), func(bot.Stored) error { return nil }, func(words string) { found = append(found, words) }); err != nil {
		t.Fatal(err)
	}
	return found
}

// written is a store with a record that has an entry, and a lane with rows.
func written(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "store.db")
	s := open(t, path)
	if err := s.Update(t.Context(), func(tx bot.Tx) error {
		return errors.Join(
			tx.Put("pump", "p1", []byte("4 bar"), []bot.Entry{{Index: "bar", Value: "4"}}),
			tx.Enqueue("lane", "a"), tx.Enqueue("lane", "b"))
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestAuditFindsContradictions changes a file behind the engine's back.
func TestAuditFindsContradictions(t *testing.T) {
	first := func(b *bbolt.Bucket) []byte { k, _ := b.Cursor().First(); return k }
	for name, tc := range map[string]struct {
		change func(tx *bbolt.Tx) error
		want   string
	}{
		"in order":         {func(*bbolt.Tx) error { return nil }, ""},
		"entry missing":    {func(tx *bbolt.Tx) error { b := tx.Bucket([]byte("entries")); return b.Delete(first(b)) }, `record "p1" of kind pump is missing from its index bar`},
		"record missing":   {func(tx *bbolt.Tx) error { b := tx.Bucket([]byte("records")); return b.Delete(first(b)) }, `index bar of kind pump names record "p1"`},
		"record unread":    {func(tx *bbolt.Tx) error { b := tx.Bucket([]byte("records")); return b.Put(first(b), []byte{9}) }, `record "p1" of kind pump cannot be read`},
		"row missing":      {func(tx *bbolt.Tx) error { b := tx.Bucket([]byte("rows")); return b.Delete(first(b)) }, `lane "lane" is counted wrongly`},
		"row not listed":   {func(tx *bbolt.Tx) error { b := tx.Bucket([]byte("ready")); return b.Delete(first(b)) }, `1 lanes have rows that wait, 0 are listed`},
		"lane not counted": {func(tx *bbolt.Tx) error { b := tx.Bucket([]byte("lanes")); return b.Delete(first(b)) }, `lane "lane" has rows and is not counted`},
	} {
		t.Run(name, func(t *testing.T) {
			path := written(t)
			db, err := bbolt.Open(path, 0o600, nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(db.Update(tc.change), db.Close()); err != nil {
				t.Fatal(err)
			}
			found := strings.Join(faults(t, path), "\n")
			if tc.want == "" && found != "" || !strings.Contains(found, tc.want) {
				t.Errorf("found %q, want %q", found, tc.want)
			}
		})
	}
}

// TestReadOnly: looking at a store changes nothing, and keeps writers out.
func TestReadOnly(t *testing.T) {
	path := written(t)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := bolt.OpenReadOnly(t.Context(), config(path))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Update(t.Context(), func(bot.Tx) error { return nil }); !errors.Is(err, bolt.ErrClosed) {
		t.Errorf("Update() = %v, want ErrClosed", err)
	}
	if _, err := bolt.Open(t.Context(), config(path)); !errors.Is(err, bolt.ErrLocked) {
		t.Errorf("Open() meanwhile = %v, want ErrLocked", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Errorf("the file has changed, or %v", err)
	}
	missing := filepath.Join(t.TempDir(), "none.db")
	if _, err := bolt.OpenReadOnly(t.Context(), config(missing)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("OpenReadOnly() of nothing = %v, want ErrNotExist", err)
	}
	if _, err := os.Stat(missing); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("OpenReadOnly() made a file: %v", err)
	}
	older := config(path)
	older.Migrations = []bot.Migration{{Name: "new", Run: func(bot.Tx) error { return nil }}}
	if _, err := bolt.OpenReadOnly(t.Context(), older); !errors.Is(err, bolt.ErrOlder) {
		t.Errorf("OpenReadOnly() with a migration = %v, want ErrOlder", err)
	}
	foreign := config(path)
	foreign.Mark = "other"
	if _, err := bolt.OpenReadOnly(t.Context(), foreign); !errors.Is(err, bolt.ErrMark) {
		t.Errorf("OpenReadOnly() with another mark = %v, want ErrMark", err)
	}
}

func TestExamine(t *testing.T) {
	path := written(t)
	info, err := bolt.Examine(t.Context(), path)
	if err != nil || info.Records != 1 || info.Bytes == 0 || info.Mark != "" {
		t.Errorf("Examine() = %+v, %v", info, err)
	}
	release, err := bolt.Hold(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bolt.Open(t.Context(), config(path)); !errors.Is(err, bolt.ErrLocked) {
		t.Errorf("Open() of a held store = %v, want ErrLocked", err)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
	s := open(t, path)
	if _, err := bolt.Hold(path); !errors.Is(err, bolt.ErrLocked) {
		t.Errorf("Hold() of an open store = %v, want ErrLocked", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := os.Truncate(path, 9000); err != nil {
		t.Fatal(err)
	}
	if _, err := bolt.Examine(t.Context(), path); !errors.Is(err, bolt.ErrDamaged) {
		t.Errorf("Examine() of half a file = %v, want ErrDamaged", err)
	}
	if _, err := bolt.Hold(path); err != nil {
		t.Errorf("Hold() of half a file = %v, want nil", err)
	}
	if err := os.WriteFile(path, []byte(strings.Repeat("a letter ", 2000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := bolt.Examine(t.Context(), path); !errors.Is(err, bolt.ErrForeign) {
		t.Errorf("Examine() of a letter = %v, want ErrForeign", err)
	}
}
