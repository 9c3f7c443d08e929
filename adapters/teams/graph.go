package teams

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"standleitung/adapters/duty"
)

const (
	// DefaultGraph is where histories are read.
	DefaultGraph = "https://graph.microsoft.com"
	// graphVersion begins the path of every call.
	graphVersion = "/v1.0"
	// graphPage is how many messages are asked for at a time: the most that Microsoft Graph gives
	// (learn.microsoft.com/graph/api/chatmessage-delta, …/chat-list-messages, …/chatmessage-list-replies).
	graphPage = "50"
	// graphPages bounds one reading of one room: 10,000 messages or threads.
	graphPages = 200
)

// graph reads what was said in rooms through Microsoft Graph, with a token of its own that goes to no other host. A bot has no
// history in the connector; resource-specific consent lets the app read that of the teams and chats in which it is. Every call
// may block up to [callTime] within its context.
type graph struct {
	client *http.Client
	tokens *tokens
	base   *url.URL
	now    func() time.Time
	pauses pauses // of rooms, for those who look something up
}

// newGraph makes a client for an address that was checked; nil for no authentication, and so no Graph.
func newGraph(c Config, client *http.Client) *graph {
	if c.InsecureDev {
		return nil
	}
	base, err := url.Parse(c.GraphURL)
	if err != nil {
		return nil // it was checked
	}
	return &graph{client: client, tokens: newTokens(c, c.TenantID, graphScope(base), client), base: base, now: c.Now}
}

// graphScope is what a token for Microsoft Graph is for: a national cloud has its own, a test on this machine has the usual one.
func graphScope(base *url.URL) string {
	if isLoopback(base.Hostname()) {
		return DefaultGraph + "/.default"
	}
	return "https://" + base.Host + "/.default"
}

// checkGraph reports what is wrong with the address of Microsoft Graph: a token goes there.
func checkGraph(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return errors.New("graph_url is no address of a host")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())) {
		return errors.New("graph_url must begin with https://")
	}
	return nil
}

// at is the address of something at Microsoft Graph. Each part of the path is escaped.
func (g *graph) at(query url.Values, path ...string) (string, error) {
	u := strings.TrimSuffix(g.base.String(), "/") + graphVersion
	for _, p := range path {
		if !validID(p) {
			return "", &callError{Code: "bad_address", Err: errors.New("an id cannot be part of an address")}
		}
		u += "/" + strings.ReplaceAll(url.PathEscape(p), "+", "%2B")
	}
	if len(query) > 0 {
		u += "?" + strings.ReplaceAll(query.Encode(), "+", "%20") // OData wants no plus for a blank
	}
	return u, nil
}

// own reports whether an address that Microsoft Graph gave for the next page is one of its own.
func (g *graph) own(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.User == nil && u.Scheme == g.base.Scheme && strings.EqualFold(u.Host, g.base.Host) &&
		strings.HasPrefix(u.Path, graphVersion+"/")
}

// graphPageOf is one page of a list.
type graphPageOf struct {
	Value *[]json.RawMessage `json:"value"`
	Next  string             `json:"@odata.nextLink"`
}

// throttledFor is how long the next page is to be waited for: one call a second is all that Microsoft Graph takes about a channel or
// chat (learn.microsoft.com/graph/throttling-limits#microsoft-teams-service-limits). 0 where that is too long, and for other errors.
func throttledFor(err error) time.Duration {
	if statusOf(err) != http.StatusTooManyRequests || afterOf(err) > longestWait {
		return 0
	}
	return afterOf(err)
}

// pages reads a list to its end and shows each entry. It begins anew for nothing: where the first page was given, the others are
// waited for.
func (g *graph) pages(ctx context.Context, address string, see func(json.RawMessage) error) error {
	for n := range graphPages {
		var page graphPageOf
		err := g.get(ctx, address, &page)
		for n > 0 && throttledFor(err) > 0 && duty.Sleep(ctx, throttledFor(err)) {
			err = g.get(ctx, address, &page)
		}
		if err != nil {
			return err
		}
		if page.Value == nil {
			return &callError{Status: http.StatusOK, Code: "bad_answer", Err: errors.New("a page without a list")}
		}
		for _, entry := range *page.Value {
			if err := see(entry); err != nil {
				return err
			}
		}
		if address = page.Next; address == "" {
			return nil
		}
	}
	return &callError{Code: "too_long", Err: errors.New("a history has no end")}
}

// get reads one answer. When Microsoft Graph wants to be left alone, the error says for how long.
func (g *graph) get(ctx context.Context, address string, into any) error {
	if !g.own(address) {
		return &callError{Code: "foreign_link", Err: errForeignHost}
	}
	token, err := g.tokens.get(ctx)
	if err != nil {
		return &callError{Code: "no_token", Err: err}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return &callError{Code: "bad_address", Err: err}
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", "application/json")
	resp, err := g.client.Do(req)
	if err != nil {
		return &callError{Code: "unreachable", Err: inner(err)}
	}
	defer resp.Body.Close() //nolint:errcheck // it was read
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxHistory))
	if resp.StatusCode != http.StatusOK {
		refusal := refusalOf(resp, body, g.now())
		if refusal.Status == http.StatusUnauthorized {
			g.tokens.refused(ctx, token, refusal)
		}
		return refusal
	}
	if err == nil {
		err = json.Unmarshal(body, into)
	}
	if err != nil {
		return &callError{Status: resp.StatusCode, Code: "bad_answer", Err: err}
	}
	return nil
}

// maxHistory is the longest page that is read, in bytes: 50 threads with 1,000 answers each can be long.
const maxHistory = 64 << 20

// inner is an error without the address that it is about, in which there are ids.
func inner(err error) error {
	var outer *url.Error
	if errors.As(err, &outer) {
		return outer.Err
	}
	return err
}
