package bolt_test

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"standleitung/bot"
	"standleitung/store/bolt"
)

// sample writes a store with something of everything and returns its path.
func sample(t testing.TB, records int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "store.db")
	s := open(t, path)
	for range 3 { // several commits, so that there are free pages
		if err := s.Update(t.Context(), func(tx bot.Tx) error { return writeSample(tx, records) }); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Next(t.Context(), bot.Taking{Now: noon, Limit: 5, Lease: time.Minute}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func writeSample(tx bot.Tx, records int) error {
	for i := range records {
		key := bot.Serial(uint64(i))
		value := []byte(strings.Repeat(key, 1+i%40))
		if err := tx.Put("k", key, value, []bot.Entry{{Index: "i", Value: key}}); err != nil {
			return err
		}
		if err := tx.Enqueue("lane"+key, key); err != nil {
			return err
		}
	}
	_, err := tx.Number("series")
	return err
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good, err := os.ReadFile(sample(t, 300))
	if err != nil {
		t.Fatal(err)
	}
	good = good[:usedBytes(good)]
	noMeta := append(make([]byte, 8192), good[8192:]...)
	badSum := append([]byte(nil), good...)
	badSum[16+48]++
	badSum[4096+16+48]++
	for _, c := range []struct {
		name, path string
		want       error
		text       string
	}{
		{"text", write("notes.txt", []byte("Bitte nicht löschen!\n")), bolt.ErrForeign, "not a store of this program"},
		{"long text", write("long.txt", []byte(strings.Repeat("Protokoll ", 9000))), bolt.ErrForeign, ""},
		{"no meta pages", write("nometa.db", noMeta), bolt.ErrForeign, ""},
		{"wrong sums", write("badsum.db", badSum), bolt.ErrDamaged, ""},
		{"other bbolt file", foreign(t), bolt.ErrForeign, ""},
		{"cut in half", write("half.db", good[:len(good)/2]), bolt.ErrDamaged, "truncated"},
		{"one page", write("page.db", good[:4096]), bolt.ErrDamaged, ""},
		{"100 bytes", write("bytes.db", good[:100]), bolt.ErrDamaged, ""},
		{"folder", dir, nil, "this is a folder"},
		{"no folder", filepath.Join(dir, "none", "store.db"), fs.ErrNotExist, "the folder " + filepath.Join(dir, "none") + " does not exist"},
		{"below a file", filepath.Join(write("file", []byte("x")), "store.db"), nil, "not a directory"},
	} {
		s, err := bolt.Open(t.Context(), config(c.path))
		if err == nil {
			t.Errorf("%s: Open() = nil, want an error", c.name)
			s.Close()
			continue
		}
		if c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) ||
			!strings.Contains(err.Error(), c.path) {
			t.Errorf("%s: Open() = %v, want %v, %q and the path", c.name, err, c.want, c.text)
		}
	}
}

// foreign makes a bbolt file that is not ours.
func foreign(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "other.db")
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket([]byte("users"))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpenCreates(t *testing.T) {
	for name, make := range map[string]func(string) error{
		"missing": func(string) error { return nil },
		"empty":   func(path string) error { return os.WriteFile(path, nil, 0o600) },
	} {
		path := filepath.Join(t.TempDir(), "store.db")
		if err := make(path); err != nil {
			t.Fatal(err)
		}
		s := open(t, path)
		if err := s.Close(); err != nil {
			t.Errorf("%s file: Close() = %v, want nil", name, err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s file: mode %v, %v, want 0600: it holds what people wrote", name, info.Mode(), err)
		}
	}
}

func TestOpenLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s := open(t, path)
	cfg := config(path)
	cfg.Timeout = time.Millisecond
	_, err := bolt.Open(t.Context(), cfg)
	if !errors.Is(err, bolt.ErrLocked) || !strings.Contains(err.Error(), "another process has the file open") {
		t.Errorf("second Open() = %v, want ErrLocked in plain words", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := open(t, path).Close(); err != nil {
		t.Errorf("Open() after Close: %v", err)
	}
}

func TestOpenMark(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	cfg := config(path)
	cfg.Mark = "example"
	for range 2 {
		s, err := bolt.Open(t.Context(), cfg)
		if err != nil {
			t.Fatalf("Open() with its own mark = %v, want nil", err)
		}
		s.Close()
	}
	for _, mark := range []string{"company", ""} {
		cfg.Mark = mark
		if _, err := bolt.Open(t.Context(), cfg); !errors.Is(err, bolt.ErrMark) || !strings.Contains(err.Error(), `"example"`) {
			t.Errorf("Open() with mark %q = %v, want ErrMark that names both", mark, err)
		}
	}
}

func TestOpenNewerLayout(t *testing.T) {
	path := sample(t, 1)
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Update(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte("header")).Put([]byte("layout"), []byte{0, 99})
	}); err != nil {
		t.Fatal(err)
	}
	db.Close()
	if _, err := bolt.Open(t.Context(), config(path)); !errors.Is(err, bolt.ErrNewer) || !strings.Contains(err.Error(), "99") {
		t.Errorf("Open() of layout 99 = %v, want ErrNewer", err)
	}
}

func TestOpenChecksConfig(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	cfg := config(filepath.Join(t.TempDir(), "store.db"))
	if _, err := bolt.Open(ctx, cfg); !errors.Is(err, context.Canceled) {
		t.Errorf("Open() with an ended context = %v, want its error", err)
	}
	cfg.Now = nil
	if _, err := bolt.Open(t.Context(), cfg); err == nil {
		t.Error("Open() without a clock = nil, want an error")
	}
}

// TestOpenDamaged damages files at random. Open may succeed or fail; if it killed the process this test would end with
// it. A store that opens must work: damage that cannot be told from content is content.
func TestOpenDamaged(t *testing.T) {
	for _, records := range []int{3, 300} {
		good, err := os.ReadFile(sample(t, records))
		if err != nil {
			t.Fatal(err)
		}
		used := usedBytes(good)
		path := filepath.Join(t.TempDir(), "store.db")
		opened := 0
		const rounds = 250
		for round := range rounds {
			random := rand.New(rand.NewPCG(uint64(records), uint64(round)))
			if err := os.WriteFile(path, damage(random, good, used), 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := bolt.Open(t.Context(), config(path))
			if err != nil {
				if !errors.Is(err, bolt.ErrDamaged) && !errors.Is(err, bolt.ErrForeign) &&
					!errors.Is(err, bolt.ErrMark) && !errors.Is(err, bolt.ErrNewer) {
					t.Errorf("round %d: Open() = %v, want one of the errors that Open has for files", round, err)
				}
				continue
			}
			opened++
			// Errors are welcome: an index entry may now name a record that is not there.
			_ = s.Update(t.Context(), func(tx bot.Tx) error { return writeSample(tx, 5) })
			if err := s.Close(); err != nil {
				t.Errorf("round %d: Close() = %v", round, err)
			}
		}
		t.Logf("%d records: %d of %d damaged files opened", records, opened, rounds)
	}
}

// usedBytes tells how much of a file is in use; it grows by more than it needs.
func usedBytes(file []byte) int {
	n := len(file)
	for n > 0 && file[n-1] == 0 {
		n--
	}
	return (n + 4095) / 4096 * 4096
}

// damage returns a copy in which bytes, a page or the end are not what they were.
func damage(random *rand.Rand, good []byte, used int) []byte {
	bad := append([]byte(nil), good[:used]...)
	at := func() []byte { p := random.IntN(used / 4096); return bad[p*4096 : (p+1)*4096] }
	switch random.IntN(6) {
	case 0: // a bit
		bad[random.IntN(used)] ^= 1 << random.IntN(8)
	case 1: // some bytes near the beginning of a page, where its structure is
		for page := at(); random.IntN(8) > 0; {
			page[random.IntN(64)] = byte(random.Uint32())
		}
	case 2: // a page of zeros
		clear(at())
	case 3: // a page of noise
		for page, i := at(), 0; i < len(page); i++ {
			page[i] = byte(random.Uint32())
		}
	case 4: // two pages swapped
		a, b := at(), at()
		for i := range a {
			a[i], b[i] = b[i], a[i]
		}
	case 5: // the end is missing
		bad = bad[:random.IntN(used)]
	}
	return bad
}

func writeFile(t testing.TB, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
