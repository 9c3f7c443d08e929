package teams

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// outgoing is an activity that goes out. Of the schema only what is meant is written: the library's own type would send empty times and
// objects along, on which clients stumble.
type outgoing struct {
	Type        string       `json:"type"`
	ID          string       `json:"id,omitempty"`
	Text        string       `json:"text,omitempty"`
	TextFormat  string       `json:"textFormat,omitempty"`
	Summary     string       `json:"summary,omitempty"`
	Attachments []attachment `json:"attachments,omitempty"`
	Entities    []entity     `json:"entities,omitempty"`
}

// attachment is a card.
type attachment struct {
	ContentType string `json:"contentType"`
	Content     any    `json:"content"`
}

// entity is a mention.
type entity struct {
	Type      string    `json:"type"`
	Text      string    `json:"text,omitempty"`
	Mentioned mentioned `json:"mentioned"`
}

type mentioned struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// member is somebody as the roster of a conversation knows them.
type member struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	AADObjectID string `json:"aadObjectId"`
	ObjectID    string `json:"objectId"` // instead of aadObjectId in some answers
	Email       string `json:"email"`
	Principal   string `json:"userPrincipalName"`
	TenantID    string `json:"tenantId"`
	Role        string `json:"userRole"`
}

// connector is the Bot Connector's REST interface: learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference.
// Every call may block up to [callTime] within its context.
type connector struct {
	client *http.Client
	tokens *tokens // nil where no authentication is wanted
	hosts  serviceHosts
	now    func() time.Time

	pauses pauses
}

// callError is why a call did not succeed.
type callError struct {
	// Status is the connector's, 0 when there was no answer; Code is its word for the reason, such as
	// "BotNotInConversationRoster", or one of ours.
	Status int
	Code   string
	// After is how long the connector wants to be left alone.
	After time.Duration
	// Sent is set when the call may have been carried out.
	Sent bool
	Err  error
}

func (e *callError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %v", e.Code, e.Err)
	}
	return fmt.Sprintf("%d %s", e.Status, e.Code)
}

func (e *callError) Unwrap() error { return e.Err }

// address is where a call goes.
type address struct {
	service string // the base, as an activity named it
	path    []string
	query   string // encoded; empty for none
}

func conversation(service, id string, more ...string) address {
	return address{service: service, path: append([]string{"v3", "conversations", id}, more...)}
}

// conversations is where they are made.
func conversations(service string) address {
	return address{service: service, path: []string{"v3", "conversations"}}
}

// url escapes each part of the path; a conversation's id has colons and a semicolon.
func (a address) url() (string, error) {
	u := strings.TrimSuffix(a.service, "/")
	for _, p := range a.path {
		if !validID(p) {
			return "", errors.New("an id cannot be part of an address")
		}
		u += "/" + strings.NewReplacer("+", "%2B").Replace(url.PathEscape(p))
	}
	return u, nil
}

// send posts into a conversation, or a thread, and returns the id of the message.
func (c *connector) send(ctx context.Context, service, id string, a outgoing) (string, error) {
	var made struct {
		ID string `json:"id"`
	}
	err := c.call(ctx, http.MethodPost, id, conversation(service, id, "activities"), a, &made)
	if err == nil && made.ID == "" {
		err = &callError{Code: "no_id", Sent: true}
	}
	return made.ID, err
}

// post begins a thread of a channel and returns the id of its first message.
func (c *connector) post(ctx context.Context, service, channel string, a outgoing) (string, error) {
	var made struct {
		ID         string `json:"id"`
		ActivityID string `json:"activityId"`
	}
	params := struct {
		IsGroup     bool     `json:"isGroup"`
		Activity    outgoing `json:"activity"`
		ChannelData any      `json:"channelData"`
	}{true, a, map[string]any{"channel": map[string]string{"id": channel}}}
	err := c.call(ctx, http.MethodPost, channel, conversations(service), params, &made)
	if _, thread := splitConversation(made.ID); made.ActivityID == "" {
		made.ActivityID = thread
	}
	if err == nil && made.ActivityID == "" {
		err = &callError{Code: "no_id", Sent: true}
	}
	return made.ActivityID, err
}

// open opens the direct conversation of a person, or finds it, and returns its id.
func (c *connector) open(ctx context.Context, service, bot, person, tenant string) (string, error) {
	type id struct {
		ID string `json:"id"`
	}
	params := map[string]any{"isGroup": false, "members": []id{{person}}}
	if bot != "" {
		params["bot"] = id{bot}
	}
	if tenant != "" {
		params["tenantId"] = tenant
		params["channelData"] = map[string]any{"tenant": id{tenant}}
	}
	var made id
	err := c.call(ctx, http.MethodPost, person, conversations(service), params, &made)
	if err == nil && made.ID == "" {
		err = &callError{Code: "no_id"} // nobody has seen anything
	}
	return made.ID, err
}

// update rewrites a message.
func (c *connector) update(ctx context.Context, service, id, message string, a outgoing) error {
	a.ID = message
	return c.call(ctx, http.MethodPut, id, conversation(service, id, "activities", message), a, nil)
}

// remove deletes a message.
func (c *connector) remove(ctx context.Context, service, id, message string) error {
	return c.call(ctx, http.MethodDelete, id, conversation(service, id, "activities", message), nil, nil)
}

// member asks for one person of a conversation, by either of their ids.
func (c *connector) member(ctx context.Context, service, id, person string) (member, error) {
	var m member
	err := c.call(ctx, http.MethodGet, "", conversation(service, id, "members", person), nil, &m)
	return m, err
}

// maxAnswer is the longest answer that is read, in bytes.
const maxAnswer = 4 << 20

// call makes one call; in is sent as JSON unless it is nil, and the answer read into out. Calls that write wait for
// nobody: during a pause that the connector asked for, they fail at once. lane is what a pause is for; empty for reading. It is
// one conversation, as Teams counts: a channel with its threads, a chat, or the person with whom one is to be opened
// (learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit). Of the limit for the whole app, 50 calls a second,
// nothing in an answer tells: each conversation then finds its own pause.
func (c *connector) call(ctx context.Context, method, lane string, at address, in, out any) error {
	lane, _ = splitConversation(lane)
	if wait := c.pauses.left(lane, c.now()); lane != "" && wait > 0 {
		return &callError{Status: http.StatusTooManyRequests, Code: "throttled", After: wait}
	}
	req, err := c.request(ctx, method, at, in)
	if err != nil {
		return err
	}
	token, err := c.authorize(ctx, req)
	if err != nil {
		return err
	}
	resp, err := c.client.Do(req)
	if err != nil {
		err = inner(err)
		return &callError{Code: "unreachable", Sent: !unsent(err), Err: err}
	}
	defer resp.Body.Close() //nolint:errcheck // it was read
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if resp.StatusCode >= 200 && resp.StatusCode < 300 {
		if out == nil {
			return nil
		}
		if err == nil {
			err = json.Unmarshal(body, out)
		}
		if err != nil {
			return &callError{Status: resp.StatusCode, Code: "bad_answer", Sent: true, Err: err}
		}
		return nil
	}
	refusal := refusalOf(resp, body, c.now())
	if refusal.Status == http.StatusTooManyRequests && lane != "" {
		c.pauses.begin(lane, c.now().Add(refusal.After))
	}
	if refusal.Status == http.StatusUnauthorized && c.tokens != nil {
		c.tokens.refused(ctx, token, fmt.Errorf("the connector refuses the token: %s", explain(refusal.Code)))
	}
	return refusal
}

// request makes a request to a host that may be called.
func (c *connector) request(ctx context.Context, method string, at address, in any) (*http.Request, error) {
	target, err := at.url()
	if err != nil {
		return nil, &callError{Code: "bad_address", Err: err}
	}
	if err := c.hosts.check(target); err != nil {
		return nil, &callError{Code: "foreign_service", Err: err}
	}
	var body io.Reader
	if in != nil {
		data, err := encode(in)
		if err != nil {
			return nil, &callError{Code: "not_encodable", Err: err}
		}
		body = bytes.NewReader(data)
	}
	if at.query != "" {
		target += "?" + at.query
	}
	req, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return nil, &callError{Code: "bad_address", Err: err}
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	return req, nil
}

func (c *connector) authorize(ctx context.Context, req *http.Request) (string, error) {
	if c.tokens == nil {
		return "", nil
	}
	token, err := c.tokens.get(ctx)
	if err != nil {
		return "", &callError{Code: "no_token", Err: err}
	}
	req.Header.Set("Authorization", "Bearer "+token)
	return token, nil
}

// encode writes JSON as short as it can be: escapes for HTML would count towards Teams' limit.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

// unsent reports whether a request certainly never reached anybody.
func unsent(err error) bool {
	var op *net.OpError
	var dns *net.DNSError
	return errors.As(err, &op) && op.Op == "dial" || errors.As(err, &dns)
}

const (
	// usualPause is how long to wait where the connector does not say, longestPause the most that is obeyed.
	usualPause   = 5 * time.Second
	longestPause = time.Hour
)

// codeForm is how the connector's words for a reason look.
var codeForm = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,80}$`)

// refusalOf reads why a call was refused.
func refusalOf(resp *http.Response, body []byte, now time.Time) *callError {
	var answer struct {
		Error struct {
			Code string `json:"code"`
		} `json:"error"`
		Message string `json:"message"`
	}
	e := &callError{Status: resp.StatusCode}
	if json.Unmarshal(body, &answer) == nil {
		// Of somebody who blocked the bot Teams tells in an object inside of a text.
		var inner struct {
			SubCode string `json:"subCode"`
		}
		_ = json.Unmarshal([]byte(answer.Message), &inner) // mostly it is words
		e.Code = cmp.Or(answer.Error.Code, inner.SubCode)
	}
	if !codeForm.MatchString(e.Code) {
		e.Code = "" // it goes into logs
	}
	if e.Code == "" {
		e.Code = "status_" + strconv.Itoa(resp.StatusCode)
	}
	switch resp.StatusCode {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		e.After = retryAfter(resp.Header.Get("Retry-After"), now)
	}
	// What the gateway says of the connector tells nothing of what the connector did.
	e.Sent = resp.StatusCode >= 500 && resp.StatusCode != http.StatusNotImplemented || resp.StatusCode == http.StatusRequestTimeout
	return e
}

// retryAfter reads seconds or a time.
func retryAfter(header string, now time.Time) time.Duration {
	wait := usualPause
	if seconds, err := strconv.Atoi(strings.TrimSpace(header)); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(header); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, time.Second), longestPause)
}

// mostKept bounds what is remembered of conversations, not to be asked for again; beyond it all is forgotten at once.
const mostKept = 20_000

// pauses are conversations that the connector wants to be left alone.
type pauses struct {
	mu    sync.Mutex
	until map[string]time.Time
}

func (p *pauses) begin(lane string, until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.until == nil || len(p.until) >= mostKept {
		p.until = map[string]time.Time{}
	}
	p.until[lane] = until
}

// left is how long a pause goes on; 0 for none.
func (p *pauses) left(lane string, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	until, ok := p.until[lane]
	if !ok {
		return 0
	}
	if !now.Before(until) {
		delete(p.until, lane)
		return 0
	}
	return until.Sub(now)
}

// codeOf is the reason why a call did not succeed; empty for one that did.
func codeOf(err error) string {
	var e *callError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Code
	}
	return "failed"
}

// statusOf is the status of a call that was refused; 0 for everything else.
func statusOf(err error) int {
	var e *callError
	if errors.As(err, &e) {
		return e.Status
	}
	return 0
}

// afterOf is how long Microsoft wants to be left alone; 0 when it does not say.
func afterOf(err error) time.Duration {
	var e *callError
	if errors.As(err, &e) {
		return e.After
	}
	return 0
}

// notInRoster is the connector's code for a conversation that the bot is not in.
const notInRoster = "BotNotInConversationRoster"

// explain says what a code of the connector means and what to do.
func explain(code string) string {
	texts := map[string]string{
		notInRoster:                 "the bot is not there: add the app to the team or the chat",
		"BotDisabledByAdmin":        "an administrator has blocked the app: allow it in the Teams admin centre",
		"ConversationBlockedByUser": "the person has blocked the bot",
		"MessageWritesBlocked":      "the person has blocked the bot",
		"ConversationNotFound":      "there is no such channel or chat: check the id",
		"NotEnoughPermissions":      "the bot may not write there: let apps post in the channel's moderation",
		"ForbiddenOperationException": "the app is not installed for the person: have them open it once, or install it for all " +
			"in the Teams admin centre",
		"BotNotRegistered":    "Microsoft does not know the bot: check that the Azure bot has this app_id and the Teams channel",
		"AuthorizationFailed": "check that the Azure bot is of the type that the tokens are for: see token_tenant",
		"status_401":          "check that the Azure bot is of the type that the tokens are for: see token_tenant",
		"MessageSizeTooBig":   "the message is too long for Teams",
		mentionsOnly: "an owner has not consented (ChannelMessage.Read.Group, ChatMessage.Read.Chat): remove the app from the " +
			"team or chat and add it again",
		"unreachable":     "Microsoft Graph cannot be reached",
		"foreign_service": "its address is none of service_hosts",
	}
	if text := texts[code]; text != "" {
		return code + ": " + text
	}
	return code
}
