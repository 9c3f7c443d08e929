package slacktest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// who is a person as interactions name them.
func (s *Server) who(id string) object {
	u := s.user(id)
	return object{"id": u.ID, "username": u.Name, "name": u.Name, "team_id": u.Team}
}

// interaction makes the delivery of a payload with what all have in common.
func (s *Server) interaction(kind, user string, payload object) *delivery {
	maps.Copy(payload, object{
		"type": kind, "user": s.who(user), "api_app_id": AppID, "token": "verification", "team": object{"id": TeamID, "domain": "nordpumpe"},
		"enterprise": nil, "is_enterprise_install": false,
	})
	return &delivery{kind: interactive, payload: payload, first: make(chan Heard, 1)}
}

// Press has somebody press the button, by its label or action id, on a message.
func (s *Server) Press(user, channel, ts, button string) Act {
	return s.Choose(user, channel, ts, button, "")
}

// Choose has somebody use an element of a message, by label or action id: a button with an empty value, a menu with the
// value of an option, a picker with what it holds.
func (s *Server) Choose(user, channel, ts, element, value string) Act {
	return s.act(func() (Act, []*delivery) {
		ch := s.channel(channel)
		if ch == nil || !ch.member(user) {
			return Act{Refused: "not_in_channel"}, nil
		}
		i := slices.IndexFunc(ch.messages, func(m *message) bool { return m.ts == ts && (m.only == "" || m.only == user) })
		if i < 0 {
			return Act{Refused: "message_not_found"}, nil
		}
		m := ch.messages[i]
		action := s.action(m.blocks, element, value)
		if action == nil || !m.app {
			return Act{Refused: "no_such_element"}, nil
		}
		container := object{"type": "message", "message_ts": m.ts, "channel_id": ch.ID, "is_ephemeral": m.only != ""}
		if m.thread != "" && m.thread != m.ts {
			container["thread_ts"] = m.thread
		}
		trigger := s.newTrigger(user, "")
		payload := object{
			"actions": []any{action}, "container": container, "trigger_id": trigger, "channel": object{"id": ch.ID, "name": ch.Name},
			"state": object{"values": initialValues(object{"blocks": m.blocks})}, "response_url": s.newResponseURL(ch, user, m.ts, m.thread),
		}
		if m.only == "" { // of an ephemeral message the app gets no text back
			payload["message"] = s.messageObject(m)
		}
		return Act{TS: m.ts, Trigger: trigger}, s.tell(s.interaction("block_actions", user, payload))
	})
}

// PressHome has somebody press a button of their home tab or, in a modal, of the one on top.
func (s *Server) PressHome(user, button string) Act {
	return s.act(func() (Act, []*delivery) {
		v := s.homes[user]
		if stack := s.stack(user); len(stack) > 0 {
			v = stack[len(stack)-1]
		}
		if v == nil {
			return Act{Refused: "no_view"}, nil
		}
		blocks, _ := v.definition["blocks"].([]any)
		action := s.action(blocks, button, "")
		if action == nil {
			return Act{Refused: "no_such_element"}, nil
		}
		trigger := s.newTrigger(user, v.id)
		return Act{Trigger: trigger}, s.tell(s.interaction("block_actions", user, object{
			"actions": []any{action}, "container": object{"type": "view", "view_id": v.id}, "trigger_id": trigger, "view": s.viewObject(v),
		}))
	})
}

// action is the use of an element that has a label or an action id; nil when there is none.
func (s *Server) action(blocks []any, element, value string) object {
	for _, b := range blocks {
		block, _ := b.(object)
		for _, e := range elementsOf(block) {
			if e["action_id"] != element && textOf(e["text"]) != element && textOf(e["placeholder"]) != element {
				continue
			}
			a := object{"action_id": e["action_id"], "block_id": block["block_id"], "type": e["type"], "action_ts": s.stamp()}
			if e["type"] == "button" {
				a["text"] = e["text"]
				if e["value"] != nil {
					a["value"] = e["value"]
				}
				if e["style"] != nil {
					a["style"] = e["style"]
				}
				return a
			}
			maps.Copy(a, filled(e, value))
			return a
		}
	}
	return nil
}

// textOf is the text of a text object; empty for anything else.
func textOf(v any) string {
	o, _ := v.(object)
	text, _ := o["text"].(string)
	return text
}

// filled is the state of an element with a value: an option's for menus, words for inputs. An empty value is nothing.
func filled(e object, value string) object {
	kind := fmt.Sprint(e["type"])
	key, _ := stateKey(kind)
	if kind == "overflow" {
		key = "selected_option"
	}
	o := object{"type": kind, key: nil}
	switch key {
	case "selected_option":
		for _, option := range optionsOf(e) {
			if option["value"] == value {
				o[key] = option
			}
		}
	case "selected_options":
		chosen := []any{}
		for _, option := range optionsOf(e) {
			if slices.Contains(strings.Split(value, ","), fmt.Sprint(option["value"])) {
				chosen = append(chosen, option)
			}
		}
		o[key] = chosen
	case "selected_users":
		o[key] = strings.FieldsFunc(value, func(r rune) bool { return r == ',' })
	case "selected_date_time":
		if n, err := json.Number(value).Int64(); err == nil {
			o[key] = n
		}
	default:
		if value != "" {
			o[key] = value
		}
	}
	return o
}

func optionsOf(e object) []object {
	var all []object
	take := func(v any) {
		list, _ := v.([]any)
		for _, o := range list {
			if option, ok := o.(object); ok {
				all = append(all, option)
			}
		}
	}
	take(e["options"])
	groups, _ := e["option_groups"].([]any)
	for _, g := range groups {
		if o, ok := g.(object); ok {
			take(o["options"])
		}
	}
	return all
}

// Shortcut has somebody use a global shortcut or, with a channel and a ts, one of a message.
func (s *Server) Shortcut(user, callback, channel, ts string) Act {
	return s.act(func() (Act, []*delivery) {
		trigger := s.newTrigger(user, "")
		payload := object{"callback_id": callback, "trigger_id": trigger, "action_ts": s.stamp()}
		if channel == "" {
			return Act{Trigger: trigger}, s.tell(s.interaction("shortcut", user, payload))
		}
		ch := s.channel(channel)
		if ch == nil || !ch.member(user) {
			return Act{Refused: "not_in_channel"}, nil
		}
		m := ch.find(ts)
		if m == nil {
			return Act{Refused: "message_not_found"}, nil
		}
		payload["channel"] = object{"id": ch.ID, "name": ch.Name}
		payload["message"], payload["message_ts"] = s.messageObject(m), m.ts
		payload["response_url"] = s.newResponseURL(ch, user, m.ts, m.thread)
		return Act{TS: ts, Trigger: trigger}, s.tell(s.interaction("message_action", user, payload))
	})
}

// Submit has somebody send the modal on top with values by block id, action id or label. What is not named stays as it
// is. Slack itself refuses a form with an empty field that is not optional.
func (s *Server) Submit(user string, values map[string]string) Act {
	var answered map[string]string
	a := s.act(func() (Act, []*delivery) {
		stack := s.stack(user)
		if len(stack) == 0 {
			return Act{Refused: "no_view"}, nil
		}
		v := stack[len(stack)-1]
		if faults, unknown := s.fill(v, values); len(unknown) > 0 {
			return Act{Refused: "no_such_field: " + strings.Join(unknown, ", ")}, nil
		} else if len(faults) > 0 {
			return Act{Errors: faults, Refused: "incomplete"}, nil
		}
		trigger := s.newTrigger(user, v.id)
		d := s.interaction("view_submission", user, object{"view": s.viewObject(v), "trigger_id": trigger, "response_urls": []any{}})
		d.accepts = true
		d.heard = func(h Heard) { answered = s.respond(v, h.Answer) }
		return Act{Trigger: trigger}, s.tell(d)
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	if answered != nil {
		a.Errors = answered
	}
	return a
}

// fill puts values into a view. It returns Slack's own complaints by block id, and the values that have no field.
func (s *Server) fill(v *view, values map[string]string) (complaints map[string]string, unknown []string) {
	complaints = map[string]string{}
	used := map[string]bool{}
	blocks, _ := v.definition["blocks"].([]any)
	for _, b := range blocks {
		block, _ := b.(object)
		for _, e := range elementsOf(block) {
			key, _ := stateKey(fmt.Sprint(e["type"]))
			if key == "" {
				continue
			}
			blockID, actionID := fmt.Sprint(block["block_id"]), fmt.Sprint(e["action_id"])
			for _, name := range []string{blockID, actionID, textOf(block["label"])} {
				if value, ok := values[name]; ok {
					v.values[blockID].(object)[actionID] = filled(e, value)
					used[name] = true
					break
				}
			}
			state := v.values[blockID].(object)[actionID].(object)[key]
			if c := complaint(block, e, state); c != "" {
				complaints[blockID] = c
			}
		}
	}
	for name := range values {
		if !used[name] {
			unknown = append(unknown, name)
		}
	}
	return complaints, unknown
}

// complaint is what Slack's client says of a value; empty for nothing.
func complaint(block, e object, state any) string {
	text, isText := state.(string)
	empty := state == nil || (isText && strings.TrimSpace(text) == "")
	if list, ok := state.([]any); ok {
		empty = len(list) == 0
	}
	n := float64(utf8.RuneCountInString(text))
	least, _ := e["min_length"].(float64)
	most, limited := e["max_length"].(float64)
	switch {
	case block["type"] == "input" && empty && block["optional"] != true:
		return "Please complete this required field."
	case isText && !empty && n < least:
		return fmt.Sprintf("Please enter at least %v characters.", least)
	case isText && limited && n > most, isText && n > 3000:
		return "Please shorten this text."
	}
	return ""
}

// respond does what the app answered to a submission and returns its complaints, by block id.
func (s *Server) respond(v *view, answer object) map[string]string {
	kind, _ := answer["response_action"].(string)
	definition, _ := answer["view"].(object)
	switch kind {
	case "errors":
		return s.complaints(v, answer)
	case "clear":
		for _, o := range s.stack(v.user) {
			o.closed = true
		}
	case "update", "push":
		checked, f := s.checkView(definition, onModal)
		switch {
		case f != nil:
			s.record("response_action "+kind, fmt.Sprint(f.code, f.more["errors"]))
		case kind == "update":
			s.redefine(v, checked)
		case len(s.stack(v.user)) >= maxStack:
			s.record("response_action push", "push_limit_reached")
		default:
			s.show(v.user, checked, v)
		}
	case "":
		if len(answer) > 0 {
			s.record("view_submission", "an answer without response_action")
		}
		v.closed = true
	default:
		s.record("view_submission", "unknown response_action "+kind)
	}
	return nil
}

// complaints reads response_action errors; each must name an input block of the view.
func (s *Server) complaints(v *view, answer object) map[string]string {
	errs, _ := answer["errors"].(object)
	if len(errs) == 0 {
		s.record("response_action errors", "no errors")
	}
	blocks, _ := v.definition["blocks"].([]any)
	all := map[string]string{}
	for id, text := range errs {
		all[id] = fmt.Sprint(text)
		if !slices.ContainsFunc(blocks, func(b any) bool { o, _ := b.(object); return o["block_id"] == id && o["type"] == "input" }) {
			s.record("response_action errors", "no input block "+id)
		}
	}
	return all
}

// CloseView has somebody close the modal on top. The app hears of it if the view wants that.
func (s *Server) CloseView(user string) Act {
	return s.act(func() (Act, []*delivery) {
		stack := s.stack(user)
		if len(stack) == 0 {
			return Act{Refused: "no_view"}, nil
		}
		v := stack[len(stack)-1]
		v.closed = true
		if v.definition["notify_on_close"] != true {
			return Act{}, nil
		}
		return Act{}, s.tell(s.interaction("view_closed", user, object{"view": s.viewObject(v), "is_cleared": false}))
	})
}

// responseURL lets the app answer somebody without a token.
type responseURL struct {
	channel *channel
	user    string
	ts      string // the message the act was on; empty for a command
	thread  string
	until   time.Time
	uses    int
}

func (s *Server) newResponseURL(ch *channel, user, ts, thread string) string {
	ticket := random()
	s.responses[ticket] = &responseURL{channel: ch, user: user, ts: ts, thread: thread, until: s.now().Add(s.config.Times.ResponseURL)}
	return s.URL + "/actions/" + ticket
}

// maxResponses is how often a response_url can be used: docs.slack.dev/interactivity/handling-user-interaction.
const maxResponses = 5

// serveResponseURL takes an answer in JSON.
func (s *Server) serveResponseURL(w http.ResponseWriter, r *http.Request) {
	var args map[string]any
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&args)
	s.mu.Lock()
	s.calls["response_url"]++
	fault := s.ordered("response_url", "")
	s.mu.Unlock()
	if fault != nil && !fault.After && s.broken(w, r, *fault) {
		return
	}
	s.mu.Lock()
	u := s.responses[r.PathValue("ticket")]
	status, body := http.StatusOK, "ok"
	switch {
	case err != nil:
		s.record("response_url", "a body that is no JSON")
		status, body = http.StatusBadRequest, "invalid_payload"
	case u == nil || s.now().After(u.until):
		status, body = http.StatusNotFound, "expired_url"
	case u.uses >= maxResponses:
		s.record("response_url", "used more than five times")
		status, body = http.StatusNotFound, "used_url"
	default:
		u.uses++
		if f := s.byResponseURL(u, args); f != nil {
			s.record("response_url", fmt.Sprint(f.code, f.more["errors"]))
			status, body = http.StatusBadRequest, f.code
		}
	}
	s.mu.Unlock()
	if fault != nil && fault.After && s.broken(w, r, *fault) {
		return
	}
	w.WriteHeader(status)
	_, _ = fmt.Fprint(w, body)
}

// byResponseURL posts, replaces or deletes for somebody. Without response_type only they see it.
func (s *Server) byResponseURL(u *responseURL, args object) *failure {
	c := &call{method: "response_url", args: args}
	i := slices.IndexFunc(u.channel.messages, func(m *message) bool { return m.ts == u.ts })
	switch {
	case c.flag("delete_original"):
		if i >= 0 {
			m := u.channel.messages[i]
			if m.only != "" {
				u.channel.messages = slices.Delete(u.channel.messages, i, i+1)
			} else {
				s.remove(u.channel, m)
			}
		}
		return nil
	case c.flag("replace_original") && i >= 0:
		m := u.channel.messages[i]
		next := *m
		next.blocks, next.attachments = nil, nil
		if f := s.compose(c, &next); f != nil {
			return f
		}
		before := s.messageObject(m)
		*m = next
		if m.only == "" {
			s.tellChanged(u.channel, m, before)
		}
		return nil
	}
	return s.tellUser(c, u.channel, u.user, c.str("thread_ts"))
}

// answerCommand shows what the acknowledgement of a command brought along.
func (s *Server) answerCommand(ch *channel, user string, answer object) {
	if len(answer) == 0 {
		return
	}
	if f := s.tellUser(&call{method: "command", args: answer}, ch, user, ""); f != nil {
		s.record("command", fmt.Sprint(f.code, f.more["errors"]))
	}
}

// tellUser shows an answer to somebody or, with response_type in_channel, to everybody. The app need not be in the channel.
func (s *Server) tellUser(c *call, ch *channel, user, thread string) *failure {
	m := &message{thread: thread}
	if f := s.compose(c, m); f != nil {
		return f
	}
	s.ours(m)
	m.ts = s.stamp()
	if c.str("response_type") == "in_channel" {
		s.add(ch, m)
		return nil
	}
	m.only = user
	ch.insert(m)
	return nil
}
