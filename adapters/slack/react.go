package slack

import (
	"context"
	"net/url"
	"slices"

	"github.com/slack-go/slack"

	"standleitung/bot"
	"standleitung/bot/markup"
)

// react has the bot's reaction on a message be the one of a delivery, or none. What it put there before is asked of Slack, so
// nothing needs to be remembered. Where Slack shows no reaction the message goes without: the errors that are no trouble, and
// those that last, are those of docs.slack.dev/reference/methods/reactions.add and reactions.remove.
func (a *Adapter) react(ctx context.Context, channel string, d bot.Delivery) error {
	name, item, err := marked(channel, d)
	if err != nil {
		return err
	}
	var there []string
	if d.Revision > 1 { // before the first one there is nothing of ours
		if there, err = a.ownReactions(ctx, item); err != nil {
			return a.unmarked(ctx, item.Channel, err)
		}
	}
	// What goes goes first: a message takes only so many different ones.
	for _, old := range there {
		if old == name {
			continue
		}
		if err := a.api.RemoveReactionContext(ctx, old, item); err != nil && codeOf(err) != "no_reaction" {
			return a.unmarked(ctx, item.Channel, err)
		}
	}
	if name == "" || slices.Contains(there, name) {
		return nil
	}
	if err := a.api.AddReactionContext(ctx, name, item); err != nil && codeOf(err) != "already_reacted" {
		return a.unmarked(ctx, item.Channel, err)
	}
	return nil
}

// marked is which emoji a delivery wants on which message; empty for none.
func marked(channel string, d bot.Delivery) (name string, item slack.ItemRef, err error) {
	bad := &bot.SendError{Fate: bot.Never, Reason: "bad_delivery", Err: errUndeliverable}
	if len(d.IDs) != 1 {
		return "", item, bad
	}
	r, ok := parseRef(d.IDs[0])
	if !ok || r.fleeting || r.file != "" {
		return "", item, bad
	}
	if d.Reaction != "" {
		if name, ok = markup.EmojiName(d.Reaction); !ok {
			return "", item, bad
		}
	}
	return name, slack.NewRefToMessage(orElse(r.channel, channel), r.ts), nil
}

// ownReactions are the names of the emoji that the bot put on a message.
func (a *Adapter) ownReactions(ctx context.Context, item slack.ItemRef) ([]string, error) {
	var answer struct {
		Message struct {
			Reactions []struct {
				Name  string   `json:"name"`
				Users []string `json:"users"`
			} `json:"reactions"`
		} `json:"message"`
	}
	// Without full Slack leaves people out where there are many.
	form := url.Values{"channel": {item.Channel}, "timestamp": {item.Timestamp}, "full": {"true"}}
	if err := a.web.call(ctx, "reactions.get", form, &answer); err != nil {
		return nil, err
	}
	var own []string
	for _, r := range answer.Message.Reactions {
		if slices.Contains(r.Users, a.self.user) {
			own = append(own, r.Name)
		}
	}
	return own, nil
}

// unmarked says what becomes of a reaction that could not be changed; nil when nothing is left to do. A scope that is missing
// concerns this alone: answers must not wait behind it until somebody installs the app again, and no room is in trouble.
func (a *Adapter) unmarked(ctx context.Context, channel string, err error) error {
	code := codeOf(err)
	if isScope(code) {
		a.log.WarnContext(ctx, "slack does not let the bot react: bring the app's scopes up to date", "code", code)
		return &bot.SendError{Fate: bot.Never, Reason: code, Err: err}
	}
	a.note(channel, err)
	if code == "message_not_found" {
		return nil
	}
	return harmless(err)
}
