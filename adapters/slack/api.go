package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"standleitung/bot"
)

// webAPI calls methods whose answers hold messages: they are read by our own decoder, because the library's refuses a whole
// page of history for one block that it does not know.
type webAPI struct {
	client *http.Client
	url    string
	token  string
}

// maxAnswer bounds the answer of a call, in bytes.
const maxAnswer = 32 << 20

// call calls a method with a form and decodes the answer into out. Its errors are those of the library.
func (w *webAPI) call(ctx context.Context, method string, form url.Values, out any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url+method, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "Bearer "+w.token)
	resp, err := w.client.Do(req)
	if err != nil {
		return err
	}
	defer func() {
		drain(resp.Body)
		_ = resp.Body.Close()
	}()
	if resp.StatusCode == http.StatusTooManyRequests {
		seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
		return &slack.RateLimitedError{RetryAfter: time.Duration(max(seconds, 1)) * time.Second}
	}
	if resp.StatusCode != http.StatusOK {
		return slack.StatusCodeError{Code: resp.StatusCode, Status: resp.Status}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return err
	}
	var status struct {
		OK    bool   `json:"ok"`
		Error string `json:"error"`
	}
	if err := json.Unmarshal(body, &status); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	if !status.OK {
		return slack.SlackErrorResponse{Err: status.Error}
	}
	return json.Unmarshal(body, out)
}

// drain reads a body to its end, within reason, so that its connection can be used again.
func drain(body io.Reader) { _, _ = io.CopyN(io.Discard, body, 64<<10) }

const (
	// longPause is how long to wait when people must act first: a token, a scope.
	longPause = 5 * time.Minute
	// limitPause is how long to wait when Slack asks for patience without saying how much.
	limitPause = 30 * time.Second
)

// limitReason is why a delivery waits that Slack asked to wait.
const limitReason = "rate_limited"

// sendError says what became of a call that did something. One that was told already stays as it is.
func sendError(err error) *bot.SendError {
	var known *bot.SendError
	if errors.As(err, &known) {
		return known
	}
	var limit *slack.RateLimitedError
	var status slack.StatusCodeError
	var dial *net.OpError
	code := codeOf(err)
	switch {
	case errors.As(err, &limit):
		return &bot.SendError{Fate: bot.Retry, After: max(limit.RetryAfter, time.Second), Reason: limitReason, Err: err}
	case isLimit(code):
		return &bot.SendError{Fate: bot.Retry, After: limitPause, Reason: limitReason, Err: err}
	case isAuth(code), isScope(code):
		return &bot.SendError{Fate: bot.Retry, After: longPause, Reason: code, Err: err}
	case isOutage(code):
		return &bot.SendError{Fate: bot.Unknown, Reason: code, Err: err}
	case code != "":
		return &bot.SendError{Fate: bot.Never, Reason: code, Err: err}
	case errors.As(err, &status) && status.Code == http.StatusTooManyRequests:
		return &bot.SendError{Fate: bot.Retry, After: limitPause, Reason: limitReason, Err: err}
	case errors.As(err, &status) && status.Code < http.StatusInternalServerError:
		return &bot.SendError{Fate: bot.Retry, After: time.Minute, Reason: "http_" + strconv.Itoa(status.Code), Err: err}
	case errors.As(err, &status):
		return &bot.SendError{Fate: bot.Unknown, Reason: "http_" + strconv.Itoa(status.Code), Err: err}
	case errors.As(err, &dial) && dial.Op == "dial":
		return &bot.SendError{Fate: bot.Retry, Reason: "unreachable", Err: err}
	case errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		return &bot.SendError{Fate: bot.Unknown, Reason: "timeout", Err: err}
	}
	return &bot.SendError{Fate: bot.Unknown, Reason: "connection", Err: err}
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// harmless is sendError for a call that changes nothing, or nothing that a repetition would change again.
func harmless(err error) *bot.SendError {
	e := sendError(err)
	if e.Fate == bot.Unknown {
		e.Fate = bot.Retry
	}
	return e
}

// codeOf is Slack's own code of an error, such as "channel_not_found"; empty when the error is not Slack's.
func codeOf(err error) string {
	var e slack.SlackErrorResponse
	if !errors.As(err, &e) {
		return ""
	}
	for _, r := range e.Err {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' {
			return "slack_error"
		}
	}
	if len(e.Err) > 64 || e.Err == "" {
		return "slack_error"
	}
	return e.Err
}

// isAuth reports whether Slack does not take the token.
func isAuth(code string) bool {
	switch code {
	case "invalid_auth", "token_revoked", "token_expired", "account_inactive", "not_authed":
		return true
	}
	return false
}

// isScope reports whether the app may not do what it wants to do: a person must change that in Slack first.
func isScope(code string) bool {
	switch code {
	case "missing_scope", "not_allowed_token_type", "no_permission", "access_denied", "ekm_access_denied",
		"org_login_required", "team_access_not_granted", "two_factor_setup_required":
		return true
	}
	return false
}

// isLimit reports whether Slack asks for patience.
func isLimit(code string) bool {
	switch code {
	case "ratelimited", "rate_limited", "message_limit_exceeded":
		return true
	}
	return false
}

// isOutage reports whether Slack itself is in trouble, and does not know how far it came.
func isOutage(code string) bool {
	switch code {
	case "internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org", "accesslimited":
		return true
	}
	return false
}

// patienceOf is how long Slack asks to wait; 0 when it does not.
func patienceOf(err error) time.Duration {
	if err == nil {
		return 0
	}
	if e := sendError(err); e.Reason == limitReason {
		return e.After
	}
	return 0
}
