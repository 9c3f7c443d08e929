package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"standleitung/bot"
)

// Next implements [bot.Store]. Heads whose instant has come go before those that may be taken at once: there are few,
// and each took its turn before.
func (s *Store) Next(ctx context.Context, t bot.Taking) (taken bot.Taken, err error) {
	if t.Limit > 0 && t.Lease <= 0 {
		return taken, errors.New("take rows: a lease must last")
	}
	err = s.update(ctx, func(u *unit) error {
		if t.First != nil {
			if err := t.First(u); err != nil {
				return err
			}
		}
		taken, err = u.take(t)
		return err
	})
	if err != nil {
		return bot.Taken{}, err
	}
	return taken, nil
}

func (u *unit) take(t bot.Taking) (taken bot.Taken, err error) {
	if err := u.usable(); err != nil {
		return taken, err
	}
	defer u.guard()
	heads, err := u.dueHeads(t)
	if err != nil {
		return taken, err
	}
	for _, r := range heads {
		if err := u.takeHead(r, t.Now.Add(t.Lease)); err != nil {
			return taken, err
		}
		taken.Rows = append(taken.Rows, r.Row)
	}
	taken.Wake = u.wake(t.Now)
	return taken, nil
}

// dueHeads reads the first heads that may be taken.
func (u *unit) dueHeads(t bot.Taking) ([]*row, error) {
	past := appendStamp(nil, t.Now.Add(1)) // an instant that is now has come
	var heads []*row
	for _, list := range []struct {
		bucket *bbolt.Bucket
		until  []byte
	}{{u.leases, past}, {u.due, past}, {u.ready, nil}} {
		c := list.bucket.Cursor()
		for k, v := c.First(); k != nil && len(heads) < t.Limit; k, v = c.Next() {
			if list.until != nil && bytes.Compare(k, list.until) >= 0 {
				break
			}
			lane, id, err := decodeRef(v)
			if err != nil {
				return nil, err
			}
			if t.Admit != nil && !t.Admit(lane) {
				continue
			}
			r, err := u.waitingRow(lane, id)
			if err != nil {
				return nil, err
			}
			heads = append(heads, r)
		}
	}
	return heads, nil
}

// listed reads the row that a list of heads refers to.
func (u *unit) listed(v []byte) (*row, error) {
	lane, id, err := decodeRef(v)
	if err != nil {
		return nil, err
	}
	return u.waitingRow(lane, id)
}

// waitingRow reads a row that a list of heads names.
func (u *unit) waitingRow(lane string, id uint64) (*row, error) {
	raw := u.rows.Get(rowKey(lane, waiting, id))
	if raw == nil {
		return nil, fmt.Errorf("%w: row %d of lane %q is listed and not there", ErrDamaged, id, lane)
	}
	return decodeRow(lane, id, raw)
}

// takeHead gives a head into the hands of the caller.
func (u *unit) takeHead(r *row, until time.Time) error {
	if err := u.unlist(r); err != nil {
		return err
	}
	u.tally(r.State, -1)
	u.tally(bot.RowSending, 1)
	r.Unsure = r.Unsure || r.State != bot.RowQueued // its lease ended, or its fate was unknown before
	r.State, r.Due, r.Until, r.Reason, r.turn = bot.RowSending, time.Time{}, utc(until), "", 0
	r.Tries++
	return u.head(r, u.rows.Get(rowKey(r.Lane, waiting, r.ID)))
}

// wake tells when the next head can be taken.
func (u *unit) wake(now time.Time) time.Time {
	if k, _ := u.ready.Cursor().First(); k != nil {
		return now
	}
	var first time.Time
	for _, b := range []*bbolt.Bucket{u.due, u.leases} {
		if k, _ := b.Cursor().First(); len(k) > stampSize {
			if at := stampAt(k); first.IsZero() || at.Before(first) {
				first = at
			}
		}
	}
	return first
}

// disown makes every row that is being sent due at once, as one whose fate is unknown. It costs what it finds.
func (u *unit) disown() (rows int, err error) {
	if err := u.usable(); err != nil {
		return 0, err
	}
	defer u.guard()
	for k, v := u.leases.Cursor().First(); k != nil; k, v = u.leases.Cursor().First() {
		r, err := u.listed(v)
		if err != nil {
			return rows, err
		}
		if r.State != bot.RowSending {
			return rows, fmt.Errorf("%w: row %d of lane %q is not being sent", ErrDamaged, r.ID, r.Lane)
		}
		if err := u.unlist(r); err != nil {
			return rows, err
		}
		u.tally(r.State, -1)
		u.tally(bot.RowUnknown, 1)
		r.State, r.Until, r.Unsure = bot.RowUnknown, time.Time{}, true
		if err := u.head(r, u.rows.Get(rowKey(r.Lane, waiting, r.ID))); err != nil {
			return rows, err
		}
		rows++
	}
	return rows, nil
}
