package bot

import "standleitung/bot/say"

// mentionsOnly is the code of an adapter for a room in which it hears nothing but what mentions the bot.
const mentionsOnly = "mentions_only"

// hearings are the words for what is not heard in a room, by the codes of the adapters.
var hearings = map[string]say.Text{
	mentionsOnly: say.T("von hier geht nur, was mich erwähnt: Der App fehlt die Einwilligung; App entfernen und neu hinzufügen",
		"only what mentions me leaves here: the app has no consent; remove the app and add it again"),
	"no_history": say.T("holt Verpasstes gerade nicht nach", "cannot catch up on what it misses right now"),
}

// hearing is the code for what is not heard in a room, though things can be said there; empty for nothing known.
func (b *Bot) hearing(room *Room) string {
	if l, ok := b.adapters[room.Place.Adapter].(Listener); ok {
		return l.Hearing(room.Place)
	}
	return ""
}
