package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"standleitung/bot"
	"standleitung/store/bolt"
)

// loadStore reads the configuration for a command that works on the store, and returns the path of its file. The secrets
// of the platforms are not needed for that: a backup by a timer need not have them.
func (w world) loadStore(cli *commandLine) (c *Config, path string, err error) {
	w.sparing = true
	c, name, err := w.load(cli.Config)
	if err != nil {
		return nil, "", err
	}
	engine, path, err := c.Store.Engine()
	if err == nil && engine != Bolt {
		err = fmt.Errorf("%s: this command works on a store that is a file (bbolt:FILE) only", name)
	}
	return c, path, err
}

// backupCommand copies the store.
type backupCommand struct {
	File string `arg:"" placeholder:"FILE" help:"Where to. A file that exists is not overwritten."`
}

// Run implements backup.
func (b *backupCommand) Run(ctx context.Context, cli *commandLine, w world) error {
	c, _, err := w.loadStore(cli)
	if err != nil {
		return err
	}
	if err := absent(b.File); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	store, err := w.keeper(ctx, c, nil)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	info, err := backup(ctx, store, b.File)
	if err := errors.Join(err, store.Close()); err != nil {
		return fmt.Errorf("backup: %w", explainWrite(err, b.File))
	}
	fmt.Fprintf(w.stdout, "%s: %d bytes, %d records, examined\n", b.File, info.Bytes, info.Records)
	return nil
}

// absent fails when there is something under a name.
func absent(file string) error {
	switch _, err := os.Lstat(file); {
	case err == nil:
		return fmt.Errorf("%s exists already: choose another name, or remove it first", file)
	case errors.Is(err, fs.ErrNotExist):
		return nil
	default:
		return err
	}
}

// backup writes a copy beside file, examines it, and gives it its name only then.
func backup(ctx context.Context, store keeper, file string) (bolt.Info, error) {
	var info bolt.Info
	err := replaceFile(file, func(temp *os.File) error {
		_, err := store.Backup(ctx, temp)
		return err
	}, func(temp string) (err error) {
		if info, err = bolt.Examine(ctx, temp); err != nil {
			return fmt.Errorf("the copy is of no use: %w", err)
		}
		return absent(file)
	})
	return info, err
}

// replaceFile has a new file written beside file, flushes it, has it checked and renames it. When anything fails,
// nothing is left of the new one and file is as it was.
func replaceFile(file string, write func(*os.File) error, check func(temp string) error) (err error) {
	temp, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*.part") // 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temp.Name()) // what went wrong before says more
		}
	}()
	if err := errors.Join(write(temp), temp.Sync(), temp.Close()); err != nil {
		return err
	}
	if err := check(temp.Name()); err != nil {
		return err
	}
	if err := os.Rename(temp.Name(), file); err != nil {
		return err
	}
	return syncFolder(file)
}

// syncFolder makes the name of a file durable.
func syncFolder(file string) error {
	if runtime.GOOS == "windows" {
		return nil // folders cannot be flushed there
	}
	folder, err := os.Open(filepath.Dir(file))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// explainWrite says what to do when there is no room.
func explainWrite(err error, file string) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG) {
		return fmt.Errorf("no room for it in %s; nothing is left of it there: %w", filepath.Dir(file), err)
	}
	return err
}

// restoreCommand puts a backup in the place of the store.
type restoreCommand struct {
	File  string `arg:"" placeholder:"FILE" help:"The backup."`
	Force bool   `help:"Replace a store that exists; it is kept beside, under a name with .before-restore."`
}

// Run implements restore.
func (r *restoreCommand) Run(ctx context.Context, cli *commandLine, w world) error {
	c, path, err := w.loadStore(cli)
	if err != nil {
		return err
	}
	if err := r.run(ctx, c, path, w); err != nil {
		return fmt.Errorf("restore: %w", explainWrite(err, path))
	}
	return nil
}

func (r *restoreCommand) run(ctx context.Context, c *Config, path string, w world) error {
	if err := r.checkBackup(ctx, c, path); err != nil {
		return err
	}
	if running, err := reachServer(ctx, c); err != nil {
		return err
	} else if running != nil {
		return fmt.Errorf("a server is running on %s: stop it first", path)
	}
	release, err := bolt.Hold(path)
	if err != nil {
		return fmt.Errorf("%w: stop that one first", err)
	}
	old, err := r.replace(ctx, c, path, w)
	if err := errors.Join(err, release()); err != nil {
		return err
	}
	fmt.Fprintf(w.stdout, "%s: restored from %s\n", path, r.File)
	if old != "" {
		fmt.Fprintf(w.stdout, "%s: the store as it was before\n", old)
	}
	return nil
}

// checkBackup examines the backup, and whether it belongs to this configuration.
func (r *restoreCommand) checkBackup(ctx context.Context, c *Config, path string) error {
	info, err := bolt.Examine(ctx, r.File)
	if err != nil {
		return err
	}
	if info.Mark != c.mark() {
		return fmt.Errorf("%s: %w", r.File, explainStore(bolt.ErrMark, c))
	}
	from, err := os.Stat(r.File)
	if err != nil {
		return err
	}
	to, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case os.SameFile(from, to):
		return fmt.Errorf("%s is the store itself", r.File)
	case !r.Force:
		return fmt.Errorf("%s exists: add --force to replace it; it is kept beside", path)
	}
	return nil
}

// replace puts a checked copy of the backup in the place of the store and returns the name under which the old one is
// kept; empty when there was none. At no moment is there no store where there was one.
func (r *restoreCommand) replace(ctx context.Context, c *Config, path string, w world) (old string, err error) {
	err = replaceFile(path, func(temp *os.File) error { return copyFrom(r.File, temp) }, func(temp string) (err error) {
		if err := r.try(ctx, c, temp, w); err != nil {
			return err
		}
		if _, err := os.Lstat(path); err == nil {
			old = path + ".before-restore-" + w.now().UTC().Format("20060102T150405Z")
			return keepBeside(path, old)
		}
		return nil
	})
	if err != nil && old != "" {
		_ = os.Remove(old) // the store itself is still in its place
	}
	return old, err
}

// try opens the copy as the server will, which also brings it up to date, and proves it. A log that is broken is told
// and does not keep anybody from having the rest back.
func (r *restoreCommand) try(ctx context.Context, c *Config, temp string, w world) error {
	store, err := bolt.Open(ctx, bolt.Config{Path: temp, Now: w.now, Mark: c.mark(), Migrations: bot.Migrations()})
	if err != nil {
		return explainStore(err, c)
	}
	proof, err := bot.Verify(ctx, store)
	if err := errors.Join(err, store.Close()); err != nil {
		return err
	}
	for _, words := range proof.Faults {
		fmt.Fprintf(w.stderr, "standleitung: warning: the backup is readable, but: %s\n", words)
	}
	return nil
}

// keepBeside keeps a file under a second name: as a link, where the file system has them, else as a copy.
func keepBeside(file, name string) error {
	if err := absent(name); err != nil {
		return err
	}
	if os.Link(file, name) == nil {
		return syncFolder(name)
	}
	return replaceFile(name, func(temp *os.File) error { return copyFrom(file, temp) }, func(string) error { return nil })
}

func copyFrom(file string, to *os.File) error {
	from, err := os.Open(file) //nolint:gosec // the path is the operator's to choose
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, from.Close())
}

// exportCommand writes records to stdout.
type exportCommand struct {
	Kind   []string `placeholder:"KIND,…" help:"Only these kinds; see docs/operation.md. Without it all but those with secrets."`
	Format string   `default:"jsonl" placeholder:"FORMAT" help:"jsonl, a record a line, or csv, a table of one kind."`
}

// Run implements export.
func (e *exportCommand) Run(ctx context.Context, cli *commandLine, w world) error {
	what := bot.Export{Kinds: e.Kind, Format: e.Format}
	if err := what.Check(); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	c, _, err := w.loadStore(cli)
	if err != nil {
		return err
	}
	store, err := w.keeper(ctx, c, bot.Migrations())
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	if err := errors.Join(store.Export(ctx, what, w.stdout), store.Close()); err != nil {
		return fmt.Errorf("export: what was written is not all: %w", err)
	}
	return nil
}

// verifyCommand proves the store.
type verifyCommand struct{}

// errBroken is returned when the store is not what it should be.
var errBroken = errors.New("the store is not in order: see docs/operation.md")

// Run implements verify.
func (verifyCommand) Run(ctx context.Context, cli *commandLine, w world) error {
	c, _, err := w.loadStore(cli)
	if err != nil {
		return err
	}
	store, err := w.keeper(ctx, c, bot.Migrations())
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	proof, err := store.Verify(ctx)
	if err := errors.Join(err, store.Close()); err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	fmt.Fprintf(w.stdout, "records: %d (%s)\nindex entries: %d\nlog: %d sealed, %d not sealed yet, newest seal %s\n",
		proof.Records(), strings.Join(proof.KindCounts(), ", "), proof.Entries, proof.Links, proof.Unsealed, orNone(proof.Head))
	if proof.Wrong == 0 {
		fmt.Fprintln(w.stdout, "no faults")
		return nil
	}
	for _, words := range proof.Faults {
		fmt.Fprintf(w.stdout, "fault: %s\n", words)
	}
	if more := proof.Wrong - len(proof.Faults); more > 0 {
		fmt.Fprintf(w.stdout, "and %d more faults\n", more)
	}
	return fmt.Errorf("verify: %w", errBroken)
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
