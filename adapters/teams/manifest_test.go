package teams_test

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"
	"unicode/utf8"

	"standleitung/adapters/teams"
	"standleitung/bot"
	"standleitung/bot/say"
)

const appID = "6b0a2f1e-5d7c-4f0e-9c53-0d4f3a1b2c3d"

func pack(t *testing.T, language say.Language) map[string][]byte {
	t.Helper()
	files, err := teams.Package(teams.ManifestConfig{
		AppID: appID, URL: "http://127.0.0.1:8080", Language: language, Shortcuts: bot.Shortcuts(), Menu: bot.Menu(teams.MostCommands), Version: "(devel)",
	})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for _, f := range files {
		all[f.Name] = f.Data
	}
	return all
}

// TestManifest checks what the schema of Microsoft asks for; a test with the schema itself stands beside the program.
func TestManifest(t *testing.T) {
	for _, language := range []say.Language{say.German, say.English} {
		var m struct {
			ID      string
			Version string
			Name    struct{ Short, Full string }
			Descr   struct{ Short, Full string } `json:"description"`
			Dev     map[string]string            `json:"developer"`
			Bots    []struct {
				BotID        string
				Scopes       []string
				CommandLists []struct {
					Scopes   []string
					Commands []struct{ Title, Description string }
				}
			}
			ComposeExtensions []struct {
				Commands []struct {
					ID, Title, Type string
					FetchTask       bool
				}
			}
			Authorization struct {
				Permissions struct{ ResourceSpecific []struct{ Name, Type string } }
			}
		}
		if err := json.Unmarshal(pack(t, language)["manifest.json"], &m); err != nil {
			t.Fatal(err)
		}
		if m.ID != appID || m.Version != "1.0.0" || m.Bots[0].BotID != appID {
			t.Errorf("the app is %q %q with the bot %q", m.ID, m.Version, m.Bots[0].BotID)
		}
		if got := strings.Join(m.Bots[0].Scopes, " "); got != "personal team groupChat" {
			t.Errorf("scopes %q", got)
		}
		within := func(what, text string, most int) {
			if n := utf8.RuneCountInString(text); n == 0 || n > most {
				t.Errorf("%s: %s has %d characters, at most %d are allowed: %q", language, what, n, most, text)
			}
		}
		within("short name", m.Name.Short, 30)
		within("full name", m.Name.Full, 100)
		within("short description", m.Descr.Short, 80)
		within("full description", m.Descr.Full, 4000)
		for name, address := range m.Dev {
			if name != "name" && !strings.HasPrefix(address, "https://") {
				t.Errorf("%s is %q", name, address)
			}
		}
		for _, list := range m.Bots[0].CommandLists {
			if len(list.Commands) != 10 {
				t.Errorf("%d commands for %v, want 10", len(list.Commands), list.Scopes)
			}
			for _, c := range list.Commands {
				within("title", c.Title, 32)
				within("description", c.Description, 128)
			}
		}
		for i, c := range m.ComposeExtensions[0].Commands {
			if c.ID != bot.Shortcuts()[i].Do || c.Type != "action" || !c.FetchTask {
				t.Errorf("the shortcut %d is %+v", i, c)
			}
		}
		if len(m.Authorization.Permissions.ResourceSpecific) != len(teams.Permissions()) {
			t.Errorf("permissions %v", m.Authorization)
		}
	}
}

func TestIcons(t *testing.T) {
	files := pack(t, say.German)
	read := func(name string, size int) image.Image {
		img, err := png.Decode(bytes.NewReader(files[name]))
		if err != nil {
			t.Fatal(err)
		}
		if got := img.Bounds().Size(); got != image.Pt(size, size) {
			t.Errorf("%s is %v, want %d", name, got, size)
		}
		return img
	}
	read("color.png", 192)
	outline := read("outline.png", 32)
	seen := map[bool]int{}
	for y := range 32 {
		for x := range 32 {
			c, ok := color.NRGBAModel.Convert(outline.At(x, y)).(color.NRGBA)
			if !ok || c.A > 0 && (c.R != 255 || c.G != 255 || c.B != 255) {
				t.Fatalf("the outline is %v at %d, %d: only white on nothing is allowed", c, x, y)
			}
			seen[c.A == 255]++
		}
	}
	if seen[true] < 50 || seen[false] < 500 {
		t.Errorf("the outline has %d white pixels and %d others", seen[true], seen[false])
	}
}
