package bot

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// logEntry is one line of the log: who did what to which thing, and when. It holds ids and names of commands only, never
// words of people, so that what is known of a person can be forgotten without touching it.
//
// An entry is written in the unit of work of what it tells. The chain is closed a moment later by sealing, in batches:
// one counter that every unit had to draw from would let only one unit run at a time on an engine that runs many.
type logEntry struct {
	// N orders entries; numbers may be missing.
	N  uint64    `json:"n"`
	At time.Time `json:"at"`
	// Person is the id of who did it; empty for the program itself.
	Person string `json:"person,omitempty"`
	// Command is the name of a command, "job/" and the name of a job, or "message/" and the kind of a message.
	Command string `json:"command"`
	// Refs are the things that were changed or named, such as T-41.
	Refs []string `json:"refs,omitempty"`
	// What says more where that is not enough: names from the configuration and counts.
	What string `json:"what,omitempty"`
	// Link is the place in the chain, from 1 and without gaps; 0 until the entry is sealed. Prev is the hash of the link
	// before, empty for the first; Hash is that of this one: of its stored form without the hash.
	Link uint64 `json:"link,omitempty"`
	Prev string `json:"prev,omitempty"`
	Hash string `json:"hash,omitempty"`
}

var logbook = &Kind[logEntry]{
	Name: "log", Version: 1,
	Key: func(e *logEntry) string { return Serial(e.N) },
	Indexes: []Index[logEntry]{
		{"ref", func(e *logEntry) []string {
			var values []string
			for _, ref := range e.Refs {
				values = append(values, Compose(ref, Serial(e.N)))
			}
			return values
		}},
		{"open", func(e *logEntry) []string {
			if e.Link > 0 {
				return nil
			}
			return []string{Serial(e.N)}
		}},
		{"link", func(e *logEntry) []string {
			if e.Link == 0 {
				return nil
			}
			return []string{Serial(e.Link)}
		}},
	},
}

// logHead is the end of the chain.
type logHead struct {
	Links uint64 `json:"links"`
	Hash  string `json:"hash"`
}

var logHeads = &Kind[logHead]{Name: "loghead", Version: 1, Key: func(*logHead) string { return "chain" }}

// sum is the hash of a link.
func (e *logEntry) sum() (string, error) {
	bare := *e
	bare.Hash = ""
	raw, err := json.Marshal(&bare)
	if err != nil {
		return "", fmt.Errorf("hash a log entry: %w", err)
	}
	return fmt.Sprintf("%x", sha256.Sum256(raw)), nil
}

// mostLogRefs bounds how many things one entry names.
const mostLogRefs = 50

// logged runs a handler and writes down in the same unit what it did, when it changed something. What only the program
// remembers for itself is no change; nor is what people say in rooms, as long as nobody has to decide on it.
func (b *Bot) logged(req *Request, id string, run func() error) error {
	w := &watchedTx{Tx: req.Tx}
	req.Tx, req.Reader = w, w
	err := run()
	req.Tx, req.Reader = w.Tx, w.Tx
	if err != nil {
		return err
	}
	e := &logEntry{At: req.Now.UTC(), Command: loggedAs(req, id)}
	changed := b.touched(w, e)
	talk := req.Command == nil && req.Message != nil
	if !changed || talk && len(e.Refs) == 0 {
		return nil
	}
	if req.Person != nil {
		e.Person = req.Person.ID
	}
	if req.Command != nil {
		e.name(req)
	}
	return e.write(w.Tx)
}

// write appends an entry to the log.
func (e *logEntry) write(tx Tx) (err error) {
	if e.N, err = tx.Number("log"); err != nil {
		return err
	}
	return logbook.Put(tx, e)
}

// name adds the references that were given as arguments.
func (e *logEntry) name(req *Request) {
	for _, a := range req.Command.Args {
		if ref := req.args[a.Name]; a.Kind == ArgRef && ref != "" && !slices.Contains(e.Refs, ref) {
			e.Refs = append(e.Refs, ref)
		}
	}
}

// loggedAs names what was done.
func loggedAs(req *Request, id string) string {
	switch {
	case req.Command != nil:
		return req.Command.Name
	case req.Message != nil:
		return "message/" + string(req.Message.Kind)
	}
	return "job/" + jobOf(id)
}

// jobOf is the name of a job in the id of its turn.
func jobOf(id string) string {
	if rest, ok := strings.CutPrefix(id, "job/"); ok {
		name, _, _ := strings.Cut(rest, "/")
		return name
	}
	parts := strings.Split(id, Sep)
	if parts[0] == "timer" && len(parts) > 1 {
		return parts[1]
	}
	return parts[0]
}

// touched notes in an entry which things a unit has changed, and reports whether it changed anything worth telling.
func (b *Bot) touched(w *watchedTx, e *logEntry) bool {
	changed := w.settled
	for _, wrote := range w.wrote {
		row := b.kinds[wrote.kind]
		if row != nil && row.quiet {
			continue
		}
		changed = true
		if row == nil || row.prefix == "" {
			if wrote.kind == pauses.Name {
				e.What = wrote.key
			}
			continue
		}
		n, err := strconv.ParseUint(wrote.key, 16, 64)
		if ref := formatRef(row.prefix, n); err == nil && !slices.Contains(e.Refs, ref) && len(e.Refs) < mostLogRefs {
			e.Refs = append(e.Refs, ref)
		}
	}
	return changed
}

// watchedTx remembers what a handler wrote.
type watchedTx struct {
	Tx

	wrote   []written
	settled bool // a row of the outbox was settled
}

type written struct{ kind, key string }

// Put implements [Tx].
func (w *watchedTx) Put(kind, key string, value []byte, entries []Entry) error {
	w.wrote = append(w.wrote, written{kind, key})
	return w.Tx.Put(kind, key, value, entries)
}

// Delete implements [Tx].
func (w *watchedTx) Delete(kind, key string) error {
	w.wrote = append(w.wrote, written{kind, key})
	return w.Tx.Delete(kind, key)
}

// Settle implements [Tx].
func (w *watchedTx) Settle(row Row, s Settlement) error {
	w.settled = true
	return w.Tx.Settle(row, s)
}

// Attempt implements [Tx]. What was undone was not written.
func (w *watchedTx) Attempt(fn func() error) error {
	before, settled := len(w.wrote), w.settled
	err := w.Tx.Attempt(fn)
	if err != nil {
		w.wrote, w.settled = w.wrote[:before], settled
	}
	return err
}

const (
	// sealAfter is how long the log waits for further entries before it seals what is there.
	sealAfter = time.Second
	// sealMost is how many entries one unit of work seals.
	sealMost = 500
)

// runSealing seals the log whenever it has grown, until ctx ends. What is not sealed then is at the next start.
func (b *Bot) runSealing(ctx context.Context) {
	for {
		if err := b.seal(ctx); err != nil && ctx.Err() == nil {
			b.log.WarnContext(ctx, "the log cannot be sealed, will retry", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-b.unsealed:
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(sealAfter):
		}
	}
}

// seal adds all open entries to the chain, in the order of their numbers. A unit that drew its number earlier but ends
// later than another is sealed behind it.
func (b *Bot) seal(ctx context.Context) error {
	for more := true; more; {
		err := b.store.View(ctx, func(r Reader) error {
			more = false
			for _, err := range r.Scan(Query{Kind: logbook.Name, Index: "open", Limit: 1, KeysOnly: true}) {
				more = err == nil
				return err
			}
			return nil
		})
		if err != nil || !more {
			return err
		}
		if err := b.store.Update(ctx, sealSome); err != nil {
			return err
		}
	}
	return nil
}

// sealSome seals a bounded number of entries.
func sealSome(tx Tx) error {
	head, err := logHeads.Get(tx, "chain")
	if errors.Is(err, ErrNotFound) {
		head, err = &logHead{}, nil
	}
	if err != nil {
		return err
	}
	var open []*logEntry
	for e, err := range logbook.All(tx, Query{Index: "open", Limit: sealMost}) {
		if err != nil {
			return err
		}
		open = append(open, e)
	}
	for _, e := range open {
		e.Link, e.Prev = head.Links+1, head.Hash
		if e.Hash, err = e.sum(); err != nil {
			return err
		}
		if err := logbook.Put(tx, e); err != nil {
			return err
		}
		head.Links, head.Hash = e.Link, e.Hash
	}
	return logHeads.Put(tx, head)
}
