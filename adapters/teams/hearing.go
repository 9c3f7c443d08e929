package teams

import (
	"sync"

	"standleitung/bot"
)

var (
	_ bot.Watcher  = (*Adapter)(nil)
	_ bot.Listener = (*Adapter)(nil)
)

// mentionsOnly is the code for a team or chat whose owner has not consented: what does not mention the bot stays unheard.
const mentionsOnly = "mentions_only"

// hearing is how well the rooms are heard.
type hearing struct {
	mu    sync.Mutex
	codes map[string]string // why a history cannot be read; empty for one that can
	all   map[string]bool   // rooms in which something was heard that did not mention the bot
}

// history notes how reading a history went, and reports whether that is news.
func (h *hearing) history(room, code string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	before := h.codes[room]
	if h.codes == nil {
		h.codes = map[string]string{}
	}
	h.codes[room] = code
	if code == mentionsOnly && before != code {
		delete(h.all, room) // what was heard before was heard with consent
	}
	return before != code
}

// heard notes that something was heard in a room that did not mention the bot.
func (h *hearing) heard(room string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.all == nil {
		h.all = map[string]bool{}
	}
	h.all[room] = true
}

// of is the code of what is not heard in a room; empty for nothing.
func (h *hearing) of(room string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch code := h.codes[room]; {
	case code == "":
		return ""
	case code == mentionsOnly && !h.all[room]:
		return mentionsOnly
	}
	return "no_history"
}

// Hearing implements [bot.Listener].
func (a *Adapter) Hearing(p bot.Place) string { return a.hearing.of(p.ID) }

// Trouble implements [bot.Watcher].
func (a *Adapter) Trouble(p bot.Place) string { return a.health.at(p.ID) }
