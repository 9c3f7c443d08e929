package bolt

import (
	"fmt"

	"go.etcd.io/bbolt"

	"standleitung/bot"
)

// present is the value of a key that says all by being there. It is not nil: nil is what bbolt returns for no key.
var present = []byte{}

// unit is one unit of work: a reader that writes, and can undo what it wrote.
type unit struct {
	reader
	group *group
	begun mark
	err   error // the result
	bad   error // an engine failure in a write: the unit fails, whatever fn makes of it
}

var _ bot.Tx = (*unit)(nil)

// change notes what a write replaced; old is nil when there was nothing. It is not copied: bbolt keeps it valid until
// the transaction ends, and a journal does not live longer than its unit.
type change struct {
	bucket   *bbolt.Bucket
	key, old []byte
}

// mark is a point that a unit can be taken back to.
type mark struct {
	changes int
	counts  counters
}

func newUnit(g *group) *unit {
	g.journal = g.journal[:0]
	u := &unit{group: g}
	u.buckets = g.buckets
	u.begun = u.mark()
	return u
}

func (u *unit) mark() mark { return mark{len(u.group.journal), u.group.counts} }

// end closes the unit, and undoes it when it failed.
func (u *unit) end() {
	u.over = true
	if u.fault != nil {
		return // the committer ends the process
	}
	if u.err == nil {
		u.err = u.bad
	}
	if u.err != nil {
		u.undo(u.begun)
	}
	u.group.dirty = u.group.dirty || len(u.group.journal) > 0
}

// Attempt implements [bot.Tx]. It does not recover: a panic passes through it, stack and all.
func (u *unit) Attempt(fn func() error) (err error) {
	if err := u.usable(); err != nil {
		return err
	}
	before, keep := u.mark(), false
	defer func() {
		if !keep && u.fault == nil {
			u.undo(before)
		}
	}()
	err = fn()
	keep = err == nil
	return err
}

// write replaces the value of a key: old is what is there, or nil; value is what will be, or nil. The slices belong
// to the store from here on.
func (u *unit) write(b *bbolt.Bucket, key, old, value []byte) error {
	u.group.journal = append(u.group.journal, change{b, key, old})
	u.group.writes++
	u.group.bytes += len(key) + len(value)
	if old == nil {
		u.noteFresh(b, key)
	}
	return u.set(b, key, value)
}

func (u *unit) set(b *bbolt.Bucket, key, value []byte) (err error) {
	u.writes++
	if value == nil {
		err = b.Delete(key)
	} else {
		err = b.Put(key, value)
	}
	if err != nil && u.bad == nil {
		u.bad = fmt.Errorf("write to the store: %w", err)
	}
	return err
}

// undo takes the unit back to a mark, last change first.
func (u *unit) undo(to mark) {
	defer u.guard()
	journal := u.group.journal
	for i := len(journal) - 1; i >= to.changes; i-- {
		c := journal[i]
		if err := u.set(c.bucket, c.key, c.old); err != nil {
			panic(fmt.Errorf("undo a write: %w", err)) // a half undone unit must not be committed
		}
	}
	u.group.journal = journal[:to.changes]
	u.group.counts = to.counts
}
