package adaptertest

import (
	"context"
	"slices"
	"strings"
	"sync"

	"standleitung/bot"
)

var _ bot.Core = (*Core)(nil)

// Core is a core that keeps everything in memory: turns, so that a repeated one has one effect, and the journal. It
// outlives the adapters that use it, as a store does. All methods may be called concurrently.
type Core struct {
	mu       sync.Mutex
	answer   func(bot.Message) (bot.Outcome, error)
	received []bot.Message
	effects  []bot.Message
	outcomes map[string]bot.Outcome
	keys     map[string]bool
	notes    []bot.Note
	kept     map[string][]byte
	broken   error
	members  map[string][]bot.Identity
	arrived  map[string]bool // by the ids of the place and the copy
}

// NewCore makes a core that takes everything and answers nothing.
func NewCore() *Core {
	return &Core{outcomes: map[string]bot.Outcome{}, keys: map[string]bool{}, kept: map[string][]byte{}, arrived: map[string]bool{}}
}

// Answer sets what a new message gets; nil takes everything and answers nothing. The function may block. As the real
// core, an error stores nothing, and neither does the opening of a form.
func (c *Core) Answer(answer func(bot.Message) (bot.Outcome, error)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answer = answer
}

// Break makes the journal fail until it is called with nil.
func (c *Core) Break(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.broken = err
}

// Receive implements [bot.Core].
func (c *Core) Receive(_ context.Context, m bot.Message) (bot.Outcome, error) {
	c.mu.Lock()
	c.received = append(c.received, m)
	answer := c.answer
	c.mu.Unlock()
	if out, seen := c.seen(m.Turn); seen {
		return out, nil
	}
	var out bot.Outcome
	if answer != nil {
		var err error
		if out, err = answer(m); err != nil || out.Form != nil {
			return out, err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.effects = append(c.effects, m)
	c.outcomes[m.Turn] = out
	c.write(m.Notes)
	c.keep(m.Keep)
	return out, nil
}

func (c *Core) seen(turn string) (bot.Outcome, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	out, seen := c.outcomes[turn]
	out.Seen = seen
	return out, seen
}

// Members implements [bot.Core]; see MembersOf.
func (c *Core) Members(_ context.Context, p bot.Place, now []bot.Identity) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken == nil {
		if c.members == nil {
			c.members = map[string][]bot.Identity{}
		}
		c.members[p.ID] = now
	}
	return c.broken
}

// MembersOf are the people who were last said to be in a room; nil before anything was said.
func (c *Core) MembersOf(p bot.Place) []bot.Identity {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.members[p.ID]
}

// Originals implements [bot.Core]: all that people said is on a line.
func (c *Core) Originals(_ context.Context, p bot.Place, from, to string) ([]bot.Original, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	gone := map[string]bool{}
	for _, m := range c.effects {
		if m.Kind == bot.Deleted && m.Place.ID == p.ID {
			gone[m.ID] = true
		}
	}
	var found []bot.Original
	for _, m := range c.effects {
		if m.Kind == bot.Said && m.Place.ID == p.ID && m.ID >= from && m.ID < to && !gone[m.ID] {
			found = append(found, bot.Original{ID: m.ID, Thread: m.Place.Thread})
		}
	}
	slices.SortFunc(found, func(a, b bot.Original) int { return strings.Compare(a.ID, b.ID) })
	return found, c.broken
}

// Arrived implements [bot.Core]; see Know.
func (c *Core) Arrived(_ context.Context, p bot.Place, ids ...string) (map[string]bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known := map[string]bool{}
	for _, id := range ids {
		known[id] = c.arrived[p.ID+" "+id]
	}
	return known, c.broken
}

// Know has copies at a place be known to have arrived there.
func (c *Core) Know(p bot.Place, ids ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range ids {
		c.arrived[p.ID+" "+id] = true
	}
}

// Append implements [bot.Core].
func (c *Core) Append(_ context.Context, notes ...bot.Note) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken == nil {
		c.write(notes)
	}
	return c.broken
}

func (c *Core) write(notes []bot.Note) {
	for _, n := range notes {
		if c.keys[n.Key] {
			continue
		}
		c.keys[n.Key] = true
		n.Number = uint64(3*len(c.notes) + 1) // with gaps, as numbers may have
		c.notes = append(c.notes, n)
	}
}

// Notes implements [bot.Core].
func (c *Core) Notes(_ context.Context, after uint64, limit int) ([]bot.Note, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var found []bot.Note
	for _, n := range c.notes {
		if n.Number > after && len(found) < limit {
			found = append(found, n)
		}
	}
	return found, c.broken
}

// Received returns everything that came in, repetitions included.
func (c *Core) Received() []bot.Message {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]bot.Message(nil), c.received...)
}

// Effects returns what had an effect.
func (c *Core) Effects() []bot.Message {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]bot.Message(nil), c.effects...)
}

// Keep implements [bot.Core].
func (c *Core) Keep(_ context.Context, kept ...bot.Kept) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken == nil {
		c.keep(kept)
	}
	return c.broken
}

func (c *Core) keep(kept []bot.Kept) {
	for _, k := range kept {
		if k.Value == nil {
			delete(c.kept, k.Key)
		} else {
			c.kept[k.Key] = k.Value
		}
	}
}

// Kept implements [bot.Core].
func (c *Core) Kept(_ context.Context, prefix string) ([]bot.Kept, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var found []bot.Kept
	for key, value := range c.kept {
		if strings.HasPrefix(key, prefix) {
			found = append(found, bot.Kept{Key: key, Value: value})
		}
	}
	slices.SortFunc(found, func(a, b bot.Kept) int { return strings.Compare(a.Key, b.Key) })
	return found, c.broken
}
