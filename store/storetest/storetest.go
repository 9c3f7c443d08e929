// Package storetest says what a [bot.Store] must do. An engine exists when it passes [Run].
//
// The suite assumes no more than the interface promises, so that engines of very different build pass it unchanged: a
// unit of work may run more than once, numbers and ids are not assumed to be in the order of commits, the order in
// a lane is that of committed units, and nothing is measured in time.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"standleitung/bot"
)

// Open returns an empty store for one case. It must not close the store at the end of the case.
type Open func(t *testing.T) bot.Store

// Reopen opens again, with the same data, what was opened as s and has been closed: a new process after an old one.
type Reopen func(t *testing.T, s bot.Store) bot.Store

// Run tests an engine. Every case says which rule it guards and prints it when it is broken.
func Run(t *testing.T, open Open, reopen Reopen) {
	t.Helper()
	for _, group := range []struct {
		name  string
		cases []testcase
	}{
		{"units", unitCases},
		{"records", recordCases},
		{"lanes", laneCases},
		{"settle", settleCases},
		{"together", togetherCases},
		{"durable", durableCases},
		{"large", largeCases},
		{"audit", auditCases},
	} {
		for _, c := range group.cases {
			t.Run(group.name+"/"+c.name, func(t *testing.T) {
				t.Cleanup(func() {
					if t.Failed() {
						t.Logf("the rule: %s", c.rule)
					}
				})
				e := &env{T: t, Store: open(t), reopen: reopen}
				defer e.close()
				c.run(e)
			})
		}
	}
	t.Run("model", func(t *testing.T) { testModel(t, open, reopen) })
}

// testcase guards one rule.
type testcase struct {
	name string
	rule string
	run  func(e *env)
}

// env is a store under test, with short words for what the cases do.
type env struct {
	*testing.T
	bot.Store
	reopen Reopen
}

// noon is the present of all cases that need one.
var noon = time.Date(2027, 3, 27, 12, 0, 0, 0, time.UTC)

// errUndo makes a unit or an attempt fail.
var errUndo = errors.New("undo this")

func (e *env) close() {
	e.Helper()
	if err := e.Close(); err != nil {
		e.Errorf("Close() = %v, want nil", err)
	}
}

// again closes the store and opens it as a new process would.
func (e *env) again() {
	e.Helper()
	e.close()
	e.Store = e.reopen(e.T, e.Store)
}

// do runs a unit that must succeed.
func (e *env) do(fn func(tx bot.Tx) error) {
	e.Helper()
	if err := e.Update(e.Context(), fn); err != nil {
		e.Fatalf("Update() = %v, want nil", err)
	}
}

// see runs a view that must succeed.
func (e *env) see(fn func(r bot.Reader) error) {
	e.Helper()
	if err := e.View(e.Context(), fn); err != nil {
		e.Fatalf("View() = %v, want nil", err)
	}
}

// put stores records of kind "k" without entries, each under its own text.
func (e *env) put(keys ...string) {
	e.Helper()
	e.do(func(tx bot.Tx) error { return putAll(tx, keys...) })
}

func putAll(tx bot.Tx, keys ...string) error {
	for _, k := range keys {
		if err := tx.Put("k", k, []byte(k), nil); err != nil {
			return err
		}
	}
	return nil
}

// wantKeys compares the keys that a view finds with the wanted ones.
func (e *env) wantKeys(q bot.Query, want ...string) {
	e.Helper()
	e.see(func(r bot.Reader) error {
		e.Helper()
		got, err := keysOf(r, q)
		if err == nil && !slices.Equal(got, want) {
			e.Errorf("Scan(%s) = %q, want %q", show(q), got, want)
		}
		return err
	})
}

func keysOf(r bot.Reader, q bot.Query) (keys []string, err error) {
	for f, err := range r.Scan(q) {
		if err != nil {
			return nil, err
		}
		keys = append(keys, f.Key)
	}
	return keys, nil
}

// entriesOf lists what a scan finds as "entry=key".
func entriesOf(r bot.Reader, q bot.Query) (found []string, err error) {
	for f, err := range r.Scan(q) {
		if err != nil {
			return nil, err
		}
		found = append(found, f.Entry+"="+f.Key)
	}
	return found, nil
}

func show(q bot.Query) string {
	return strings.TrimPrefix(fmt.Sprintf("%+v", q), "bot.")
}

// value reads one record; absent ones are "none".
func value(r bot.Reader, kind, key string) (string, error) {
	raw, err := r.Get(kind, key)
	if errors.Is(err, bot.ErrNotFound) {
		return "none", nil
	}
	return string(raw), err
}

func (e *env) wantValue(kind, key, want string) {
	e.Helper()
	e.see(func(r bot.Reader) error {
		e.Helper()
		got, err := value(r, kind, key)
		if err == nil && got != want {
			e.Errorf("Get(%q, %q) = %.100q, want %.100q", kind, key, got, want)
		}
		return err
	})
}

// enqueue appends rows to a lane, each in a unit of its own, so that their order is certain.
func (e *env) enqueue(lane string, posts ...string) {
	e.Helper()
	for _, p := range posts {
		e.do(func(tx bot.Tx) error { return tx.Enqueue(lane, p) })
	}
}

// next asks for due rows, with a lease of a minute.
func (e *env) next(now time.Time, limit int) bot.Taken {
	e.Helper()
	taken, err := e.Next(e.Context(), bot.Taking{Now: now, Limit: limit, Lease: time.Minute})
	if err != nil {
		e.Fatalf("Next() = %v, want nil", err)
	}
	return taken
}

// take takes what is due at noon and checks which posts these are, in any order.
func (e *env) take(posts ...string) []bot.Row {
	e.Helper()
	return e.takeAt(noon, posts...)
}

func (e *env) takeAt(now time.Time, posts ...string) []bot.Row {
	e.Helper()
	rows := e.next(now, 100).Rows
	slices.SortFunc(rows, func(a, b bot.Row) int { return strings.Compare(a.Post, b.Post) })
	var got []string
	for _, r := range rows {
		got = append(got, r.Post)
	}
	slices.Sort(posts)
	if !slices.Equal(got, posts) {
		e.Fatalf("Next() took %q, want %q", got, posts)
	}
	return rows
}

func (e *env) settle(row bot.Row, s bot.Settlement) {
	e.Helper()
	e.do(func(tx bot.Tx) error { return tx.Settle(row, s) })
}

// wantLost settles a row that is not in our hands.
func (e *env) wantLost(row bot.Row, s bot.Settlement) {
	e.Helper()
	err := e.Update(e.Context(), func(tx bot.Tx) error { return tx.Settle(row, s) })
	if !errors.Is(err, bot.ErrLost) {
		e.Errorf("Settle(%s %d, try %d) = %v, want ErrLost", row.Lane, row.ID, row.Tries, err)
	}
}

func (e *env) lane(lane string) (state bot.LaneState) {
	e.Helper()
	e.see(func(r bot.Reader) (err error) {
		state, err = r.Lane(lane)
		return err
	})
	return state
}

func (e *env) parked(lane string) (rows []bot.Row) {
	e.Helper()
	e.see(func(r bot.Reader) error {
		rows = nil
		for row, err := range r.Parked(lane) {
			if err != nil {
				return err
			}
			rows = append(rows, row)
		}
		return nil
	})
	return rows
}

// wantStats compares the counters: queued, sending, unknown, parked.
func (e *env) wantStats(queued, sending, unknown, parked int) {
	e.Helper()
	got, err := e.Stats(e.Context())
	if err != nil {
		e.Fatalf("Stats() = %v, want nil", err)
	}
	got.Bytes = 0
	want := bot.Stats{Queued: queued, Sending: sending, Unknown: unknown, Parked: parked}
	if diff := cmp.Diff(want, got); diff != "" {
		e.Errorf("Stats() differs (-want +got):\n%s", diff)
	}
}

// panics runs fn and returns what it panicked with.
func panics(fn func()) (p any) {
	defer func() { p = recover() }()
	fn()
	return nil
}

// cancelled returns a context that has ended.
func cancelled(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return ctx
}
