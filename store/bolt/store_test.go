package bolt_test

import (
	"path/filepath"
	"testing"
	"time"

	"standleitung/bot"
	"standleitung/store/bolt"
	"standleitung/store/storetest"
)

// noon is what the stores under test take for the present.
var noon = time.Date(2027, 3, 27, 12, 0, 0, 0, time.UTC)

func config(path string) bolt.Config {
	return bolt.Config{Path: path, Now: func() time.Time { return noon }}
}

func open(t testing.TB, path string) *bolt.Store {
	t.Helper()
	s, err := bolt.Open(t.Context(), config(path))
	if err != nil {
		t.Fatalf("Open() = %v, want nil", err)
	}
	return s
}

func TestStore(t *testing.T) {
	paths := make(map[bot.Store]string)
	start := func(t *testing.T, path string) bot.Store {
		s := open(t, path)
		paths[s] = path
		return s
	}
	storetest.Run(t,
		func(t *testing.T) bot.Store { return start(t, filepath.Join(t.TempDir(), "store.db")) },
		func(t *testing.T, s bot.Store) bot.Store { return start(t, paths[s]) },
	)
}
