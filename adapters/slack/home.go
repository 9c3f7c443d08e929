package slack

import (
	"context"
	"sync"

	"github.com/slack-go/slack"

	"standleitung/adapters/duty"
	"standleitung/bot"
	"standleitung/bot/say"
)

// homeTab is how Slack calls the App Home's first tab.
const homeTab = "home"

// maxHomeBlocks is how many blocks a view has: Slack takes 100.
const maxHomeBlocks = 98

// homes are the people whose desk is to follow what they do: they have looked at it since the program started. Everybody
// else gets a new one when they look.
type homes struct {
	visitors duty.Recent

	mu      sync.Mutex
	waiting map[string]bool // whose desk is about to be read
}

// expect reports whether a desk must be asked for: none is about to be read. read must follow then.
func (h *homes) expect(user string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.waiting == nil {
		h.waiting = map[string]bool{}
	}
	if h.waiting[user] {
		return false
	}
	h.waiting[user] = true
	return true
}

// read notes that a desk is read now: what changes from here on needs another one.
func (h *homes) read(user string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.waiting, user)
}

// followHome renews the desk of somebody who did something, at the side.
func (a *Adapter) followHome(ctx context.Context, who person) {
	if a.homes.visitors.Has(who.ID) {
		a.renewHome(ctx, who)
	}
}

// renewHome shows somebody their desk, at the side. Several wishes in a row need one view.
func (a *Adapter) renewHome(ctx context.Context, who person) {
	if a.config.Home == nil || !a.homes.expect(who.ID) {
		return
	}
	if _, ok := a.shift.Enter(); !ok {
		a.homes.read(who.ID)
		return
	}
	ctx = context.WithoutCancel(ctx)
	taken := a.lanes.Do(homeTab+"/"+who.ID, func() {
		defer a.shift.Leave()
		a.homes.read(who.ID)
		a.publishHome(ctx, who)
	})
	if !taken {
		a.homes.read(who.ID)
		a.shift.Leave()
	}
}

// publishHome shows a person their desk in the App Home. It is a view that the next visit renews: a failure costs nothing.
func (a *Adapter) publishHome(ctx context.Context, who person) {
	card, v, err := a.config.Home(ctx, who.Identity)
	if err == nil {
		_, err = a.api.PublishViewContext(ctx, slack.PublishViewContextRequest{
			UserID: who.ID, View: slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: homeBlocks(&card, v)}},
		})
		a.health.api(err)
	}
	if err != nil {
		a.log.WarnContext(ctx, "cannot show the app home", "error", err)
	}
}

// homeBlocks are the blocks of a desk. What does not fit is folded.
func homeBlocks(card *bot.Card, v say.Voice) []slack.Block {
	var blocks []slack.Block
	for _, m := range renderCard(card, v, false) {
		blocks = append(blocks, m.blocks...)
	}
	if len(blocks) > maxHomeBlocks {
		more := &rendered{voice: v}
		more.small(say.T("… +{n} weitere", "… +{n} more").In(v, "n", len(blocks)-maxHomeBlocks))
		blocks = append(blocks[:maxHomeBlocks:maxHomeBlocks], more.pieces[0].block)
	}
	return blocks
}
