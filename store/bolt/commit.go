package bolt

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"go.etcd.io/bbolt"
)

// A group is closed when it reached one of these: more would make the first of its units wait for the last, and
// bbolt gets slower with the number of keys that one transaction inserts.
const (
	groupUnits  = 1024
	groupWrites = 8192
	groupBytes  = 8 << 20
)

// call is one waiting unit of work.
type call struct {
	turn   chan *unit // the baton; nil when the unit cannot run
	result chan error
}

// queue holds the calls that wait for the committer.
type queue struct {
	mu     sync.Mutex
	filled sync.Cond
	calls  []*call
	closed bool
	shut   bool // no call was ever taken
}

func newQueue() *queue {
	q := new(queue)
	q.filled.L = &q.mu
	return q
}

// refuse makes the queue of a store that takes no units.
func (q *queue) refuse() { q.shut = true }

func (q *queue) add(c *call) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || q.shut {
		return ErrClosed
	}
	q.calls = append(q.calls, c)
	q.filled.Signal()
	return nil
}

// wait returns when something is in the queue; false when nothing will come any more.
func (q *queue) wait() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.calls) == 0 && !q.closed {
		q.filled.Wait()
	}
	return len(q.calls) > 0
}

// next takes the first call, or nil when none waits.
func (q *queue) next() *call {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.calls) == 0 {
		return nil
	}
	c := q.calls[0]
	q.calls[0] = nil
	q.calls = q.calls[1:]
	return c
}

// close refuses further calls; false when it was closed before.
func (q *queue) close() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	was := q.closed
	q.closed = true
	q.filled.Signal()
	return !was
}

// update queues fn and returns when it is durable.
func (s *Store) update(ctx context.Context, fn func(*unit) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c := &call{turn: make(chan *unit, 1), result: make(chan error, 1)}
	if err := s.queue.add(c); err != nil {
		return err
	}
	if u := <-c.turn; u != nil {
		s.run(u, fn)
	}
	return <-c.result
}

// run runs fn and hands the baton back, also when fn does not return.
func (s *Store) run(u *unit, fn func(*unit) error) {
	defer func() {
		u.end()
		s.back <- struct{}{}
	}()
	u.err = errLeft
	u.err = fn(u)
}

// errLeft is the result of a unit that panicked or ended its goroutine: nobody waits for it.
var errLeft = errors.New("unit did not return")

// commit is the committer goroutine.
func (s *Store) commit() {
	defer close(s.done)
	var broken error
	for s.queue.wait() {
		runtime.Gosched() // callers that were just told may have their next unit ready: let them into this group
		if broken == nil {
			broken = s.commitGroup()
			continue
		}
		for c := s.queue.next(); c != nil; c = s.queue.next() {
			c.refuse(broken)
		}
	}
}

// commitGroup runs what waits in one transaction. It returns an error only when the store is of no use any more.
func (s *Store) commitGroup() error {
	tx, err := s.db.Begin(true)
	if err != nil {
		s.queue.next().refuse(fmt.Errorf("begin to write: %w", err))
		return nil
	}
	g, err := newGroup(s, tx)
	if err != nil {
		_ = tx.Rollback() // nothing was written
		s.queue.next().refuse(err)
		return nil
	}
	var ran []*call
	var units []*unit
	for !g.full(len(ran)) {
		c := s.queue.next()
		if c == nil {
			break
		}
		u := newUnit(g)
		c.turn <- u
		<-s.back
		if u.fault != nil {
			panic(u.fault)
		}
		ran, units = append(ran, c), append(units, u)
	}
	err, broken := g.finish()
	for i, c := range ran {
		c.result <- outcome(err, units[i].err)
	}
	return broken
}

// outcome joins what became of the group and of a unit. A unit that failed by itself learns of the group too: what it
// saw of its neighbours did not last.
func outcome(group, unit error) error {
	if group == nil {
		return unit
	}
	return errors.Join(group, unit)
}

func (c *call) refuse(err error) {
	c.turn <- nil
	c.result <- err
}

// group is one bbolt transaction that units write to in turn.
type group struct {
	store   *Store
	tx      *bbolt.Tx
	buckets *buckets
	counts  counters          // as the units left them; written at the end
	drawn   map[string]uint64 // numbers given in this group
	dirty   bool              // something is to be written
	journal []change          // of the unit that runs
	writes  int
	bytes   int
}

func newGroup(s *Store, tx *bbolt.Tx) (*group, error) {
	b, err := openBuckets(tx)
	if err != nil {
		return nil, err
	}
	g := &group{store: s, tx: tx, buckets: b}
	g.counts, err = readCounters(b)
	return g, err
}

func (g *group) full(units int) bool {
	return units >= groupUnits || g.writes >= groupWrites || g.bytes >= groupBytes
}

// finish commits. The first error says that nothing was written, the second that the store is broken.
func (g *group) finish() (err, broken error) {
	if !g.dirty {
		_ = g.tx.Rollback() // nothing was written
		return nil, nil
	}
	id := g.tx.ID()
	if err = g.buckets.header.Put(keyCounters, g.counts.encode()); err == nil {
		err = g.tx.Commit()
	}
	if err == nil {
		return nil, nil
	}
	g.store.keepNumbers(g.drawn)
	if g.store.visible(id) {
		// The new state is in the page cache, but the flush failed: nobody can tell what the disk holds.
		broken = fmt.Errorf("%w: %w", ErrBroken, err)
		g.store.log.Error("commit failed, the store must be opened again", "error", err)
		return broken, broken
	}
	g.store.log.Warn("commit failed", "error", err)
	return fmt.Errorf("%w: commit: %w", ErrCommit, err), nil
}

// visible tells whether a transaction that failed to commit is nevertheless the present state.
func (s *Store) visible(id int) bool {
	tx, err := s.db.Begin(false)
	if err != nil {
		return true
	}
	defer func() { _ = tx.Rollback() }() // it only read
	return tx.ID() >= id
}

// draw notes that a number was given. It stays given when its unit fails.
func (g *group) draw(series string, n uint64) {
	if g.drawn == nil {
		g.drawn = make(map[string]uint64)
	}
	g.drawn[series] = n
	g.writes++
	g.dirty = true
}

// keepNumbers remembers numbers that were given but not stored, so that they are not given again.
func (s *Store) keepNumbers(drawn map[string]uint64) {
	for series, n := range drawn {
		s.drawn[series] = max(s.drawn[series], n)
	}
}
