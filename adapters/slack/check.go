package slack

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/slack-go/slack"
)

// Check tries the credentials and the rooms of a configuration at Slack, tells on one screen what is right and what is
// missing, and reports whether nothing is. It changes nothing.
func Check(ctx context.Context, c Config, out io.Writer) (bool, error) {
	a, err := New(c)
	if err != nil {
		return false, err
	}
	defer a.web.client.CloseIdleConnections()
	k := &checker{Adapter: a, out: out, fine: true}
	if k.token(ctx) {
		k.rooms(ctx)
	}
	k.socket(ctx)
	return k.fine, nil
}

type checker struct {
	*Adapter
	out  io.Writer
	fine bool
}

func (k *checker) good(format string, args ...any) {
	_, _ = fmt.Fprintf(k.out, "slack: ok: "+format+"\n", args...) // to a terminal: there is nobody left to tell
}

func (k *checker) bad(format string, args ...any) {
	k.fine = false
	_, _ = fmt.Fprintf(k.out, "slack: MISSING: "+format+"\n", args...) // as above
}

// token tries the bot token and compares its scopes; false when it cannot be used at all.
func (k *checker) token(ctx context.Context) bool {
	who, err := k.api.AuthTestContext(ctx)
	if err != nil {
		k.bad("bot_token: %s", reasonOf(err))
		return false
	}
	if who.BotID == "" {
		k.bad("bot_token: this is the token of a person: write the one that begins with xoxb-")
		return false
	}
	k.good("bot_token: %s in workspace %s", who.User, who.Team)
	k.scopes(who.Header)
	return true
}

// scopes compares the scopes that the token has, which Slack tells with every answer.
func (k *checker) scopes(h http.Header) {
	told := h.Get("X-OAuth-Scopes")
	if told == "" {
		return
	}
	var has []string
	for s := range strings.SplitSeq(told, ",") {
		has = append(has, strings.TrimSpace(s))
	}
	missing := 0
	for _, s := range Scopes() {
		if !slices.Contains(has, s.Name) {
			missing++
			k.bad("scope %s (%s): add it under OAuth & Permissions and install the app again", s.Name, s.Why)
		}
	}
	if missing == 0 {
		k.good("all %d scopes", len(Scopes()))
	}
}

// rooms looks whether the bot is in its rooms.
func (k *checker) rooms(ctx context.Context) {
	for _, id := range k.config.Rooms {
		info, err := k.api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: id})
		switch {
		case err != nil:
			k.bad("room %s: %s", id, reasonOf(err))
		case info.IsArchived:
			k.bad("room %s (#%s): %s", id, info.Name, explain("is_archived"))
		case !info.IsMember:
			k.bad("room %s (#%s): %s", id, info.Name, explain("not_in_channel"))
		case info.IsExtShared:
			k.good("room %s (#%s); it is shared with another organisation, whose people read along", id, info.Name)
		default:
			k.good("room %s (#%s)", id, info.Name)
		}
	}
}

// socket tries the app token. Slack only gives an address for it: nothing is opened there.
func (k *checker) socket(ctx context.Context) {
	if k.config.AppToken == "" {
		k.good("HTTP mode: Slack calls /slack/events, /slack/commands and /slack/actions; whether it gets there is seen in the app's settings")
		return
	}
	if _, _, err := k.api.StartSocketModeContext(ctx); err != nil {
		k.bad("app_token: %s", reasonOf(err))
		return
	}
	k.good("app_token: Socket Mode can be used")
}
