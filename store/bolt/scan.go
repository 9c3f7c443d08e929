package bolt

import (
	"bytes"
	"iter"

	"go.etcd.io/bbolt"

	"standleitung/bot"
)

// place is a key in a bucket.
type place struct {
	bucket *bbolt.Bucket
	key    string
}

// noteFresh remembers a key that was added while a scan is under way, so that the scan can pass it by: a loop that moves
// each record forward in the index that it ranges over would otherwise never end.
func (r *reader) noteFresh(b *bbolt.Bucket, key []byte) {
	if r.ranging == 0 {
		return
	}
	if r.fresh == nil {
		r.fresh = make(map[place]uint64)
	}
	r.fresh[place{b, string(key)}] = r.writes + 1
}

// walk yields the keys from <= key < to of a bucket; an empty to is open. The slices are only lent. The bucket may be
// written to between two steps: what was removed is not yielded, nor what was added.
func (r *reader) walk(b *bbolt.Bucket, from, to []byte, reverse bool) iter.Seq2[[]byte, []byte] {
	return func(yield func(k, v []byte) bool) {
		c := &walker{r: r, b: b, from: from, to: to, reverse: reverse, begun: r.writes}
		r.ranging++
		defer func() {
			if r.ranging--; r.ranging == 0 {
				r.fresh = nil
			}
		}()
		for k, v := c.step(); k != nil; k, v = c.step() {
			if !yield(k, v) {
				return
			}
		}
	}
}

// walker is a cursor that finds its place again after writes.
type walker struct {
	r        *reader
	b        *bbolt.Bucket
	from, to []byte
	reverse  bool
	begun    uint64 // writes of the unit when the walk began

	cursor *bbolt.Cursor
	seen   uint64 // writes of the unit when the cursor was placed
	last   []byte // the key that was yielded last
}

// step returns the next key of the walk, nil at its end.
func (w *walker) step() (k, v []byte) {
	defer w.r.guard()
	for {
		switch {
		case w.cursor == nil || w.seen != w.r.writes:
			k, v = w.seek()
		case w.reverse:
			k, v = w.prev(w.cursor.Prev())
		default:
			k, v = w.cursor.Next()
		}
		if k == nil || w.beyond(k) {
			return nil, nil
		}
		w.last = k
		if w.r.fresh[place{w.b, string(k)}] <= w.begun {
			return k, v
		}
	}
}

func (w *walker) beyond(k []byte) bool {
	if w.reverse {
		return bytes.Compare(k, w.from) < 0
	}
	return len(w.to) > 0 && bytes.Compare(k, w.to) >= 0
}

// seek places the cursor at the first key of the walk, or behind the last one yielded.
func (w *walker) seek() (k, v []byte) {
	w.cursor, w.seen = w.b.Cursor(), w.r.writes
	if w.reverse {
		bound := w.to
		if w.last != nil {
			bound = w.last
		}
		if len(bound) == 0 {
			return w.cursor.Last()
		}
		if k, _ := w.cursor.Seek(bound); k == nil {
			return w.cursor.Last() // all keys are below the bound
		}
		return w.prev(w.cursor.Prev())
	}
	if w.last == nil {
		return w.cursor.Seek(w.from)
	}
	k, v = w.cursor.Seek(w.last)
	if bytes.Equal(k, w.last) {
		return w.cursor.Next()
	}
	return k, v
}

// prev completes a backward step. In a unit that deleted keys bbolt's Prev also returns nil for a page that was
// emptied, and goes on behind it when asked again; only at the first key is it the end.
func (w *walker) prev(k, v []byte) ([]byte, []byte) {
	if k != nil {
		return k, v
	}
	bound := w.last
	if bound == nil {
		bound = w.to
	}
	first, _ := w.b.Cursor().First()
	for first != nil && k == nil && bytes.Compare(first, bound) < 0 {
		k, v = w.cursor.Prev()
	}
	return k, v
}

// Scan implements [bot.Reader]. What the unit writes while it ranges is not yielded, unless it replaces a record that
// is still to come; what it deletes is not yielded.
func (r *reader) Scan(q bot.Query) iter.Seq2[bot.Found, error] {
	return func(yield func(bot.Found, error) bool) {
		if err := r.usable(); err != nil {
			yield(bot.Found{}, err)
			return
		}
		left := q.Limit
		for item, err := range r.items(q) {
			if !yield(item, err) || err != nil {
				return
			}
			if left--; left == 0 {
				return
			}
			if err := r.usable(); err != nil {
				yield(bot.Found{}, err)
				return
			}
		}
	}
}

func (r *reader) items(q bot.Query) iter.Seq2[bot.Found, error] {
	prefix := appendPart(nil, q.Kind)
	if q.Index == "" {
		return r.byKey(q, prefix)
	}
	return r.byIndex(q, prefix)
}

func (r *reader) byKey(q bot.Query, prefix []byte) iter.Seq2[bot.Found, error] {
	from, to := append(bytes.Clone(prefix), q.From...), after(prefix)
	if q.To != "" {
		to = append(bytes.Clone(prefix), q.To...)
	}
	return func(yield func(bot.Found, error) bool) {
		for k, raw := range r.walk(r.records, from, to, q.Reverse) {
			item := bot.Found{Key: string(k[len(prefix):])}
			item.Entry = item.Key
			var err error
			if !q.KeysOnly {
				item.Value, err = r.copyValue(raw)
			}
			if !yield(item, err) {
				return
			}
		}
	}
}

func (r *reader) byIndex(q bot.Query, kind []byte) iter.Seq2[bot.Found, error] {
	prefix := appendPart(bytes.Clone(kind), q.Index)
	from, to := appendOpen(bytes.Clone(prefix), q.From), after(prefix)
	if q.To != "" {
		to = appendOpen(bytes.Clone(prefix), q.To)
	}
	return func(yield func(bot.Found, error) bool) {
		for k := range r.walk(r.entries, from, to, q.Reverse) {
			item, err := r.entry(k[len(prefix):], kind, q.KeysOnly)
			if !yield(item, err) {
				return
			}
		}
	}
}

// entry makes an item of an index entry, given without its kind and index.
func (r *reader) entry(k, kind []byte, keysOnly bool) (item bot.Found, err error) {
	defer r.guard()
	value, key, err := cutPart(k)
	if err != nil {
		return item, err
	}
	item = bot.Found{Key: string(key), Entry: value}
	if !keysOnly {
		item.Value, err = r.copyValue(r.records.Get(append(bytes.Clone(kind), key...)))
	}
	return item, err
}

// copyValue copies the value out of a stored record. A mapped file may fault here, hence the guard.
func (r *reader) copyValue(raw []byte) ([]byte, error) {
	defer r.guard()
	value, err := valueOf(raw)
	if err != nil {
		return nil, err
	}
	return bytes.Clone(value), nil
}
