package teams

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"standleitung/bot"
)

const (
	teamKey  = "team/"  // before the id of a channel: the id of its team
	groupKey = "group/" // before the id of a team: the id of its group in Microsoft Entra
)

// groups tells to which team a channel belongs, and which group in Microsoft Entra a team is: by that, and the channel, Microsoft
// Graph knows a room. An activity names its team; the connector knows the rest.
type groups struct {
	mu     sync.Mutex
	teams  map[string]string // by channel
	groups map[string]string // by team
	fresh  map[string]string // what is not kept yet
}

// load takes in what was kept.
func (g *groups) load(k bot.Kept) {
	if channel, ok := strings.CutPrefix(k.Key, teamKey); ok {
		g.put(&g.teams, channel, string(k.Value))
	} else if team, ok := strings.CutPrefix(k.Key, groupKey); ok {
		g.put(&g.groups, team, string(k.Value))
	}
}

func (g *groups) put(into *map[string]string, key, value string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if *into == nil {
		*into = map[string]string{}
	}
	(*into)[key] = value
}

// learn notes something that is to be kept, and reports whether it is new.
func (g *groups) learn(into *map[string]string, prefix, key, value string) bool {
	g.mu.Lock()
	known := (*into)[key] == value || key == "" || value == ""
	if !known {
		if g.fresh == nil {
			g.fresh = map[string]string{}
		}
		g.fresh[prefix+key] = value
	}
	g.mu.Unlock()
	if known {
		return false
	}
	g.put(into, key, value)
	return true
}

// note takes in of which team the channel of an activity is, and reports whether that is new.
func (g *groups) note(act *incoming) bool {
	team := act.more.ChannelData.Team
	top, _ := splitConversation(act.Conversation.ID)
	g.learn(&g.groups, groupKey, team.ID, team.Group)
	return isChannel(top) && g.learn(&g.teams, teamKey, top, team.ID)
}

// unsaved is what is to be kept.
func (g *groups) unsaved() []bot.Kept {
	g.mu.Lock()
	defer g.mu.Unlock()
	var keep []bot.Kept
	for _, key := range slices.Sorted(maps.Keys(g.fresh)) {
		keep = append(keep, bot.Kept{Key: key, Value: []byte(g.fresh[key])})
	}
	return keep
}

// saved notes that something is kept.
func (g *groups) saved(keep []bot.Kept) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, k := range keep {
		if g.fresh[k.Key] == string(k.Value) {
			delete(g.fresh, k.Key)
		}
	}
}

// of is the team of a channel and its group; empty for what is not known.
func (g *groups) of(channel string) (team, group string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	team = g.teams[channel]
	return team, g.groups[team]
}

// known are the teams in which the bot was met.
func (g *groups) known() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Compact(slices.Sorted(maps.Values(g.teams)))
}

// in are those of some rooms that are channels of a team.
func (g *groups) in(team string, rooms []string) []string {
	var all []string
	for _, room := range rooms {
		if t, _ := g.of(room); t == team && team != "" {
			all = append(all, room)
		}
	}
	return all
}

// groupOf finds the group of a channel's team; empty when nobody there has been met yet.
func (a *Adapter) groupOf(ctx context.Context, channel string) (string, error) {
	team, group := a.groups.of(channel)
	if group != "" {
		return group, nil
	}
	service := a.refs.serviceOf(channel)
	if team == "" {
		if err := a.lookAround(ctx, service); err != nil {
			return "", err
		}
		if team, group = a.groups.of(channel); team == "" {
			team = channel // the channel that every team begins with bears the team's id
		}
	}
	if group == "" {
		var err error
		if group, err = a.api.team(ctx, service, team); err != nil || group == "" {
			return "", unmet(err)
		}
		a.groups.learn(&a.groups.teams, teamKey, channel, team)
		a.groups.learn(&a.groups.groups, groupKey, team, group)
	}
	return group, nil
}

// unmet takes a refusal for what it is here: the bot is not known there yet, so there is nothing that it could have missed.
func unmet(err error) error {
	switch statusOf(err) {
	case http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound:
		return nil
	}
	return err
}

// lookAround learns which channels the known teams have.
func (a *Adapter) lookAround(ctx context.Context, service string) error {
	for _, team := range a.groups.known() {
		channels, err := a.api.channels(ctx, service, team)
		if unmet(err) != nil {
			return err
		}
		for _, channel := range channels {
			if slices.Contains(a.config.Rooms, channel) {
				a.groups.learn(&a.groups.teams, teamKey, channel, team)
			}
		}
	}
	return nil
}

// team asks for the group of a team.
func (c *connector) team(ctx context.Context, service, id string) (string, error) {
	var t struct {
		Group string `json:"aadGroupId"`
	}
	err := c.call(ctx, http.MethodGet, "", address{service: service, path: []string{"v3", "teams", id}}, nil, &t)
	return t.Group, err
}

// channels asks for the ids of a team's channels.
func (c *connector) channels(ctx context.Context, service, team string) ([]string, error) {
	var list struct {
		Conversations []struct {
			ID string `json:"id"`
		} `json:"conversations"`
	}
	err := c.call(ctx, http.MethodGet, "", address{service: service, path: []string{"v3", "teams", team, "conversations"}}, nil, &list)
	var all []string
	for _, c := range list.Conversations {
		all = append(all, c.ID)
	}
	return all, err
}
