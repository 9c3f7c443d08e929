package bolt_test

import (
	"bytes"
	"errors"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"standleitung/bot"
	"standleitung/store/bolt"
)

// TestGoexit: a failing test ends its goroutine inside a unit, and must not take the committer along.
func TestGoexit(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "store.db"))
	defer s.Close()
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = s.Update(t.Context(), func(tx bot.Tx) error {
			_ = tx.Put("k", "a", nil, nil)
			runtime.Goexit()
			return nil
		})
	})
	wg.Wait()
	if err := s.Update(t.Context(), func(tx bot.Tx) error {
		if _, err := tx.Get("k", "a"); !errors.Is(err, bot.ErrNotFound) {
			t.Errorf("Get() = %v, want ErrNotFound: the unit did not return", err)
		}
		return nil
	}); err != nil {
		t.Errorf("Update() after a unit that ended its goroutine = %v, want nil", err)
	}
}

// TestOver: what a function keeps beyond its end is of no use, and does no harm.
func TestOver(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "store.db"))
	defer s.Close()
	var kept bot.Tx
	var keptReader bot.Reader
	if err := errors.Join(
		s.Update(t.Context(), func(tx bot.Tx) error { kept = tx; return nil }),
		s.View(t.Context(), func(r bot.Reader) error { keptReader = r; return nil }),
	); err != nil {
		t.Fatal(err)
	}
	_, errGet := keptReader.Get("k", "a")
	_, errNumber := kept.Number("s")
	for name, err := range map[string]error{
		"Get": errGet, "Number": errNumber, "Put": kept.Put("k", "a", nil, nil), "Delete": kept.Delete("k", "a"),
		"Attempt": kept.Attempt(func() error { return nil }), "Enqueue": kept.Enqueue("l", "p"),
		"Settle": kept.Settle(bot.Row{}, bot.Settlement{}),
	} {
		if !errors.Is(err, bolt.ErrOver) {
			t.Errorf("%s after the end = %v, want ErrOver", name, err)
		}
	}
	for _, err := range keptReader.Scan(bot.Query{Kind: "k"}) {
		if !errors.Is(err, bolt.ErrOver) {
			t.Errorf("Scan after the end = %v, want ErrOver", err)
		}
	}
}

// TestAnyBytes: keys, values and lanes may hold any bytes, and keep the order of bytes.
func TestAnyBytes(t *testing.T) {
	dir := t.TempDir()
	runs := 0
	text := rapid.Custom(func(t *rapid.T) string {
		return string(rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 2, 0xfe, 0xff, 'a'}), 1, 4).Draw(t, "bytes"))
	})
	rapid.Check(t, func(rt *rapid.T) {
		runs++
		s := open(t, filepath.Join(dir, bot.Serial(uint64(runs))))
		defer s.Close()
		texts := rapid.SliceOfNDistinct(text, 1, 12, rapid.ID[string]).Draw(rt, "texts")
		kind, index := texts[0], texts[len(texts)-1]
		if err := s.Update(t.Context(), func(tx bot.Tx) error {
			for i, k := range texts {
				if err := errors.Join(
					tx.Put(kind, k, []byte(k), []bot.Entry{{Index: index, Value: texts[len(texts)-1-i]}}),
					tx.Enqueue(k, k),
				); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			rt.Fatal(err)
		}
		taken, err := s.Next(t.Context(), bot.Taking{Now: noon, Limit: 100, Lease: time.Minute})
		if err != nil || len(taken.Rows) != len(texts) {
			rt.Fatalf("Next() took %d rows, %v, want %d", len(taken.Rows), err, len(texts))
		}
		bound := text.Draw(rt, "bound")
		slices.Sort(texts)
		want := slices.DeleteFunc(slices.Clone(texts), func(k string) bool { return k < bound })
		if err := s.View(t.Context(), func(r bot.Reader) error {
			checkOrder(rt, r, bot.Query{Kind: kind, From: bound}, want)
			checkOrder(rt, r, bot.Query{Kind: kind, Index: index, From: bound}, want)
			return nil
		}); err != nil {
			rt.Fatal(err)
		}
	})
}

func checkOrder(t *rapid.T, r bot.Reader, q bot.Query, want []string) {
	var got []string
	for f, err := range r.Scan(q) {
		if err != nil {
			t.Fatal(err)
		}
		if f.Key != string(f.Value) {
			t.Fatalf("Scan(%+v) yields value %q under key %q", q, f.Value, f.Key)
		}
		got = append(got, f.Entry)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("Scan(%+v) = %q, want %q", q, got, want)
	}
}

// TestLongKey: what does not fit is refused by name, and the rest of the unit stays possible.
func TestLongKey(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "store.db"))
	defer s.Close()
	long := strings.Repeat("x", 40_000)
	if err := s.Update(t.Context(), func(tx bot.Tx) error {
		_, errNumber := tx.Number(long)
		for name, err := range map[string]error{
			"key":    tx.Put("k", long, nil, nil),
			"entry":  tx.Put("k", "a", nil, []bot.Entry{{Index: "i", Value: "ok"}, {Index: "j", Value: long}}),
			"lane":   tx.Enqueue(long, "p"),
			"series": errNumber,
		} {
			if !errors.Is(err, bolt.ErrKey) {
				t.Errorf("a long %s: %.100v, want ErrKey", name, err)
			}
		}
		for f, err := range tx.Scan(bot.Query{Kind: "k", Index: "i"}) {
			t.Errorf("a refused record left the entry %q behind (%v)", f.Entry, err)
		}
		return tx.Put("k", "b", nil, nil)
	}); err != nil {
		t.Errorf("Update() = %v, want nil", err)
	}
}

// TestBackup: a backup made while units run is a store with one state of it.
func TestBackup(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "store.db"))
	defer s.Close()
	var wg sync.WaitGroup
	stop := make(chan struct{})
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if err := s.Update(t.Context(), func(tx bot.Tx) error {
				n, err := tx.Number("s")
				key := bot.Serial(n)
				return errors.Join(err, tx.Put("a", key, make([]byte, 2000), nil), tx.Put("z", key, nil, nil))
			}); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for range 5 {
		checkBackup(t, s)
	}
	close(stop)
	wg.Wait()
}

func checkBackup(t *testing.T, s *bolt.Store) {
	t.Helper()
	var file bytes.Buffer
	n, err := s.Backup(t.Context(), &file)
	if err != nil || n != int64(file.Len()) {
		t.Fatalf("Backup() = %d, %v, want %d bytes", n, err, file.Len())
	}
	path := filepath.Join(t.TempDir(), "backup.db")
	writeFile(t, path, file.Bytes())
	copied := open(t, path)
	defer copied.Close()
	if err := copied.View(t.Context(), func(r bot.Reader) error {
		count := make(map[string]int)
		for _, kind := range []string{"a", "z"} {
			for _, err := range r.Scan(bot.Query{Kind: kind, KeysOnly: true}) {
				if err != nil {
					return err
				}
				count[kind]++
			}
		}
		if count["a"] != count["z"] {
			t.Errorf("the backup has %d records of one kind and %d of the other", count["a"], count["z"])
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}
