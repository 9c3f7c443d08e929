//go:build unix

package bolt_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"standleitung/bot"
	"standleitung/store/bolt"
)

// faultInUnit opens a store, damages it under its feet, and runs a unit that recovers from everything.
func faultInUnit(path string) error {
	s, err := bolt.Open(context.Background(), config(path))
	if err != nil {
		return err
	}
	if err := spoil(path); err != nil {
		return err
	}
	return s.Update(context.Background(), func(tx bot.Tx) error {
		return tx.Attempt(func() error {
			defer func() { fmt.Println("recovered:", recover() != nil) }()
			_, err := tx.Get("k", bot.Serial(1))
			return err
		})
	})
}

// faultInView is the same in a view.
func faultInView(path string) error {
	s, err := bolt.Open(context.Background(), config(path))
	if err != nil {
		return err
	}
	if err := spoil(path); err != nil {
		return err
	}
	return s.View(context.Background(), func(r bot.Reader) error {
		defer func() { fmt.Println("recovered:", recover() != nil) }()
		for _, err := range r.Scan(bot.Query{Kind: "k"}) {
			return err
		}
		return nil
	})
}

// TestFaultEndsProcess: a panic that comes out of bbolt must not be taken for one of a handler.
func TestFaultEndsProcess(t *testing.T) {
	for _, name := range []string{"fault in unit", "fault in view"} {
		cmd := child(t, name, sample(t, 300))
		var stderr strings.Builder
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if !strings.Contains(string(out), "recovered: true") {
			t.Errorf("%s: it did not meet the damage, or did not recover; it said %q, %.500s", name, out, stderr.String())
		}
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 2 || !strings.Contains(stderr.String(), "the store failed") {
			t.Errorf("%s: the process ended with %v, want the panic of the store; it said %.500s", name, err, stderr.String())
		}
	}
}

// spoil gives every page of an open store below the root a type that does not exist. bbolt panics when it meets one.
func spoil(path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	order := binary.NativeEndian
	meta := b[16:]
	if other := b[4096+16:]; order.Uint64(other[48:]) > order.Uint64(meta[48:]) {
		meta = other
	}
	root := order.Uint64(meta[16:])
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	for id := uint64(2); id < order.Uint64(meta[40:]); id++ {
		if flags := order.Uint16(b[id*4096+8:]); id != root && (flags == 1 || flags == 2) {
			if _, err := f.WriteAt([]byte{0x80, 0}, int64(id*4096+8)); err != nil {
				return err
			}
		}
	}
	return f.Close()
}

// TestAuditOutlivesDamage: looking at a damaged store is answered, and does not end the server that was asked.
func TestAuditOutlivesDamage(t *testing.T) {
	path := sample(t, 300)
	s := open(t, path)
	if err := spoil(path); err != nil {
		t.Fatal(err)
	}
	err := s.Audit(t.Context(), func(bot.Stored) error { return nil }, func(string) {})
	if !errors.Is(err, bolt.ErrDamaged) {
		t.Errorf("Audit() of a damaged store = %v, want ErrDamaged", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
