package bolt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"standleitung/bot"
)

// Store is a bot.Store in one bbolt file. Create it with [Open].
type Store struct {
	db    *bbolt.DB
	now   func() time.Time
	log   *slog.Logger
	queue *queue
	back  chan struct{} // the baton, from the unit that ran back to the committer
	done  chan struct{} // closed when the committer has returned

	// drawn holds numbers that were given in a transaction that was not committed. Whoever runs in the baton's
	// possession may touch it.
	drawn map[string]uint64
}

var _ bot.Store = (*Store)(nil)

// Update implements [bot.Store]. It runs fn in the goroutine of its caller. fn must not call Update, Next or Close.
func (s *Store) Update(ctx context.Context, fn func(bot.Tx) error) error {
	return s.update(ctx, func(u *unit) error { return fn(u) })
}

// View implements [bot.Store]. A View sees nothing of what is written after it began, and a long one keeps the space
// of what is replaced meanwhile from being used again.
func (s *Store) View(ctx context.Context, fn func(bot.Reader) error) error {
	return s.view(ctx, func(_ *bbolt.Tx, r *reader) error { return fn(r) })
}

func (s *Store) view(ctx context.Context, fn func(*bbolt.Tx, *reader) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	tx, err := s.db.Begin(false)
	if errors.Is(err, berrors.ErrDatabaseNotOpen) {
		return ErrClosed
	} else if err != nil {
		return fmt.Errorf("begin to read: %w", err)
	}
	r := new(reader)
	defer func() {
		r.over = true
		if r.fault != nil && !r.contained {
			r.fault.kill()
		}
		_ = tx.Rollback() // of a transaction that only read; it fails when it is over already
	}()
	if err := r.open(tx); err != nil {
		return err
	}
	return fn(tx, r)
}

// Stats implements [bot.Store].
func (s *Store) Stats(ctx context.Context) (bot.Stats, error) {
	var stats bot.Stats
	err := s.view(ctx, func(tx *bbolt.Tx, r *reader) error {
		c, err := readCounters(r.buckets)
		stats = bot.Stats{
			Queued: int(c.queued), Sending: int(c.sending), Unknown: int(c.unknown), Parked: int(c.parked),
			Bytes: tx.Size(),
		}
		return err
	})
	return stats, err
}

// Backup writes one consistent state of the whole store to w, as a file that [Open] accepts, while the store goes on
// working. It returns the number of bytes written.
func (s *Store) Backup(ctx context.Context, w io.Writer) (int64, error) {
	var n int64
	err := s.view(ctx, func(tx *bbolt.Tx, _ *reader) (err error) {
		n, err = tx.WriteTo(writerFunc(func(p []byte) (int, error) {
			if err := ctx.Err(); err != nil {
				return 0, err
			}
			return w.Write(p)
		}))
		if err != nil {
			return fmt.Errorf("back up the store: %w", err)
		}
		return nil
	})
	return n, err
}

// writerFunc is an io.Writer in one function.
type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// Close implements [bot.Store]. It waits for queued units, and for views that are still open.
func (s *Store) Close() error {
	if !s.queue.close() {
		return ErrClosed
	}
	<-s.done
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}

// fault is a panic that came out of bbolt, or out of this package while it worked on the file.
type fault struct {
	value any
	stack []byte
}

func newFault(value any) *fault { return &fault{value, debug.Stack()} }

func (f *fault) Error() string { return fmt.Sprintf("the store failed: %v\n\n%s", f.value, f.stack) }

// kill ends the process with the fault, out of reach of any recover on the stack of the caller.
func (f *fault) kill() {
	go panic(f)
	select {}
}
