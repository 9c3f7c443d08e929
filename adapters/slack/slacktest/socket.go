package slacktest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"standleitung/adapters/faketest"

	"github.com/gorilla/websocket"
)

// What Slack takes over sockets: at most ten at a time, and answers of less than 20 KB; larger ones are dropped.
const (
	maxSockets   = 10
	maxAckAnswer = 20 << 10
)

// socket is a connection of Socket Mode.
type socket struct {
	conn    *websocket.Conn
	writing sync.Mutex
	leaving bool // got a disconnect: nothing new goes to it
	gone    bool
}

// write sends a frame; a broken socket shows when it is read.
func (k *socket) write(v any) {
	k.writing.Lock()
	defer k.writing.Unlock()
	_ = k.conn.SetWriteDeadline(time.Now().Add(5 * time.Second))
	_ = k.conn.WriteJSON(v)
}

// pending is an envelope that waits for its acknowledgement.
type pending struct {
	d      *delivery
	socket *socket
	late   *alarm
	closed bool // answered, late or lost
}

// connectionsOpen gives out a URL for one socket.
func (s *Server) connectionsOpen(c *call) (object, *failure) {
	if s.config.RequestURL != "" {
		return nil, failed("forbidden_team") // Socket Mode is off; the documentation names no code for it
	}
	ticket := random()
	s.tickets[ticket] = true
	return object{"url": "ws" + strings.TrimPrefix(s.URL, "http") + "/link/?ticket=" + ticket + "&app_id=" + AppID}, nil
}

func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	ticket := r.URL.Query().Get("ticket")
	s.mu.Lock()
	good := s.tickets[ticket] && !s.closed
	if !good {
		s.record("socket", "a URL that was not given out, or was used before")
	}
	s.tickets[ticket] = false
	s.mu.Unlock()
	if !good {
		http.Error(w, "invalid ticket", http.StatusForbidden)
		return
	}
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	k := &socket{conn: conn}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		_ = conn.Close()
		return
	}
	s.owned.Add(1)
	defer s.owned.Done()
	if len(s.sockets) >= maxSockets {
		s.mu.Unlock()
		k.write(object{"type": "disconnect", "reason": "too_many_websockets"})
		_ = conn.Close()
		return
	}
	k.write(object{
		"type": "hello", "num_connections": len(s.sockets) + 1, "connection_info": object{"app_id": AppID},
		"debug_info": object{"host": "applink-fake", "started": s.now().Format("2006-01-02 15:04:05.000"), "build_number": 1, "approximate_connection_time": 18060},
	})
	s.sockets = append(s.sockets, k)
	s.ping(k)
	s.mu.Unlock()
	s.listen(k)
}

// ping sends a ping now and then, as Slack does to show that it is there.
func (s *Server) ping(k *socket) {
	s.later(s.config.Times.Ping, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if k.gone {
			return
		}
		_ = k.conn.WriteControl(websocket.PingMessage, []byte("Ping from applink-fake"), time.Now().Add(time.Second))
		s.ping(k)
	})
}

// listen reads acknowledgements until the socket ends.
func (s *Server) listen(k *socket) {
	for {
		_, raw, err := k.conn.ReadMessage()
		if err != nil {
			break
		}
		s.mu.Lock()
		s.acknowledged(raw)
		s.mu.Unlock()
	}
	_ = k.conn.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost(k)
}

// lost forgets a socket. What it did not acknowledge goes out again; where the documentation is silent about when, at
// once is the harder case.
func (s *Server) lost(k *socket) {
	k.gone = true
	s.sockets = slices.DeleteFunc(s.sockets, func(o *socket) bool { return o == k })
	for _, p := range s.envelopes {
		if p.socket == k && !p.closed {
			p.closed = true
			s.stop(p.late)
			s.concluded(p.d, Heard{Reason: "connection_failed"})
		}
	}
}

// acknowledged takes an acknowledgement, on whichever socket it comes.
func (s *Server) acknowledged(raw []byte) {
	var ack struct {
		EnvelopeID string          `json:"envelope_id"`
		Payload    json.RawMessage `json:"payload"`
	}
	if err := json.Unmarshal(raw, &ack); err != nil || ack.EnvelopeID == "" {
		s.record("socket", "a frame that is no acknowledgement")
		return
	}
	p := s.envelopes[ack.EnvelopeID]
	if p == nil {
		s.record("socket", "an acknowledgement of an envelope that was not sent")
		return
	}
	h := Heard{Acked: true}
	if len(ack.Payload) > 0 && string(ack.Payload) != "null" {
		switch {
		case len(ack.Payload) >= maxAckAnswer:
			s.record("socket", fmt.Sprintf("an acknowledgement with %d bytes, which Slack drops", len(ack.Payload)))
			return
		case !p.d.accepts && string(ack.Payload) != "{}":
			s.record("socket", "an acknowledgement with a payload where none is accepted")
		}
		if json.Unmarshal(ack.Payload, &h.Answer) != nil {
			h.Answer = object{"text": strings.Trim(string(ack.Payload), `"`)}
		}
	}
	late := p.closed
	p.closed = true
	s.stop(p.late)
	if late && p.d.kind != eventsAPI {
		return // the person saw an error already
	}
	s.concluded(p.d, h)
}

// bySocket sends a delivery over the socket whose turn it is. The lock is held.
func (s *Server) bySocket(d *delivery) {
	if d.acked {
		s.done(d)
		return
	}
	k := s.next()
	if k == nil {
		s.concluded(d, Heard{Reason: "connection_failed"})
		return
	}
	id := s.envelope()
	send := func(k *socket) func() { return func() { s.send(k, id, d) } }
	switch s.twist() {
	case Held:
		s.held = append(s.held, send(k))
		select {
		case d.first <- Heard{Reason: "held"}:
		default: // it was delivered in vain before
		}
		return
	case Twice:
		send(k)()
		k.write(s.frame(id, d))
	case TwiceAnew:
		send(k)()
		d.attempt++
		d.reason = "timeout"
		again := s.envelope()
		if other := s.next(); other != nil {
			s.send(other, again, d)
		}
	default:
		send(k)()
	}
	held := s.held
	s.held = nil
	for _, f := range held {
		f()
	}
}

// next is the socket whose turn it is; nil when there is none.
func (s *Server) next() *socket {
	for range s.sockets {
		s.turn++
		if k := s.sockets[s.turn%len(s.sockets)]; !k.leaving && !k.gone {
			return k
		}
	}
	return nil
}

func (s *Server) envelope() string {
	r := random() + random()
	return r[:8] + "-" + r[8:12] + "-" + r[12:16] + "-" + r[16:20] + "-" + r[20:32]
}

func (s *Server) frame(id string, d *delivery) object {
	f := object{"envelope_id": id, "type": string(d.kind), "payload": d.raw, "accepts_response_payload": d.accepts}
	if d.kind == eventsAPI {
		f["retry_attempt"], f["retry_reason"] = d.attempt, d.reason
	}
	return f
}

// send writes an envelope and waits for the acknowledgement as long as Slack does.
func (s *Server) send(k *socket, id string, d *delivery) {
	p := &pending{d: d, socket: k}
	s.envelopes[id] = p
	p.late = s.later(s.config.Times.Ack, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if !p.closed {
			p.closed = true
			s.concluded(d, Heard{Reason: "timeout"})
		}
	})
	k.write(s.frame(id, d))
}

// Sockets is how many sockets are connected and not about to end.
func (s *Server) Sockets() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, k := range s.sockets {
		if !k.leaving {
			n++
		}
	}
	return n
}

// AwaitSockets waits until n sockets are connected, as long as d, and reports whether they are.
func (s *Server) AwaitSockets(n int, d time.Duration) bool {
	return faketest.Await(d, func() bool { return s.Sockets() >= n })
}

// Disconnect announces the end of every socket: "warning", "refresh_requested" or "link_disabled". Nothing new goes to
// them any more; they take acknowledgements until they end, which link_disabled does at once.
func (s *Server) Disconnect(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.sockets {
		if k.leaving {
			continue
		}
		k.leaving = true
		k.write(object{"type": "disconnect", "reason": reason, "debug_info": object{"host": "applink-fake"}})
		linger := s.config.Times.Linger
		if reason == "link_disabled" {
			linger = 0
		}
		s.later(linger, func() { _ = k.conn.Close() })
	}
}

// DropSockets ends every socket without a word, as a network does.
func (s *Server) DropSockets() { s.closeSockets() }

func (s *Server) closeSockets() {
	s.mu.Lock()
	all := slices.Clone(s.sockets)
	s.mu.Unlock()
	for _, k := range all {
		_ = k.conn.UnderlyingConn().Close()
	}
}
