package teams

import (
	"context"
	"net/http"
	"sync/atomic"

	"standleitung/bot"
)

// markKinds are the names of the bot's marks at Teams, of those that Microsoft documents for bots
// (learn.microsoft.com/javascript/api/teams-sdk-typescript/@microsoft/teams.api/messagereactiontype). It names no hourglass: what
// waits is looked at.
var markKinds = map[string]string{"⏳": "1f440_eyes", "✅": "2705_whiteheavycheckmark", "👍": "like", "❤️": "heart"}

// reacting is whether the tenant takes reactions of bots, which Microsoft calls a preview.
type reacting struct{ refused atomic.Bool }

// react has the bot's reaction on a message of a person be the one that is wanted. A tenant that takes none is not asked again
// before the next start: a mark that cannot be shown is no loss.
func (a *Adapter) react(ctx context.Context, core bot.Core, d bot.Delivery, refs []ref) error {
	kind := markKinds[d.Reaction]
	if a.reacting.refused.Load() || len(refs) == 0 || kind == "" && d.Reaction != "" {
		return nil
	}
	t, err := a.targetOf(ctx, core, d.Place)
	if err != nil {
		return err
	}
	if kind != "" {
		err = a.api.react(ctx, t.service, t.in(refs[0]), refs[0].id, kind)
		if a.unwanted(ctx, err) || gone(err) {
			return nil
		} else if err != nil {
			return sendError(err, harmless)
		}
	}
	if d.Revision <= 1 {
		return nil // there was none before
	}
	for _, other := range markKinds {
		if other == kind {
			continue
		}
		err := a.api.unreact(ctx, t.service, t.in(refs[0]), refs[0].id, other)
		if a.unwanted(ctx, err) {
			return nil
		} else if err != nil && statusOf(err) != http.StatusNotFound {
			return sendError(err, harmless)
		}
	}
	return nil
}

// unwanted reports whether a refusal says that the tenant takes no reactions of bots at all.
func (a *Adapter) unwanted(ctx context.Context, err error) bool {
	switch status := statusOf(err); {
	case status == http.StatusBadRequest, status == http.StatusMethodNotAllowed, status == http.StatusNotImplemented:
	case status == http.StatusNotFound && codeOf(err) != noActivity && codeOf(err) != noReaction:
	default:
		return false
	}
	if !a.reacting.refused.Swap(true) {
		a.log.InfoContext(ctx, "teams takes no reactions of the bot", "code", codeOf(err))
	}
	return true
}

// The connector's codes for a message, or a reaction, that is not there.
const (
	noActivity = "ActivityNotFoundInConversation"
	noReaction = "ReactionNotFound"
)

// react puts a reaction of the bot on a message. One that is there already stays.
func (c *connector) react(ctx context.Context, service, id, message, kind string) error {
	return c.call(ctx, http.MethodPut, id, conversation(service, id, "activities", message, "reactions", kind), nil, nil)
}

// unreact takes it away.
func (c *connector) unreact(ctx context.Context, service, id, message, kind string) error {
	return c.call(ctx, http.MethodDelete, id, conversation(service, id, "activities", message, "reactions", kind), nil, nil)
}
