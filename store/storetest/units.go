package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"standleitung/bot"
)

var unitCases = []testcase{
	{
		"an error undoes all",
		"a unit that returns an error leaves nothing behind, and the error comes back as it is",
		func(e *env) {
			e.do(func(tx bot.Tx) error {
				return errors.Join(
					tx.Put("k", "old", []byte("old"), []bot.Entry{{Index: "i", Value: "1"}}),
					tx.Put("k", "gone", []byte("gone"), nil),
				)
			})
			err := e.Update(e.Context(), func(tx bot.Tx) error {
				return errors.Join(
					tx.Put("k", "new", []byte("new"), []bot.Entry{{Index: "i", Value: "2"}}),
					tx.Put("k", "old", []byte("changed"), []bot.Entry{{Index: "i", Value: "3"}}),
					tx.Delete("k", "gone"),
					tx.Enqueue("lane", "post"),
					errUndo,
				)
			})
			if !errors.Is(err, errUndo) {
				e.Errorf("Update() = %v, want the error of the unit", err)
			}
			e.wantKeys(bot.Query{Kind: "k"}, "gone", "old")
			e.wantKeys(bot.Query{Kind: "k", Index: "i"}, "old")
			e.wantKeys(bot.Query{Kind: "k", Index: "i", From: "2"})
			e.wantValue("k", "old", "old")
			e.wantStats(0, 0, 0, 0)
			e.take()
		},
	},
	{
		"a panic undoes all",
		"a unit that panics leaves nothing behind, the panic reaches the caller, and the store goes on",
		func(e *env) {
			p := panics(func() {
				_ = e.Update(e.Context(), func(tx bot.Tx) error {
					_ = putAll(tx, "x")
					panic("pump")
				})
			})
			if got := fmt.Sprint(p); got != "pump" {
				e.Errorf("Update panicked with %v, want pump", got)
			}
			e.wantKeys(bot.Query{Kind: "k"})
			e.put("y")
			e.wantKeys(bot.Query{Kind: "k"}, "y")
		},
	},
	{
		"own writes are seen",
		"a unit sees what it wrote, by key, by index, and in its lanes; others see it when it is done",
		func(e *env) {
			e.do(func(tx bot.Tx) error {
				if err := errors.Join(
					tx.Put("k", "a", []byte("1"), []bot.Entry{{Index: "i", Value: "x"}}),
					tx.Put("k", "a", []byte("2"), []bot.Entry{{Index: "i", Value: "y"}}),
					tx.Enqueue("lane", "post"),
				); err != nil {
					return err
				}
				got, err := value(tx, "k", "a")
				if err != nil || got != "2" {
					e.Errorf("Get in the unit = %q, %v, want 2", got, err)
				}
				found, err := entriesOf(tx, bot.Query{Kind: "k", Index: "i"})
				if err != nil || !slices.Equal(found, []string{"y=a"}) {
					e.Errorf("Scan in the unit = %q, %v, want y=a", found, err)
				}
				state, err := tx.Lane("lane")
				if err != nil || state.Waiting != 1 || state.Oldest == nil || state.Oldest.Post != "post" {
					e.Errorf("Lane in the unit = %+v, %v, want one waiting row", state, err)
				}
				return nil
			})
			e.wantValue("k", "a", "2")
		},
	},
	{
		"an attempt is undone alone",
		"a failed attempt takes back what it wrote and nothing else of its unit",
		func(e *env) {
			e.do(func(tx bot.Tx) error {
				if err := errors.Join(putAll(tx, "before", "both"), tx.Enqueue("lane", "before")); err != nil {
					return err
				}
				err := tx.Attempt(func() error {
					return errors.Join(
						tx.Put("k", "both", []byte("changed"), []bot.Entry{{Index: "i", Value: "v"}}),
						putAll(tx, "inside"), tx.Delete("k", "before"), tx.Enqueue("lane", "inside"), errUndo,
					)
				})
				if !errors.Is(err, errUndo) {
					e.Errorf("Attempt() = %v, want the error of its function", err)
				}
				if _, err := tx.Get("k", "inside"); !errors.Is(err, bot.ErrNotFound) {
					e.Errorf("Get of an undone record = %v, want ErrNotFound", err)
				}
				return putAll(tx, "after")
			})
			e.wantKeys(bot.Query{Kind: "k"}, "after", "before", "both")
			e.wantKeys(bot.Query{Kind: "k", Index: "i"})
			e.wantValue("k", "both", "both")
			e.wantStats(1, 0, 0, 0)
			e.take("before")
		},
	},
	{
		"attempts nest",
		"an inner attempt is undone alone; an outer one takes its inner ones along, successful or not",
		func(e *env) {
			e.do(func(tx bot.Tx) error {
				_ = tx.Attempt(func() error {
					_ = tx.Attempt(func() error { return putAll(tx, "inner of undone") })
					return errUndo
				})
				return tx.Attempt(func() error {
					_ = tx.Attempt(func() error { return errors.Join(putAll(tx, "undone inner"), errUndo) })
					return errors.Join(putAll(tx, "outer"),
						tx.Attempt(func() error { return putAll(tx, "inner") }))
				})
			})
			e.wantKeys(bot.Query{Kind: "k"}, "inner", "outer")
		},
	},
	{
		"a panic in an attempt goes on",
		"a panic passes through an attempt, undoes it, and a unit that recovers from it may still succeed",
		func(e *env) {
			e.do(func(tx bot.Tx) error {
				if err := putAll(tx, "turn"); err != nil {
					return err
				}
				p := panics(func() {
					_ = tx.Attempt(func() error {
						_ = putAll(tx, "work")
						panic("pump")
					})
				})
				if fmt.Sprint(p) != "pump" {
					e.Errorf("Attempt panicked with %v, want pump", p)
				}
				return putAll(tx, "apology")
			})
			e.wantKeys(bot.Query{Kind: "k"}, "apology", "turn")
		},
	},
	{
		"numbers count up",
		"the numbers of a series begin at 1 and each is higher than those that the store gave before; series are apart",
		func(e *env) {
			e.do(func(tx bot.Tx) error {
				for want := uint64(1); want <= 3; want++ {
					if got, err := tx.Number("a"); err != nil || got < want {
						e.Errorf("Number(a) = %d, %v, want at least %d", got, err, want)
					}
				}
				if got, err := tx.Number("b"); err != nil || got < 1 || got > 3 {
					e.Errorf("Number(b) = %d, %v, want a series of its own", got, err)
				}
				return nil
			})
		},
	},
	{
		"numbers are never used twice",
		"a number stays used when its attempt or its unit is undone, and when the store is opened again",
		func(e *env) {
			seen := make(map[uint64]string)
			draw := func(tx bot.Tx, where string) error {
				n, err := tx.Number("s")
				if other, ok := seen[n]; ok {
					e.Errorf("number %d was given %s and again %s", n, other, where)
				}
				seen[n] = where
				return err
			}
			e.do(func(tx bot.Tx) error {
				_ = tx.Attempt(func() error { return errors.Join(draw(tx, "in an undone attempt"), errUndo) })
				return draw(tx, "after an undone attempt")
			})
			_ = e.Update(e.Context(), func(tx bot.Tx) error {
				return errors.Join(draw(tx, "in an undone unit"), errUndo)
			})
			_ = panics(func() {
				_ = e.Update(e.Context(), func(tx bot.Tx) error {
					_ = draw(tx, "in a unit that panicked")
					panic("pump")
				})
			})
			e.do(func(tx bot.Tx) error { return draw(tx, "in a unit") })
			e.again()
			e.do(func(tx bot.Tx) error { return draw(tx, "after opening again") })
		},
	},
	{
		"a context that has ended",
		"a call with a context that has ended does nothing and returns its error",
		func(e *env) {
			ctx := cancelled(e.Context())
			fail := func(string) error { return errors.New("this must not run") }
			for name, err := range map[string]error{
				"Update": e.Update(ctx, func(bot.Tx) error { return fail("Update") }),
				"View":   e.View(ctx, func(bot.Reader) error { return fail("View") }),
				"Next":   second(e.Next(ctx, bot.Taking{Now: noon})),
				"Stats":  second(e.Stats(ctx)),
			} {
				if !errors.Is(err, context.Canceled) {
					e.Errorf("%s = %v, want context.Canceled", name, err)
				}
			}
		},
	},
	{
		"a unit that runs is not cancelled",
		"once a unit is under way the end of its context does not stop it",
		func(e *env) {
			ctx, cancel := context.WithCancel(e.Context())
			defer cancel()
			if err := e.Update(ctx, func(tx bot.Tx) error {
				cancel()
				return putAll(tx, "x")
			}); err != nil {
				e.Errorf("Update() = %v, want nil", err)
			}
			e.wantKeys(bot.Query{Kind: "k"}, "x")
		},
	},
	{
		"calls after Close fail",
		"a closed store answers every call with an error, and Close again too",
		func(e *env) {
			e.put("x")
			e.close()
			for name, err := range map[string]error{
				"Update": e.Update(e.Context(), func(bot.Tx) error { return nil }),
				"View":   e.View(e.Context(), func(bot.Reader) error { return nil }),
				"Next":   second(e.Next(e.Context(), bot.Taking{Now: noon})),
				"Stats":  second(e.Stats(e.Context())),
				"Close":  e.Close(),
			} {
				if err == nil {
					e.Errorf("%s after Close = nil, want an error", name)
				}
			}
			e.Store = e.reopen(e.T, e.Store)
			e.wantKeys(bot.Query{Kind: "k"}, "x")
		},
	},
}

// second returns the error of a call that returns two things.
func second[T any](_ T, err error) error { return err }
