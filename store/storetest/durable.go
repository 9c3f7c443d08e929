package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"standleitung/bot"
)

var durableCases = []testcase{
	{
		"what was written is there",
		"records, entries, numbers and rows survive opening the store again",
		func(e *env) {
			var before uint64
			e.do(func(tx bot.Tx) (err error) {
				if before, err = tx.Number("s"); err != nil {
					return err
				}
				return tx.Put("k", "a", []byte("v"), []bot.Entry{{Index: "i", Value: "1"}})
			})
			e.enqueue("lane", "a", "b", "c")
			e.settle(e.take("a")[0], bot.Settlement{State: bot.RowParked, Reason: "refused"})
			e.settle(e.take("b")[0], bot.Settlement{State: bot.RowQueued, Due: noon.Add(time.Hour), Reason: "retry"})
			lane, parked := e.lane("lane"), e.parked("")
			e.again()
			e.wantValue("k", "a", "v")
			e.wantKeys(bot.Query{Kind: "k", Index: "i", From: "1"}, "a")
			e.wantStats(2, 0, 0, 1)
			if got := e.lane("lane"); fmt.Sprint(*got.Oldest) != fmt.Sprint(*lane.Oldest) {
				e.Errorf("Lane().Oldest = %+v after opening again, want %+v", *got.Oldest, *lane.Oldest)
			}
			if got := e.parked(""); fmt.Sprint(got) != fmt.Sprint(parked) {
				e.Errorf("Parked() = %+v after opening again, want %+v", got, parked)
			}
			e.do(func(tx bot.Tx) error {
				if n, err := tx.Number("s"); err != nil || n <= before {
					e.Errorf("Number() = %d, %v after opening again, want more than %d", n, err, before)
				}
				return nil
			})
			e.take()
			e.settle(e.takeAt(noon.Add(time.Hour), "b")[0], bot.Settlement{})
			e.takeAt(noon.Add(time.Hour), "c")
		},
	},
	{
		"a row whose sender went away",
		"a row that was being sent is, once its lease has ended or its process is known to be gone, taken again as unsure",
		func(e *env) {
			e.enqueue("lane", "a", "b")
			held := e.take("a")[0]
			e.again()
			row := e.takeAt(noon.Add(time.Minute), "a")[0]
			if !row.Unsure || row.Tries != 2 {
				e.Errorf("taken after opening again: %+v, want Unsure and Tries 2", row)
			}
			e.wantLost(held, bot.Settlement{})
			e.settle(row, bot.Settlement{})
			e.takeAt(noon.Add(time.Minute), "b")
		},
	},
	{
		"order survives",
		"rows enqueued before and after opening again stay in order",
		func(e *env) {
			var want, got []string
			for i := range 12 {
				post := fmt.Sprintf("%02d", i)
				e.enqueue("lane", post)
				want = append(want, post)
				if i%4 == 3 {
					e.again()
				}
			}
			for range want {
				row := e.next(noon, 1).Rows[0]
				got = append(got, row.Post)
				e.settle(row, bot.Settlement{})
			}
			if !slices.Equal(got, want) {
				e.Errorf("delivered %q, want %q", got, want)
			}
		},
	},
	{
		"close waits",
		"Close lets units that are queued finish; each is wholly there or was refused",
		func(e *env) {
			var g errgroup.Group
			accepted := make([]bool, 64)
			for i := range accepted {
				g.Go(func() error {
					err := e.Update(e.Context(), func(tx bot.Tx) error {
						key := fmt.Sprintf("%02d", i)
						return errors.Join(putAll(tx, key), tx.Enqueue("lane", key))
					})
					accepted[i] = err == nil
					return nil
				})
			}
			e.close()
			_ = g.Wait()
			e.Store = e.reopen(e.T, e.Store)
			var want []string
			for i, ok := range accepted {
				if ok {
					want = append(want, fmt.Sprintf("%02d", i))
				}
			}
			e.wantKeys(bot.Query{Kind: "k"}, want...)
			e.wantStats(len(want), 0, 0, 0)
		},
	},
}

// The large cases prove that answers stay right. That they stay cheap is for the benchmarks of an engine to show.
var largeCases = []testcase{
	{
		"a million entries",
		"scans find the same few among a million index entries",
		func(e *env) {
			const records, entries, batch = 10_000, 100, 50
			for first := 0; first < records; first += batch {
				e.do(func(tx bot.Tx) error {
					for i := first; i < first+batch; i++ {
						if err := tx.Put("k", bot.Serial(uint64(i)), []byte{'v'}, manyEntries(i, entries)); err != nil {
							return err
						}
					}
					return nil
				})
			}
			for _, at := range []int{0, 1, records / 2, records - 1} {
				key := bot.Serial(uint64(at))
				for _, entry := range manyEntries(at, entries)[:3] {
					e.wantKeys(bot.Query{Kind: "k", Index: "i", From: entry.Value, Limit: 1}, key)
					e.wantKeys(bot.Query{Kind: "k", Index: "i", To: entry.Value + "\x01", Limit: 1, Reverse: true}, key)
				}
			}
			e.do(func(tx bot.Tx) error { return tx.Delete("k", bot.Serial(7)) })
			from, to := bot.Under("07")
			e.see(func(r bot.Reader) error {
				keys, err := keysOf(r, bot.Query{Kind: "k", Index: "i", From: from, To: to, KeysOnly: true})
				if want := (records/10 - 1) * entries; err == nil && (len(keys) != want || !slices.IsSorted(keys)) {
					e.Errorf("a range of the index has %d entries, want %d in order", len(keys), want)
				}
				return err
			})
		},
	},
	{
		"a long lane and many lanes",
		"a lane with many rows, and many lanes with one, give the right rows",
		func(e *env) {
			const n = 5000
			e.do(func(tx bot.Tx) error {
				for i := range n {
					if err := errors.Join(
						tx.Enqueue("long", fmt.Sprintf("%06d", i)),
						tx.Enqueue(fmt.Sprintf("short %06d", i), "x"),
					); err != nil {
						return err
					}
				}
				return nil
			})
			e.wantStats(2*n, 0, 0, 0)
			seen := make(map[string]bool)
			long := 0
			for len(seen) < n+100 {
				rows := e.next(noon, 500).Rows
				if len(rows) == 0 {
					e.Fatalf("nothing is due after %d rows", len(seen))
				}
				e.do(func(tx bot.Tx) error {
					for _, row := range rows {
						if err := tx.Settle(row, bot.Settlement{}); err != nil {
							return err
						}
					}
					return nil
				})
				for _, row := range rows {
					if seen[row.Lane+row.Post] {
						e.Errorf("%s %s was taken twice", row.Lane, row.Post)
					}
					seen[row.Lane+row.Post] = true
					if !strings.HasPrefix(row.Lane, "short") {
						if want := fmt.Sprintf("%06d", long); row.Post != want {
							e.Errorf("the long lane gave %s, want %s", row.Post, want)
						}
						long++
					}
				}
			}
		},
	},
}

// manyEntries are n entries of record i, below one of ten prefixes.
func manyEntries(i, n int) []bot.Entry {
	prefix, serial := fmt.Sprintf("%02d", i%10), bot.Serial(uint64(i))
	entries := make([]bot.Entry, n)
	for j := range entries {
		entries[j] = bot.Entry{Index: "i", Value: bot.Compose(prefix, serial, fmt.Sprintf("%03d", j))}
	}
	return entries
}
