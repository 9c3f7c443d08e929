package slack

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

var errBusy = errors.New("too much is waiting")

const (
	// ackTime is how long an acknowledgement may wait for a connection; after it Slack delivers again.
	ackTime = 5 * time.Second
	// lastWords is how long a connection stays open for the last acknowledgements: the library cannot be asked whether it has
	// written them.
	lastWords = 200 * time.Millisecond
	// The pauses between two tries to connect.
	firstRetry, lastRetry = 500 * time.Millisecond, 30 * time.Second
)

// runSocket keeps one connection open until ctx ends; sockets ends after everything that came in was acknowledged. The
// library renews a connection by itself, but gives up on some errors and waits up to five minutes after others: here each
// failure begins anew, after half a minute at most.
func (a *Adapter) runSocket(ctx, sockets context.Context) {
	pause := firstRetry
	for ctx.Err() == nil {
		s := &socket{adapter: a, client: socketmode.New(a.api)}
		err := s.run(ctx, sockets)
		if s.greeted {
			pause = firstRetry
		}
		if ctx.Err() != nil {
			return
		}
		a.health.refused(reasonOf(err))
		a.log.WarnContext(ctx, "no connection to slack, will retry", "error", err)
		if !sleep(ctx, max(pause, patienceOf(err))) {
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

// socket is one connection, renewed as often as Slack asks for it.
type socket struct {
	adapter *Adapter
	client  *socketmode.Client
	open    bool // Slack has said hello on it
	greeted bool // it has once
}

// run receives until ctx ends or the connection cannot be kept.
func (s *socket) run(ctx, sockets context.Context) error {
	running, cut := context.WithCancel(sockets)
	var failed error // of the library; read after ended is closed
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		failed = s.client.RunContext(running)
	}()
	defer func() {
		cut()
		s.drain(ended)
		s.closed()
	}()
	for {
		select {
		case <-ctx.Done():
			<-sockets.Done()
			return nil
		case <-ended:
			return failed
		case e := <-s.client.Events:
			if err := s.take(sockets, e); err != nil {
				return err
			}
		}
	}
}

// drain waits until the library has ended; it may want to tell something before.
func (s *socket) drain(ended <-chan struct{}) {
	for {
		select {
		case <-ended:
			return
		case <-s.client.Events:
		}
	}
}

// take takes in what the library tells. Reading never waits for the work: the library answers Slack's pings in the same go.
func (s *socket) take(ctx context.Context, e socketmode.Event) error {
	switch e.Type {
	case socketmode.EventTypeHello:
		s.opened()
	case socketmode.EventTypeConnecting:
		s.closed()
	case socketmode.EventTypeConnectionError:
		if failed, ok := e.Data.(*slack.ConnectionErrorEvent); ok && failed.ErrorObj != nil {
			return failed.ErrorObj
		}
		return errors.New("connection failed")
	case socketmode.EventTypeErrorBadMessage:
		// The library could not read it; that is no reason to lose it.
		bad, ok := e.Data.(*socketmode.ErrorBadMessage)
		if !ok {
			return nil
		}
		var r socketmode.Request
		if json.Unmarshal(bad.Message, &r) == nil {
			s.envelope(ctx, &r)
		}
	default:
		if e.Request != nil {
			s.envelope(ctx, e.Request)
		}
	}
	return nil
}

// envelope has something done, and acknowledges it when that has succeeded. What nobody can read is acknowledged too: it
// would come again for nothing.
func (s *socket) envelope(ctx context.Context, r *socketmode.Request) {
	if r.EnvelopeID == "" {
		return
	}
	a := s.adapter
	ack := func(answer any) {
		ctx, cancel := context.WithTimeout(ctx, ackTime)
		defer cancel()
		if err := s.client.AckCtx(ctx, r.EnvelopeID, answer); err != nil {
			a.log.WarnContext(ctx, "not acknowledged, slack will deliver again", "error", err)
		}
	}
	err := a.take(ctx, string(r.Type), r.Payload, func(answer any, err error) {
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

// opened notes that Slack talks to us. After a time without any connection something may have been missed.
func (s *socket) opened() {
	if s.open {
		return
	}
	s.open, s.greeted = true, true
	if s.adapter.health.connected() {
		s.adapter.wake()
	}
}

// closed notes that it does not any more.
func (s *socket) closed() {
	if !s.open {
		return
	}
	s.open = false
	if s.adapter.health.disconnected() {
		s.adapter.marks.hold()
	}
}
