package slack

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// health is what an operator should know: whether Slack takes the token, whether something can come in, and which rooms are
// out of reach.
type health struct {
	mu      sync.Mutex
	sockets bool              // Socket Mode is used
	open    int               // connections
	last    string            // why there is none
	auth    string            // Slack's code for a token that it does not take, or a scope that is missing
	rooms   map[string]string // Slack's code by room
	watched map[string]bool
}

func (h *health) begin(c Config) {
	h.sockets, h.rooms, h.watched = c.AppToken != "", map[string]string{}, map[string]bool{}
	for _, r := range c.Rooms {
		h.watched[r] = true
	}
}

// api notes how a call with the bot's token went.
func (h *health) api(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	code := codeOf(err)
	switch {
	case isAuth(code), isScope(code):
		h.auth = code
	case err == nil, code != "" && !isLimit(code) && !isOutage(code):
		h.auth = "" // a refusal for another reason shows that the token was taken
	}
}

// revoked notes that Slack took the token away.
func (h *health) revoked(code string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.auth = code
}

// room notes how a call about a room went.
func (h *health) room(channel string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch code := codeOf(err); {
	case !h.watched[channel]:
	case err == nil:
		delete(h.rooms, channel)
	case code == "not_in_channel" || code == "channel_not_found" || code == "is_archived":
		h.rooms[channel] = code
	}
}

// connected notes that a connection was opened, and reports whether it is the only one.
func (h *health) connected() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open++
	return h.open == 1
}

// disconnected notes that a connection was lost, and reports whether it was the last one.
func (h *health) disconnected() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open--
	return h.open == 0
}

// refused notes why a connection could not be opened.
func (h *health) refused(reason string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last = reason
}

// at is Slack's code for why nothing can be said in a room; empty for nothing.
func (h *health) at(room string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return orElse(h.auth, h.rooms[room])
}

// trouble says what is wrong; empty for nothing.
func (h *health) trouble() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var faults []string
	if h.auth != "" {
		faults = append(faults, explain(h.auth))
	}
	if h.sockets && h.open == 0 {
		text := "no connection to Slack (Socket Mode)"
		if h.last != "" {
			text += ": " + h.last
		}
		faults = append(faults, text)
	}
	for _, room := range slices.Sorted(maps.Keys(h.rooms)) {
		faults = append(faults, fmt.Sprintf("room %s: %s", room, explain(h.rooms[room])))
	}
	return strings.Join(faults, "; ")
}

// explain says what a code of Slack means and what to do.
func explain(code string) string {
	texts := map[string]string{
		"invalid_auth":           "Slack does not know the token: copy the bot token anew (OAuth & Permissions)",
		"not_authed":             "the token is missing: write slack.bot_token",
		"token_revoked":          "the token was revoked: install the app again (Install App) and copy the new one",
		"token_expired":          "token rotation was switched on, which cannot be undone: make a new app from the manifest",
		"account_inactive":       "the app was removed from the workspace: install it again (Install App)",
		"missing_scope":          "a scope is missing: bring the app's manifest up to date (standleitung manifest slack) and install the app again",
		"not_allowed_token_type": "the token is of the wrong kind: bot_token begins with xoxb-, app_token with xapp-",
		"not_in_channel":         "the bot is not in it: /invite it there",
		"channel_not_found":      "it does not exist, or is private and the bot is not in it: check the id, /invite the bot",
		"is_archived":            "it is archived: unarchive it, or take it out of the configuration",
		"forbidden_team":         "Socket Mode is not allowed in this workspace",
		"link_disabled":          "Socket Mode is switched off: switch it on (Socket Mode)",
	}
	if text := texts[code]; text != "" {
		return code + ": " + text
	}
	return code
}
