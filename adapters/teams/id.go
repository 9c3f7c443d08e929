package teams

import (
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"sync"
	"time"

	"standleitung/bot"
)

// Name is the adapter's name in places and identities.
const Name = "teams"

// The ids of Teams: a channel's is 19:…@thread.tacv2 (older ones …@thread.skype), a group chat's 19:…@thread.v2, that of a
// person's conversation with the bot a:…; a person's begins with 29: and is another one for each bot, a bot's with 28:. A
// message is known by its conversation and the milliseconds of its birth. What belongs to a thread of a channel names the
// thread's first message behind the channel's id.
const (
	botPrefix  = "28:"
	threadSign = ";messageid="
)

// RoomPlace is the place of a channel or a group chat.
func RoomPlace(conversation string) bot.Place { return bot.Place{Adapter: Name, ID: conversation} }

// DirectPlace is the place of the conversation between a person and the bot: it bears the person's id, because that is
// known before the conversation has one.
func DirectPlace(person string) bot.Place { return bot.Place{Adapter: Name, ID: person, Direct: true} }

// splitConversation takes the thread off a conversation's id.
func splitConversation(id string) (top, thread string) {
	top, thread, _ = strings.Cut(id, threadSign)
	return top, thread
}

// isChannel reports whether a conversation is a channel of a team, which alone has threads.
func isChannel(id string) bool {
	return strings.HasSuffix(id, "@thread.tacv2") || strings.HasSuffix(id, "@thread.skype")
}

// inThread is the id of a thread of a channel; of anything else it is the conversation itself.
func inThread(conversation, thread string) string {
	if thread == "" || !isChannel(conversation) {
		return conversation
	}
	return conversation + threadSign + thread
}

// ref is an id of something that was sent, as the core keeps it: the id of a message at the delivery's place; "root/id" of one
// in the thread of another message, as what a long one goes on in; "late:1733558520", beside the messages, says when a late
// copy was written, which an edit does not say again.
type ref struct{ root, id string }

// String is how the core keeps it.
func (r ref) String() string {
	if r.root != "" {
		return r.root + "/" + r.id
	}
	return r.id
}

// lateMark begins the id that says when a late copy was written.
const lateMark = "late:"

// refsOf reads what the core kept; at is zero for a copy that was not late.
func refsOf(ids []string) (refs []ref, at time.Time) {
	for _, id := range ids {
		if stamp, ok := strings.CutPrefix(id, lateMark); ok {
			if s, err := strconv.ParseInt(stamp, 10, 64); err == nil {
				at = time.Unix(s, 0).UTC()
			}
			continue
		}
		r := ref{id: id}
		if root, rest, ok := strings.Cut(id, "/"); ok {
			r = ref{root, rest}
		}
		if r.id != "" {
			refs = append(refs, r)
		}
	}
	return refs, at
}

// idsOf is what the core keeps.
func idsOf(refs []ref, at time.Time) []string {
	var ids []string
	for _, r := range refs {
		ids = append(ids, r.String())
	}
	if !at.IsZero() {
		ids = append(ids, lateMark+strconv.FormatInt(at.Unix(), 10))
	}
	return ids
}

// validID reports whether an id can be part of an address of the connector, where it is escaped.
func validID(id string) bool {
	return id != "" && id != "." && id != ".." && len(id) <= 1024 && !strings.ContainsFunc(id, func(r rune) bool { return r < ' ' })
}

// The turns: what is delivered again has the same one.

func turn(parts ...string) string { return strings.Join(parts, "/") }

// saidTurn is that of a message in a conversation, or in a thread of it.
func saidTurn(conversation, id string) string { return turn("said", conversation, id) }

// editedTurn is that of a change, by the kind of it and the time that Teams gives it.
func editedTurn(conversation, id, event, stamp string) string {
	return turn("edited", conversation, id, event, inMilliseconds(stamp))
}

// deletedTurn is that of a deletion, by the time that Teams gives it.
func deletedTurn(conversation, id, stamp string) string {
	return turn("deleted", conversation, id, inMilliseconds(stamp))
}

// inMilliseconds is a time as histories tell it, which know no less, so that a change is one turn however it comes; what is no time
// stays.
func inMilliseconds(stamp string) string {
	t := timeOf(stamp)
	if t.IsZero() {
		return stamp
	}
	return t.Truncate(grain).Format(time.RFC3339Nano)
}

// digest shortens what may be long, or should not be seen.
func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return base64.RawURLEncoding.EncodeToString(sum[:15])
}

// cardToken names one state of a card in its buttons.
func cardToken(d bot.Delivery) string { return digest(d.Post, strconv.Itoa(d.Revision)) }

// roots finds the first message of a thread where ids are not those of Teams: Microsoft's emulator gives activities random
// ones, so that a thread's first message is known only by being the first.
type roots struct {
	mu    sync.Mutex
	known map[string]string // the id of the first activity by conversation and thread
}

// first reports whether an activity is the first one of a thread.
func (r *roots) first(conversation, activity string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil || len(r.known) >= mostKept {
		r.known = map[string]string{}
	}
	if _, ok := r.known[conversation]; !ok {
		r.known[conversation] = activity
	}
	return r.known[conversation] == activity
}

// digits reports whether an id is one of Teams' own.
func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
