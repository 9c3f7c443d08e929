package slacktest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// newClient follows two redirects, as Slack does.
func newClient() *http.Client {
	return &http.Client{Transport: &http.Transport{}, CheckRedirect: func(_ *http.Request, via []*http.Request) error {
		if len(via) > 2 {
			return errRedirects
		}
		return nil
	}}
}

var errRedirects = errors.New("too many redirects")

// Sign returns the headers with which Slack signs a body at a time.
func Sign(secret string, at time.Time, body []byte) http.Header {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(mac, "v0:%s:%s", stamp, body)
	return http.Header{
		"X-Slack-Request-Timestamp": {stamp},
		"X-Slack-Signature":         {"v0=" + hex.EncodeToString(mac.Sum(nil))},
	}
}

// byRequest delivers over HTTP, as often as was ordered.
func (s *Server) byRequest(d *delivery) {
	s.mu.Lock()
	twist := s.twist()
	s.mu.Unlock()
	times := 1
	if twist == Twice || twist == TwiceAnew {
		times = 2
	}
	for range times {
		h := s.post(d)
		s.mu.Lock()
		s.concluded(d, h)
		s.mu.Unlock()
	}
}

// post makes one request with a delivery and waits for the answer as long as Slack does.
func (s *Server) post(d *delivery) Heard {
	var body []byte
	kind := "application/x-www-form-urlencoded"
	switch d.kind {
	case slashCmd:
		form := url.Values{}
		for k, v := range d.payload {
			form.Set(k, fmt.Sprint(v))
		}
		body = []byte(form.Encode())
	case interactive:
		body = []byte(url.Values{"payload": {string(d.raw)}}.Encode())
	default:
		body = d.raw
		kind = "application/json"
	}
	s.mu.Lock()
	header := Sign(s.config.SigningSecret, s.now(), body)
	address, wait := s.config.RequestURL, s.config.Times.Ack
	if d.attempt > 0 {
		header.Set("X-Slack-Retry-Num", strconv.Itoa(d.attempt))
		header.Set("X-Slack-Retry-Reason", d.reason)
	}
	s.mu.Unlock()
	header.Set("Content-Type", kind)
	header.Set("User-Agent", "Slackbot 1.0 (+https://api.slack.com/robots)")
	return s.request(address, header, body, wait)
}

func (s *Server) request(address string, header http.Header, body []byte, wait time.Duration) Heard {
	ctx, cancel := context.WithTimeout(s.ctx, wait)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return Heard{Reason: "connection_failed"}
	}
	r.Header = header
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
		h.Reason = "http_error"
		h.final = answer.Header.Get("X-Slack-No-Retry") == "1"
	}
	if text := bytes.TrimSpace(raw); len(text) > 0 && json.Unmarshal(text, &h.Answer) != nil {
		h.Answer = map[string]any{"text": string(text)} // a command may be answered with plain text
	}
	return h
}

func why(err error) string {
	var n net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &n) && n.Timeout():
		return "http_timeout"
	case errors.Is(err, errRedirects):
		return "too_many_redirects"
	}
	return "connection_failed"
}

// SetRequestURL switches to HTTP: it checks the URL with a challenge, as Slack does when the address is entered.
func (s *Server) SetRequestURL(address string) error {
	challenge := random()
	body, _ := json.Marshal(object{"token": "verification", "challenge": challenge, "type": "url_verification"})
	s.mu.Lock()
	header, wait := Sign(s.config.SigningSecret, s.now(), body), s.config.Times.Ack
	s.mu.Unlock()
	header.Set("Content-Type", "application/json")
	h := s.request(address, header, body, wait)
	if !h.Acked || (h.Answer["challenge"] != challenge && h.Answer["text"] != challenge) {
		return fmt.Errorf("the request URL did not answer the challenge: status %d %s", h.Status, h.Reason)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.config.RequestURL = address
	return nil
}
