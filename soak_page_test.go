//go:build soak

package main_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// webPost is a post of the built-in chat, as its page gets it.
type webPost struct {
	ID      string     `json:"id"`
	Number  int        `json:"number"`
	Place   string     `json:"place"`
	Thread  string     `json:"thread"`
	From    *webAuthor `json:"from"` // nil for the bot
	Text    string     `json:"text"`
	Quote   string     `json:"quote"`
	Deleted bool       `json:"deleted"`
	Private bool       `json:"private"`
	Card    webCard    `json:"card"`
}

type webAuthor struct {
	ID string `json:"id"` // empty on a copy
}

type webCard struct {
	Title   string `json:"title"`
	Quote   string `json:"quote"`
	Items   []struct{ Text string }
	Buttons []struct{ Label, Do string }
}

// webPage is an open page of the built-in chat. It comes back whenever its connection ends.
type webPage struct {
	t               *testing.T
	address, person string
	heard           func(*webPost) // nil for nothing; one after the other
	cancel          context.CancelFunc
	done            chan struct{}

	mu    sync.Mutex
	last  string
	posts map[string]*webPost
}

func openPage(ctx context.Context, t *testing.T, address, person string, heard func(*webPost)) *webPage {
	t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	w := &webPage{t: t, address: address, person: person, heard: heard, cancel: cancel, done: make(chan struct{}), posts: map[string]*webPost{}}
	go func() {
		defer close(w.done)
		for ctx.Err() == nil {
			w.follow(ctx)
			pause(ctx, 10*time.Millisecond)
		}
	}()
	t.Cleanup(w.close)
	return w
}

func (w *webPage) close() {
	w.cancel()
	<-w.done
}

// follow reads events until the connection ends.
func (w *webPage) follow(ctx context.Context) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+w.address+"/chat/events?person="+w.person, nil)
	if err != nil {
		w.t.Error(err)
		return
	}
	req.Header.Set("Last-Event-ID", w.last)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return // it is dead; the next try finds it
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return
	}
	lines := bufio.NewReader(res.Body)
	var kind, number string
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return // an event counts when all of it came
		}
		switch field, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": "); field {
		case "event":
			kind = value
		case "id":
			number = value
		case "data":
			w.take(kind, number, []byte(value))
		}
	}
}

func (w *webPage) take(kind, number string, data []byte) {
	all := []json.RawMessage{data}
	if kind == "snapshot" {
		var snapshot struct{ Posts []json.RawMessage }
		if err := json.Unmarshal(data, &snapshot); err != nil {
			w.t.Errorf("event %s: %v", number, err)
		}
		all = snapshot.Posts
	}
	w.last = number
	for _, raw := range all {
		p := &webPost{}
		if err := json.Unmarshal(raw, p); err != nil {
			w.t.Errorf("event %s: %v", number, err)
			continue
		}
		w.mu.Lock()
		w.posts[p.ID] = p
		w.mu.Unlock()
		if w.heard != nil {
			w.heard(p)
		}
	}
}

// shown are the posts that came, as they were last.
func (w *webPage) shown() []*webPost {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []*webPost
	for _, p := range w.posts {
		all = append(all, p)
	}
	return all
}

// left is how many rows of the outbox are left to do, by the program's metrics; 1 when it does not answer.
func (s *soak) left() int {
	req, err := http.NewRequestWithContext(s.ctx, http.MethodGet, "http://"+s.program.address+"/metrics", nil)
	if err != nil {
		return 1
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 1
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		return 1
	}
	left := 0
	for line := range strings.Lines(string(text)) {
		var state string
		var n float64
		if _, err := fmt.Sscanf(line, `standleitung_outbox_rows{state=%s %g`, &state, &n); err != nil {
			continue
		}
		if state, err := strconv.Unquote(strings.TrimSuffix(state, "}")); err == nil && state != "parked" {
			left += int(n)
		}
	}
	return left
}
