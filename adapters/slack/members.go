package slack

import (
	"context"

	"github.com/slack-go/slack"

	"standleitung/adapters/duty"
	"standleitung/bot"
)

// membersPage is how many members Slack is asked for at a time: its advice is at most 200.
const membersPage = 200

// runMembers tells the core once a day who is in the rooms that give roles, until ctx ends. What changes meanwhile comes as
// events.
func (a *Adapter) runMembers(ctx context.Context) {
	for len(a.config.Following) > 0 {
		for _, room := range a.config.Following {
			a.tellMembers(ctx, room)
		}
		if !duty.Sleep(ctx, acquaintEvery) {
			return
		}
	}
}

// tellMembers tells the core who is in a room. A room that Slack does not tell about is left as it was.
func (a *Adapter) tellMembers(ctx context.Context, room string) {
	core, ok := a.shift.Enter()
	if !ok {
		return
	}
	defer a.shift.Leave()
	var refused error
	a.insist(ctx, func() error {
		now, err := a.membersOf(ctx, room)
		if err != nil && sendError(err).Fate == bot.Never {
			refused = err
			return nil
		} else if err != nil {
			return err
		}
		return core.Members(ctx, RoomPlace(room), now)
	})
	if refused != nil {
		a.note(room, refused)
		a.log.WarnContext(ctx, "slack does not tell who is in a room: it gives no roles", "room", room, "code", codeOf(refused))
	}
}

// membersOf asks Slack who is in a room: people, not machines, and nobody whose account is closed.
func (a *Adapter) membersOf(ctx context.Context, room string) ([]bot.Identity, error) {
	var now []bot.Identity
	for cursor := ""; ; {
		ids, next, err := a.api.GetUsersInConversationContext(ctx, &slack.GetUsersInConversationParameters{ChannelID: room, Cursor: cursor, Limit: membersPage})
		if a.health.api(err); err != nil {
			return nil, err
		}
		for _, id := range ids {
			who, err := a.who(ctx, id)
			if err != nil {
				return nil, err
			}
			if !who.gone && !who.machine {
				now = append(now, who.Identity)
			}
		}
		if cursor = next; cursor == "" {
			return now, nil
		}
	}
}

// cameOrWent makes an act of somebody's coming into a room that gives a role, or going from it.
func (a *Adapter) cameOrWent(e *event) act {
	if !a.following(e.Channel) || e.User == "" {
		return act{}
	}
	return act{e.Channel, func(ctx context.Context, core bot.Core) (any, error) {
		m := bot.Message{Turn: turn(e.Type, a.self.team, e.Channel, e.User, e.EventTS), Kind: bot.Joined, Place: RoomPlace(e.Channel), At: a.now()}
		if e.Type == "member_left_channel" {
			m.Kind, m.From = bot.Left, bot.Identity{ID: e.User}
		} else {
			who, err := a.who(ctx, e.User)
			if err != nil || who.gone || who.machine {
				return nil, err
			}
			m.From = who.Identity
		}
		_, err := core.Receive(ctx, m)
		return nil, err
	}}
}

func (a *Adapter) following(room string) bool {
	for _, r := range a.config.Following {
		if r == room {
			return true
		}
	}
	return false
}
