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
	var replies []Reply
	for _, name := range l.Rooms {
		room := b.room(name)
		replies = append(replies, Reply{To: InRoom, Room: room, View: "introduction", Ref: introductionRef(l, room)})
	}
	return replies
}

// introductionRef names the card that says in a room who reads along.
func introductionRef(l *Line, room *Room) string { return "line:" + l.Name + ":" + room.Name }

// viewIntroduction says who reads along in a room, by the configuration as it is now.
func viewIntroduction(k *books, ref string, _ *Person, v say.Voice) (Card, error) {
	line, room, _ := strings.Cut(strings.TrimPrefix(ref, "line:"), ":")
	card := Card{Preview: say.T("Neues von der Leitung", "News of the line").In(v)}
	for _, l := range k.bot.linesOf(room) {
		if l.Name != line {
			continue
		}
		text := say.T("Hier läuft die Leitung {name}. Was hier geschrieben wird, lesen auch: {others}.",
			"The line {name} runs through here. What is written here is also read by: {others}.")
		if at := k.bot.room(room); l.Mode == Forward || at != nil && k.bot.hearing(at) == mentionsOnly {
			text = say.T("Hier läuft die Leitung {name}. Weiter geht nur, was mit „/an alle“ beginnt, was mich erwähnt und was jemand im Menü der Nachricht weitergibt; es lesen: {others}.",
				"The line {name} runs through here. Only what begins with “/to all”, mentions me, or is passed on from the message's menu goes on; it is read by: {others}.")
		}
		others := slices.DeleteFunc(slices.Clone(l.Rooms), func(o string) bool { return o == room })
		card.Text = text.In(v, "name", l.Name, "others", strings.Join(others, ", "))
		return card, nil
	}
	card.Text = say.T("Die Leitung {name} läuft hier nicht mehr.", "The line {name} no longer runs through here.").In(v, "name", line)
	return card, nil
}
