package bolt

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"

	"standleitung/bot"
)

// A stored record is the number of its index entries, the entries, and the value. All lengths are uvarints.

func encodeRecord(value []byte, entries []bot.Entry) []byte {
	size := len(value) + 4
	for _, e := range entries {
		size += len(e.Index) + len(e.Value) + 4
	}
	b := binary.AppendUvarint(make([]byte, 0, size), uint64(len(entries)))
	for _, e := range entries {
		b = appendText(appendText(b, e.Index), e.Value)
	}
	return append(b, value...)
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// fields takes apart what appendText and its like have put together. After the first fault everything is zero.
type fields struct {
	b   []byte
	bad bool
}

func (f *fields) uvarint() uint64 {
	v, n := binary.Uvarint(f.b)
	if n <= 0 {
		f.b, f.bad = nil, true
		return 0
	}
	f.b = f.b[n:]
	return v
}

// bytes returns the next n bytes, not copied.
func (f *fields) bytes(n uint64) []byte {
	if n > uint64(len(f.b)) {
		f.b, f.bad = nil, true
		return nil
	}
	out := f.b[:n]
	f.b = f.b[n:]
	return out
}

func (f *fields) text() []byte { return f.bytes(f.uvarint()) }

// valueOf returns the value in a stored record, not copied.
func valueOf(raw []byte) ([]byte, error) {
	f := fields{b: raw}
	for n := f.uvarint(); n > 0 && !f.bad; n-- {
		f.text()
		f.text()
	}
	if f.bad {
		return nil, ErrDamaged
	}
	return f.b, nil
}

// entriesOf returns the index entries in a stored record.
func entriesOf(raw []byte) ([]bot.Entry, error) {
	f := fields{b: raw}
	var entries []bot.Entry
	for n := f.uvarint(); n > 0 && !f.bad; n-- {
		index := string(f.text())
		entries = append(entries, bot.Entry{Index: index, Value: string(f.text())})
	}
	if f.bad {
		return nil, ErrDamaged
	}
	return entries, nil
}

func compareEntries(a, b bot.Entry) int {
	return cmp.Or(cmp.Compare(a.Index, b.Index), cmp.Compare(a.Value, b.Value))
}

// Put implements [bot.Tx]. A record that stays as it is costs no write, nor does an index entry.
func (u *unit) Put(kind, key string, value []byte, entries []bot.Entry) error {
	if err := u.usable(); err != nil {
		return err
	}
	defer u.guard()
	k, err := recordKey(kind, key)
	if err != nil {
		return err
	}
	entries = slices.Clone(entries)
	slices.SortFunc(entries, compareEntries)
	entries = slices.Compact(entries)
	for _, e := range entries {
		if _, err := entryKey(kind, key, e.Index, e.Value); err != nil {
			return err
		}
	}
	old := u.records.Get(k)
	var stale []bot.Entry
	if old != nil {
		if stale, err = entriesOf(old); err != nil {
			return fmt.Errorf("%w: record %q of kind %s", err, key, kind)
		}
	}
	raw := encodeRecord(value, entries)
	if old != nil && bytes.Equal(old, raw) {
		return nil
	}
	if err := u.reindex(kind, key, stale, entries); err != nil {
		return err
	}
	return u.write(u.records, k, old, raw)
}

// Delete implements [bot.Tx].
func (u *unit) Delete(kind, key string) error {
	if err := u.usable(); err != nil {
		return err
	}
	defer u.guard()
	k, err := recordKey(kind, key)
	if err != nil {
		return bot.ErrNotFound
	}
	old := u.records.Get(k)
	if old == nil {
		return bot.ErrNotFound
	}
	stale, err := entriesOf(old)
	if err != nil {
		return fmt.Errorf("%w: record %q of kind %s", err, key, kind)
	}
	if err := u.reindex(kind, key, stale, nil); err != nil {
		return err
	}
	return u.write(u.records, k, old, nil)
}

// reindex replaces index entries. Both lists are sorted and without doubles; what is in both is not touched.
func (u *unit) reindex(kind, key string, from, to []bot.Entry) error {
	for len(from) > 0 || len(to) > 0 {
		var e bot.Entry
		var old, next []byte
		switch order := compareHeads(from, to); {
		case order == 0:
			from, to = from[1:], to[1:]
			continue
		case order < 0:
			e, old, from = from[0], present, from[1:]
		default:
			e, next, to = to[0], present, to[1:]
		}
		k, err := entryKey(kind, key, e.Index, e.Value)
		if err != nil {
			return err
		}
		if err := u.write(u.entries, k, old, next); err != nil {
			return err
		}
	}
	return nil
}

// compareHeads compares the first entries; an empty list comes last.
func compareHeads(a, b []bot.Entry) int {
	switch {
	case len(a) == 0:
		return 1
	case len(b) == 0:
		return -1
	}
	return compareEntries(a[0], b[0])
}

// Number implements [bot.Tx]. Numbers are not undone, not even with the unit.
func (u *unit) Number(series string) (uint64, error) {
	if err := u.usable(); err != nil {
		return 0, err
	}
	defer u.guard()
	if series == "" {
		return 0, fmt.Errorf("%w: series without a name", ErrKey)
	}
	key := []byte(series)
	var last uint64
	if raw := u.numbers.Get(key); len(raw) == 8 {
		last = binary.BigEndian.Uint64(raw)
	} else if raw != nil {
		return 0, fmt.Errorf("%w: series %s", ErrDamaged, series)
	}
	n := max(last, u.group.store.drawn[series]) + 1
	if err := u.numbers.Put(key, binary.BigEndian.AppendUint64(nil, n)); err != nil {
		return 0, fmt.Errorf("%w: series %.40q: %w", ErrKey, series, err)
	}
	u.group.draw(series, n)
	return n, nil
}
