package bot_test

import (
	"testing"

	"standleitung/bot"
	"standleitung/bot/say"
)

func TestMenu(t *testing.T) {
	menu := bot.Menu(10)
	if len(menu) != 10 {
		t.Fatalf("%d entries, want 10", len(menu))
	}
	if got := menu[0].Verb.In(say.Voice{Language: say.German}); got != "thema" {
		t.Errorf("the first entry is %q, want what people do every day", got)
	}
	seen := map[string]bool{}
	for _, e := range menu {
		for _, v := range []say.Voice{{Language: say.German}, {Language: say.English}} {
			if e.Verb.In(v) == "" || e.Help.In(v) == "" {
				t.Errorf("an entry has no words: %+v", e)
			}
		}
		if verb := e.Verb.In(say.Voice{}); seen[verb] {
			t.Errorf("%q is there twice", verb)
		} else {
			seen[verb] = true
		}
	}
}

func TestAsks(t *testing.T) {
	for do, want := range map[string]bool{
		"topic.suggest":                 true,
		"topic.suggest Pumpe im Keller": false,
		"topics.list":                   false,
		"help":                          false,
		"nobody.knows T-1":              false,
		"":                              false,
		"draft 12 topic.suggest":        false,
	} {
		if got := bot.Asks(do); got != want {
			t.Errorf("Asks(%q) = %v, want %v", do, got, want)
		}
	}
}
