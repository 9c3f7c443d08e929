package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"standleitung/bot"
)

var recordCases = []testcase{
	{
		"get what was put",
		"a record comes back byte for byte, whatever its size; what is not there is ErrNotFound",
		func(e *env) {
			for _, size := range []int{0, 1, 300, 5000, 100_000, 3 << 20} {
				want := bytes.Repeat([]byte{0xff, 0, 'x'}, size/3+1)[:size]
				e.do(func(tx bot.Tx) error { return tx.Put("k", "a", want, nil) })
				e.wantValue("k", "a", string(want))
			}
			e.see(func(r bot.Reader) error {
				for _, at := range [][2]string{{"k", "b"}, {"other", "a"}, {"k", ""}} {
					if _, err := r.Get(at[0], at[1]); !errors.Is(err, bot.ErrNotFound) {
						e.Errorf("Get(%q, %q) = %v, want ErrNotFound", at[0], at[1], err)
					}
				}
				return nil
			})
		},
	},
	{
		"bytes are copies",
		"what was given to Put or returned by a Reader may be changed and kept by the caller",
		func(e *env) {
			given := []byte("value")
			var kept, scanned []byte
			e.do(func(tx bot.Tx) error {
				copy(given, "value")
				if err := tx.Put("k", "a", given, nil); err != nil {
					return err
				}
				copy(given, "xxxxx")
				return nil
			})
			e.see(func(r bot.Reader) (err error) {
				if kept, err = r.Get("k", "a"); err != nil {
					return err
				}
				for f, err := range r.Scan(bot.Query{Kind: "k"}) {
					if err != nil {
						return err
					}
					scanned = f.Value
				}
				return nil
			})
			kept[0], scanned[0] = 'K', 'S'
			e.wantValue("k", "a", "value")
			e.do(func(tx bot.Tx) error { return tx.Put("k", "a", []byte("other"), nil) })
			if string(kept) != "Kalue" || string(scanned) != "Salue" {
				e.Errorf("kept bytes became %q and %q, want Kalue and Salue", kept, scanned)
			}
		},
	},
	{
		"delete",
		"a deleted record is gone with its index entries; deleting what is not there is ErrNotFound",
		func(e *env) {
			e.do(func(tx bot.Tx) error {
				return tx.Put("k", "a", []byte("v"), []bot.Entry{{Index: "i", Value: "1"}, {Index: "j", Value: "2"}})
			})
			e.do(func(tx bot.Tx) error { return tx.Delete("k", "a") })
			e.wantValue("k", "a", "none")
			e.wantKeys(bot.Query{Kind: "k"})
			e.wantKeys(bot.Query{Kind: "k", Index: "i"})
			e.wantKeys(bot.Query{Kind: "k", Index: "j"})
			err := e.Update(e.Context(), func(tx bot.Tx) error { return tx.Delete("k", "a") })
			if !errors.Is(err, bot.ErrNotFound) {
				e.Errorf("Delete of nothing = %v, want ErrNotFound", err)
			}
		},
	},
	{
		"stale entries are gone",
		"a record is found under the entries that it was last put with, and no others",
		func(e *env) {
			put := func(values ...string) {
				e.do(func(tx bot.Tx) error {
					var entries []bot.Entry
					for _, v := range values {
						entries = append(entries, bot.Entry{Index: "i", Value: v})
					}
					return tx.Put("k", "a", []byte(strings.Join(values, "")), entries)
				})
			}
			want := func(found ...string) {
				e.see(func(r bot.Reader) error {
					got, err := entriesOf(r, bot.Query{Kind: "k", Index: "i"})
					if err == nil && !slices.Equal(got, found) {
						e.Errorf("entries = %q, want %q", got, found)
					}
					return err
				})
			}
			put("1", "2", "3")
			want("1=a", "2=a", "3=a")
			put("2", "4")
			want("2=a", "4=a")
			put("4", "4", "2")
			want("2=a", "4=a")
			put("")
			want("=a")
			put()
			want()
		},
	},
	{
		"kinds and indexes are apart",
		"a scan yields records of its kind and entries of its index only, also where one name begins with another",
		func(e *env) {
			e.do(func(tx bot.Tx) error {
				for _, kind := range []string{"k", "kk", "k\x1f", "l"} {
					for _, index := range []string{"i", "ii", "i\x1f"} {
						key := kind + "/" + index
						if err := tx.Put(kind, key, nil, []bot.Entry{{Index: index, Value: "v"}}); err != nil {
							return err
						}
					}
				}
				return nil
			})
			e.wantKeys(bot.Query{Kind: "k"}, "k/i", "k/i\x1f", "k/ii")
			e.wantKeys(bot.Query{Kind: "k", Reverse: true}, "k/ii", "k/i\x1f", "k/i")
			e.wantKeys(bot.Query{Kind: "k", Index: "i"}, "k/i")
			e.wantKeys(bot.Query{Kind: "kk", Index: "ii", Reverse: true}, "kk/ii")
			e.wantKeys(bot.Query{Kind: "none"})
			e.wantKeys(bot.Query{Kind: "k", Index: "none", Reverse: true})
		},
	},
	{
		"scans by key",
		"a scan by key yields From <= key < To in byte order, from either end, at most Limit",
		func(e *env) {
			keys := []string{"a", "a\x1fb", "a b", "ab", "b", "b\x7f", "z", "ä", "日本", "😀"}
			e.put(keys...)
			testScans(e, "", keys, keys)
		},
	},
	{
		"scans by index",
		"a scan by index yields From <= value < To in byte order, from either end, at most Limit",
		func(e *env) {
			values := []string{"", "1", "1\x1f", "1\x1fx", "1 x", "10", "2", "z", "ä", "日本"}
			var keys []string
			e.do(func(tx bot.Tx) error {
				keys = nil
				for i, v := range values {
					keys = append(keys, fmt.Sprint("key", len(values)-i))
					if err := tx.Put("k", keys[i], []byte(keys[i]), []bot.Entry{{Index: "i", Value: v}}); err != nil {
						return err
					}
				}
				return nil
			})
			testScans(e, "i", values, keys)
		},
	},
	{
		"equal index values",
		"records with the same index value are yielded in the order of their keys",
		func(e *env) {
			e.do(func(tx bot.Tx) error {
				for _, key := range []string{"c", "a", "b"} {
					if err := tx.Put("k", key, nil, []bot.Entry{{Index: "i", Value: "same"}}); err != nil {
						return err
					}
				}
				return nil
			})
			e.wantKeys(bot.Query{Kind: "k", Index: "i"}, "a", "b", "c")
			e.wantKeys(bot.Query{Kind: "k", Index: "i", Reverse: true}, "c", "b", "a")
			e.wantKeys(bot.Query{Kind: "k", Index: "i", Limit: 2}, "a", "b")
			e.wantKeys(bot.Query{Kind: "k", Index: "i", From: "same", To: "same"})
			e.wantKeys(bot.Query{Kind: "k", Index: "i", From: "same", To: "same\x01"}, "a", "b", "c")
		},
	},
	{
		"what is found",
		"a scan yields key, entry and value; with KeysOnly no value; the entry of a scan by key is the key",
		func(e *env) {
			e.do(func(tx bot.Tx) error {
				return tx.Put("k", "a", []byte("value"), []bot.Entry{{Index: "i", Value: "v"}})
			})
			for _, c := range []struct {
				q    bot.Query
				want bot.Found
			}{
				{bot.Query{Kind: "k"}, bot.Found{Key: "a", Entry: "a", Value: []byte("value")}},
				{bot.Query{Kind: "k", KeysOnly: true}, bot.Found{Key: "a", Entry: "a"}},
				{bot.Query{Kind: "k", Index: "i"}, bot.Found{Key: "a", Entry: "v", Value: []byte("value")}},
				{bot.Query{Kind: "k", Index: "i", KeysOnly: true}, bot.Found{Key: "a", Entry: "v"}},
			} {
				e.see(func(r bot.Reader) error {
					for got, err := range r.Scan(c.q) {
						if err != nil {
							return err
						}
						if got.Key != c.want.Key || got.Entry != c.want.Entry || !bytes.Equal(got.Value, c.want.Value) {
							e.Errorf("Scan(%s) = %+v, want %+v", show(c.q), got, c.want)
						}
					}
					return nil
				})
			}
		},
	},
	{
		"writing while ranging",
		"a loop over a scan may write to what it scans; records that it does not touch are yielded once each, and it ends",
		func(e *env) {
			const n = 500
			e.do(func(tx bot.Tx) error {
				for i := range n {
					v := bot.Serial(uint64(i))
					if err := tx.Put("k", v, []byte("old"), []bot.Entry{{Index: "i", Value: v}}); err != nil {
						return err
					}
				}
				return nil
			})
			for _, q := range []bot.Query{
				{Kind: "k"}, {Kind: "k", Reverse: true}, {Kind: "k", Index: "i"}, {Kind: "k", Index: "i", Reverse: true},
			} {
				err := e.Update(e.Context(), func(tx bot.Tx) error { return churn(e, tx, q, n) })
				if !errors.Is(err, errUndo) {
					e.Errorf("Update() = %v, want the error of the unit", err)
				}
			}
		},
	},
	{
		"moving forward while ranging",
		"a loop that moves every record forward in the index that it ranges over ends",
		func(e *env) {
			e.do(func(tx bot.Tx) error {
				for _, key := range []string{"a", "b", "c"} {
					if err := tx.Put("k", key, nil, []bot.Entry{{Index: "i", Value: bot.Serial(0)}}); err != nil {
						return err
					}
				}
				return nil
			})
			e.do(func(tx bot.Tx) error {
				moved := uint64(0)
				for f, err := range tx.Scan(bot.Query{Kind: "k", Index: "i"}) {
					if err != nil {
						return err
					}
					if moved++; moved > 1000 {
						e.Fatal("the loop meets what it moved, for ever")
					}
					if err := tx.Put("k", f.Key, nil, []bot.Entry{{Index: "i", Value: bot.Serial(moved)}}); err != nil {
						return err
					}
				}
				return nil
			})
			e.wantKeys(bot.Query{Kind: "k", Index: "i"}, "a", "b", "c")
		},
	},
	{
		"a gap in the own writes",
		"a unit that deleted many records in a row sees those before and behind them, from either end",
		func(e *env) {
			const n = 3000
			var keys, left []string
			for i := range n {
				keys = append(keys, bot.Serial(uint64(i)))
			}
			left = append(slices.Clone(keys[:100]), keys[n-100:]...)
			e.put(keys...)
			e.do(func(tx bot.Tx) error {
				for _, key := range keys[100 : n-100] {
					if err := tx.Delete("k", key); err != nil {
						return err
					}
				}
				for _, reverse := range []bool{false, true} {
					got, err := keysOf(tx, bot.Query{Kind: "k", Reverse: reverse})
					if err != nil {
						return err
					}
					if reverse {
						slices.Reverse(got)
					}
					if !slices.Equal(got, left) {
						e.Errorf("Reverse %v: %d records are found, want the %d left", reverse, len(got), len(left))
					}
				}
				got, err := keysOf(tx, bot.Query{Kind: "k", To: keys[n-100], Reverse: true, Limit: 1})
				if err == nil && !slices.Equal(got, keys[99:100]) {
					e.Errorf("the last before the gap is %q, want %q", got, keys[99])
				}
				return err
			})
		},
	},
	{
		"a view is a snapshot",
		"a view sees one state of the store, whatever is written while it runs",
		func(e *env) {
			e.put("a")
			e.see(func(r bot.Reader) error {
				done := make(chan error)
				go func() {
					done <- e.Update(e.Context(), func(tx bot.Tx) error {
						return errors.Join(putAll(tx, "b"), tx.Put("k", "a", []byte("changed"), nil), tx.Enqueue("l", "p"))
					})
				}()
				if err := <-done; err != nil {
					return err
				}
				keys, err := keysOf(r, bot.Query{Kind: "k"})
				if err != nil || !slices.Equal(keys, []string{"a"}) {
					e.Errorf("Scan in the older view = %q, %v, want a", keys, err)
				}
				if v, err := value(r, "k", "a"); err != nil || v != "a" {
					e.Errorf("Get in the older view = %q, %v, want a", v, err)
				}
				if state, err := r.Lane("l"); err != nil || state.Waiting != 0 {
					e.Errorf("Lane in the older view = %+v, %v, want nothing", state, err)
				}
				return nil
			})
			e.wantKeys(bot.Query{Kind: "k"}, "a", "b")
		},
	},
	{
		"names must not be empty",
		"a record without kind or key, an entry without index, a series, lane or post without name are refused",
		func(e *env) {
			for what, fn := range map[string]func(bot.Tx) error{
				"kind":   func(tx bot.Tx) error { return tx.Put("", "a", nil, nil) },
				"key":    func(tx bot.Tx) error { return tx.Put("k", "", nil, nil) },
				"index":  func(tx bot.Tx) error { return tx.Put("k", "a", nil, []bot.Entry{{Value: "v"}}) },
				"series": func(tx bot.Tx) error { return second(tx.Number("")) },
				"lane":   func(tx bot.Tx) error { return tx.Enqueue("", "p") },
				"post":   func(tx bot.Tx) error { return tx.Enqueue("l", "") },
			} {
				if err := e.Update(e.Context(), fn); err == nil {
					e.Errorf("without %s: Update() = nil, want an error", what)
				}
			}
			e.wantKeys(bot.Query{Kind: "k"})
		},
	},
}

// testScans tries all bounds that lie on, or just above, one of the values, which are sorted and have one key each.
func testScans(e *env, index string, values, keys []string) {
	e.Helper()
	bounds := []string{""}
	for _, v := range values {
		if v != "" {
			bounds = append(bounds, v, v+"\x01")
		}
	}
	for _, from := range bounds {
		for _, to := range bounds {
			var want []string
			for i, v := range values {
				if v >= from && (to == "" || v < to) {
					want = append(want, keys[i])
				}
			}
			q := bot.Query{Kind: "k", Index: index, From: from, To: to}
			e.wantKeys(q, want...)
			q.Limit = 2
			e.wantKeys(q, want[:min(2, len(want))]...)
			slices.Reverse(want)
			q.Reverse = true
			e.wantKeys(q, want[:min(2, len(want))]...)
			q.Limit = 0
			e.wantKeys(q, want...)
		}
	}
}

// churn ranges over n records and on the way replaces, moves, deletes and adds some. It ends with errUndo.
func churn(e *env, tx bot.Tx, q bot.Query, n int) error {
	seen := make(map[string]int)
	deleted, touched := make(map[string]bool), make(map[string]bool)
	at := 0
	for f, err := range tx.Scan(q) {
		if err != nil {
			return err
		}
		if deleted[f.Key] {
			e.Errorf("%s: %s was yielded after it was deleted", show(q), f.Key)
		}
		seen[f.Key]++
		if at++; at > 20*n {
			e.Fatalf("%s: the scan does not end", show(q))
		}
		touched[f.Key] = touched[f.Key] || at%5 <= 1
		switch at % 5 {
		case 0: // moves it, in either direction
			err = tx.Put("k", f.Key, []byte("new"), []bot.Entry{{Index: "i", Value: fmt.Sprintf("%016x+", at*7%n)}})
		case 1:
			err = tx.Delete("k", f.Key)
			deleted[f.Key] = true
		case 2:
			err = tx.Put("k", f.Key+"+", []byte("added"), []bot.Entry{{Index: "i", Value: f.Entry + "+"}})
		}
		if err != nil {
			return err
		}
	}
	for i := range n {
		key := bot.Serial(uint64(i))
		if seen[key] == 0 || seen[key] > 1 && !touched[key] {
			e.Errorf("%s: %s was yielded %d times, want once", show(q), key, seen[key])
		}
	}
	return errUndo
}
