package teams

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// Check tries the credentials and the rooms of a configuration at Microsoft, tells on one screen what is right and what is
// missing, and reports whether nothing is. It changes nothing.
func Check(ctx context.Context, c Config, out io.Writer) (bool, error) {
	a, err := New(c)
	if err != nil {
		return false, err
	}
	defer a.api.client.CloseIdleConnections()
	k := &checker{Adapter: a, out: out, fine: true}
	if c.InsecureDev {
		k.good("insecure_dev: nothing is asked of Microsoft, and only this machine is heard")
		return true, nil
	}
	k.signing(ctx)
	if k.token(ctx) {
		for _, room := range c.Rooms {
			k.room(ctx, room)
		}
	}
	return k.fine, nil
}

type checker struct {
	*Adapter
	out  io.Writer
	fine bool
}

func (k *checker) good(format string, args ...any) {
	_, _ = fmt.Fprintf(k.out, "teams: ok: "+format+"\n", args...) // to a terminal: there is nobody left to tell
}

func (k *checker) bad(format string, args ...any) {
	k.fine = false
	_, _ = fmt.Fprintf(k.out, "teams: MISSING: "+format+"\n", args...) // as above
}

// signing fetches the keys with which Microsoft signs.
func (k *checker) signing(ctx context.Context) {
	if err := k.door.keys.fetch(ctx); err != nil {
		k.bad("openid_url: %v", err)
		return
	}
	k.good("openid_url: %d keys", k.door.keys.set.Len())
}

// token asks for a token; false when there is none.
func (k *checker) token(ctx context.Context) bool {
	if _, err := k.tokens.get(ctx); err != nil {
		k.bad("app_id, app_password, tenant_id: %v", err)
		return false
	}
	k.good("app_id, app_password, tenant_id: Microsoft gives a token")
	return true
}

// room looks whether the bot is in a room. Before Teams has named its address, the connector may not know.
func (k *checker) room(ctx context.Context, id string) {
	members, err := k.api.members(ctx, k.config.ServiceURL, id)
	switch status := statusOf(err); {
	case err == nil:
		k.good("room %s: %d people", id, len(members))
		k.consent(ctx, id)
	case status == http.StatusForbidden, status == http.StatusNotFound:
		k.bad("room %s: %s", id, explain(codeOf(err)))
	case status == http.StatusUnauthorized:
		k.bad("room %s: the token is refused: %s", id, explain(codeOf(err)))
	default:
		k.good("room %s: not known before somebody writes there (%s)", id, codeOf(err))
	}
}

// consent looks whether what is said in a room is heard without a mention, and can be read later when it was missed: both by
// the same consent.
func (k *checker) consent(ctx context.Context, id string) {
	group := ""
	if isChannel(id) {
		var err error
		if group, err = k.groupOf(ctx, id); err != nil || group == "" {
			k.good("room %s: its team is not known before somebody writes there", id)
			return
		}
	}
	_, err := k.history(ctx, id, group, k.now())
	switch {
	case err == nil:
		k.good("room %s: its history can be read", id)
	case statusOf(err) == http.StatusForbidden:
		k.bad("room %s: only mentions are heard, and nothing is caught up: %s", id, explain(mentionsOnly))
	default:
		k.bad("room %s: graph_url: nothing is caught up: %s", id, explain(codeOf(err)))
	}
}

// mostPages bounds the pages of a roster that are read.
const mostPages = 100

// members are all people of a conversation, read page by page.
func (c *connector) members(ctx context.Context, service, id string) ([]member, error) {
	var all []member
	next := ""
	for range mostPages {
		var page struct {
			Members []member `json:"members"`
			Next    string   `json:"continuationToken"`
		}
		query := url.Values{"pageSize": {"500"}}
		if next != "" {
			query.Set("continuationToken", next)
		}
		at := conversation(service, id, "pagedmembers")
		at.query = query.Encode()
		if err := c.call(ctx, http.MethodGet, "", at, nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Members...)
		if next = page.Next; next == "" {
			return all, nil
		}
	}
	return nil, errors.New("the roster has no end")
}
