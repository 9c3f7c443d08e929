package teamstest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Dialog is a window that the bot opened for somebody.
type Dialog struct {
	ID, Title string
	// Text is everything that can be read in it.
	Text string
	// URL is the page it shows, if it does not show a card.
	URL     string
	Card    map[string]any
	Inputs  []Input
	Buttons []Button
}

// Input is a field that can be filled in.
type Input struct {
	ID, Label, Type, Value, Placeholder string
	Required, Multiline                 bool
	Max                                 int // characters; 0 for no limit
	Choices                             []Choice
}

// Choice is one of the values of an input.
type Choice struct{ Title, Value string }

// dialog is an open one with where it comes from.
type dialog struct {
	id      string
	by      *User
	conv    *conversation
	root    string
	from    *message // whose button or menu it was
	command string   // of the menu; empty for a button
	card    object
	title   string
	url     string
}

func (d *dialog) shown() *Dialog {
	v := &Dialog{ID: d.id, Title: d.title, URL: d.url, Card: d.card}
	if d.card != nil {
		r := &reader{}
		v.Text, v.Inputs, v.Buttons = r.card(d.card), inputsOf(d.card), buttonsOf(d.card)
	}
	return v
}

// inputsOf are the fields of a card.
func inputsOf(card object) []Input {
	var all []Input
	for _, e := range ofType(card, "Input.") {
		in := Input{
			ID: word(e, "id"), Label: orElse(word(e, "label"), word(e, "title")), Type: word(e, "type"), Value: word(e, "value"),
			Placeholder: word(e, "placeholder"), Required: e["isRequired"] == true, Multiline: e["isMultiline"] == true,
		}
		if longest, ok := e["maxLength"].(float64); ok {
			in.Max = int(longest)
		}
		choices, _ := e["choices"].([]any)
		for _, c := range choices {
			in.Choices = append(in.Choices, Choice{word(c, "title"), word(c, "value")})
		}
		all = append(all, in)
	}
	return all
}

// menuValue is what an invoke from the menu of a message carries.
func (s *Server) menuValue(conv *conversation, m *message, command string) object {
	return object{
		"commandId": command, "commandContext": "message", "requestId": random(), "messagePayload": s.payload(conv, m),
		"context": object{"theme": "default"},
	}
}

// Shortcut has somebody use an action of the app in the menu of a message. It asks for a dialog where the manifest says so.
func (s *Server) Shortcut(by, conversation, id, command string) Act {
	return s.act(func() (Act, []*delivery) {
		conv, u, no := s.room(conversation, by)
		i := slices.IndexFunc(s.config.Commands, func(c Command) bool { return c.ID == command })
		if no == "" && i < 0 {
			no = "no such command"
		}
		if no != "" {
			return Act{Refused: no}, nil
		}
		m := conv.find(id)
		if m == nil || m.deleted {
			return Act{Refused: "no such message"}, nil
		}
		d := &dialog{conv: conv, root: m.root, from: m, by: u, command: command}
		name := "composeExtension/submitAction"
		if s.config.Commands[i].Fetch {
			name = "composeExtension/fetchTask"
		}
		return Act{ID: id}, []*delivery{s.menu(d, name, s.menuValue(conv, m, command))}
	})
}

func (s *Server) menu(from *dialog, name string, value object) *delivery {
	a := s.base("invoke", from.conv, from.root, from.by)
	a["name"], a["value"] = name, value
	a["channelData"].(object)["source"] = object{"name": "message"}
	d := newDelivery(a)
	d.card = true
	d.answer = func(d *delivery, h *Heard) { s.answeredMenu(d, h, from, name) }
	return d
}

// payload is a message as invokes from its menu carry it.
func (s *Server) payload(conv *conversation, m *message) object {
	base := conv.ID
	o := object{
		"id": m.id, "replyToId": nil, "createdDateTime": stamp(m.created), "lastModifiedDateTime": nil, "deleted": false, "summary": nil,
		"importance": "normal", "locale": "de-de", "linkToMessage": "https://teams.microsoft.com/l/message/" + base + "/" + m.id,
		"from": s.payloadFrom(m), "mentions": []any{}, "attachments": []any{}, "reactions": []any{},
		"body": object{"contentType": "html", "content": m.html},
	}
	if m.html == "" {
		o["body"] = object{"contentType": "text", "content": m.text}
	}
	if m.root != "" && m.root != m.id {
		o["replyToId"] = m.root
	}
	if !m.changed.IsZero() {
		o["lastModifiedDateTime"] = stamp(m.changed)
	}
	var reactions []any
	for _, r := range m.reactions {
		for _, by := range r.users {
			reactions = append(reactions, object{"reactionType": r.kind, "createdDateTime": stamp(m.created), "user": identity(s.user(by))})
		}
	}
	if reactions != nil {
		o["reactions"] = reactions
	}
	if m.ours() {
		s.payloadPost(o, m)
	}
	return o
}

func (s *Server) payloadPost(o object, m *message) {
	text, _ := m.post["text"].(string)
	o["body"] = object{"contentType": "html", "content": text}
	list, _ := m.post["attachments"].([]any)
	var all []any
	for i, a := range list {
		raw, _ := json.Marshal(at(a, "content"))
		id := fmt.Sprintf("%s-%d", m.id, i)
		all = append(all, object{"id": id, "contentType": word(a, "contentType"), "contentUrl": nil, "content": string(raw), "name": nil, "thumbnailUrl": nil})
		o["body"] = object{"contentType": "html", "content": `<attachment id="` + id + `"></attachment>`}
	}
	if all != nil {
		o["attachments"] = all
	}
}

func (s *Server) payloadFrom(m *message) object {
	from := object{"device": nil, "conversation": nil, "user": nil, "application": nil}
	if m.ours() {
		from["application"] = object{"applicationIdentityType": "bot", "id": s.config.AppID, "displayName": BotName}
		return from
	}
	from["user"] = identity(s.user(m.by))
	return from
}

func identity(u *User) object {
	if u == nil {
		return nil
	}
	return object{"userIdentityType": "aadUser", "id": u.ObjectID, "displayName": u.Name}
}

// SubmitDialog has somebody send a dialog with a button, by its title; empty for the first one that sends. The dialog stays open
// when the client does not take the fields or the bot does not take the act.
func (s *Server) SubmitDialog(by, id, button string, inputs map[string]string) Act {
	return s.act(func() (Act, []*delivery) {
		i := slices.IndexFunc(s.opened, func(d *dialog) bool { return d.id == id })
		if i < 0 || s.opened[i].by != s.user(by) {
			return Act{Refused: "no such dialog"}, nil
		}
		d := s.opened[i]
		action := findAction(d.card, button)
		if action == nil {
			return Act{Refused: "no such button"}, nil
		}
		values, faults := filled(d.card, action, inputs)
		if len(faults) > 0 {
			return Act{Refused: fmt.Sprintf("inputs: %v", faults)}, nil
		}
		if data, ok := action["data"].(object); ok {
			for key, v := range data {
				if _, taken := values[key]; !taken {
					values[key] = v
				}
			}
		}
		if d.command != "" {
			value := s.menuValue(d.conv, d.from, d.command)
			value["data"] = values
			return Act{}, []*delivery{s.menu(d, "composeExtension/submitAction", value)}
		}
		a := s.fromCard("invoke", d.conv, d.from, d.by)
		a["name"], a["value"] = "task/submit", object{"data": values, "context": object{"theme": "default"}}
		sent := newDelivery(a)
		sent.card = true
		sent.answer = func(sent *delivery, h *Heard) { s.answeredTask(sent, h, d, true) }
		return Act{}, []*delivery{sent}
	})
}

// CloseDialog has somebody close a dialog. The bot is not told.
func (s *Server) CloseDialog(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shut(id)
}

func (s *Server) shut(id string) {
	s.opened = slices.DeleteFunc(s.opened, func(d *dialog) bool { return d.id == id })
}

// Dialogs are the open ones of somebody, oldest first.
func (s *Server) Dialogs(user string) []Dialog {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Dialog
	for _, d := range s.opened {
		if d.by == s.user(user) {
			all = append(all, *d.shown())
		}
	}
	return all
}

// isCard says whether an attachment is an Adaptive Card.
func isCard(v any) bool { return strings.EqualFold(word(v, "contentType"), adaptiveType) }
