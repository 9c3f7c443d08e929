package storetest

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"standleitung/bot"
)

// model is a store in memory, as simple as can be. It says what an engine must answer.
type model struct {
	records map[string]modelRecord
	lanes   map[string][]modelRow // waiting, in order
	parked  []modelRow            // in the order in which they were enqueued
	order   int                   // rows enqueued so far
}

type modelRecord struct {
	value   string
	entries []bot.Entry
}

// modelRow is a row; what the engine chooses by itself is filled in from its answers.
type modelRow struct {
	bot.Row
	order int
}

func newModel() *model {
	return &model{records: map[string]modelRecord{}, lanes: map[string][]modelRow{}}
}

func (m *model) clone() *model {
	c := &model{records: maps.Clone(m.records), lanes: map[string][]modelRow{}, parked: slices.Clone(m.parked), order: m.order}
	for lane, rows := range m.lanes {
		c.lanes[lane] = slices.Clone(rows)
	}
	return c
}

func (m *model) enqueue(lane, post string) {
	m.order++
	m.lanes[lane] = append(m.lanes[lane], modelRow{bot.Row{Lane: lane, Post: post, State: bot.RowQueued}, m.order})
}

// due tells which lanes have a head that may be taken.
func (m *model) due(now time.Time) (lanes []string) {
	for lane, rows := range m.lanes {
		if len(rows) == 0 {
			continue
		}
		head := rows[0]
		if head.State == bot.RowSending && now.Before(head.Until) || head.State != bot.RowSending && now.Before(head.Due) {
			continue
		}
		lanes = append(lanes, lane)
	}
	slices.Sort(lanes)
	return lanes
}

// settle answers like Tx.Settle: false for a row that is in other hands.
func (m *model) settle(held bot.Row, s bot.Settlement) bool {
	if rows := m.lanes[held.Lane]; len(rows) > 0 && inHand(rows[0].Row, held) {
		m.settleTaken(&rows[0], s)
		return true
	}
	i := slices.IndexFunc(m.parked, func(r modelRow) bool {
		return r.Lane == held.Lane && r.ID == held.ID && r.Tries == held.Tries
	})
	if i < 0 {
		return false
	}
	row := m.parked[i]
	row.Reason = s.Reason
	if s.State == bot.RowParked {
		m.parked[i] = row
		return true
	}
	m.parked = slices.Delete(m.parked, i, i+1)
	if s.State != "" {
		m.order++
		row.State, row.Due, row.order, row.ID = s.State, s.Due, m.order, 0
		row.Unsure = row.Unsure || s.State == bot.RowUnknown
		m.lanes[row.Lane] = append(m.lanes[row.Lane], row)
	}
	return true
}

func inHand(row, held bot.Row) bool {
	return row.State == bot.RowSending && row.ID == held.ID && row.Tries == held.Tries && row.Until.Equal(held.Until)
}

func (m *model) settleTaken(row *modelRow, s bot.Settlement) {
	row.State, row.Due, row.Until, row.Reason = s.State, s.Due, time.Time{}, s.Reason
	row.Unsure = row.Unsure || s.State == bot.RowUnknown
	if s.Untried {
		row.Tries--
	}
	if s.State == bot.RowQueued || s.State == bot.RowUnknown {
		return
	}
	if s.State == bot.RowParked {
		row.Due = time.Time{}
		m.parked = append(m.parked, *row)
		slices.SortFunc(m.parked, func(a, b modelRow) int { return a.order - b.order })
	}
	m.lanes[row.Lane] = m.lanes[row.Lane][1:]
}

func (m *model) stats() (s bot.Stats) {
	s.Parked = len(m.parked)
	for _, rows := range m.lanes {
		for _, row := range rows {
			switch row.State {
			case bot.RowQueued:
				s.Queued++
			case bot.RowSending:
				s.Sending++
			case bot.RowUnknown:
				s.Unknown++
			}
		}
	}
	return s
}

// found lists what a scan yields.
func (m *model) found(q bot.Query) (found []bot.Found) {
	for key, rec := range m.records {
		entries := []bot.Entry{{Value: key}}
		if q.Index != "" {
			entries = rec.entries
		}
		for _, e := range entries {
			f := bot.Found{Key: key, Entry: e.Value, Value: []byte(rec.value)}
			known := slices.ContainsFunc(found, func(g bot.Found) bool { return g.Key == f.Key && g.Entry == f.Entry })
			if e.Index == q.Index && e.Value >= q.From && (q.To == "" || e.Value < q.To) && !known {
				found = append(found, f)
			}
		}
	}
	slices.SortFunc(found, func(a, b bot.Found) int {
		return cmp.Or(strings.Compare(a.Entry, b.Entry), strings.Compare(a.Key, b.Key))
	})
	if q.Reverse {
		slices.Reverse(found)
	}
	if q.Limit > 0 && len(found) > q.Limit {
		found = found[:q.Limit]
	}
	return found
}

// player plays the same random operations on an engine and on a model.
type player struct {
	*rapid.T
	e     *env
	m     *model
	now   time.Time
	held  []bot.Row // all rows that were ever in our hands
	given map[uint64]bool
}

// testModel compares an engine with the model.
func testModel(t *testing.T, open Open, reopen Reopen) {
	rapid.Check(t, func(rt *rapid.T) {
		e := &env{T: t, Store: open(t), reopen: reopen}
		defer e.close()
		p := &player{T: rt, e: e, m: newModel(), now: noon, given: map[uint64]bool{}}
		rt.Repeat(map[string]func(*rapid.T){
			"unit":   p.with((*player).unit),
			"next":   p.with((*player).next),
			"send":   p.with((*player).next), // twice as often
			"clock":  p.with((*player).clock),
			"reopen": p.with((*player).reopen),
			"":       p.with((*player).check),
		})
		audit(e)
	})
}

func (p *player) with(step func(*player)) func(*rapid.T) {
	return func(t *rapid.T) {
		p.T = t
		step(p)
	}
}

func pick[V any](p *player, label string, from ...V) V {
	return rapid.SampledFrom(from).Draw(p.T, label)
}

// op is one write of a unit, played on both sides.
type op func(tx bot.Tx, m *model) error

// unit plays a unit of some writes, attempts among them, that succeeds, fails or panics.
func (p *player) unit() {
	ops := p.ops(rapid.IntRange(1, 6).Draw(p.T, "writes"), 0)
	end := pick(p, "end", "", "", "", "error", "panic")
	var after *model
	var err error
	panicked := panics(func() {
		err = p.e.Update(p.e.Context(), func(tx bot.Tx) error {
			after = p.m.clone()
			for _, o := range ops {
				if err := o(tx, after); err != nil {
					return err
				}
			}
			switch end {
			case "error":
				return errUndo
			case "panic":
				panic(errUndo)
			}
			return nil
		})
	})
	switch {
	case end == "" && (err != nil || panicked != nil), end == "error" && !errors.Is(err, errUndo), end == "panic" && panicked == nil:
		p.Fatalf("a unit that ends with %q: %v, panic %v", end, err, panicked)
	case end == "":
		p.m = after
	}
}

func (p *player) ops(n, depth int) (ops []op) {
	for range n {
		kinds := []string{"put", "put", "delete", "enqueue", "enqueue", "settle", "settle", "number", "attempt"}
		if depth > 2 {
			kinds = kinds[:len(kinds)-1]
		}
		switch pick(p, "write", kinds...) {
		case "put":
			ops = append(ops, p.put())
		case "delete":
			ops = append(ops, p.delete(p.key()))
		case "enqueue":
			ops = append(ops, p.enqueue(p.laneName(), pick(p, "post", "p", "q", "r")))
		case "settle":
			ops = append(ops, p.settle())
		case "number":
			ops = append(ops, p.number)
		case "attempt":
			ops = append(ops, p.attempt(depth))
		}
	}
	return ops
}

func (p *player) key() string      { return pick(p, "key", "a", "b", "b\x1f", "ba", "c", "ä") }
func (p *player) laneName() string { return pick(p, "lane", "x", "xy") }

func (p *player) put() op {
	key, value := p.key(), strings.Repeat("v", pick(p, "size", 0, 1, 300, 9000))
	var entries []bot.Entry
	for range rapid.IntRange(0, 3).Draw(p.T, "entries") {
		entries = append(entries, bot.Entry{Index: pick(p, "index", "i", "j"), Value: pick(p, "entry", "", "1", "1\x1f", "2", "10")})
	}
	return func(tx bot.Tx, m *model) error {
		m.records[key] = modelRecord{value, entries}
		return tx.Put("k", key, []byte(value), entries)
	}
}

func (p *player) delete(key string) op {
	return func(tx bot.Tx, m *model) error {
		_, there := m.records[key]
		delete(m.records, key)
		if err := tx.Delete("k", key); errors.Is(err, bot.ErrNotFound) == there {
			return fmt.Errorf("Delete(%q) = %w, there: %v", key, err, there)
		}
		return nil
	}
}

func (p *player) enqueue(lane, post string) op {
	return func(tx bot.Tx, m *model) error {
		m.enqueue(lane, post)
		return tx.Enqueue(lane, post)
	}
}

// settle settles a row that is, or was, in our hands, or a parked one.
func (p *player) settle() op {
	rows := slices.Clone(p.held[max(0, len(p.held)-4):]) // older ones are lost anyhow
	for _, row := range p.m.parked {
		rows = append(rows, row.Row)
	}
	if len(rows) == 0 {
		return p.number
	}
	row := pick(p, "row", rows...)
	s := bot.Settlement{
		State:   pick(p, "state", "", bot.RowQueued, bot.RowUnknown, bot.RowParked),
		Reason:  pick(p, "reason", "", "retry"),
		Untried: row.State == bot.RowSending && pick(p, "untried", false, false, true),
	}
	if s.State == bot.RowQueued || s.State == bot.RowUnknown {
		s.Due = pick(p, "due", time.Time{}, p.now, p.now.Add(time.Minute))
	}
	return func(tx bot.Tx, m *model) error {
		ok := m.settle(row, s)
		if err := tx.Settle(row, s); ok != (err == nil) || !ok && !errors.Is(err, bot.ErrLost) {
			return fmt.Errorf("Settle(%+v, %+v) = %w, the model says %v", row, s, err, ok)
		}
		return nil
	}
}

func (p *player) number(tx bot.Tx, _ *model) error {
	n, err := tx.Number("s")
	if p.given[n] {
		return fmt.Errorf("number %d was given before", n)
	}
	p.given[n] = true
	return err
}

func (p *player) attempt(depth int) op {
	ops := p.ops(rapid.IntRange(0, 4).Draw(p.T, "writes"), depth+1)
	end := pick(p, "end", "", "error", "panic")
	return func(tx bot.Tx, m *model) error {
		before := m.clone()
		var fault error
		var err error
		panicked := panics(func() {
			err = tx.Attempt(func() error {
				for _, o := range ops {
					if fault = o(tx, m); fault != nil {
						return fault
					}
				}
				switch end {
				case "error":
					return errUndo
				case "panic":
					panic(errUndo)
				}
				return nil
			})
		})
		if fault != nil {
			return fault
		}
		if (end == "error") != errors.Is(err, errUndo) || (end == "panic") != (panicked != nil) {
			return fmt.Errorf("an attempt that ends with %q: %w, panic %v", end, err, panicked)
		}
		if end != "" {
			*m = *before
		}
		return nil
	}
}

// next takes some rows. Which of the due lanes come first is the engine's to choose.
func (p *player) next() {
	limit := rapid.IntRange(0, 4).Draw(p.T, "limit")
	due := p.m.due(p.now)
	taken := p.e.next(p.now, limit)
	if len(taken.Rows) != min(limit, len(due)) {
		p.Fatalf("Next(%d) took %d rows, due are lanes %q", limit, len(taken.Rows), due)
	}
	for _, row := range taken.Rows {
		if !slices.Contains(due, row.Lane) {
			p.Fatalf("Next took %+v, due are lanes %q", row, due)
		}
		head := &p.m.lanes[row.Lane][0]
		head.Unsure = head.Unsure || head.State != bot.RowQueued
		head.State, head.Due, head.Until, head.Reason, head.ID = bot.RowSending, time.Time{}, p.now.Add(time.Minute), "", row.ID
		head.Tries++
		if row.Post != head.Post || row.Tries != head.Tries || row.Unsure != head.Unsure || row.State != bot.RowSending {
			p.Fatalf("Next took %+v, the head of the lane is %+v", row, head.Row)
		}
	}
	p.held = append(p.held, taken.Rows...)
	if left := len(due) > len(taken.Rows); left && (taken.Wake.IsZero() || taken.Wake.After(p.now)) {
		p.Fatalf("Next(%d) = Wake %v, rows are left over", limit, taken.Wake)
	}
}

func (p *player) clock() {
	p.now = p.now.Add(pick(p, "by", time.Second, 30*time.Second, 2*time.Minute))
}

// reopen opens the store again when nothing is being sent: an engine with one process knows then that the sender is
// gone, one with several has to wait for the end of the lease.
func (p *player) reopen() {
	for lane, rows := range p.m.lanes {
		if len(rows) > 0 && rows[0].State == bot.RowSending {
			s := bot.Settlement{State: bot.RowUnknown}
			row := rows[0].Row
			p.m.settle(row, s)
			p.e.settle(row, s)
			p.Logf("settled the head of %s", lane)
		}
	}
	p.e.again()
}

// check compares everything that can be asked.
func (p *player) check() {
	p.e.see(func(r bot.Reader) error {
		for _, q := range p.queries() {
			got, err := foundBy(r, q)
			if err != nil {
				return err
			}
			if want := p.m.found(q); !slices.EqualFunc(got, want, sameFound) {
				p.Fatalf("Scan(%s) differs (-want +got):\n%s", show(q), gocmp.Diff(want, got))
			}
		}
		for _, lane := range []string{"x", "xy", "y"} {
			if err := p.checkLane(r, lane); err != nil {
				return err
			}
		}
		return nil
	})
	stats, err := p.e.Stats(p.e.Context())
	if err != nil {
		p.Fatal(err)
	}
	if stats.Bytes = 0; stats != p.m.stats() {
		p.Fatalf("Stats() = %+v, want %+v", stats, p.m.stats())
	}
}

func (p *player) queries() []bot.Query {
	q := bot.Query{
		Kind: "k", Index: pick(p, "index", "", "i", "j"), Limit: rapid.IntRange(0, 3).Draw(p.T, "limit"), Reverse: rapid.Bool().Draw(p.T, "reverse"),
		From: pick(p, "from", "", "1", "b"), To: pick(p, "to", "", "2", "c"),
	}
	return []bot.Query{q, {Kind: "k"}, {Kind: "k", Index: "i"}}
}

func sameFound(a, b bot.Found) bool {
	return a.Key == b.Key && a.Entry == b.Entry && bytes.Equal(a.Value, b.Value)
}

func foundBy(r bot.Reader, q bot.Query) (found []bot.Found, err error) {
	for f, err := range r.Scan(q) {
		if err != nil {
			return nil, err
		}
		found = append(found, f)
	}
	return found, nil
}

// checkLane compares a lane, and learns the ids that the engine gave to its parked rows and its head.
func (p *player) checkLane(r bot.Reader, lane string) error {
	state, err := r.Lane(lane)
	if err != nil {
		return err
	}
	var parked []bot.Row
	for row, err := range r.Parked(lane) {
		if err != nil {
			return err
		}
		parked = append(parked, row)
	}
	var want []bot.Row
	for _, row := range p.m.parked {
		if row.Lane == lane {
			want = append(want, row.Row)
		}
	}
	ignore := cmpopts.IgnoreFields(bot.Row{}, "ID", "Since")
	if diff := gocmp.Diff(want, parked, ignore); diff != "" {
		p.Fatalf("Parked(%q) differs (-want +got):\n%s", lane, diff)
	}
	wantState := bot.LaneState{Waiting: len(p.m.lanes[lane]), Parked: len(want)}
	if wantState.Waiting > 0 {
		wantState.Oldest = &p.m.lanes[lane][0].Row
	}
	if diff := gocmp.Diff(wantState, state, ignore); diff != "" {
		p.Fatalf("Lane(%q) differs (-want +got):\n%s", lane, diff)
	}
	return nil
}
