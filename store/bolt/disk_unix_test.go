//go:build unix

package bolt_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"standleitung/bot"
	"standleitung/store/bolt"
)

// TestDiskFull runs a process whose files cannot grow beyond a limit, the closest to a full disk that every system offers.
func TestDiskFull(t *testing.T) {
	cmd := child(t, "disk", filepath.Join(t.TempDir(), "store.db"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("the process ended with %v: %s", err, out)
	} else {
		t.Logf("%s", out)
	}
}

// limitFiles sets how large files may become; zero lifts the limit.
func limitFiles(bytes uint64) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	limit.Cur = limit.Max
	if bytes > 0 {
		limit.Cur = bytes
	}
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit)
}

// fillDisk writes until there is no room, makes room, and goes on.
func fillDisk(path string) error {
	signal.Ignore(syscall.SIGXFSZ) // with it the write returns an error
	s, err := bolt.Open(context.Background(), config(path))
	if err != nil {
		return err
	}
	f := &filler{s: s, there: map[string]bool{}, given: map[uint64]bool{}}
	if failed := f.write(20); failed > 0 {
		return fmt.Errorf("%d units failed before the disk was full", failed)
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if err := limitFiles(uint64(info.Size())); err != nil {
		return err
	}
	failed := f.write(300)
	if failed == 0 {
		return errors.New("no unit failed on the full disk")
	}
	if err := f.check(); err != nil {
		return fmt.Errorf("while the disk is full: %w", err)
	}
	if err := limitFiles(0); err != nil {
		return err
	}
	if failed := f.write(50); failed > 0 {
		return fmt.Errorf("%d units failed after there was room again", failed)
	}
	if err := errors.Join(f.check(), s.Close()); err != nil {
		return err
	}
	if f.s, err = bolt.Open(context.Background(), config(path)); err != nil {
		return err
	}
	fmt.Printf("%d units failed on the full disk, %d are there\n", failed, len(f.there))
	return errors.Join(f.check(), f.s.Close(), f.err)
}

// filler writes units and knows which were accepted.
type filler struct {
	s     *bolt.Store
	mu    sync.Mutex
	there map[string]bool
	given map[uint64]bool // numbers, also of units that failed
	err   error
}

// write writes units from some callers at once and returns how many failed.
func (f *filler) write(units int) (failed int) {
	var wg sync.WaitGroup
	for range units {
		wg.Go(func() {
			var n uint64
			var key string
			err := f.s.Update(context.Background(), func(tx bot.Tx) (err error) {
				n, err = tx.Number("units")
				key = bot.Serial(n)
				return errors.Join(
					err,
					tx.Put("a", key, bytes.Repeat([]byte("x"), 50_000), []bot.Entry{{Index: "i", Value: key}}),
					tx.Enqueue("lane", key),
				)
			})
			f.mu.Lock()
			defer f.mu.Unlock()
			if f.given[n] {
				f.err = errors.Join(f.err, fmt.Errorf("number %d was given twice", n))
			}
			f.given[n] = true
			switch {
			case err == nil:
				f.there[key] = true
			case errors.Is(err, bolt.ErrCommit):
				failed++
			default:
				f.err = errors.Join(f.err, fmt.Errorf("a unit on the full disk: %w, want ErrCommit", err))
			}
		})
	}
	wg.Wait()
	return failed
}

// check compares what is there with what was accepted.
func (f *filler) check() error {
	return f.s.View(context.Background(), func(r bot.Reader) error {
		n := 0
		for found, err := range r.Scan(bot.Query{Kind: "a", Index: "i"}) {
			if err != nil {
				return err
			}
			n++
			if !f.there[found.Key] || len(found.Value) != 50_000 {
				return fmt.Errorf("unit %s is there with %d bytes, accepted: %v", found.Key, len(found.Value), f.there[found.Key])
			}
		}
		state, err := r.Lane("lane")
		if err != nil {
			return err
		}
		if n != len(f.there) || state.Waiting != n {
			return fmt.Errorf("%d records and %d rows are there, %d units were accepted", n, state.Waiting, len(f.there))
		}
		return nil
	})
}
