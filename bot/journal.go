package bot

import "context"

// journalNote is a note of an adapter in the store.
type journalNote struct {
	Adapter string `json:"adapter"`
	Note
}

// journal keeps the notes of the adapters, numbered in the order in which they were written.
var journal = &Kind[journalNote]{
	Name: "journal", Version: 1,
	Key: func(n *journalNote) string { return Compose(n.Adapter, Serial(n.Number)) },
	Indexes: []Index[journalNote]{{"key", func(n *journalNote) []string {
		return []string{Compose(n.Adapter, n.Key)}
	}}},
}

// Append is part of [Core].
func (c adapterCore) Append(ctx context.Context, notes ...Note) error {
	return c.bot.store.Update(ctx, func(tx Tx) error { return appendNotes(tx, c.name, notes) })
}

// Notes is part of [Core].
func (c adapterCore) Notes(ctx context.Context, after uint64, limit int) ([]Note, error) {
	var list []Note
	err := c.bot.store.View(ctx, func(r Reader) error {
		_, end := Under(c.name)
		for n, err := range journal.All(r, Query{From: Compose(c.name, Serial(after+1)), To: end, Limit: limit}) {
			if err != nil {
				return err
			}
			list = append(list, n.Note)
		}
		return nil
	})
	return list, err
}

// appendNotes writes the notes that are not there yet.
func appendNotes(tx Tx, adapter string, notes []Note) error {
	for _, n := range notes {
		if known, err := hasNote(tx, adapter, n.Key); known || err != nil {
			if err != nil {
				return err
			}
			continue
		}
		number, err := tx.Number(Compose("journal", adapter))
		if err != nil {
			return err
		}
		n.Number = number
		if err := journal.Put(tx, &journalNote{adapter, n}); err != nil {
			return err
		}
	}
	return nil
}

func hasNote(r Reader, adapter, key string) (bool, error) {
	value := Compose(adapter, key)
	for _, err := range r.Scan(Query{Kind: journal.Name, Index: "key", From: value, To: value + "\x00", Limit: 1, KeysOnly: true}) {
		return err == nil, err
	}
	return false, nil
}
