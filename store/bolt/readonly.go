package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"

	"go.etcd.io/bbolt"

	"standleitung/bot"
)

// ErrOlder is returned by OpenReadOnly when migrations are due, which only [Open] runs.
var ErrOlder = errors.New("the store was last used by an older program, and the new one has not been started on it yet")

// OpenReadOnly opens a store that exists, for looking at it: nothing is changed, no migration runs, and every unit of
// work is refused with [ErrClosed]. While it is open, no program can open it for writing. When Config.Migrations is nil,
// a store of any age is opened; else one that misses some is [ErrOlder].
func OpenReadOnly(ctx context.Context, cfg Config) (*Store, error) {
	s, err := openReadOnly(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", cfg.Path, err)
	}
	return s, nil
}

func openReadOnly(ctx context.Context, cfg Config) (*Store, error) {
	cfg = cfg.withDefaults()
	info, err := os.Stat(cfg.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no such file: %w", err)
	case err == nil && info.Size() == 0:
		return nil, ErrForeign
	}
	if _, err := look(cfg); err != nil {
		return nil, err
	}
	o := options(cfg.Timeout)
	o.ReadOnly = true
	s := &Store{now: cfg.Now, log: cfg.Log, queue: newQueue(), done: make(chan struct{})}
	s.queue.refuse()
	close(s.done)
	if err := contained(func() (err error) {
		s.db, err = bbolt.Open(cfg.Path, fileMode, o)
		return explain(cfg.Path, err)
	}); err != nil {
		return nil, err
	}
	if err := contained(func() error { return s.suits(ctx, cfg) }); err != nil {
		return nil, errors.Join(err, s.db.Close())
	}
	return s, nil
}

// suits checks header and migrations.
func (s *Store) suits(ctx context.Context, cfg Config) error {
	return s.view(ctx, func(tx *bbolt.Tx, r *reader) error {
		if err := checkHeader(tx, cfg.Mark); err != nil {
			return err
		}
		ran := migrationsIn(r.header)
		if cfg.Migrations == nil {
			return nil
		}
		if err := knownMigrations(ran, cfg.Migrations); err != nil {
			return err
		}
		if len(ran) < len(cfg.Migrations) {
			return ErrOlder
		}
		return nil
	})
}

// migrationsIn are the names of the migrations that ran, in order.
func migrationsIn(header *bbolt.Bucket) (names []string) {
	c := header.Cursor()
	for k, v := c.Seek(keyMigration); bytes.HasPrefix(k, keyMigration); k, v = c.Next() {
		names = append(names, string(v))
	}
	return names
}

// knownMigrations refuses a store that a newer program has changed.
func knownMigrations(ran []string, known []bot.Migration) error {
	for i, name := range ran {
		if i >= len(known) || known[i].Name != name {
			return fmt.Errorf("%w: it was changed by migration %d %q, which this program does not know", ErrNewer, i+1, name)
		}
	}
	return nil
}

// Info is what a file says of itself.
type Info struct {
	Mark    string
	Records int
	Bytes   int64
}

// Examine looks at every page of a store that nobody has open, and counts its records. It changes nothing. The errors are
// those of [Open], a foreign mark excepted: it is told.
func Examine(ctx context.Context, path string) (info Info, err error) {
	fail := func(err error) (Info, error) { return Info{}, fmt.Errorf("examine %s: %w", path, err) }
	f, err := os.Open(path) //nolint:gosec // the path is the operator's to choose
	if err != nil {
		return fail(explain(path, err))
	}
	stat, err := f.Stat()
	if err = errors.Join(err, f.Close()); err != nil {
		return fail(err)
	}
	if !stat.Mode().IsRegular() || stat.Size() == 0 {
		return fail(ErrForeign)
	}
	if _, err := inspectMost(path, math.MaxInt); err != nil {
		return fail(err)
	}
	info.Bytes = stat.Size()
	err = contained(func() error {
		o := options(timeout)
		o.ReadOnly = true
		db, err := bbolt.Open(path, fileMode, o)
		if err != nil {
			return explain(path, err)
		}
		defer func() { _ = db.Close() }() // it was only read
		return db.View(func(tx *bbolt.Tx) error { return info.read(ctx, tx) })
	})
	if err != nil {
		return fail(err)
	}
	return info, nil
}

// read reads the header and counts the records.
func (i *Info) read(ctx context.Context, tx *bbolt.Tx) error {
	header := tx.Bucket([]byte("header"))
	if header == nil {
		return ErrForeign
	}
	raw := header.Get(keyLayout)
	if len(raw) != 2 {
		return ErrForeign
	}
	if v := binary.BigEndian.Uint16(raw); v > layout {
		return fmt.Errorf("%w: layout %d, this program knows up to %d", ErrNewer, v, layout)
	}
	i.Mark = string(header.Get(keyMark))
	b, err := openBuckets(tx)
	if err != nil {
		return err
	}
	return b.records.ForEach(func(_, raw []byte) error {
		i.Records++
		if _, err := valueOf(raw); err != nil {
			return err
		}
		return ctx.Err()
	})
}

// Hold keeps every program from opening a store, until release is called. [ErrLocked] says that one has it open. A file
// that does not exist, or that is so damaged that nobody could open it, is held by doing nothing.
func Hold(path string) (release func() error, err error) {
	o := options(timeout)
	o.ReadOnly = true
	var db *bbolt.DB
	if _, err := os.Stat(path); err != nil {
		return func() error { return nil }, nil //nolint:nilerr // nothing is there to be held
	}
	err = contained(func() (err error) {
		db, err = bbolt.Open(path, fileMode, o)
		return explain(path, err)
	})
	switch {
	case errors.Is(err, ErrLocked), errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("open store %s: %w", path, err)
	case err != nil:
		return func() error { return nil }, nil //nolint:nilerr // who cannot open it has it not open
	}
	return db.Close, nil
}
