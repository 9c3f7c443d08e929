package bolt

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"standleitung/bot"
)

// Config says which file to open, and how.
type Config struct {
	// Path of the file. It is created when it does not exist or is empty; its folder must exist.
	Path string
	// Timeout is how long to wait for another process to let go of the file; one second when zero.
	Timeout time.Duration
	// Now is the clock; required.
	Now func() time.Time
	// Log receives what the operator should know; nil discards it.
	Log *slog.Logger
	// Migrations that this program knows, in order.
	Migrations []bot.Migration
	// Mark tells stores of different purpose apart. It is written when the store is created; a store with another
	// mark is refused with [ErrMark]. The empty mark is one too.
	Mark string
}

// fileMode: a store holds what people wrote.
const fileMode = 0o600

// Open opens or creates the store and runs the migrations that it has not seen. Rows that were being sent when the
// store was closed, or its process ended, are due again as unknown. The caller closes the store.
//
// Errors are made for the person who starts the program; those that a program may want to tell apart are variables
// of this package.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if cfg.Path == "" || cfg.Now == nil {
		return nil, errors.New("open store: Path and Now are required")
	}
	cfg = cfg.withDefaults()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s, err := open(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", cfg.Path, err)
	}
	return s, nil
}

// timeout is how long to wait for another process where nothing else is said.
const timeout = time.Second

func (c Config) withDefaults() Config {
	if c.Timeout <= 0 {
		c.Timeout = timeout
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

func open(ctx context.Context, cfg Config) (*Store, error) {
	created, err := look(cfg)
	if err != nil {
		return nil, err
	}
	s := &Store{
		now: cfg.Now, log: cfg.Log, queue: newQueue(), drawn: make(map[string]uint64),
		back: make(chan struct{}, 1), done: make(chan struct{}),
	}
	err = contained(func() (err error) {
		s.db, err = bbolt.Open(cfg.Path, fileMode, options(cfg.Timeout))
		return explain(cfg.Path, err)
	})
	if err != nil {
		return nil, err
	}
	s.db.AllocSize = allocSize
	if err := s.prepare(ctx, cfg, created); err != nil {
		return nil, errors.Join(err, s.db.Close())
	}
	go s.commit()
	return s, nil
}

// allocSize is by how much the file grows. Each growth costs one more flush.
const allocSize = 4 << 20

func options(timeout time.Duration) *bbolt.Options {
	o := &bbolt.Options{Timeout: timeout, FreelistType: bbolt.FreelistMapType}
	if runtime.GOOS != "windows" && strconv.IntSize == 64 {
		// Address space, not memory: while the file fits, a long view or backup does not hold up the writer.
		o.InitialMmapSize = 1 << 30
	}
	return o
}

// look tells whether there is a store to open, and looks at it before bbolt does.
func look(cfg Config) (created bool, err error) {
	info, err := os.Stat(cfg.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true, nil
	case err != nil:
		return false, explain(cfg.Path, err)
	case info.IsDir():
		return false, errors.New("this is a folder, not a file")
	case !info.Mode().IsRegular():
		return false, errors.New("this is not a regular file")
	case info.Size() == 0:
		return true, nil
	}
	// Nobody may write while we look. Opening for reading takes the lock and reads no more than the first two pages,
	// which are checked by their sums.
	o := options(cfg.Timeout)
	o.ReadOnly = true
	var db *bbolt.DB
	err = contained(func() (err error) {
		db, err = bbolt.Open(cfg.Path, fileMode, o)
		return explain(cfg.Path, err)
	})
	if errors.Is(err, ErrLocked) || errors.Is(err, fs.ErrPermission) {
		return false, err
	}
	if db != nil {
		defer func() { err = errors.Join(err, db.Close()) }()
	}
	note, found := inspect(cfg.Path)
	if found != nil {
		return false, found // it says more than what bbolt makes of it
	}
	if note != "" {
		cfg.Log.Warn("the store was not closed in order", "path", cfg.Path, "found", note)
	}
	return false, err
}

// explain says in plain words why a file cannot be opened.
func explain(path string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, berrors.ErrTimeout):
		return fmt.Errorf("%w: only one program may use a store at a time", ErrLocked)
	case errors.Is(err, berrors.ErrInvalid):
		return ErrForeign
	case errors.Is(err, berrors.ErrVersionMismatch), errors.Is(err, berrors.ErrChecksum):
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("this program may not read and write the file or its folder: %w", err)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("the folder %s does not exist: %w", filepath.Dir(path), err)
	}
	return err
}

// contained runs fn so that a panic or a memory fault becomes an error. It is only for files that may be damaged.
func contained(fn func() error) (err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		debug.SetPanicOnFault(true) // for this goroutine
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("%w: %v", ErrDamaged, p)
			}
		}()
		err = fn()
	}()
	<-done
	return err
}

// prepare brings the store into the state that this program works on.
func (s *Store) prepare(ctx context.Context, cfg Config, created bool) error {
	if created {
		if err := syncFolder(cfg.Path); err != nil {
			return err
		}
	}
	if err := contained(func() error { return s.claim(cfg.Mark) }); err != nil {
		return err
	}
	if err := s.migrate(ctx, cfg.Migrations); err != nil {
		return err
	}
	return contained(s.recoverRows)
}

// syncFolder makes the name of a new file durable.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil // folders cannot be flushed there
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("flush the folder: %w", err)
	}
	if err := errors.Join(folder.Sync(), folder.Close()); err != nil {
		return fmt.Errorf("flush the folder: %w", err)
	}
	return nil
}

// claim writes the header of a new store, or checks that of an old one.
func (s *Store) claim(mark string) error {
	tx, err := s.db.Begin(true)
	if err != nil {
		return fmt.Errorf("begin to write: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // fails when it was committed, as it should
	if k, _ := tx.Cursor().First(); k != nil {
		return checkHeader(tx, mark)
	}
	b, err := createBuckets(tx)
	if err != nil {
		return fmt.Errorf("create the store: %w", err)
	}
	if err := errors.Join(
		b.header.Put(keyLayout, binary.BigEndian.AppendUint16(nil, layout)),
		b.header.Put(keyMark, []byte(mark)),
		b.header.Put(keyCounters, new(counters).encode()),
		tx.Commit(),
	); err != nil {
		return fmt.Errorf("create the store: %w", err)
	}
	return nil
}

func checkHeader(tx *bbolt.Tx, mark string) error {
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
	if is := string(header.Get(keyMark)); is != mark {
		return fmt.Errorf("%w: it is marked %q, the configuration says %q", ErrMark, is, mark)
	}
	b, err := openBuckets(tx)
	if err != nil {
		return err
	}
	_, err = readCounters(b)
	return err
}

// recoverRows takes rows out of the hands of senders that are gone.
func (s *Store) recoverRows() error {
	var rows int
	err := s.alone(func(u *unit) (err error) {
		rows, err = u.disown()
		return err
	})
	if rows > 0 && err == nil {
		s.log.Info("rows were being sent when the store was last used", "rows", rows)
	}
	return err
}

// alone runs fn as the only unit of a transaction, before there is a committer.
func (s *Store) alone(fn func(*unit) error) error {
	tx, err := s.db.Begin(true)
	if err != nil {
		return fmt.Errorf("begin to write: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // fails when it was committed, as it should
	g, err := newGroup(s, tx)
	if err != nil {
		return err
	}
	u := newUnit(g)
	if err := fn(u); err != nil {
		return err
	}
	u.end()
	if u.err != nil {
		return u.err
	}
	err, _ = g.finish()
	return err
}
