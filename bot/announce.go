package bot

import (
	"context"
	"errors"
	"slices"
	"strings"

	"standleitung/bot/say"
)

// announced is what the rooms of a line were told of it.
type announced struct {
	Line  string   `json:"line"`
	Mode  LineMode `json:"mode"`
	Rooms []string `json:"rooms"`
}

var announcements = &Kind[announced]{Name: "announced", Version: 1, Key: func(a *announced) string { return a.Line }}

// announceLines tells the rooms of each line who reads along, when the line is new or has changed since the last start.
// Nobody writes into a room without having been told who hears it.
func (b *Bot) announceLines(ctx context.Context) error {
	if len(b.lines) == 0 {
		return nil
	}
	return b.Do(ctx, Compose("lines", Stamp(b.now())), func(_ context.Context, r *Request) ([]Reply, error) {
		var replies []Reply
		for i := range b.lines {
			l := &b.lines[i]
			now := announced{Line: l.Name, Mode: l.Mode, Rooms: l.Rooms}
			before, err := announcements.Get(r.Tx, l.Name)
			if err != nil && !errors.Is(err, ErrNotFound) {
				return nil, err
			}
			if before != nil && before.Mode == now.Mode && slices.Equal(before.Rooms, now.Rooms) {
				continue
			}
			if err := announcements.Put(r.Tx, &now); err != nil {
				return nil, err
			}
			replies = append(replies, b.introduce(l)...)
		}
		return replies, nil
	})
}

// introduce says in every room of a line who reads along.
func (b *Bot) introduce(l *Line) []Reply {
	text := say.T("Hier läuft die Leitung {name}. Was hier geschrieben wird, lesen auch: {others}.",
		"The line {name} runs through here. What is written here is also read by: {others}.")
	if l.Mode == Forward {
		text = say.T("Hier läuft die Leitung {name}. Weiter geht nur, was mit „/an alle“ beginnt; es lesen: {others}.",
			"The line {name} runs through here. Only what begins with “/to all” goes on; it is read by: {others}.")
	}
	var replies []Reply
	for _, name := range l.Rooms {
		others := slices.DeleteFunc(slices.Clone(l.Rooms), func(o string) bool { return o == name })
		replies = append(replies, Reply{To: InRoom, Room: b.room(name), Card: func(v say.Voice) Card {
			return Card{Text: text.In(v, "name", l.Name, "others", strings.Join(others, ", ")), Preview: say.T("Neues von der Leitung", "News of the line").In(v)}
		}})
	}
	return replies
}
