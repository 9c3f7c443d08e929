package teamstest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Outcome is what somebody sees of the answer to an action.
type Outcome struct {
	// Kind is "card" for another card in place of the one before, "message", "error", "dialog", "closed" for a dialog that went
	// away, "inserted" for a card in the box where they write.
	Kind   string
	Text   string // of a message or an error
	Code   string // of an error
	Dialog *Dialog
	Card   map[string]any
}

// malformed is an answer that Teams does not understand: the person reads "Unable to reach app", and Teams tries again.
func (s *Server) malformed(d *delivery, h *Heard, format string, args ...any) {
	h.Acked, h.Reason = false, "malformed"
	s.record(fmt.Sprint(d.activity["name"]), "the answer: "+fmt.Sprintf(format, args...))
}

// body is the answer as an object, or nil when it is malformed. An invoke is answered with 200 and a JSON object.
func (s *Server) body(d *delivery, h *Heard) object {
	body, ok := h.Body.(object)
	switch {
	case h.Status != http.StatusOK:
		s.malformed(d, h, "status %d, want 200", h.Status)
		return nil
	case !ok:
		s.malformed(d, h, "it is no JSON object")
		return nil
	}
	return body
}

// answerCard looks at a card in an answer.
func (s *Server) answerCard(d *delivery, card object, dialog bool) string {
	k := &cardCheck{dialog: dialog, breach: func(format string, args ...any) {
		s.record(fmt.Sprint(d.activity["name"]), "the card: "+fmt.Sprintf(format, args...))
	}}
	k.card(card, false)
	if k.refused == "" {
		if no := s.checkCardMentions(k, nil, card); no != nil {
			return no.text
		}
	}
	return k.refused
}

// The types of answers to adaptiveCard/action, from "Universal Action Model", with the status that goes with each.
var cardAnswers = map[string][]float64{
	adaptiveType: {200},
	"application/vnd.microsoft.activity.message":         {200},
	"application/vnd.microsoft.error":                    {400, 500},
	"application/vnd.microsoft.activity.loginRequest":    {401},
	"application/vnd.microsoft.error.incorrectAuthCode":  {401},
	"application/vnd.microsoft.error.preconditionFailed": {412},
}

// answeredCard takes the answer to an Action.Execute.
func (s *Server) answeredCard(d *delivery, h *Heard, conv *conversation, m *message, u *User) {
	body := s.body(d, h)
	if body == nil {
		return
	}
	kind := word(body, "type")
	code, _ := body["statusCode"].(float64)
	allowed, ok := cardAnswers[kind]
	switch {
	case !ok:
		s.malformed(d, h, "type %q", kind)
		return
	case !slices.Contains(allowed, code):
		s.malformed(d, h, "statusCode %v does not go with %s", body["statusCode"], kind)
		return
	}
	for key := range body {
		if key != "type" && key != "statusCode" && key != "value" {
			s.record("adaptiveCard/action", fmt.Sprintf("the answer: %q is not part of it", key))
		}
	}
	switch kind {
	case adaptiveType:
		card, ok := body["value"].(object)
		if !ok {
			s.malformed(d, h, "value is no card")
			return
		}
		if no := s.answerCard(d, card, false); no != "" {
			s.malformed(d, h, "%s", no)
			return
		}
		m.views[u.ID] = card
		d.out = Outcome{Kind: "card", Card: card}
	case "application/vnd.microsoft.activity.message":
		text, _ := body["value"].(string)
		if strings.TrimSpace(text) == "" {
			s.malformed(d, h, "value is no text")
			return
		}
		d.out = Outcome{Kind: "message", Text: text}
	default:
		text := word(body, "value", "message")
		if code < 500 && code != 401 && (text == "" || word(body, "value", "code") == "") {
			s.malformed(d, h, "value has no code and message")
			return
		}
		d.out = Outcome{Kind: "error", Text: text, Code: word(body, "value", "code")}
	}
}

// answeredTask takes the answer to task/fetch or task/submit. Only the latter may be empty: the dialog closes.
func (s *Server) answeredTask(d *delivery, h *Heard, from *dialog, mayBeEmpty bool) {
	body, _ := h.Body.(object)
	if mayBeEmpty && len(body) == 0 && h.Status/100 == 2 {
		s.dismissed(d, from)
		return
	}
	if body = s.body(d, h); body == nil {
		return
	}
	task, ok := body["task"].(object)
	if !ok {
		s.malformed(d, h, "task is missing")
		return
	}
	s.task(d, h, from, task)
}

// dismissed ends a dialog.
func (s *Server) dismissed(d *delivery, from *dialog) {
	s.shut(from.id)
	d.out = Outcome{Kind: "closed"}
}

// task opens a dialog, or shows a message in its place.
func (s *Server) task(d *delivery, h *Heard, from *dialog, task object) {
	switch task["type"] {
	case "message":
		text, _ := task["value"].(string)
		if strings.TrimSpace(text) == "" {
			s.malformed(d, h, "the message of the task is empty")
			return
		}
		s.shut(from.id)
		d.out = Outcome{Kind: "message", Text: text}
	case "continue":
		value, _ := task["value"].(object)
		next := *from
		next.id, next.title, next.url = "dialog-"+random(), word(value, "title"), word(value, "url")
		next.card = nil
		if isCard(value["card"]) {
			next.card, _ = at(value, "card", "content").(object)
		}
		if why := s.window(d, &next, value); why != "" {
			s.malformed(d, h, "%s", why)
			return
		}
		s.shut(from.id)
		s.opened = append(s.opened, &next)
		d.out = Outcome{Kind: "dialog", Dialog: next.shown()}
	default:
		s.malformed(d, h, "a task of type %v", task["type"])
	}
}

// window looks at the size, the title and the contents of a dialog.
func (s *Server) window(d *delivery, next *dialog, value object) string {
	breach := func(what string) { s.record(fmt.Sprint(d.activity["name"]), "the dialog: "+what) }
	if next.title == "" {
		breach("no title")
	}
	for _, side := range []string{"width", "height"} {
		switch size := value[side].(type) {
		case nil, float64:
		case string:
			if size != "small" && size != "medium" && size != "large" {
				breach(side + " is " + size)
			}
		}
	}
	switch {
	case next.url != "":
		return ""
	case next.card == nil:
		return "the dialog has neither a card nor an address"
	}
	return s.answerCard(d, next.card, true)
}

// answeredMenu takes the answer to composeExtension/fetchTask or submitAction.
func (s *Server) answeredMenu(d *delivery, h *Heard, from *dialog, name string) {
	body, _ := h.Body.(object)
	if name == "composeExtension/submitAction" && len(body) == 0 && h.Status/100 == 2 {
		s.dismissed(d, from)
		return
	}
	if body = s.body(d, h); body == nil {
		return
	}
	if task, ok := body["task"].(object); ok {
		s.task(d, h, from, task)
		return
	}
	extension, _ := body["composeExtension"].(object)
	switch extension["type"] {
	case "message":
		if word(extension, "text") == "" {
			s.malformed(d, h, "the message is empty")
			return
		}
		s.shut(from.id)
		d.out = Outcome{Kind: "message", Text: word(extension, "text")}
	case "result":
		list, _ := extension["attachments"].([]any)
		if len(list) == 0 || extension["attachmentLayout"] == nil {
			s.malformed(d, h, "a result needs attachments and attachmentLayout")
			return
		}
		card, _ := at(list[0], "content").(object)
		s.shut(from.id)
		d.out = Outcome{Kind: "inserted", Card: card}
	default:
		s.malformed(d, h, "neither a task nor a composeExtension of type message or result")
	}
}
