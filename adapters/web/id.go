package web

import (
	"encoding/base64"
	"strconv"
	"strings"

	"standleitung/bot"
)

// Name is the adapter's name in places and identities.
const Name = "web"

const (
	directPlace = "direct" // how the page calls the direct conversation, whoever looks at it
	botPrefix   = "bot."   // before the ids of the bot's posts; an id that the page made has no dot
)

// RoomPlace is the place of a room.
func RoomPlace(room string) bot.Place { return bot.Place{Adapter: Name, ID: room} }

// DirectPlace is the place of the conversation between a person and the bot: it bears the person's id.
func DirectPlace(person string) bot.Place { return bot.Place{Adapter: Name, ID: person, Direct: true} }

// botID is the id of a post of the bot: a function of the delivery's post, so that the same delivery always meets
// the same post.
func botID(post string) string { return botPrefix + base64.RawURLEncoding.EncodeToString([]byte(post)) }

// validPostID reports whether id can be the id of a post.
func validPostID(id string) bool {
	if coded, ok := strings.CutPrefix(id, botPrefix); ok {
		_, err := base64.RawURLEncoding.DecodeString(coded)
		return err == nil && coded != ""
	}
	return validPageID(id)
}

// validPageID reports whether id can have been made by the page: a UUID, or anything else that is as plain.
func validPageID(id string) bool {
	return len(id) >= 8 && len(id) <= 64 && plain(id, "-_")
}

// validName reports whether s can be the id of a room or a person.
func validName(s string) bool {
	return s != "" && len(s) <= 64 && s != directPlace && plain(s, "-_.")
}

// plain reports whether s has only ASCII letters, digits and the given others.
func plain(s, others string) bool {
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		case !strings.ContainsRune(others, r):
			return false
		}
	}
	return true
}

// turnOf identifies what the page sent: the same id sent again is the same turn.
func turnOf(act, id string) string { return act + "/" + id }

// saidKey and sentKey name the notes of the journal; what is repeated has the same key and is written once.
func saidKey(id string) string { return "said/" + id }

func sentKey(d bot.Delivery) string {
	return bot.Compose("sent", d.Post, strconv.Itoa(d.Revision), string(d.Op))
}
