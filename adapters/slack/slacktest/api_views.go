package slacktest

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// What Slack takes in a view, in characters and bytes: docs.slack.dev/reference/views.
const (
	maxViewBytes = 250 << 10
	maxStack     = 3
)

// view is a modal on somebody's screen, or their home tab.
type view struct {
	id, user, hash, root, previous string
	definition                     object
	values                         object // by block and action
	closed                         bool
}

// trigger is what an act of somebody gives the app for a moment.
type trigger struct {
	user   string
	until  time.Time
	used   bool
	viewID string // the view the act was in; empty for none
}

// newTrigger makes a trigger_id; the lock is held.
func (s *Server) newTrigger(user, viewID string) string {
	s.serial++
	id := fmt.Sprintf("%d.%d.%s", s.serial, 1000000+s.serial, random())
	s.triggers[id] = &trigger{user: user, until: s.now().Add(s.config.Times.Trigger), viewID: viewID}
	return id
}

// exchange takes a trigger_id.
func (s *Server) exchange(c *call) (*trigger, *failure) {
	t := s.triggers[c.str("trigger_id")]
	switch {
	case t == nil:
		return nil, failed("invalid_trigger_id")
	case t.used:
		return nil, failed("exchanged_trigger_id")
	case s.now().After(t.until):
		return nil, failed("expired_trigger_id")
	}
	t.used = true
	return t, nil
}

// definition reads the view of a call. Faults of views come as invalid_arguments.
func (s *Server) definition(c *call, on surface) (object, *failure) {
	raw, err := c.structured("view")
	v, ok := raw.(object)
	if err != nil || !ok {
		return nil, faulty("invalid_arguments", "must be a JSON object [json-pointer:/view]")
	}
	return s.checkView(v, on)
}

func (s *Server) checkView(v object, on surface) (object, *failure) {
	if b, _ := json.Marshal(v); len(b) > maxViewBytes {
		return nil, failed("view_too_large")
	}
	blocks, why := checkBlocks(v["blocks"], on)
	k := &checker{on: on}
	k.only("/view", v, "type!", "title", "blocks!", "close", "submit", "private_metadata", "callback_id", "clear_on_close", "notify_on_close", "external_id", "submit_disabled")
	k.str("/view", v, "private_metadata", 3000)
	k.str("/view", v, "callback_id", 255)
	k.str("/view", v, "external_id", 255)
	k.truths("/view", v, "clear_on_close", "notify_on_close", "submit_disabled")
	if v["type"] != string(on) {
		k.fault("/view/type", "must be %s", on)
	}
	if on == onModal {
		k.only("/view", object{"title": v["title"]}, "title!")
		for _, name := range []string{"title", "submit", "close"} {
			k.plain("/view", v, name, 24)
		}
		hasInput := slices.ContainsFunc(blocks, func(b any) bool { o, _ := b.(object); return o["type"] == "input" })
		if hasInput && v["submit"] == nil {
			k.fault("/view", "missing required field: submit")
		}
	}
	if why = append(k.why, why...); len(why) > 0 {
		return nil, faulty("invalid_arguments", why...)
	}
	s.complete(blocks)
	return v, nil
}

// taken reports whether another view has the external id of a definition.
func (s *Server) taken(v object, self *view) bool {
	id, _ := v["external_id"].(string)
	return id != "" && slices.ContainsFunc(s.views, func(o *view) bool { return o != self && !o.closed && o.definition["external_id"] == id })
}

// stack are the open modals of somebody, the top one last.
func (s *Server) stack(user string) []*view {
	var all []*view
	for _, v := range s.views {
		if v.user == user && !v.closed {
			all = append(all, v)
		}
	}
	return all
}

// show puts a modal on somebody's screen.
func (s *Server) show(user string, definition object, below *view) *view {
	v := &view{id: s.id("V"), user: user, definition: definition, values: initialValues(definition)}
	v.hash, v.root = s.newHash(), v.id
	if below != nil {
		v.previous, v.root = below.id, below.root
	}
	s.views = append(s.views, v)
	return v
}

func (s *Server) newHash() string { return fmt.Sprintf("%d.%s", s.now().Unix(), random()[:8]) }

func (s *Server) viewsOpen(c *call) (object, *failure) {
	definition, f := s.definition(c, onModal)
	if f != nil {
		return nil, f
	}
	if s.taken(definition, nil) {
		return nil, failed("duplicate_external_id")
	}
	t, f := s.exchange(c)
	if f != nil {
		return nil, f
	}
	for _, open := range s.stack(t.user) { // a new root replaces what was open
		open.closed = true
	}
	return object{"view": s.viewObject(s.show(t.user, definition, nil))}, nil
}

func (s *Server) viewsPush(c *call) (object, *failure) {
	definition, f := s.definition(c, onModal)
	if f != nil {
		return nil, f
	}
	t, f := s.exchange(c)
	if f != nil {
		return nil, f
	}
	stack := s.stack(t.user)
	switch {
	case len(stack) == 0 || t.viewID == "": // only an act in a modal can push another
		return nil, failed("not_found")
	case len(stack) >= maxStack:
		return nil, failed("push_limit_reached")
	}
	return object{"view": s.viewObject(s.show(t.user, definition, stack[len(stack)-1]))}, nil
}

func (s *Server) viewsUpdate(c *call) (object, *failure) {
	i := slices.IndexFunc(s.views, func(v *view) bool {
		external := c.str("external_id")
		return !v.closed && (v.id == c.str("view_id") || (external != "" && v.definition["external_id"] == external))
	})
	if i < 0 {
		return nil, failed("not_found")
	}
	v := s.views[i]
	definition, f := s.definition(c, onModal)
	switch {
	case f != nil:
		return nil, f
	case c.str("hash") != "" && c.str("hash") != v.hash:
		return nil, failed("hash_conflict")
	case s.taken(definition, v):
		return nil, failed("duplicate_external_id")
	}
	s.redefine(v, definition)
	return object{"view": s.viewObject(v)}, nil
}

// redefine changes a view; what people filled in stays where block and action are the same.
func (s *Server) redefine(v *view, definition object) {
	values := initialValues(definition)
	for block, actions := range values {
		for action := range actions.(object) {
			if old, ok := v.values[block].(object); ok && old[action] != nil {
				actions.(object)[action] = old[action]
			}
		}
	}
	v.definition, v.values, v.hash = definition, values, s.newHash()
}

func (s *Server) viewsPublish(c *call) (object, *failure) {
	u := s.user(c.str("user_id"))
	if u == nil {
		return nil, faulty("invalid_arguments", "user_not_found [json-pointer:/user_id]")
	}
	definition, f := s.definition(c, onHome)
	if f != nil {
		return nil, f
	}
	home := s.homes[u.ID]
	if home != nil && c.str("hash") != "" && c.str("hash") != home.hash {
		return nil, failed("hash_conflict")
	}
	if home == nil {
		home = &view{id: s.id("V"), user: u.ID}
		home.root = home.id
		s.homes[u.ID] = home
	}
	home.definition, home.values, home.hash = definition, initialValues(definition), s.newHash()
	return object{"view": s.viewObject(home)}, nil
}

// viewObject is a view as answers and payloads show it.
func (s *Server) viewObject(v *view) object {
	o := object{
		"id": v.id, "team_id": TeamID, "app_id": AppID, "bot_id": BotID, "app_installed_team_id": TeamID, "hash": v.hash, "root_view_id": v.root,
		"previous_view_id": nil, "state": object{"values": v.values}, "callback_id": "", "external_id": "", "private_metadata": "",
		"title": nil, "close": nil, "submit": nil, "clear_on_close": false, "notify_on_close": false,
	}
	if v.previous != "" {
		o["previous_view_id"] = v.previous
	}
	for k, value := range v.definition {
		o[k] = value
	}
	return o
}

// initialValues are the values of a fresh form, by block and action.
func initialValues(definition object) object {
	values := object{}
	blocks, _ := definition["blocks"].([]any)
	for _, b := range blocks {
		block, _ := b.(object)
		for _, e := range elementsOf(block) {
			if v := initialValue(e); v != nil {
				id := fmt.Sprint(block["block_id"])
				if values[id] == nil {
					values[id] = object{}
				}
				values[id].(object)[fmt.Sprint(e["action_id"])] = v
			}
		}
	}
	return values
}

// initialValue is the state of a fresh element; nil for one without a state, such as a button.
func initialValue(e object) object {
	kind := fmt.Sprint(e["type"])
	key, from := stateKey(kind)
	if key == "" {
		return nil
	}
	return object{"type": kind, key: e[from]}
}

// stateKey names the value of an element in state.values, and the property that fills it at first.
func stateKey(kind string) (key, from string) {
	switch kind {
	case "plain_text_input", "email_text_input", "url_text_input", "number_input":
		return "value", "initial_value"
	case "rich_text_input":
		return "rich_text_value", "initial_value"
	case "static_select", "external_select", "radio_buttons":
		return "selected_option", "initial_option"
	case "multi_static_select", "multi_external_select", "checkboxes":
		return "selected_options", "initial_options"
	case "users_select":
		return "selected_user", "initial_user"
	case "multi_users_select":
		return "selected_users", "initial_users"
	case "channels_select":
		return "selected_channel", "initial_channel"
	case "conversations_select":
		return "selected_conversation", "initial_conversation"
	case "datepicker":
		return "selected_date", "initial_date"
	case "timepicker":
		return "selected_time", "initial_time"
	case "datetimepicker":
		return "selected_date_time", "initial_date_time"
	}
	return "", ""
}
