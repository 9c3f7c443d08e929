package web

import (
	"net/http"
	"strings"
	"unicode/utf8"

	"standleitung/bot"
)

// edited makes the message of a post whose author wrote it anew. It is no command, even if it was one or looks like one:
// nobody expects that the correction of a slip does something a second time.
func edited(a *Adapter, p *Person, req request) (bot.Message, error) {
	m, err := a.change("edit", bot.Edited, p, req)
	if err == nil {
		err = checkText(req.Text, len(a.chat.filesOf(m.ID)) > 0)
	}
	if err != nil {
		return m, err
	}
	files := a.chat.filesOf(m.ID)
	m.Text, m.Files = req.Text, filesOf(files)
	e := entry{ID: m.ID, Op: bot.OpEdit, Place: m.Place, Text: req.Text, Files: files, At: m.At}
	note, err := e.note(m.Turn)
	m.Notes = []bot.Note{note}
	return m, err
}

// deleted makes the message of a post that its author deleted.
func deleted(a *Adapter, p *Person, req request) (bot.Message, error) {
	m, err := a.change("delete", bot.Deleted, p, req)
	if err != nil {
		return m, err
	}
	e := entry{ID: m.ID, Op: bot.OpDelete, Place: m.Place, At: m.At, Act: req.ID}
	note, err := e.note(m.Turn)
	m.Notes = []bot.Note{note}
	return m, err
}

// change makes what the changes of a post have in common: it is in this room, it is the person's own, and it is still
// there. The deletion that comes again finds nothing left of the post, and is the same turn all the same.
func (a *Adapter) change(act string, kind bot.MessageKind, p *Person, req request) (bot.Message, error) {
	m, err := a.message(act, kind, p, req)
	if err != nil {
		return m, err
	}
	old, found := a.chat.find(req.Post, p.ID)
	switch {
	case m.Place.Direct:
		return m, &fault{http.StatusBadRequest, "rooms_only", texts().roomsOnly}
	case !found || old.top != m.Place.Top():
		return m, &fault{http.StatusNotFound, "unknown_post", texts().unknownPost}
	case !old.writtenBy(p.ID):
		return m, &fault{http.StatusForbidden, "not_yours", texts().notYours}
	case old.Deleted && old.act != req.ID:
		return m, &fault{http.StatusConflict, "deleted", texts().deleted}
	}
	m.ID, m.Place.Thread = old.ID, old.Thread
	return m, nil
}

// checkText tells what is wrong with a text that a person wrote; with files it may be empty.
func checkText(text string, files bool) error {
	switch {
	case !files && strings.TrimFunc(text, blank) == "":
		return &fault{http.StatusBadRequest, "empty", texts().empty}
	case utf8.RuneCountInString(text) > maxText:
		return &fault{http.StatusRequestEntityTooLarge, "too_long", texts().tooLong}
	}
	return nil
}
