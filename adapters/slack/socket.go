package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"standleitung/adapters/duty"
)

var errBusy = errors.New("too much is waiting")

const (
	// ackTime is how long writing an acknowledgement may take; after it the connection is given up.
	ackTime = 5 * time.Second
	// The pauses between two tries to connect.
	firstRetry, lastRetry = 200 * time.Millisecond, 30 * time.Second
	// handshakeTime bounds the opening of a connection.
	handshakeTime = 10 * time.Second
	// silence is how long a connection may stay without a word; Slack sends a ping every few seconds.
	silence = 30 * time.Second
	// farewell is how long a connection that Slack wants to end still takes acknowledgements; Slack ends it after ten seconds.
	farewell = 10 * time.Second
	// maxFrame bounds what Slack sends at once, in bytes.
	maxFrame = 32 << 20
	// maxAck is the longest acknowledgement, in bytes: Slack drops those of 20 KB and more without a word.
	maxAck = 20<<10 - 1
)

// runSocket keeps one connection open until ctx ends; sockets ends after everything that came in was acknowledged. The
// connections are kept here and not by the library: its client decodes every event into types of its own, which costs more
// than everything that the adapter does with it, and gives up on some errors.
func (a *Adapter) runSocket(ctx, sockets context.Context) {
	var leaving sync.WaitGroup
	defer leaving.Wait()
	pause := firstRetry
	for ctx.Err() == nil {
		s, err := a.connect(ctx)
		if err == nil {
			err = s.read(sockets)
		}
		if errors.Is(err, errRenew) {
			leaving.Go(func() { s.leave(sockets) })
			pause = firstRetry
			continue
		}
		if ctx.Err() != nil {
			return
		}
		if s != nil && s.greeted {
			pause = firstRetry
		}
		a.health.refused(reasonOf(err))
		a.log.WarnContext(ctx, "no connection to slack, will retry", "error", err)
		if !duty.Sleep(ctx, max(pause, patienceOf(err))) {
			return
		}
		pause = min(2*pause, lastRetry)
	}
}

// reasonOf says why a connection failed, for an operator.
func reasonOf(err error) string {
	if code := codeOf(err); code != "" {
		return explain(code)
	}
	if err == nil {
		return ""
	}
	return sendError(err).Reason
}

// socket is one connection.
type socket struct {
	adapter *Adapter
	conn    *websocket.Conn
	writing sync.Mutex
	quiet   *time.Timer // ends a connection on which nothing comes any more
	greeted bool        // Slack has said hello on it
}

// frame is what Slack sends: a word about the connection, or an envelope with a payload.
type frame[P any] struct {
	Type       string `json:"type"`
	EnvelopeID string `json:"envelope_id"`
	Payload    P      `json:"payload"`
}

// errRenew is returned when Slack wants a connection to be renewed.
var errRenew = errors.New("slack wants the connection to be renewed")

// connect opens a connection.
func (a *Adapter) connect(ctx context.Context) (*socket, error) {
	_, address, err := a.api.StartSocketModeContext(ctx)
	if err != nil {
		return nil, err
	}
	// An acknowledgement goes out as one frame: there is room for the longest one.
	dialer := websocket.Dialer{Proxy: http.ProxyFromEnvironment, HandshakeTimeout: handshakeTime, WriteBufferSize: 32 << 10}
	conn, resp, err := dialer.DialContext(ctx, address, nil)
	if err != nil {
		return nil, fmt.Errorf("open a socket: %w", err)
	}
	_ = resp.Body.Close()
	conn.SetReadLimit(maxFrame)
	s := &socket{adapter: a, conn: conn, quiet: time.AfterFunc(silence, func() { _ = conn.Close() })}
	answer := conn.PingHandler()
	conn.SetPingHandler(func(data string) error {
		s.quiet.Reset(silence)
		return answer(data)
	})
	return s, nil
}

// read receives until the connection breaks, ctx ends or Slack wants it renewed: [errRenew], and it is left open. Reading
// never waits for the work.
func (s *socket) read(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = s.conn.Close() })
	defer stop()
	defer s.closed()
	for {
		_, raw, err := s.conn.ReadMessage()
		if err != nil {
			s.end()
			s.adapter.marks.stumble()
			return fmt.Errorf("read a socket: %w", err)
		}
		s.quiet.Reset(silence)
		switch s.take(ctx, raw) {
		case "hello":
			s.opened()
		case "disconnect":
			return errRenew
		}
	}
}

// leave keeps a connection that Slack wants to end for the acknowledgements that are still to come.
func (s *socket) leave(ctx context.Context) {
	defer s.end()
	stop := context.AfterFunc(ctx, func() { _ = s.conn.Close() })
	defer stop()
	s.quiet.Reset(farewell)
	for {
		_, raw, err := s.conn.ReadMessage()
		if err != nil {
			return
		}
		s.take(ctx, raw) // it was on its way already
	}
}

// end ends the connection.
func (s *socket) end() {
	s.quiet.Stop()
	_ = s.conn.Close()
}

// take takes in a frame and returns its type. Nearly all are events: they are decoded in one go, and anew only when
// they turn out to be something else.
func (s *socket) take(ctx context.Context, raw []byte) string {
	var e frame[*outer[event]]
	if json.Unmarshal(raw, &e) == nil && e.Type == kindEvents && e.EnvelopeID != "" {
		s.envelope(ctx, e.EnvelopeID, delivered{kind: e.Type, event: e.Payload})
		return e.Type
	}
	var f frame[json.RawMessage]
	switch {
	case json.Unmarshal(raw, &f) != nil:
		s.adapter.ignored("malformed")
	case f.EnvelopeID != "":
		s.envelope(ctx, f.EnvelopeID, delivered{kind: f.Type, body: f.Payload})
	}
	return f.Type
}

// envelope has something done, and acknowledges it when that has succeeded. What nobody can read is acknowledged too: it
// would come again for nothing.
func (s *socket) envelope(ctx context.Context, id string, d delivered) {
	a := s.adapter
	ack := func(answer any) {
		if err := s.ack(id, answer); err != nil {
			a.log.WarnContext(ctx, "not acknowledged, slack will deliver again", "error", err)
		}
	}
	err := a.take(ctx, d, func(answer any, err error) {
		if err == nil {
			ack(answer)
		}
	})
	var bad malformed
	if errors.As(err, &bad) {
		a.ignored("malformed")
		ack(nil)
	} else if err != nil && !errors.Is(err, errNotRunning) {
		a.log.WarnContext(ctx, "not taken, slack will deliver again", "error", err)
	}
}

// ack acknowledges an envelope, with an answer unless that is nil, and returns when it is written.
func (s *socket) ack(id string, answer any) error {
	raw, err := json.Marshal(struct {
		EnvelopeID string `json:"envelope_id"`
		Payload    any    `json:"payload,omitempty"`
	}{id, answer})
	if err != nil {
		return err
	}
	if len(raw) > maxAck {
		return fmt.Errorf("the answer is too long: %d bytes", len(raw))
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	stuck := time.AfterFunc(ackTime, func() { _ = s.conn.Close() })
	defer stuck.Stop()
	return s.conn.WriteMessage(websocket.TextMessage, raw)
}

// opened notes that Slack talks to us. After a time without any connection something may have been missed.
func (s *socket) opened() {
	if s.greeted {
		return
	}
	s.greeted = true
	if s.adapter.health.connected() {
		s.adapter.wake()
	}
}

// closed notes that it does not any more.
func (s *socket) closed() {
	if s.greeted && s.adapter.health.disconnected() {
		s.adapter.marks.hold()
	}
}
