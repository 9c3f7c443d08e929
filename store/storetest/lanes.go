package storetest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"standleitung/bot"
)

var laneCases = []testcase{
	{
		"first in, first out",
		"a lane gives its rows one at a time, in the order in which the units that enqueued them were done",
		func(e *env) {
			e.enqueue("lane", "a", "b", "c")
			for _, post := range []string{"a", "b", "c"} {
				row := e.take(post)[0]
				e.take() // one in flight
				e.settle(row, bot.Settlement{})
			}
			e.take()
		},
	},
	{
		"order within a unit",
		"rows that one unit enqueues keep their order",
		func(e *env) {
			e.do(func(tx bot.Tx) error {
				return errors.Join(tx.Enqueue("lane", "a"), tx.Enqueue("other", "x"), tx.Enqueue("lane", "b"))
			})
			rows := e.take("a", "x")
			e.settle(rows[0], bot.Settlement{})
			e.take("b")
		},
	},
	{
		"what a taken row tells",
		"a taken row names its lane and post, counts its try, and is sending until the lease ends",
		func(e *env) {
			e.enqueue("lane", "post")
			row := e.take("post")[0]
			if row.Lane != "lane" || row.Post != "post" || row.State != bot.RowSending || row.Tries != 1 || row.Unsure ||
				!row.Until.Equal(noon.Add(time.Minute)) || row.Since.IsZero() {
				e.Errorf("Next() took %+v, want the first try, sending until a minute past noon", row)
			}
		},
	},
	{
		"one in flight, all lanes",
		"one Next takes from every lane that has a due head, and never two rows of a lane",
		func(e *env) {
			var want []string
			for i := range 50 {
				lane := fmt.Sprint("lane", i)
				e.do(func(tx bot.Tx) error { return errors.Join(tx.Enqueue(lane, lane+"a"), tx.Enqueue(lane, lane+"b")) })
				want = append(want, lane+"a")
			}
			e.take(want...)
			e.take()
		},
	},
	{
		"a stuck lane blocks no other",
		"a lane whose head waits for its Due, or is being sent, gives nothing and holds up no other",
		func(e *env) {
			e.enqueue("waits", "w1", "w2")
			e.settle(e.take("w1")[0], bot.Settlement{State: bot.RowQueued, Due: noon.Add(time.Hour)})
			e.enqueue("sends", "s1", "s2")
			e.take("s1")
			e.enqueue("free", "f1", "f2")
			e.settle(e.take("f1")[0], bot.Settlement{})
			e.take("f2")
		},
	},
	{
		"no lane is starved",
		"when fewer rows are taken than are due, all lanes get their turn, however many rows one of them has",
		func(e *env) {
			e.do(func(tx bot.Tx) error {
				for i := range 40 {
					if err := tx.Enqueue("a long lane", fmt.Sprint("a", i)); err != nil {
						return err
					}
				}
				return errors.Join(tx.Enqueue("z", "z"), tx.Enqueue("b", "b"))
			})
			got := make(map[string]bool)
			for range 20 {
				for _, row := range e.next(noon, 1).Rows {
					got[row.Post] = true
					e.settle(row, bot.Settlement{})
				}
			}
			if !got["z"] || !got["b"] {
				e.Errorf("after 20 takes of one row lanes b and z had none; taken: %v", got)
			}
		},
	},
	{
		"limit",
		"Next takes at most Limit rows; what is due and left over shows in Wake; 0 takes none",
		func(e *env) {
			for i := range 5 {
				e.enqueue(fmt.Sprint("lane", i), "post")
			}
			if taken := e.next(noon, 0); len(taken.Rows) != 0 || taken.Wake.After(noon) || taken.Wake.IsZero() {
				e.Errorf("Next(Limit 0) = %+v, want no rows and Wake not after now", taken)
			}
			for _, want := range []int{2, 2, 1} {
				taken := e.next(noon, 2)
				if len(taken.Rows) != want {
					e.Errorf("Next(Limit 2) took %d rows, want %d", len(taken.Rows), want)
				}
				if left := want == 2; left == taken.Wake.After(noon) {
					e.Errorf("Next(Limit 2) = Wake %v, rows left over: %v", taken.Wake, left)
				}
			}
		},
	},
	{
		"admit",
		"Next passes over the rows of lanes that are not admitted and takes what is behind them; what was passed over stays due",
		func(e *env) {
			for i := range 5 {
				e.enqueue(fmt.Sprint("lane", i), fmt.Sprint("post", i))
			}
			take := func(now time.Time, limit int, lanes ...string) []bot.Row {
				e.Helper()
				asked := map[string]int{}
				admit := func(lane string) bool {
					asked[lane]++
					return slices.Contains(lanes, lane)
				}
				taken, err := e.Next(e.Context(), bot.Taking{Now: now, Limit: limit, Lease: time.Minute, Admit: admit})
				if err != nil || taken.Wake.IsZero() || taken.Wake.After(now) {
					e.Fatalf("Next() = Wake %v, %v, and rows were left over", taken.Wake, err)
				}
				for _, row := range taken.Rows {
					if asked[row.Lane] != 1 || !slices.Contains(lanes, row.Lane) {
						e.Errorf("a row of %q was taken, and it was asked %d times whether it may", row.Lane, asked[row.Lane])
					}
				}
				return taken.Rows
			}
			if rows := take(noon, 10, "lane3", "lane1"); len(rows) != 2 || rows[0].Lane != "lane1" || rows[1].Lane != "lane3" {
				e.Fatalf("took %+v, want the rows of lane1 and lane3, in their order", rows)
			}
			e.wantStats(3, 2, 0, 0)
			if rows := take(noon, 1, "lane2", "lane4"); len(rows) != 1 || rows[0].Lane != "lane2" {
				e.Errorf("took %+v, want the row of lane2: there was a limit", rows)
			}
			if rows := take(noon.Add(time.Minute), 10, "lane0", "lane1"); len(rows) != 2 || !rows[0].Unsure || rows[1].Unsure {
				e.Errorf("took %+v, want lane1, whose lease has ended, and lane0", rows)
			}
			e.wantStats(1, 4, 0, 0)
		},
	},
	{
		"enqueue and take in one step",
		"what First enqueues is taken in the same step: it is being sent as soon as it is there, and never half of that",
		func(e *env) {
			first := func(err error) func(bot.Tx) error {
				return func(tx bot.Tx) error { return errors.Join(tx.Enqueue("lane", "a"), tx.Enqueue("lane", "b"), err) }
			}
			if taken, err := e.Next(e.Context(), bot.Taking{Now: noon, Limit: 10, Lease: time.Minute, First: first(errUndo)}); !errors.Is(err, errUndo) || len(taken.Rows) != 0 {
				e.Fatalf("Next() = %+v, %v, want nothing and the error of First", taken, err)
			}
			e.wantStats(0, 0, 0, 0)
			taken, err := e.Next(e.Context(), bot.Taking{Now: noon, Limit: 10, Lease: time.Minute, First: first(nil)})
			if err != nil || len(taken.Rows) != 1 || taken.Rows[0].Post != "a" || taken.Rows[0].State != bot.RowSending {
				e.Fatalf("Next() = %+v, %v, want a", taken, err)
			}
			e.wantStats(1, 1, 0, 0)
			e.settle(taken.Rows[0], bot.Settlement{})
			e.take("b")
		},
	},
	{
		"back-off",
		"a row that is queued again is not taken before its Due, is taken at its Due, and stays the head of its lane",
		func(e *env) {
			e.enqueue("lane", "a", "b")
			due := noon.Add(time.Hour)
			e.settle(e.take("a")[0], bot.Settlement{State: bot.RowQueued, Due: due, Reason: "retry"})
			head := e.lane("lane").Oldest
			if head == nil || head.State != bot.RowQueued || !head.Due.Equal(due) || head.Reason != "retry" || head.Tries != 1 {
				e.Errorf("Lane().Oldest = %+v, want the queued row, due in an hour, with its reason", head)
			}
			e.takeAt(due.Add(-time.Nanosecond * 1000))
			row := e.takeAt(due, "a")[0]
			if row.Tries != 2 || row.Unsure {
				e.Errorf("second try: %+v, want Tries 2, sure", row)
			}
			e.settle(row, bot.Settlement{})
			e.takeAt(due, "b")
		},
	},
	{
		"wake",
		"Wake is the earliest end of a lease or Due; zero when nothing will ever be due",
		func(e *env) {
			want := func(now, wake time.Time) {
				e.Helper()
				if got := e.next(now, 0).Wake; !got.Equal(wake) {
					e.Errorf("Wake = %v, want %v", got, wake)
				}
			}
			want(noon, time.Time{})
			e.enqueue("a", "a")
			e.enqueue("b", "b")
			rows := e.take("a", "b")
			want(noon, noon.Add(time.Minute))
			e.settle(rows[0], bot.Settlement{State: bot.RowQueued, Due: noon.Add(time.Second)})
			want(noon, noon.Add(time.Second))
			e.settle(rows[1], bot.Settlement{State: bot.RowParked})
			want(noon, noon.Add(time.Second))
			row := e.takeAt(noon.Add(time.Second), "a")[0]
			e.settle(row, bot.Settlement{State: bot.RowUnknown, Due: noon.Add(time.Hour)})
			want(noon, noon.Add(time.Hour))
			e.settle(e.takeAt(noon.Add(time.Hour), "a")[0], bot.Settlement{})
			want(noon, time.Time{})
		},
	},
	{
		"settle and take in one step",
		"Next settles first, so that the next row of the same lane can be taken at once; when First fails nothing is taken",
		func(e *env) {
			e.enqueue("lane", "a", "b", "c")
			row := e.take("a")[0]
			taken, err := e.Next(e.Context(), bot.Taking{
				Now: noon, Limit: 10, Lease: time.Minute,
				First: func(tx bot.Tx) error { return errors.Join(tx.Settle(row, bot.Settlement{}), putAll(tx, "sent")) },
			})
			if err != nil || len(taken.Rows) != 1 || taken.Rows[0].Post != "b" {
				e.Fatalf("Next() = %+v, %v, want b", taken, err)
			}
			e.wantKeys(bot.Query{Kind: "k"}, "sent")
			_, err = e.Next(e.Context(), bot.Taking{
				Now: noon, Limit: 10, Lease: time.Minute,
				First: func(tx bot.Tx) error {
					return errors.Join(tx.Settle(taken.Rows[0], bot.Settlement{}), putAll(tx, "undone"), errUndo)
				},
			})
			if !errors.Is(err, errUndo) {
				e.Errorf("Next() = %v, want the error of First", err)
			}
			e.wantKeys(bot.Query{Kind: "k"}, "sent")
			e.wantStats(1, 1, 0, 0)
		},
	},
	{
		"an attempt undoes rows",
		"what an undone attempt did to lanes is undone: rows, order, counters",
		func(e *env) {
			e.enqueue("lane", "a", "b")
			row := e.take("a")[0]
			e.do(func(tx bot.Tx) error {
				_ = tx.Attempt(func() error {
					return errors.Join(tx.Settle(row, bot.Settlement{}), tx.Enqueue("lane", "c"), tx.Enqueue("new", "n"), errUndo)
				})
				return nil
			})
			e.wantStats(1, 1, 0, 0)
			e.settle(row, bot.Settlement{})
			e.settle(e.take("b")[0], bot.Settlement{})
			e.take()
		},
	},
}

var settleCases = []testcase{
	{
		"the fence",
		"a row is settled once, by who holds it now: a lapsed, settled or repeated hold is ErrLost and changes nothing",
		func(e *env) {
			e.enqueue("lane", "a")
			queued := *e.lane("lane").Oldest
			e.wantLost(queued, bot.Settlement{}) // nobody took it
			first := e.take("a")[0]
			second := e.takeAt(noon.Add(time.Minute), "a")[0]
			e.wantLost(first, bot.Settlement{})
			e.settle(second, bot.Settlement{State: bot.RowQueued})
			e.wantLost(second, bot.Settlement{})
			third := e.takeAt(noon.Add(time.Minute), "a")[0]
			e.settle(third, bot.Settlement{})
			e.wantLost(third, bot.Settlement{State: bot.RowQueued})
			e.wantLost(bot.Row{Lane: "lane", ID: 1 << 40, Tries: 1}, bot.Settlement{})
			e.wantLost(bot.Row{}, bot.Settlement{})
			e.wantStats(0, 0, 0, 0)
		},
	},
	{
		"a settled row does not come back",
		"an old hold does not fit a later row of its lane",
		func(e *env) {
			e.enqueue("lane", "a")
			old := e.take("a")[0]
			e.settle(old, bot.Settlement{})
			e.enqueue("lane", "b")
			e.take("b")
			e.wantLost(old, bot.Settlement{})
			e.wantStats(0, 1, 0, 0)
		},
	},
	{
		"a lease that ends",
		"a row that is held too long is taken by others, unsure; until then its holder may still settle it",
		func(e *env) {
			e.enqueue("lane", "a", "b")
			first := e.take("a")[0]
			e.takeAt(noon.Add(time.Minute - time.Millisecond))
			second := e.takeAt(noon.Add(time.Minute), "a")[0]
			if !second.Unsure || second.Tries != 2 {
				e.Errorf("taken after its lease: %+v, want Unsure and Tries 2", second)
			}
			e.wantLost(first, bot.Settlement{})
			e.settle(second, bot.Settlement{}) // late, but nobody took it
			e.takeAt(noon.Add(time.Hour), "b")
		},
	},
	{
		"a late settlement",
		"a row whose lease has ended is still settled by its holder when nobody else took it",
		func(e *env) {
			e.enqueue("lane", "a")
			row := e.take("a")[0]
			e.enqueue("other", "x")
			e.takeAt(noon.Add(time.Second), "x")
			e.settle(row, bot.Settlement{})
			e.takeAt(noon.Add(30 * time.Second))
		},
	},
	{
		"unknown",
		"a row settled as unknown waits for its Due, is taken unsure, and stays unsure when it is queued again",
		func(e *env) {
			e.enqueue("lane", "a")
			e.settle(e.take("a")[0], bot.Settlement{State: bot.RowUnknown, Due: noon.Add(time.Hour)})
			e.wantStats(0, 0, 1, 0)
			e.take()
			row := e.takeAt(noon.Add(time.Hour), "a")[0]
			if !row.Unsure {
				e.Errorf("taken when unknown: %+v, want Unsure", row)
			}
			e.settle(row, bot.Settlement{State: bot.RowQueued})
			e.wantStats(1, 0, 0, 0)
			if row = e.takeAt(noon.Add(time.Hour), "a")[0]; !row.Unsure {
				e.Errorf("taken again: %+v, want Unsure", row)
			}
		},
	},
	{
		"untried",
		"an untried settlement takes back the count of the try, and the old hold does not fit the next one",
		func(e *env) {
			e.enqueue("lane", "a")
			old := e.take("a")[0]
			e.settle(old, bot.Settlement{State: bot.RowQueued, Untried: true})
			if row := e.takeAt(noon.Add(time.Second), "a")[0]; row.Tries != 1 {
				e.Errorf("Tries = %d after an untried try, want 1", row.Tries)
			}
			e.wantLost(old, bot.Settlement{})
			e.wantStats(0, 1, 0, 0)
		},
	},
	{
		"parked rows leave the order",
		"a parked row keeps its reason, holds up nothing, and is never taken",
		func(e *env) {
			e.enqueue("lane", "a", "b")
			e.enqueue("other", "x")
			rows := e.take("a", "x")
			e.settle(rows[0], bot.Settlement{State: bot.RowParked, Reason: "refused"})
			parked := e.parked("lane")
			if len(parked) != 1 || parked[0].Post != "a" || parked[0].Reason != "refused" || parked[0].State != bot.RowParked {
				e.Errorf("Parked(lane) = %+v, want a, refused", parked)
			}
			e.wantStats(1, 1, 0, 1)
			state := e.lane("lane")
			if state.Waiting != 1 || state.Parked != 1 || state.Oldest == nil || state.Oldest.Post != "b" {
				e.Errorf("Lane(lane) = %+v, want b waiting and one parked", state)
			}
			e.settle(e.takeAt(noon.Add(time.Second), "b")[0], bot.Settlement{})
			e.take()
			if state := e.lane("lane"); state != (bot.LaneState{Parked: 1}) {
				e.Errorf("Lane(lane) = %+v, want one parked", state)
			}
		},
	},
	{
		"parked rows in order",
		"Parked yields the oldest first, of one lane or of all",
		func(e *env) {
			for _, post := range []string{"1", "2", "3", "4"} {
				lane := map[string]string{"1": "z", "2": "a", "3": "z", "4": "a"}[post]
				e.enqueue(lane, post)
				e.settle(e.take(post)[0], bot.Settlement{State: bot.RowParked})
			}
			for lane, want := range map[string][]string{"": {"1", "2", "3", "4"}, "z": {"1", "3"}, "a": {"2", "4"}, "b": nil} {
				var got []string
				for _, row := range e.parked(lane) {
					got = append(got, row.Post)
				}
				if !slices.Equal(got, want) {
					e.Errorf("Parked(%q) = %q, want %q", lane, got, want)
				}
			}
		},
	},
	{
		"a parked row comes back",
		"a parked row that is queued goes to the end of its lane; its old hold is worth nothing then",
		func(e *env) {
			e.enqueue("lane", "a", "b")
			e.settle(e.take("a")[0], bot.Settlement{State: bot.RowParked, Reason: "refused"})
			parked := e.parked("lane")[0]
			e.settle(parked, bot.Settlement{State: bot.RowQueued})
			e.wantLost(parked, bot.Settlement{State: bot.RowQueued})
			e.wantStats(2, 0, 0, 0)
			e.settle(e.take("b")[0], bot.Settlement{})
			e.settle(e.take("a")[0], bot.Settlement{})
			if rows := e.parked(""); len(rows) != 0 {
				e.Errorf("Parked() = %+v, want none", rows)
			}
		},
	},
	{
		"a parked row of unknown fate",
		"a parked row that is settled as unknown comes back, not before its Due, and is taken unsure",
		func(e *env) {
			e.enqueue("lane", "a")
			e.settle(e.take("a")[0], bot.Settlement{State: bot.RowParked})
			e.settle(e.parked("")[0], bot.Settlement{State: bot.RowUnknown, Due: noon.Add(time.Hour)})
			e.wantStats(0, 0, 1, 0)
			e.take()
			if row := e.takeAt(noon.Add(time.Hour), "a")[0]; !row.Unsure {
				e.Errorf("taken: %+v, want Unsure", row)
			}
		},
	},
	{
		"a parked row stays parked",
		"a parked row that is settled as parked takes the new reason and nothing else",
		func(e *env) {
			e.enqueue("lane", "a")
			e.settle(e.take("a")[0], bot.Settlement{State: bot.RowParked, Reason: "refused"})
			e.settle(e.parked("")[0], bot.Settlement{State: bot.RowParked, Reason: "looked at"})
			if rows := e.parked("lane"); len(rows) != 1 || rows[0].Reason != "looked at" {
				e.Errorf("Parked(lane) = %+v, want one row with the new reason", rows)
			}
			e.wantStats(0, 0, 0, 1)
		},
	},
	{
		"a parked row is given up",
		"a parked row that is settled with the empty state is gone",
		func(e *env) {
			e.enqueue("lane", "a")
			e.settle(e.take("a")[0], bot.Settlement{State: bot.RowParked})
			parked := e.parked("")[0]
			e.settle(parked, bot.Settlement{})
			e.wantLost(parked, bot.Settlement{})
			e.wantStats(0, 0, 0, 0)
			if state := e.lane("lane"); state != (bot.LaneState{}) {
				e.Errorf("Lane(lane) = %+v, want nothing", state)
			}
		},
	},
	{
		"parked rows while ranging",
		"a loop over the parked rows may settle them",
		func(e *env) {
			for i := range 10 {
				e.enqueue(fmt.Sprint("lane", i%3), fmt.Sprint(i))
				e.settle(e.next(noon, 1).Rows[0], bot.Settlement{State: bot.RowParked})
			}
			e.do(func(tx bot.Tx) error {
				for row, err := range tx.Parked("") {
					if err != nil {
						return err
					}
					if err := tx.Settle(row, bot.Settlement{State: bot.RowQueued}); err != nil {
						return err
					}
				}
				return nil
			})
			e.wantStats(10, 0, 0, 0)
		},
	},
	{
		"counters",
		"Stats and Lane count every row once, in its present state",
		func(e *env) {
			for i := range 6 {
				lane := fmt.Sprint("lane", i)
				e.do(func(tx bot.Tx) error { return errors.Join(tx.Enqueue(lane, lane), tx.Enqueue(lane, lane+"b")) })
			}
			rows := e.take("lane0", "lane1", "lane2", "lane3", "lane4", "lane5")
			e.wantStats(6, 6, 0, 0)
			e.settle(rows[0], bot.Settlement{})
			e.settle(rows[1], bot.Settlement{State: bot.RowQueued, Due: noon.Add(time.Hour)})
			e.settle(rows[2], bot.Settlement{State: bot.RowUnknown, Due: noon.Add(time.Hour)})
			e.settle(rows[3], bot.Settlement{State: bot.RowParked})
			e.wantStats(7, 2, 1, 1)
			for i, want := range []int{1, 2, 2, 1, 2, 2} {
				if got := e.lane(fmt.Sprint("lane", i)).Waiting; got != want {
					e.Errorf("Lane(lane%d).Waiting = %d, want %d", i, got, want)
				}
			}
			if state := e.lane("never"); state != (bot.LaneState{}) {
				e.Errorf("Lane(never) = %+v, want nothing", state)
			}
		},
	},
	{
		"a state that is not one",
		"a settlement into sending, or into no known state, is refused and changes nothing",
		func(e *env) {
			e.enqueue("lane", "a")
			row := e.take("a")[0]
			for _, state := range []bot.RowState{bot.RowSending, "sent"} {
				if err := e.Update(e.Context(), func(tx bot.Tx) error {
					return tx.Settle(row, bot.Settlement{State: state})
				}); err == nil {
					e.Errorf("Settle(%s) = nil, want an error", state)
				}
			}
			e.wantStats(0, 1, 0, 0)
			e.settle(row, bot.Settlement{})
		},
	},
}
