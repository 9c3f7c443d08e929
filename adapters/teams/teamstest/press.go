package teamstest

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// card is the Adaptive Card that somebody sees on a message; nil for none. The lock is held, as in all of these.
func (m *message) card(user string) object {
	if card := m.views[user]; card != nil {
		return card
	}
	list, _ := m.post["attachments"].([]any)
	for _, a := range list {
		if word(a, "contentType") == adaptiveType {
			card, _ := at(a, "content").(object)
			return card
		}
	}
	return nil
}

// walk visits every object of a card, outer ones first.
func walk(v any, visit func(object)) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			walk(e, visit)
		}
	case object:
		visit(v)
		for _, key := range []string{"body", "items", "columns", "rows", "cells", "images", "inlines", "selectAction", "inlineAction", "actions", "card"} {
			walk(v[key], visit)
		}
	}
}

// ofType are the objects of a card whose type begins with something.
func ofType(card object, prefix string) []object {
	var all []object
	walk(card, func(o object) {
		if kind := word(o, "type"); len(kind) > len(prefix) && kind[:len(prefix)] == prefix {
			all = append(all, o)
		}
	})
	return all
}

// findAction is the action of a card with a title, or the only one where the title is empty.
func findAction(card object, title string) object {
	for _, a := range ofType(card, "Action.") {
		if word(a, "title") == title || title == "" && (a["type"] == "Action.Submit" || a["type"] == "Action.Execute") {
			return a
		}
	}
	return nil
}

// filled are the values that go along with an action, and what the client complains about by the id of the input. Inputs that
// are not given keep the value they show.
func filled(card, action object, given map[string]string) (object, map[string]string) {
	values, faults := object{}, map[string]string{}
	if action["associatedInputs"] == "none" {
		return values, faults
	}
	known := map[string]bool{}
	for _, in := range ofType(card, "Input.") {
		id := word(in, "id")
		known[id] = true
		value, ok := given[id]
		if !ok {
			value = word(in, "value")
			if in["type"] == "Input.Toggle" && value == "" {
				value = orElse(word(in, "valueOff"), "false")
			}
		}
		if why := wrong(in, value); why != "" {
			faults[id] = orElse(word(in, "errorMessage"), why)
		}
		values[id] = value
	}
	for id := range given {
		if !known[id] {
			faults[id] = "there is no such input"
		}
	}
	return values, faults
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// wrong is why the client does not take a value; empty if it does.
func wrong(in object, value string) string {
	if value == "" {
		if in["isRequired"] == true {
			return "required"
		}
		return ""
	}
	if longest, ok := in["maxLength"].(float64); ok && float64(len([]rune(value))) > longest {
		return "too long"
	}
	if kind := in["type"]; kind == "Input.Date" || kind == "Input.Time" || kind == "Input.Number" {
		return unlike(fmt.Sprint(kind), in, value)
	}
	if pattern := word(in, "regex"); pattern != "" {
		if r, err := regexp.Compile(pattern); err == nil && !r.MatchString(value) {
			return "not in the form asked for"
		}
	}
	if choices, ok := in["choices"].([]any); ok && in["isMultiSelect"] != true {
		if !slices.ContainsFunc(choices, func(c any) bool { return word(c, "value") == value }) {
			return "none of the choices"
		}
	}
	return ""
}

// unlike is why a value is no date, time or number, or none that is allowed; empty if it is one.
func unlike(kind string, in object, value string) string {
	if kind == "Input.Number" {
		n, err := strconv.ParseFloat(value, 64)
		low, hasLow := in["min"].(float64)
		high, hasHigh := in["max"].(float64)
		if err != nil || hasLow && n < low || hasHigh && n > high {
			return "no such number"
		}
		return ""
	}
	layout := map[string]string{"Input.Date": time.DateOnly, "Input.Time": "15:04"}[kind]
	_, err := time.Parse(layout, value)
	if low, high := word(in, "min"), word(in, "max"); err != nil || low != "" && value < low || high != "" && value > high {
		return "no such time"
	}
	return ""
}

// Press is a press on an action of a card.
type Press struct {
	By string
	At string // the conversation, or a thread of it
	// ID is the message; empty for the newest one that shows the action.
	ID string
	// Label is the title of the action.
	Label string
	// Inputs are what is filled in before, by the ids of the inputs.
	Inputs map[string]string
}

// Press has somebody press an action on a card: Action.Execute becomes an invoke, Action.Submit a message with a value or, for
// task/fetch, an invoke that asks for a dialog. Everything else stays in the client.
func (s *Server) Press(p Press) Act {
	return s.act(func() (Act, []*delivery) {
		conv, u, no := s.room(p.At, p.By)
		if no != "" {
			return Act{Refused: no}, nil
		}
		m, action := s.shows(conv, u.ID, p)
		if action == nil {
			return Act{Refused: "no such button"}, nil
		}
		if action["isEnabled"] == false {
			return Act{Refused: "the button is off"}, nil
		}
		card := m.card(u.ID)
		values, faults := filled(card, action, p.Inputs)
		if len(faults) > 0 {
			return Act{ID: m.id, Refused: fmt.Sprintf("inputs: %v", faults)}, nil
		}
		if data, ok := action["data"].(object); ok {
			both := clone(data)
			for id, v := range values {
				both[id] = v
			}
			values = both
		}
		return Act{ID: m.id}, s.pressed(conv, m, u, action, values)
	})
}

// shows finds the newest message that shows somebody an action.
func (s *Server) shows(conv *conversation, user string, p Press) (*message, object) {
	_, root := threaded(p.At)
	for _, m := range slices.Backward(conv.messages) {
		if m.deleted || p.ID != "" && m.id != p.ID || root != "" && m.root != root {
			continue
		}
		if a := findAction(m.card(user), p.Label); a != nil {
			return m, a
		}
	}
	return nil, nil
}

func (s *Server) pressed(conv *conversation, m *message, u *User, action, values object) []*delivery {
	switch action["type"] {
	case "Action.Execute":
		run := object{"type": "Action.Execute", "verb": action["verb"], "data": values}
		for _, key := range []string{"id", "title"} {
			if action[key] != nil {
				run[key] = action[key]
			}
		}
		return []*delivery{s.execute(conv, m, u, run, "manual")}
	case "Action.Submit":
		return []*delivery{s.submit(conv, m, u, values)}
	}
	return nil // links, cards and toggles stay in the client
}

// fromCard makes an activity that comes from a message.
func (s *Server) fromCard(kind string, conv *conversation, m *message, u *User) object {
	a := s.base(kind, conv, m.root, u)
	a["replyToId"] = m.id
	data := a["channelData"].(object)
	data["source"], data["legacy"] = object{"name": "message"}, object{"replyToId": "1:" + m.id}
	return a
}

// execute is an Action.Execute on its way. Trigger is "manual", or "automatic" for a refresh.
func (s *Server) execute(conv *conversation, m *message, u *User, run object, trigger string) *delivery {
	a := s.fromCard("invoke", conv, m, u)
	a["name"], a["value"] = "adaptiveCard/action", object{"action": run, "trigger": trigger}
	d := newDelivery(a)
	d.card = true
	d.answer = func(d *delivery, h *Heard) { s.answeredCard(d, h, conv, m, u) }
	return d
}

// submit is an Action.Submit on its way, by what its data asks for.
func (s *Server) submit(conv *conversation, m *message, u *User, values object) *delivery {
	switch word(values, "msteams", "type") {
	case "task/fetch":
		a := s.fromCard("invoke", conv, m, u)
		a["name"], a["value"] = "task/fetch", object{"data": values, "context": object{"theme": "default"}}
		d := newDelivery(a)
		d.card = true
		d.answer = func(d *delivery, h *Heard) {
			s.answeredTask(d, h, &dialog{conv: conv, root: m.root, from: m, by: u}, false)
		}
		return d
	case "imBack", "messageBack":
		said := &message{id: s.messageID(), by: u.ID, root: m.root, created: s.now(), views: map[string]object{}}
		s.write(said, Speech{Text: orElse(word(values, "msteams", "text"), word(values, "msteams", "value")), Bare: true})
		conv.messages = append(conv.messages, said)
		a := s.messageActivity("message", conv, said)
		if value := at(values, "msteams", "value"); word(values, "msteams", "type") == "messageBack" && value != nil {
			a["value"] = value
		}
		return newDelivery(a)
	}
	a := s.fromCard("message", conv, m, u)
	a["value"] = values
	d := newDelivery(a)
	d.card = true
	return d
}

// View has somebody look at a card that refreshes itself for them: Teams invokes its refresh action, if the person is one of
// those it is for.
func (s *Server) View(by, conversation, id string) Act {
	return s.act(func() (Act, []*delivery) {
		conv, u, no := s.room(conversation, by)
		if no != "" {
			return Act{Refused: no}, nil
		}
		m := conv.find(id)
		if m == nil || m.deleted {
			return Act{Refused: "no such message"}, nil
		}
		refresh, _ := m.card(u.ID)["refresh"].(object)
		users, _ := refresh["userIds"].([]any)
		if refresh == nil || !slices.ContainsFunc(users, func(v any) bool { return v == u.ID }) {
			return Act{ID: id}, nil
		}
		action, _ := refresh["action"].(object)
		run := object{"type": "Action.Execute", "verb": action["verb"], "data": action["data"]}
		return Act{ID: id}, []*delivery{s.execute(conv, m, u, run, "automatic")}
	})
}
