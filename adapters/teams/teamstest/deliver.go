package teamstest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// newClient follows no redirects, as the connector does not.
func newClient() *http.Client {
	return &http.Client{Transport: &http.Transport{}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Heard is what the bot said to something that was delivered.
type Heard struct {
	// Acked is set when the acknowledgement came in time and, for what wants an answer, was one.
	Acked bool
	// Status is the HTTP status; 0 for none.
	Status int
	// Body is the answer; nil when there was none or it is no JSON.
	Body any
	// Reason is why it was not acknowledged: "timeout", "connection", "status", "malformed".
	Reason string
}

// delivery is an activity on its way to the bot.
type delivery struct {
	activity object
	card     bool                    // it came from a card: each repetition has a new id
	answer   func(*delivery, *Heard) // looks at the answer, the lock held; nil where none is expected
	out      Outcome                 // what the answer was
	attempt  int
	first    chan Heard // what was said to the first attempt
	over     bool
}

func newDelivery(activity object) *delivery {
	return &delivery{activity: activity, first: make(chan Heard, 1)}
}

// transport is what is on its way.
type transport struct {
	under    int // deliveries that are not over
	retrying int // those of them that wait for their next attempt
	last     []*delivery
	orders   []Twist
	forged   []Forgery
	held     []*delivery
	got      []object // every activity that was delivered, as it was
	lost     []object // those that were given up
}

// Twist is something odd about the next delivery to the bot.
type Twist string

// The twists.
const (
	Twice     Twist = "twice"      // the same activity two times
	TwiceAnew Twist = "twice anew" // the second time under a new id and time
	AtOnce    Twist = "at once"    // two times, at the same time
	Held      Twist = "held"       // after the next one. Who caused it hears nothing in time
)

// Order gives the next deliveries their twists, one each.
func (s *Server) Order(all ...Twist) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.orders = append(s.orders, all...)
}

// Forge gives the next deliveries wrong tokens, one each. A bot that takes one is in breach.
func (s *Server) Forge(all ...Forgery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forged = append(s.forged, all...)
}

// tell sends activities to the bot, in order. The lock is held.
func (s *Server) tell(all ...*delivery) []*delivery {
	if len(all) == 0 || s.closed {
		return nil
	}
	s.under += len(all)
	s.owned.Go(func() { // one after the other, so that their order is that of the acts
		for _, d := range all {
			s.deliver(d)
		}
	})
	return all
}

// deliver delivers something as it was ordered, and after it what was held back.
func (s *Server) deliver(d *delivery) {
	s.mu.Lock()
	var twist Twist
	if len(s.orders) > 0 {
		twist, s.orders = s.orders[0], s.orders[1:]
	}
	if twist == Held {
		s.held = append(s.held, d)
		d.first <- Heard{Reason: "held"}
		s.mu.Unlock()
		return
	}
	held := s.held
	s.held = nil
	s.mu.Unlock()
	var h Heard
	switch twist {
	case Twice:
		h = s.post(d)
		s.post(d)
	case TwiceAnew:
		h = s.post(d)
		s.post(s.anew(d))
	case AtOnce:
		other := make(chan struct{})
		s.owned.Go(func() { s.post(d); close(other) })
		h = s.post(d)
		<-other
	default:
		h = s.post(d)
	}
	s.concluded(d, h)
	for _, before := range held {
		s.concluded(before, s.post(before))
	}
}

// anew is a delivery under another id and time, as Teams does when it missed the answer to an action on a card.
func (s *Server) anew(d *delivery) *delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	again := *d
	again.activity = s.renewed(d.activity)
	return &again
}

// renewed is an activity under another id and time.
func (s *Server) renewed(activity object) object {
	again := clone(activity)
	again["id"], again["timestamp"] = "f:"+guid(), stamp(s.now())
	return again
}

// concluded takes what was said to one attempt and tries again if Microsoft would: after a timeout, a lost connection and a
// failure of the bot, not after a refusal.
func (s *Server) concluded(d *delivery, h Heard) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case d.first <- h:
	default:
	}
	retries := s.config.Times.Retries
	final := h.Reason == "status" && h.Status/100 == 4 && h.Status != http.StatusTooManyRequests
	if h.Acked || final || s.config.NoRetries || d.attempt >= len(retries) || s.closed {
		if !d.over {
			d.over = true
			s.under--
			if !h.Acked {
				s.lost = append(s.lost, d.activity)
			}
		}
		return
	}
	wait := retries[d.attempt]
	d.attempt++
	s.retrying++
	s.later(wait, func() {
		s.mu.Lock()
		s.retrying--
		if d.card {
			d.activity = s.renewed(d.activity)
		}
		s.mu.Unlock()
		s.concluded(d, s.post(d))
	})
}

// post makes one request with a delivery and waits for the answer as long as Microsoft does.
func (s *Server) post(d *delivery) Heard {
	s.mu.Lock()
	var f Forgery
	if len(s.forged) > 0 {
		f, s.forged = s.forged[0], s.forged[1:]
	}
	activity := d.activity
	body, err := json.Marshal(activity)
	if err != nil {
		s.record("fake", "an activity cannot be written: "+err.Error())
	}
	var kept object
	_ = json.Unmarshal(body, &kept)
	s.got = append(s.got, kept)
	address, wait := s.config.Endpoint, s.config.Times.Ack
	if d.answer != nil {
		wait = s.config.Times.Invoke
	}
	token := s.authorize(word(activity, "serviceUrl"), f)
	s.mu.Unlock()
	h := s.request(address, token, body, wait)
	s.mu.Lock()
	defer s.mu.Unlock()
	if h.Acked && f != "" {
		s.record("token", fmt.Sprintf("an activity was taken although its token had %s", f))
	}
	if h.Acked && d.answer != nil {
		d.answer(d, &h)
	}
	return h
}

func (s *Server) request(address, token string, body []byte, wait time.Duration) Heard {
	ctx, cancel := context.WithTimeout(s.ctx, wait)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return Heard{Reason: "connection"}
	}
	if token != "" {
		r.Header.Set("Authorization", token)
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("User-Agent", "Microsoft-SkypeBotApi (Microsoft-BotFramework/3.0)")
	r.Header.Set("MS-CV", random())
	answer, err := s.client.Do(r)
	if err != nil {
		return Heard{Reason: why(err)}
	}
	defer func() { _ = answer.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err != nil {
		return Heard{Reason: why(err)}
	}
	h := Heard{Status: answer.StatusCode, Acked: answer.StatusCode/100 == 2}
	if !h.Acked {
		h.Reason = "status"
	}
	if json.Unmarshal(raw, &h.Body) != nil {
		h.Body = nil
	}
	return h
}

func why(err error) string {
	var n net.Error
	if errors.Is(err, context.DeadlineExceeded) || errors.As(err, &n) && n.Timeout() {
		return "timeout"
	}
	return "connection"
}

// Settled says whether nothing is on its way to the bot.
func (s *Server) Settled() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.under == 0
}

// Retrying is how many deliveries wait for another attempt.
func (s *Server) Retrying() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.retrying
}

// Lost are the activities that Teams gave up on, in order: the bot acknowledged none of their deliveries, and gets no other. It may
// have taken one all the same.
func (s *Server) Lost() []map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]map[string]any(nil), s.lost...)
}

// Delivered are all activities that went to the bot, in order, each attempt on its own.
func (s *Server) Delivered() []map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]map[string]any(nil), s.got...)
}
