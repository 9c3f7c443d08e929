package web_test

import (
	"path/filepath"
	"testing"

	"standleitung/adapters/adaptertest"
	"standleitung/adapters/web"
	"standleitung/bot"
)

func TestConformance(t *testing.T) {
	adaptertest.Run(t, func(t *testing.T) *adaptertest.Bench {
		c := config(newClock().Now)
		c.Files = filepath.Join(t.TempDir(), "files")
		a := newAdapter(t, c)
		h := newHost(t, a)
		t.Cleanup(h.close)
		return &adaptertest.Bench{
			Adapter:  a,
			Platform: &closing{newBrowser(t, h), h},
			Rooms:    [2]bot.Place{web.RoomPlace("sales"), web.RoomPlace("pr")},
			People: [2]bot.Identity{
				{Adapter: "web", ID: "ines", Name: "Ines Brandt", Language: "de"},
				{Adapter: "web", ID: "jan", Name: "Jan Okafor", Language: "en"},
			},
			Nowhere: web.RoomPlace("attic"),
			Restart: func() bot.Adapter {
				next := newAdapter(t, c)
				h.show(next)
				return next
			},
		}
	})
}

// closing closes the host with the browser.
type closing struct {
	*browser
	host *host
}

func (c *closing) Close() {
	c.browser.Close()
	c.host.close()
}
