package web

import (
	"net/http"
	"slices"

	"standleitung/bot"
)

// opReact is the operation of an entry that says that somebody put an emoji on a post, or took it away. One of nobody is the
// bot's, which shows one emoji at most.
const opReact = bot.OpReact

// botReacts stands for the bot among those who put an emoji on a post: nobody has this id.
const botReacts = ""

// reactVersion is that of such entries: programs that do not know them pass them over.
const reactVersion = 2

// emojis are what the page offers.
func emojis() []string { return []string{"👍", "❤️", "😂", "🎉", "👀", "✅"} }

// tally is who put an emoji on a post, in the order in which they did.
type tally struct {
	Emoji string   `json:"emoji"`
	By    []string `json:"by"` // ids of people
}

// reacted makes the message of an emoji that somebody put on a post in a room, or took away. It lands in the journal with
// its effect.
func reacted(a *Adapter, p *Person, req request) (bot.Message, error) {
	m, _, err := a.on("react", bot.Reacted, p, req)
	if err != nil {
		return m, err
	}
	if !slices.Contains(emojis(), req.Emoji) {
		return m, &fault{http.StatusBadRequest, "bad_request", texts().badRequest}
	}
	m.Reaction, m.Removed = req.Emoji, req.Removed
	e := entry{
		Version: reactVersion, ID: m.ID, Op: opReact, Place: m.Place, From: &author{ID: p.ID, Name: p.Name}, At: m.At, Emoji: req.Emoji, Removed: req.Removed,
	}
	note, err := e.note(m.Turn)
	m.Notes = []bot.Note{note}
	return m, err
}

// shortcut makes the message of a shortcut that somebody used on a post in a room.
func shortcut(a *Adapter, p *Person, req request) (bot.Message, error) {
	m, post, err := a.on("shortcut", bot.Pressed, p, req)
	if err != nil {
		return m, err
	}
	if !slices.ContainsFunc(bot.Shortcuts(), func(s bot.Shortcut) bool { return s.Do == req.Do }) {
		return m, &fault{http.StatusBadRequest, "bad_request", texts().badRequest}
	}
	m.Do = req.Do
	m.Subject = &bot.Subject{Place: m.Place, ID: post.ID, Text: post.Text, At: post.At}
	if post.From != nil && post.From.ID != "" {
		m.Subject.From = bot.Identity{Adapter: Name, ID: post.From.ID, Name: post.From.Name}
		if writer := a.people[post.From.ID]; writer != nil {
			m.Subject.From = identity(writer)
		}
	}
	return m, nil
}

// on makes what the acts on a post have in common: it is in this room, everybody there sees it, and it is still there.
func (a *Adapter) on(act string, kind bot.MessageKind, p *Person, req request) (bot.Message, *post, error) {
	m, err := a.message(act, kind, p, req)
	if err != nil {
		return m, nil, err
	}
	post, found := a.chat.find(req.Post, p.ID)
	switch {
	case m.Place.Direct:
		return m, nil, &fault{http.StatusBadRequest, "rooms_only", texts().reactRooms}
	case !found || post.top != m.Place.Top() || post.Private:
		return m, nil, &fault{http.StatusNotFound, "unknown_post", texts().unknownPost}
	case post.Deleted:
		return m, nil, &fault{http.StatusConflict, "deleted", texts().deleted}
	}
	m.ID, m.Place.Thread = post.ID, post.Thread
	return m, post, nil
}

// reacts returns what the reactions to a post become by an entry, and whether they change. What was handed out before
// stays as it is.
func (p *post) reacts(e entry) ([]tally, bool) {
	if e.From == nil {
		return p.botReacts(e.Emoji)
	}
	if e.From.ID == "" || e.Emoji == "" {
		return nil, false
	}
	all := slices.Clone(p.Reactions)
	i := slices.IndexFunc(all, func(t tally) bool { return t.Emoji == e.Emoji })
	if i < 0 {
		if e.Removed {
			return nil, false
		}
		return append(all, tally{e.Emoji, []string{e.From.ID}}), true
	}
	at := slices.Index(all[i].By, e.From.ID)
	if (at >= 0) != e.Removed {
		return nil, false
	}
	by := slices.Clone(all[i].By)
	if !e.Removed {
		by = append(by, e.From.ID)
	} else if by = slices.Delete(by, at, at+1); len(by) == 0 {
		return slices.Delete(all, i, i+1), true
	}
	all[i].By = by
	return all, true
}

// botReacts is [post.reacts] for the bot, whose emoji takes the place of the one it had put there; empty for none.
func (p *post) botReacts(emoji string) ([]tally, bool) {
	var all []tally
	put := emoji == ""
	for _, t := range p.Reactions {
		by := slices.DeleteFunc(slices.Clone(t.By), func(id string) bool { return id == botReacts })
		if t.Emoji == emoji {
			by, put = append(by, botReacts), true
		}
		if len(by) > 0 {
			all = append(all, tally{t.Emoji, by})
		}
	}
	if !put {
		all = append(all, tally{emoji, []string{botReacts}})
	}
	return all, true
}
