package slack

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"standleitung/bot"
)

// Name is the adapter's name in places and identities.
const Name = "slack"

// The ids of Slack: a channel's begins with C (or G for old private ones), that of a direct conversation with D, a person's
// with U or W, a file's with F; a message is known by its channel and its ts, "1733000000.000100": seconds and a counter.
const (
	directLetter = 'D'
	fileLetter   = 'F'
)

// RoomPlace is the place of a channel.
func RoomPlace(channel string) bot.Place { return bot.Place{Adapter: Name, ID: channel} }

// DirectPlace is the place of the conversation between a person and the bot: it bears the person's id, because that is known
// before the conversation has one.
func DirectPlace(user string) bot.Place { return bot.Place{Adapter: Name, ID: user, Direct: true} }

// placeOf is where something happened: in a channel, or in the direct conversation of the person who did it.
func placeOf(channel, user, ts, thread string) bot.Place {
	p := RoomPlace(channel)
	if isDirect(channel) {
		p = DirectPlace(user)
	}
	if thread != ts {
		p.Thread = thread
	}
	return p
}

// isDirect reports whether a channel is a conversation of one person with the bot.
func isDirect(channel string) bool { return channel != "" && channel[0] == directLetter }

// isPlain reports whether an id has only the letters and digits that Slack's have.
func isPlain(id string) bool {
	for i := range len(id) {
		if (id[i] < 'A' || id[i] > 'Z') && (id[i] < '0' || id[i] > '9') {
			return false
		}
	}
	return id != ""
}

// isUser reports whether an id can be a person's.
func isUser(id string) bool { return isPlain(id) && (id[0] == 'U' || id[0] == 'W') }

// ref is an id of something that was sent, as the core keeps it: the ts of a message at the delivery's place; "D1:ts" of one
// that is elsewhere; "F1:origin" of a file that came along; "e:ts" of one that only its reader saw, and that nobody can change any more.
type ref struct {
	channel, ts, file string
	of                string // what the file was made of: see [origin]
	fleeting          bool
}

// String is how the core keeps it.
func (r ref) String() string {
	switch {
	case r.file != "" && r.of != "":
		return r.file + ":" + r.of
	case r.file != "":
		return r.file
	case r.fleeting:
		return "e:" + r.ts
	case r.channel != "":
		return r.channel + ":" + r.ts
	}
	return r.ts
}

// parseRef reads what String wrote; false for anything else.
func parseRef(id string) (ref, bool) {
	where, ts, elsewhere := strings.Cut(id, ":")
	if where != "" && where[0] == fileLetter && isPlain(where) {
		return ref{file: where, of: ts}, true
	}
	switch {
	case !elsewhere:
		return ref{ts: id}, validTS(id)
	case where == "e":
		return ref{ts: ts, fleeting: true}, validTS(ts)
	}
	return ref{channel: where, ts: ts}, isPlain(where) && validTS(ts)
}

// validTS reports whether ts can name a message.
func validTS(ts string) bool {
	seconds, counter, ok := strings.Cut(ts, ".")
	return ok && digits(seconds) && digits(counter) && len(seconds) <= 12 && len(counter) <= 9
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// timeOf is when a message was written; the zero time for what is no ts.
func timeOf(ts string) time.Time {
	if !validTS(ts) {
		return time.Time{}
	}
	seconds, counter, _ := strings.Cut(ts, ".")
	s, _ := strconv.ParseInt(seconds, 10, 64)
	n, _ := strconv.ParseInt((counter + "000000000")[:9], 10, 64)
	return time.Unix(s, n).UTC()
}

// tsOf is the ts of an instant.
func tsOf(t time.Time) string {
	micros := t.UnixMicro()
	return strconv.FormatInt(micros/1e6, 10) + "." + leading(strconv.FormatInt(micros%1e6, 10), 6)
}

func leading(s string, n int) string { return strings.Repeat("0", max(0, n-len(s))) + s }

// compareTS orders two ts by time.
func compareTS(a, b string) int {
	as, ac, _ := strings.Cut(a, ".")
	bs, bc, _ := strings.Cut(b, ".")
	return cmp.Or(cmp.Compare(leading(as, 12), leading(bs, 12)), cmp.Compare(ac, bc))
}

// The turns: what is delivered again has the same one, whichever way it comes.

// saidTurn is that of a message: it comes as message and as app_mention, and is read from the history.
func (s *self) saidTurn(channel, ts string) string { return turn("said", s.team, channel, ts) }

// editedTurn is that of a change.
func (s *self) editedTurn(channel, ts, edited string) string {
	return turn("edited", s.team, channel, ts, edited)
}

// deletedTurn is that of a deletion.
func (s *self) deletedTurn(channel, ts string) string { return turn("deleted", s.team, channel, ts) }

// reactedTurn is that of an emoji put or taken away, at an instant.
func (s *self) reactedTurn(kind, channel, ts, user, emoji, at string) string {
	return turn(kind, s.team, channel, ts, user, emoji, at)
}

// openedTurn is that of the visits of a person: once for the life of a turn.
func (s *self) openedTurn(user string) string { return turn("opened", s.team, user) }

// triggeredTurn is that of a command, a button, a shortcut or a form: Slack gives each its trigger.
func (s *self) triggeredTurn(kind, trigger string) string { return turn(kind, s.team, trigger) }

func turn(parts ...string) string { return strings.Join(parts, "/") }
