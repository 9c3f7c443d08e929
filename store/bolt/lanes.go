package bolt

import (
	"bytes"
	"fmt"
	"iter"
	"time"

	"go.etcd.io/bbolt"

	"standleitung/bot"
)

// Lane implements [bot.Reader].
func (r *reader) Lane(lane string) (state bot.LaneState, err error) {
	if err := r.usable(); err != nil {
		return state, err
	}
	defer r.guard()
	count, _, err := r.count(lane)
	if err != nil || count == (laneCount{}) {
		return state, err
	}
	state.Waiting, state.Parked = int(count.waiting), int(count.parked)
	head, err := r.headAfter(lane, 0)
	if head != nil {
		state.Oldest = &head.Row
	}
	return state, err
}

// Parked implements [bot.Reader]. Oldest means enqueued first.
func (r *reader) Parked(lane string) iter.Seq2[bot.Row, error] {
	return func(yield func(bot.Row, error) bool) {
		b, from := r.parked, []byte(nil)
		if lane != "" {
			b, from = r.rows, append(appendPart(nil, lane), parked)
		}
		if err := r.usable(); err != nil {
			yield(bot.Row{}, err)
			return
		}
		for k, v := range r.walk(b, from, after(from), false) {
			row, err := r.parkedRow(lane, k, v)
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// parkedRow reads what a walk through the parked rows of one lane, or of all, has come to.
func (r *reader) parkedRow(lane string, k, v []byte) (bot.Row, error) {
	defer r.guard()
	if lane == "" {
		lane = string(v)
		v = r.rows.Get(rowKey(lane, parked, idOf(k)))
	}
	row, err := decodeRow(lane, idOf(k), v)
	if err != nil {
		return bot.Row{}, err
	}
	return row.Row, nil
}

// count returns what is kept of a lane, and its stored form.
func (r *reader) count(lane string) (c laneCount, raw []byte, err error) {
	k, err := laneKey(lane)
	if err != nil {
		return c, nil, err
	}
	if raw = r.lanes.Get(k); raw != nil {
		c, err = decodeLane(lane, raw)
	}
	return c, raw, err
}

// headAfter returns the first waiting row of a lane whose id is above the given one, or nil.
func (r *reader) headAfter(lane string, id uint64) (*row, error) {
	prefix := append(appendPart(nil, lane), waiting)
	k, v := r.rows.Cursor().Seek(append(bytes.Clone(prefix), bigEndian(id+1)...))
	if k == nil || !bytes.HasPrefix(k, prefix) {
		return nil, nil
	}
	return decodeRow(lane, idOf(k), v)
}

// Enqueue implements [bot.Tx].
func (u *unit) Enqueue(lane, post string) error {
	if err := u.usable(); err != nil {
		return err
	}
	defer u.guard()
	if post == "" {
		return fmt.Errorf("%w: a row without a post, lane %.40q", ErrKey, lane)
	}
	r := &row{Row: bot.Row{Lane: lane, Post: post, State: bot.RowQueued}}
	return u.append(r)
}

// append puts a row at the end of its lane, under a new id.
func (u *unit) append(r *row) error {
	count, _, err := u.count(r.Lane)
	if err != nil {
		return err
	}
	r.ID, r.Since = u.serial(), u.now()
	u.tally(r.State, 1)
	if err := u.setCount(r.Lane, count, laneCount{count.waiting + 1, count.parked}); err != nil {
		return err
	}
	if count.waiting == 0 {
		return u.head(r, nil)
	}
	return u.write(u.rows, rowKey(r.Lane, waiting, r.ID), nil, r.encode())
}

// serial returns the next id of a row, or turn of a lane. Both only grow, and a settled row's id never comes back.
func (u *unit) serial() uint64 {
	u.group.counts.serial++
	return u.group.counts.serial
}

func (u *unit) now() time.Time { return u.group.store.now().UTC() }

// tally changes the number of rows in a state.
func (u *unit) tally(state bot.RowState, by int) {
	c := &u.group.counts
	switch state {
	case bot.RowQueued:
		c.queued += uint64(by)
	case bot.RowSending:
		c.sending += uint64(by)
	case bot.RowUnknown:
		c.unknown += uint64(by)
	case bot.RowParked:
		c.parked += uint64(by)
	}
}

func (u *unit) setCount(lane string, from, to laneCount) error {
	k, err := laneKey(lane)
	if err != nil {
		return err
	}
	var old, next []byte
	if from != (laneCount{}) {
		old = from.encode()
	}
	if to != (laneCount{}) {
		next = to.encode()
	}
	return u.write(u.lanes, k, old, next)
}

// head stores a row that is the head of its lane and lists it; old is its stored form, nil when it has none.
func (u *unit) head(r *row, old []byte) error {
	if r.State != bot.RowSending && r.Due.IsZero() {
		r.turn = u.serial()
	}
	if err := u.write(u.rows, rowKey(r.Lane, waiting, r.ID), old, r.encode()); err != nil {
		return err
	}
	list, key := u.listing(r)
	return u.write(list, key, nil, ref(r.Lane, r.ID))
}

// unlist takes a head off its list.
func (u *unit) unlist(r *row) error {
	list, key := u.listing(r)
	return u.write(list, key, ref(r.Lane, r.ID), nil)
}

// listing tells where a head is listed.
func (u *unit) listing(r *row) (list *bbolt.Bucket, key []byte) {
	switch {
	case r.State == bot.RowSending:
		return u.leases, append(appendStamp(nil, r.Until), r.Lane...)
	case !r.Due.IsZero():
		return u.due, append(appendStamp(nil, r.Due), r.Lane...)
	}
	return u.ready, bigEndian(r.turn)
}

// Settle implements [bot.Tx].
func (u *unit) Settle(held bot.Row, s bot.Settlement) error {
	if err := u.usable(); err != nil {
		return err
	}
	defer u.guard()
	switch s.State {
	case bot.RowQueued, bot.RowUnknown, bot.RowParked, "":
	default:
		return fmt.Errorf("settle a row: state %q", s.State)
	}
	if held.Lane == "" {
		return bot.ErrLost
	}
	if raw := u.rows.Get(rowKey(held.Lane, waiting, held.ID)); raw != nil {
		return u.settle(held, raw, s, u.settleTaken)
	}
	if raw := u.rows.Get(rowKey(held.Lane, parked, held.ID)); raw != nil {
		return u.settle(held, raw, s, u.settleParked)
	}
	return bot.ErrLost
}

func (u *unit) settle(held bot.Row, raw []byte, s bot.Settlement, apply func(*row, []byte, bot.Settlement) error) error {
	r, err := decodeRow(held.Lane, held.ID, raw)
	if err != nil {
		return err
	}
	inHand := r.State == bot.RowSending && r.Until.Equal(held.Until)
	if r.Tries != held.Tries || !inHand && r.State != bot.RowParked {
		return bot.ErrLost
	}
	return apply(r, raw, s)
}

// settleTaken ends or re-plans a row that is being sent. It is the head of its lane.
func (u *unit) settleTaken(r *row, raw []byte, s bot.Settlement) error {
	if err := u.unlist(r); err != nil {
		return err
	}
	u.tally(r.State, -1)
	if s.Untried {
		r.Tries--
	}
	r.State, r.Due, r.Until, r.Reason = s.State, utc(s.Due), time.Time{}, s.Reason
	r.Unsure = r.Unsure || s.State == bot.RowUnknown
	if s.State != "" {
		u.tally(s.State, 1)
	}
	if s.State == bot.RowQueued || s.State == bot.RowUnknown {
		return u.head(r, raw)
	}
	return u.leave(r, raw)
}

// leave takes the head out of the order of its lane, parks it or forgets it, and makes the next row the head.
func (u *unit) leave(r *row, raw []byte) error {
	if err := u.write(u.rows, rowKey(r.Lane, waiting, r.ID), raw, nil); err != nil {
		return err
	}
	count, _, err := u.count(r.Lane)
	if err != nil {
		return err
	}
	left := laneCount{count.waiting - 1, count.parked}
	if r.State == bot.RowParked {
		left.parked++
		r.Due, r.Since = time.Time{}, u.now()
		if err := u.write(u.rows, rowKey(r.Lane, parked, r.ID), nil, r.encode()); err != nil {
			return err
		}
		if err := u.write(u.parked, bigEndian(r.ID), nil, []byte(r.Lane)); err != nil {
			return err
		}
	}
	if err := u.setCount(r.Lane, count, left); err != nil || left.waiting == 0 {
		return err
	}
	return u.promote(r.Lane, r.ID)
}

// promote makes the first row behind the one that left the head of its lane.
func (u *unit) promote(lane string, left uint64) error {
	next, err := u.headAfter(lane, left)
	if err != nil {
		return err
	}
	if next == nil {
		return fmt.Errorf("%w: lane %q has no head", ErrDamaged, lane)
	}
	return u.head(next, u.rows.Get(rowKey(lane, waiting, next.ID)))
}

// settleParked moves a parked row to the end of its lane, forgets it, or notes a new reason.
func (u *unit) settleParked(r *row, raw []byte, s bot.Settlement) error {
	key := rowKey(r.Lane, parked, r.ID)
	r.Reason = s.Reason
	if s.State == bot.RowParked {
		return u.write(u.rows, key, raw, r.encode())
	}
	count, _, err := u.count(r.Lane)
	if err != nil {
		return err
	}
	u.tally(bot.RowParked, -1)
	if err := u.write(u.rows, key, raw, nil); err != nil {
		return err
	}
	if err := u.write(u.parked, bigEndian(r.ID), []byte(r.Lane), nil); err != nil {
		return err
	}
	if err := u.setCount(r.Lane, count, laneCount{count.waiting, count.parked - 1}); err != nil || s.State == "" {
		return err
	}
	r.State, r.Due, r.Unsure = s.State, utc(s.Due), r.Unsure || s.State == bot.RowUnknown
	return u.append(r)
}

// utc drops zone and monotonic clock; the zero time stays zero.
func utc(t time.Time) time.Time { return t.Round(0).UTC() }
