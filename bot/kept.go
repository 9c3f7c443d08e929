package bot

import (
	"bytes"
	"context"
	"errors"
)

// Kept is a piece of an adapter's state, such as how far a room was read. Unlike a [Note] it is replaced by a later one
// with the same key; the core never looks into it.
type Kept struct {
	// Key is valid UTF-8 without NUL, never empty, and at most 512 bytes.
	Key string `json:"key"`
	// Value replaces what was kept under the key; nil forgets it.
	Value []byte `json:"value"`
}

// keptState is a piece of an adapter's state in the store.
type keptState struct {
	Adapter string `json:"adapter"`
	Kept
}

// state keeps what adapters want kept.
var state = &Kind[keptState]{
	Name: "state", Version: 1,
	Key: func(k *keptState) string { return Compose(k.Adapter, k.Key) },
}

// Keep is part of [Core].
func (c adapterCore) Keep(ctx context.Context, kept ...Kept) error {
	return c.bot.store.Update(ctx, func(tx Tx) error { return keepState(tx, c.name, kept) })
}

// Kept is part of [Core].
func (c adapterCore) Kept(ctx context.Context, prefix string) ([]Kept, error) {
	var list []Kept
	err := c.bot.store.View(ctx, func(r Reader) error {
		list = nil
		from := Compose(c.name, prefix)
		for k, err := range state.All(r, Query{From: from, To: from + "\U0010ffff"}) {
			if err != nil {
				return err
			}
			list = append(list, k.Kept)
		}
		return nil
	})
	return list, err
}

// keepState writes what an adapter wants kept. What is the same already costs no write.
func keepState(tx Tx, adapter string, kept []Kept) error {
	for _, k := range kept {
		record := &keptState{adapter, k}
		old, err := state.Get(tx, state.Key(record))
		known := err == nil
		switch {
		case err != nil && !errors.Is(err, ErrNotFound):
			return err
		case k.Value == nil && known:
			err = state.Delete(tx, state.Key(record))
		case k.Value == nil || known && bytes.Equal(old.Value, k.Value):
			continue
		default:
			err = state.Put(tx, record)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
