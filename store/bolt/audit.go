package bolt

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"

	"standleitung/bot"
)

var _ bot.Auditor = (*Store)(nil)

// Audit implements [bot.Auditor]. A page that cannot be read is [ErrDamaged] here, and not the end of the process: looking
// at damage changes nothing.
func (s *Store) Audit(ctx context.Context, record func(bot.Stored) error, fault func(string)) error {
	return contained(func() error { return s.audit(ctx, record, fault) })
}

func (s *Store) audit(ctx context.Context, record func(bot.Stored) error, fault func(string)) error {
	return s.view(ctx, func(_ *bbolt.Tx, r *reader) error {
		r.contained = true
		a := &audit{ctx: ctx, r: r, fault: fault}
		for _, part := range []func() error{
			func() error { return a.records(record) },
			a.entries,
			a.rows,
		} {
			if err := part(); err != nil {
				return err
			}
		}
		return nil
	})
}

// audit goes through one snapshot.
type audit struct {
	ctx   context.Context
	r     *reader
	fault func(string)
}

func (a *audit) say(format string, args ...any) { a.fault(fmt.Sprintf(format, args...)) }

// records looks at each record, and whether its entries are listed.
func (a *audit) records(record func(bot.Stored) error) error {
	for k, raw := range a.r.walk(a.r.records, nil, nil, false) {
		if err := a.ctx.Err(); err != nil {
			return err
		}
		kind, rest, err := cutPart(k)
		key := string(rest)
		if err != nil {
			a.say("a record has a key that cannot be read")
			continue
		}
		stored, err := a.stored(kind, key, raw)
		if err != nil {
			a.say("record %q of kind %s cannot be read", key, kind)
			continue
		}
		for _, e := range stored.Entries {
			if a.missing(kind, key, e) {
				a.say("record %q of kind %s is missing from its index %s", key, kind, e.Index)
			}
		}
		if err := record(stored); err != nil {
			return err
		}
	}
	return nil
}

// stored takes a record apart.
func (a *audit) stored(kind, key string, raw []byte) (bot.Stored, error) {
	value, err := a.r.copyValue(raw)
	if err != nil {
		return bot.Stored{}, err
	}
	entries, err := a.entriesOf(raw)
	return bot.Stored{Kind: kind, Key: key, Value: value, Entries: entries}, err
}

func (a *audit) entriesOf(raw []byte) ([]bot.Entry, error) {
	defer a.r.guard()
	return entriesOf(raw)
}

func (a *audit) missing(kind, key string, e bot.Entry) bool {
	defer a.r.guard()
	k, err := entryKey(kind, key, e.Index, e.Value)
	return err != nil || a.r.entries.Get(k) == nil
}

// entries looks for entries that no record names.
func (a *audit) entries() error {
	for k := range a.r.walk(a.r.entries, nil, nil, false) {
		if err := a.ctx.Err(); err != nil {
			return err
		}
		kind, index, value, key, err := cutEntry(k)
		if err != nil {
			a.say("an index entry has a key that cannot be read")
			continue
		}
		if !a.named(kind, key, bot.Entry{Index: index, Value: value}) {
			a.say("index %s of kind %s names record %q, which does not belong there", index, kind, key)
		}
	}
	return nil
}

// cutEntry takes the key of an index entry apart.
func cutEntry(k []byte) (kind, index, value, key string, err error) {
	for _, part := range []*string{&kind, &index, &value} {
		if *part, k, err = cutPart(k); err != nil {
			return "", "", "", "", err
		}
	}
	return kind, index, value, string(k), nil
}

// named reports whether a record is there and names an entry.
func (a *audit) named(kind, key string, e bot.Entry) bool {
	defer a.r.guard()
	k, err := recordKey(kind, key)
	if err != nil {
		return false
	}
	raw := a.r.records.Get(k)
	if raw == nil {
		return false
	}
	entries, err := entriesOf(raw)
	return err == nil && slices.Contains(entries, e)
}

// rows counts the rows of the outbox and compares with what is kept of them.
func (a *audit) rows() error {
	var found counters
	lanes := map[string]laneCount{}
	states := map[bot.RowState]*uint64{
		bot.RowQueued: &found.queued, bot.RowSending: &found.sending, bot.RowUnknown: &found.unknown, bot.RowParked: &found.parked,
	}
	for k, raw := range a.r.walk(a.r.rows, nil, nil, false) {
		if err := a.ctx.Err(); err != nil {
			return err
		}
		lane, rest, err := cutPart(k)
		if err != nil || len(rest) != 9 {
			a.say("a row of the outbox has a key that cannot be read")
			continue
		}
		row, err := a.row(lane, rest, raw)
		if err != nil {
			a.say("row %d of lane %q cannot be read", idOf(rest), lane)
			continue
		}
		*states[row.State]++
		n := lanes[lane]
		if rest[0] == parked {
			n.parked++
		} else {
			n.waiting++
		}
		lanes[lane] = n
	}
	return a.compare(found, lanes)
}

func (a *audit) row(lane string, rest, raw []byte) (*row, error) {
	defer a.r.guard()
	return decodeRow(lane, idOf(rest), raw)
}

// compare compares what was counted with what is kept.
func (a *audit) compare(found counters, lanes map[string]laneCount) error {
	if kept, err := a.counters(); err != nil {
		a.say("the counters of the outbox cannot be read")
	} else if found.serial = kept.serial; found != kept {
		a.say("the counters of the outbox are wrong: %+v is kept, %+v is there", kept, found)
	}
	for k, raw := range a.r.walk(a.r.lanes, nil, nil, false) {
		lane, _, err := cutPart(k)
		n, bad := a.lane(lane, raw)
		if err != nil || bad != nil || n != lanes[lane] {
			a.say("lane %q is counted wrongly", lane)
		}
		delete(lanes, lane)
	}
	for lane := range lanes {
		a.say("lane %q has rows and is not counted", lane)
	}
	return a.heads()
}

func (a *audit) counters() (counters, error) {
	defer a.r.guard()
	return readCounters(a.r.buckets)
}

func (a *audit) lane(lane string, raw []byte) (laneCount, error) {
	defer a.r.guard()
	return decodeLane(lane, raw)
}

// heads checks that each lane with waiting rows has exactly its first in one of the lists from which rows are taken.
func (a *audit) heads() error {
	listed := 0
	for _, list := range []*bbolt.Bucket{a.r.ready, a.r.due, a.r.leases} {
		for _, v := range a.r.walk(list, nil, nil, false) {
			listed++
			if !a.isHead(bytes.Clone(v)) {
				a.say("a row is listed to be sent that is not the first of its lane")
			}
		}
	}
	waiting := 0
	for k, raw := range a.r.walk(a.r.lanes, nil, nil, false) {
		lane, _, _ := cutPart(k)
		if n, err := a.lane(lane, raw); err == nil && n.waiting > 0 {
			waiting++
		}
	}
	if listed != waiting {
		a.say("%d lanes have rows that wait, %d are listed to be sent", waiting, listed)
	}
	return a.ctx.Err()
}

// isHead reports whether a reference names the first waiting row of its lane.
func (a *audit) isHead(ref []byte) bool {
	defer a.r.guard()
	lane, id, err := decodeRef(ref)
	if err != nil {
		return false
	}
	head, err := a.r.headAfter(lane, 0)
	return err == nil && head != nil && head.ID == id
}
