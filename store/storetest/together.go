package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"standleitung/bot"
)

var togetherCases = []testcase{
	{
		"a turn is claimed once",
		"of many units that look for a record and put it when it is not there, one puts it",
		func(e *env) {
			var effects atomic.Int64
			var g errgroup.Group
			for range 16 {
				g.Go(func() error {
					for turn := range 20 {
						claimed := false
						err := e.Update(e.Context(), func(tx bot.Tx) error {
							claimed = false
							key := fmt.Sprint("turn", turn)
							if _, err := tx.Get("k", key); !errors.Is(err, bot.ErrNotFound) {
								return err
							}
							claimed = true
							return errors.Join(putAll(tx, key), tx.Enqueue("lane", key))
						})
						if err != nil {
							return err
						}
						if claimed {
							effects.Add(1)
						}
					}
					return nil
				})
			}
			if err := g.Wait(); err != nil {
				e.Fatal(err)
			}
			if got := effects.Load(); got != 20 {
				e.Errorf("20 turns had %d effects, want one each", got)
			}
			e.wantStats(20, 0, 0, 0)
		},
	},
	{
		"no update is lost",
		"units are serializable: a count that many units read and write back is right in the end",
		func(e *env) {
			var g errgroup.Group
			for range 16 {
				g.Go(func() error {
					for range 25 {
						if err := e.Update(e.Context(), increment); err != nil {
							return err
						}
					}
					return nil
				})
			}
			if err := g.Wait(); err != nil {
				e.Fatal(err)
			}
			e.wantValue("k", "count", "400")
		},
	},
	{
		"neighbours",
		"a unit that fails or panics takes nothing from units that run at the same time",
		func(e *env) {
			var wg sync.WaitGroup
			for i := range 32 {
				wg.Go(func() {
					for j := range 10 {
						p := panics(func() {
							err := e.Update(e.Context(), func(tx bot.Tx) error { return goodOrBad(tx, i, j) })
							if (i%3 == 1) != errors.Is(err, errUndo) {
								e.Errorf("unit %d.%d = %v", i, j, err)
							}
						})
						if (i%3 == 2) != (p != nil) {
							e.Errorf("unit %d.%d panicked with %v", i, j, p)
						}
					}
				})
			}
			wg.Wait()
			var want []string
			for i := 0; i < 32; i += 3 {
				for j := range 10 {
					want = append(want, fmt.Sprintf("%02d.%02d", i, j))
				}
			}
			e.wantKeys(bot.Query{Kind: "k"}, want...)
			e.wantKeys(bot.Query{Kind: "k", Index: "i"}, want...)
			e.wantStats(len(want), 0, 0, 0)
		},
	},
	{
		"numbers under concurrency",
		"no number is given twice, also when units run at the same time and some of them fail",
		func(e *env) {
			var mu sync.Mutex
			seen := make(map[uint64]bool)
			var g errgroup.Group
			for i := range 16 {
				g.Go(func() error {
					for j := range 25 {
						err := e.Update(e.Context(), func(tx bot.Tx) error {
							n, err := tx.Number("s")
							if err != nil {
								return err
							}
							mu.Lock()
							defer mu.Unlock()
							if seen[n] {
								e.Errorf("number %d was given twice", n)
							}
							seen[n] = true
							if (i+j)%5 == 0 {
								return errUndo
							}
							return tx.Put("k", strconv.FormatUint(n, 10), nil, nil)
						})
						if err != nil && !errors.Is(err, errUndo) {
							return err
						}
					}
					return nil
				})
			}
			if err := g.Wait(); err != nil {
				e.Fatal(err)
			}
		},
	},
	{
		"several workers",
		"workers that take at the same time get each row once, and the rows of a lane in order",
		func(e *env) { testWorkers(e, 20, 15) },
	},
	{
		"views while writing",
		"a view that runs beside writers sees every unit whole or not at all",
		func(e *env) {
			var g errgroup.Group
			var stop atomic.Bool
			for i := range 4 {
				g.Go(func() error {
					for j := 0; j < 50; j++ {
						key := fmt.Sprint(i, j)
						if err := e.Update(e.Context(), func(tx bot.Tx) error {
							return errors.Join(putAll(tx, "a"+key), tx.Enqueue("lane", key), putAll(tx, "z"+key), increment(tx))
						}); err != nil {
							return err
						}
					}
					return nil
				})
			}
			var views errgroup.Group
			for range 4 {
				views.Go(func() error {
					for !stop.Load() {
						if err := e.View(e.Context(), func(r bot.Reader) error { return wholeUnits(e, r) }); err != nil {
							return err
						}
					}
					return nil
				})
			}
			err := g.Wait()
			stop.Store(true)
			if err := errors.Join(err, views.Wait()); err != nil {
				e.Fatal(err)
			}
			e.wantStats(200, 0, 0, 0)
		},
	},
}

// increment adds one to the record "count".
func increment(tx bot.Tx) error {
	raw, err := value(tx, "k", "count")
	if err != nil {
		return err
	}
	n, _ := strconv.Atoi(raw)
	return tx.Put("k", "count", []byte(strconv.Itoa(n+1)), []bot.Entry{{Index: "n", Value: bot.Serial(uint64(n))}})
}

// goodOrBad writes, and then succeeds, fails or panics.
func goodOrBad(tx bot.Tx, i, j int) error {
	key := fmt.Sprintf("%02d.%02d", i, j)
	if err := errors.Join(
		tx.Put("k", key, nil, []bot.Entry{{Index: "i", Value: key}}),
		tx.Enqueue(fmt.Sprint("lane", j), key),
	); err != nil {
		return err
	}
	switch i % 3 {
	case 1:
		return errUndo
	case 2:
		panic("pump")
	}
	return nil
}

// wholeUnits checks that what the writers of one unit put together is there together.
func wholeUnits(e *env, r bot.Reader) error {
	keys, err := keysOf(r, bot.Query{Kind: "k", KeysOnly: true})
	if err != nil {
		return err
	}
	state, err := r.Lane("lane")
	if err != nil {
		return err
	}
	count, err := value(r, "k", "count")
	if err != nil {
		return err
	}
	n, _ := strconv.Atoi(count)
	if want := 2*n + min(n, 1); len(keys) != want || state.Waiting != n {
		e.Errorf("a view saw %d units, %d rows and %d records, want %d records", n, state.Waiting, len(keys), want)
	}
	return nil
}

// testWorkers lets workers take and settle until nothing is left.
func testWorkers(e *env, lanes, rows int) {
	for i := range rows {
		e.do(func(tx bot.Tx) error {
			for lane := range lanes {
				if err := tx.Enqueue(fmt.Sprint("lane", lane), fmt.Sprintf("%04d", i)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	var mu sync.Mutex
	sent := make(map[string][]string)
	total := 0
	var g errgroup.Group
	for w := range 6 {
		g.Go(func() error {
			var held []bot.Row
			for {
				taken, err := e.Next(e.Context(), bot.Taking{
					Now: noon, Limit: 3 + w, Lease: time.Hour,
					First: func(tx bot.Tx) error {
						for _, row := range held {
							if err := tx.Settle(row, bot.Settlement{}); err != nil {
								return err
							}
						}
						return nil
					},
				})
				if err != nil {
					return err
				}
				held = taken.Rows
				mu.Lock()
				for _, row := range held {
					sent[row.Lane] = append(sent[row.Lane], row.Post)
					total++
				}
				done := total == lanes*rows && len(held) == 0
				mu.Unlock()
				if done {
					return nil
				}
			}
		})
	}
	if err := g.Wait(); err != nil {
		e.Fatal(err)
	}
	for lane, posts := range sent {
		if len(posts) != rows || !slices.IsSorted(posts) || len(slices.Compact(slices.Clone(posts))) != rows {
			e.Errorf("%s was delivered as %q, want %d posts in order, each once", lane, posts, rows)
		}
	}
	e.wantStats(0, 0, 0, 0)
}
