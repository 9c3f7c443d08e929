package slacktest

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"standleitung/adapters/faketest"
)

// envelopeKind is what an envelope of Socket Mode carries, and by that which kind of request it would be.
type envelopeKind string

const (
	eventsAPI   envelopeKind = "events_api"
	slashCmd    envelopeKind = "slash_commands"
	interactive envelopeKind = "interactive"
)

// Heard is what the app said to something that was delivered.
type Heard struct {
	// Acked is set when the acknowledgement came in time.
	Acked bool
	// Status is the HTTP status; 0 over a socket, and for none.
	Status int
	// Answer is what came along with the acknowledgement; nil for nothing.
	Answer map[string]any
	// Reason is why it was not acknowledged, in the words of X-Slack-Retry-Reason.
	Reason string
	// final is set when the app forbade retries.
	final bool
}

// delivery is something on its way to the app.
type delivery struct {
	kind    envelopeKind
	payload object
	raw     json.RawMessage // the payload as it was when it happened
	accepts bool            // the acknowledgement may bring a payload
	attempt int
	reason  string
	first   chan Heard  // what was said to the first attempt
	heard   func(Heard) // called once with the acknowledgement, the lock held; nil for nothing
	acked   bool
	over    bool
}

// transport is what is on its way, and the sockets it goes through.
type transport struct {
	sockets   []*socket
	tickets   map[string]bool // socket URLs that were given out; false when used
	envelopes map[string]*pending
	turn      int // whose turn it is among the sockets
	under     int // deliveries that are not over
	last      []*delivery
	gaveUp    []Loss
	orders    []Twist
	held      []func()
}

func newTransport() transport {
	return transport{tickets: map[string]bool{}, envelopes: map[string]*pending{}}
}

// event makes the delivery of an event, or nil when the app has not subscribed to it. The lock is held.
func (s *Server) event(subscription, scope string, event object) *delivery {
	if !slices.Contains(s.config.Events, subscription) || (scope != "" && !s.scoped(scope)) {
		return nil
	}
	ch := s.channel(channelOf(event))
	shared := ch != nil && ch.Shared
	payload := object{
		"token": "verification", "team_id": TeamID, "context_team_id": TeamID, "context_enterprise_id": nil, "api_app_id": AppID, "event": event,
		"type": "event_callback", "event_id": s.id("Ev"), "event_time": s.now().Unix(), "is_ext_shared_channel": shared, "event_context": random(),
		"authorizations": []any{object{"enterprise_id": nil, "team_id": TeamID, "user_id": BotUser, "is_bot": true, "is_enterprise_install": false}},
	}
	return &delivery{kind: eventsAPI, payload: payload, first: make(chan Heard, 1)}
}

// channelOf is the id of the conversation that an event is about.
func channelOf(event object) string {
	if item, ok := event["item"].(object); ok {
		id, _ := item["channel"].(string)
		return id
	}
	id, _ := event["channel"].(string)
	return id
}

// tell sends events to the app, in order, and returns them without those that it did not subscribe to.
func (s *Server) tell(all ...*delivery) []*delivery {
	all = slices.DeleteFunc(all, func(d *delivery) bool { return d == nil })
	if len(all) == 0 || s.closed {
		return nil
	}
	s.under += len(all)
	for _, d := range all {
		d.raw, _ = json.Marshal(d.payload)
	}
	if s.config.RequestURL == "" {
		for _, d := range all {
			s.bySocket(d)
		}
		return all
	}
	s.owned.Go(func() { // one after the other, so that their order is that of the acts
		for _, d := range all {
			s.byRequest(d)
		}
	})
	return all
}

// done counts a delivery as over.
func (s *Server) done(d *delivery) {
	if d.over {
		return
	}
	d.over = true
	s.under--
	if d.kind == eventsAPI && !d.acked {
		s.gaveUp = append(s.gaveUp, lossOf(d.payload))
	}
}

// Loss is an event that Slack gave up on: the app acknowledged none of its deliveries. It may have taken one all the same.
type Loss struct {
	// Type is that of the event, or its subtype where it has one.
	Type string
	// Channel and TS are the message that it was about; empty for other events.
	Channel, TS string
}

func lossOf(payload object) Loss {
	event, _ := payload["event"].(object)
	word := func(o object, key string) string { text, _ := o[key].(string); return text }
	about, _ := event["message"].(object)
	l := Loss{Type: word(event, "type"), Channel: word(event, "channel"), TS: word(event, "ts")}
	switch subtype := word(event, "subtype"); subtype {
	case "message_changed":
		l.Type, l.TS = subtype, word(about, "ts")
	case "message_deleted":
		l.Type, l.TS = subtype, word(event, "deleted_ts")
	}
	return l
}

// Lost are the events that Slack gave up on, in order.
func (s *Server) Lost() []Loss {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.gaveUp)
}

// concluded takes what was said to one attempt and tries again if Slack would. The lock is held.
func (s *Server) concluded(d *delivery, h Heard) {
	if d.acked {
		return
	}
	if h.Acked {
		d.acked = true
		if d.heard != nil {
			d.heard(h)
		}
	}
	select {
	case d.first <- h:
	default:
	}
	retries := s.config.Times.Retries
	// Commands and interactions are not delivered again: the person sees an error and acts anew.
	if h.Acked || h.final || d.kind != eventsAPI || s.config.NoRetries || d.attempt >= len(retries) || s.closed {
		s.done(d)
		return
	}
	wait := retries[d.attempt]
	d.attempt++
	d.reason = h.Reason
	s.later(wait, func() {
		if s.config.RequestURL != "" {
			s.byRequest(d)
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.bySocket(d)
	})
}

// Settled reports whether everything was acknowledged or given up.
func (s *Server) Settled() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.under == 0
}

// Settle waits until everything was acknowledged or given up, as long as d, and reports whether it came to that.
func (s *Server) Settle(d time.Duration) bool {
	return faketest.Await(d, s.Settled)
}

// channelType is the kind of a conversation in events.
func channelType(k Kind) string {
	return map[Kind]string{Public: "channel", Private: "group", Direct: "im", Group: "mpim"}[k]
}

// messageEvent makes the event of something that happened to messages; nil where the app is not in the conversation.
func (s *Server) messageEvent(ch *channel, event object) *delivery {
	if !ch.member(BotUser) {
		return nil
	}
	event["type"], event["channel"], event["channel_type"] = "message", ch.ID, channelType(ch.Kind)
	if event["event_ts"] == nil {
		event["event_ts"] = event["ts"]
	}
	plural := map[Kind]string{Public: "message.channels", Private: "message.groups", Direct: "message.im", Group: "message.mpim"}[ch.Kind]
	return s.event(plural, readScope(ch.Kind, "history"), event)
}

// tellMessage tells the app of a new message, its own ones included; once more as app_mention if it is mentioned.
func (s *Server) tellMessage(ch *channel, m *message) []*delivery {
	event := s.messageObject(m)
	if m.thread != "" && m.thread != m.ts {
		if parent := ch.find(m.thread); parent != nil {
			if parent.user != "" {
				event["parent_user_id"] = parent.user
			}
			if m.broadcast {
				event["root"] = s.historyObject(ch, parent, false)
			}
		}
	}
	all := []*delivery{s.messageEvent(ch, event)}
	// Slack sends no app_mention in direct conversations, and none for what the app wrote itself or Slack about it.
	if strings.Contains(m.text, "<@"+BotUser+">") && !m.app && m.subtype != "channel_join" && ch.Kind != Direct && ch.member(BotUser) {
		mention := object{}
		for _, k := range []string{"user", "bot_id", "ts", "client_msg_id", "text", "team", "thread_ts", "parent_user_id", "blocks", "files", "channel", "event_ts"} {
			if event[k] != nil {
				mention[k] = event[k]
			}
		}
		mention["type"] = "app_mention"
		all = append(all, s.event("app_mention", "app_mentions:read", mention))
		if s.config.MentionFirst {
			slices.Reverse(all)
		}
	}
	return s.tell(all...)
}

// tellChanged tells the app of a message that is another now.
func (s *Server) tellChanged(ch *channel, m *message, before object) []*delivery {
	return s.tell(s.messageEvent(ch, object{
		"subtype": "message_changed", "hidden": true, "ts": s.stamp(), "message": s.messageObject(m), "previous_message": before,
	}))
}

func (s *Server) tellDeleted(ch *channel, m *message, before object) []*delivery {
	return s.tell(s.messageEvent(ch, object{
		"subtype": "message_deleted", "hidden": true, "ts": s.stamp(), "deleted_ts": m.ts, "previous_message": before,
	}))
}

func (s *Server) tellReaction(ch *channel, m *message, user, name, kind string) []*delivery {
	if !ch.member(BotUser) {
		return nil
	}
	event := object{
		"type": kind, "user": user, "reaction": name, "event_ts": s.stamp(),
		"item": object{"type": "message", "channel": ch.ID, "ts": m.ts},
	}
	if m.user != "" { // Slack leaves it out for messages of bots without a user
		event["item_user"] = m.user
	}
	return s.tell(s.event(kind, "reactions:read", event))
}

// tellMember tells the app of somebody who came or went; inviter may be empty.
func (s *Server) tellMember(ch *channel, u *User, kind, inviter string) []*delivery {
	letter := map[Kind]string{Public: "C", Private: "G"}[ch.Kind]
	event := object{"type": kind, "user": u.ID, "channel": ch.ID, "channel_type": letter, "team": u.Team, "event_ts": s.stamp()}
	if inviter != "" {
		event["inviter"] = inviter
	}
	if !ch.member(BotUser) && u.ID != BotUser {
		return nil
	}
	return s.tell(s.event(kind, readScope(ch.Kind, "read"), event))
}
