//go:build unix

package bolt_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"standleitung/bot"
	"standleitung/store/bolt"
)

// writeUntilKilled writes units from several callers and reports each that was accepted.
func writeUntilKilled(path string) error {
	s, err := bolt.Open(context.Background(), config(path))
	if err != nil {
		return err
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for {
				var n uint64
				err := s.Update(context.Background(), func(tx bot.Tx) (err error) {
					n, err = writeWhole(tx)
					return err
				})
				if err != nil {
					fmt.Fprintln(os.Stderr, "child:", err)
					return
				}
				mu.Lock()
				fmt.Println(n)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return nil
}

// writeWhole writes what must be there together or not at all, of a size that depends on its number.
func writeWhole(tx bot.Tx) (uint64, error) {
	n, err := tx.Number("units")
	if err != nil {
		return 0, err
	}
	key := bot.Serial(n)
	value := []byte(strings.Repeat("v", int(n%7*n%3000)))
	_ = tx.Attempt(func() error { // and this never
		return errors.Join(tx.Put("undone", key, value, nil), tx.Enqueue("undone", key), errors.New("undo"))
	})
	return n, errors.Join(
		tx.Put("a", key, value, []bot.Entry{{Index: "i", Value: key}}),
		tx.Enqueue("lane"+key[15:], key),
		tx.Put("z", key, value, nil),
	)
}

// TestCrash kills a process that writes, at random moments, and looks at what it left behind.
func TestCrash(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	accepted := make(map[uint64]bool)
	random := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		for _, n := range killOne(t, path, 1+random.IntN(400)) {
			if accepted[n] {
				t.Errorf("number %d was given twice", n)
			}
			accepted[n] = true
		}
		checkWhole(t, path, accepted)
	}
	t.Logf("%d units were accepted by 20 processes that were killed", len(accepted))
}

// killOne starts a writer, kills it after so many reports, and returns what it had accepted.
func killOne(t *testing.T, path string, after int) (accepted []uint64) {
	t.Helper()
	cmd := child(t, "crash", path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	for i := 0; ; i++ {
		line, err := lines.ReadString('\n')
		if errors.Is(err, io.EOF) {
			break // half a line was not a report
		} else if err != nil {
			t.Fatal(err)
		}
		n, err := strconv.ParseUint(strings.TrimSpace(line), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		accepted = append(accepted, n)
		if i == after {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the writer ended by itself")
	}
	return accepted
}

// checkWhole opens the store and checks that every accepted unit is there, and every unit whole.
func checkWhole(t *testing.T, path string, accepted map[uint64]bool) {
	t.Helper()
	s := open(t, path)
	defer s.Close()
	if err := s.View(t.Context(), func(r bot.Reader) error {
		there, rows := make(map[string]bool), 0
		for f, err := range r.Scan(bot.Query{Kind: "a", Index: "i"}) {
			if err != nil {
				return err
			}
			there[f.Key] = true
			if z, err := r.Get("z", f.Key); err != nil || string(z) != string(f.Value) {
				t.Errorf("unit %s is there in part: %v", f.Key, err)
			}
		}
		for n := range accepted {
			if !there[bot.Serial(n)] {
				t.Errorf("unit %d was accepted and is not there", n)
			}
		}
		for lane := range 16 {
			state, err := r.Lane("lane" + bot.Serial(uint64(lane))[15:])
			if err != nil {
				return err
			}
			rows += state.Waiting
		}
		if rows != len(there) {
			t.Errorf("%d units are there with %d rows", len(there), rows)
		}
		for f, err := range r.Scan(bot.Query{Kind: "undone"}) {
			t.Errorf("unit %s: an undone attempt is there (%v)", f.Key, err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	stats, err := s.Stats(context.WithoutCancel(t.Context()))
	if err != nil || stats.Queued < len(accepted) || stats.Unknown+stats.Sending+stats.Parked != 0 {
		t.Errorf("Stats() = %+v, %v, want at least %d queued and nothing else", stats, err, len(accepted))
	}
}
