package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

const (
	keepAlive  = 15 * time.Second // between signs of life on a stream with nothing to say
	writeLimit = 10 * time.Second // that a page may take to accept what is written to it
)

// page is one open page: what it has still to be told. The channel is closed when it fell too far behind.
type page struct {
	person string
	events chan event
}

// tell hands an event to all pages that may see it; a page that does not keep up is dropped and comes back by itself.
func (c *chat) tell(e event) {
	c.events = append(c.events, e)
	if len(c.events) > 2*keptEvents { // in bulk, so that not every event moves the others
		drop := len(c.events) - keptEvents
		c.floor = c.events[drop-1].number
		c.events = append([]event(nil), c.events[drop:]...)
	}
	for p := range c.pages {
		if e.reader != "" && e.reader != p.person {
			continue
		}
		select {
		case p.events <- e:
		default:
			delete(c.pages, p)
			close(p.events)
		}
	}
}

// join adds a page. It returns what the page missed since the event with the number after, or a snapshot when that
// is not known any more, or nothing is known to it yet.
func (c *chat) join(person string, after uint64) (p *page, missed []event, whole *snapshot) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p = &page{person: person, events: make(chan event, behind)}
	c.pages[p] = struct{}{}
	if after == 0 || after < c.floor || after > c.number {
		s := c.seenBy(person)
		return p, nil, &s
	}
	for _, e := range c.events {
		if e.number > after && (e.reader == "" || e.reader == person) {
			missed = append(missed, e)
		}
	}
	return p, missed, nil
}

// leave removes a page.
func (c *chat) leave(p *page) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.pages, p)
}

// events streams to a page what happens, as numbered server-sent events: "snapshot" with everything that the person
// sees, "post" with the new state of one post. The page comes back with the last number that it saw, in Last-Event-ID or
// in ?after=, and gets what it missed.
func (a *Adapter) events(w http.ResponseWriter, r *http.Request) {
	person, ok := a.personOf(w, r, r.URL.Query().Get("person"))
	if !ok {
		return
	}
	last := r.Header.Get("Last-Event-ID")
	if last == "" {
		last = r.URL.Query().Get("after")
	}
	after, _ := strconv.ParseUint(last, 10, 64) // what is no number gets a snapshot

	p, missed, whole := a.chat.join(person.ID, after)
	defer a.chat.leave(p)
	s := newStream(w)
	if whole != nil {
		data, err := json.Marshal(whole)
		if err != nil {
			a.log.ErrorContext(r.Context(), "cannot encode snapshot", "error", err)
			return
		}
		s.event("snapshot", whole.Number, data)
	}
	for _, e := range missed {
		s.event("post", e.number, e.data)
	}
	if s.flush() == nil {
		a.follow(r, p, s)
	}
}

// follow writes to a page until it goes away, falls too far behind, or the chat ends.
func (a *Adapter) follow(r *http.Request, p *page, s *stream) {
	ping := time.NewTicker(keepAlive)
	defer ping.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case <-a.shift.Over():
			return
		case <-ping.C:
			s.comment()
		case e, ok := <-p.events:
			if !ok {
				return
			}
			s.event("post", e.number, e.data)
			for range len(p.events) {
				if e, ok = <-p.events; ok {
					s.event("post", e.number, e.data)
				}
			}
		}
		if s.flush() != nil {
			return
		}
	}
}

// stream writes server-sent events.
type stream struct {
	w   http.ResponseWriter
	rc  *http.ResponseController
	buf bytes.Buffer
}

func newStream(w http.ResponseWriter) *stream {
	s := &stream{w: w, rc: http.NewResponseController(w)}
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	// A stream outlives the time-outs of the server. Where they cannot be lifted, the page simply comes back.
	_ = s.rc.SetReadDeadline(time.Time{})
	_ = s.rc.SetWriteDeadline(time.Time{})
	return s
}

// event adds an event; data is JSON and thus one line.
func (s *stream) event(name string, number uint64, data []byte) {
	fmt.Fprintf(&s.buf, "event: %s\nid: %d\ndata: %s\n\n", name, number, data)
}

func (s *stream) comment() { s.buf.WriteString(":\n\n") }

// flush sends what was added; an error means that the page is gone or too slow.
func (s *stream) flush() error {
	if s.buf.Len() == 0 {
		s.comment() // the headers go out even when there is nothing to say yet
	}
	late := time.AfterFunc(writeLimit, func() { _ = s.rc.SetWriteDeadline(time.Unix(1, 0)) })
	defer late.Stop()
	_, err := s.w.Write(s.buf.Bytes())
	s.buf.Reset()
	if err != nil {
		return err
	}
	return s.rc.Flush()
}
