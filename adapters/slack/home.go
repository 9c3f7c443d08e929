package slack

import (
	"context"
	"strings"

	"github.com/slack-go/slack"

	"standleitung/bot/say"
)

// homeTab is how Slack calls the App Home's first tab.
const homeTab = "home"

// publishHome shows a person their desk in the App Home. It is a view that the next visit renews: a failure costs nothing.
func (a *Adapter) publishHome(ctx context.Context, who person) {
	if a.config.Home == nil {
		return
	}
	v := say.Voice{Language: say.German}
	if l := strings.ToLower(who.Language); l != "" && !strings.HasPrefix(l, "de") {
		v.Language = say.English
	}
	card := a.config.Home(v)
	first := renderCard(&card, v, false)[0]
	_, err := a.api.PublishViewContext(ctx, slack.PublishViewContextRequest{
		UserID: who.ID, View: slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: first.blocks}},
	})
	a.health.api(err)
	if err != nil {
		a.log.WarnContext(ctx, "cannot show the app home", "error", err)
	}
}
