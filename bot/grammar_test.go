package bot_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"standleitung/bot"
)

func TestGrammar(t *testing.T) {
	args := func(pairs ...string) map[string]string {
		m := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
		return m
	}
	for _, c := range []struct {
		text string
		want bot.Parsed
	}{
		{"thema Neue Pumpe", bot.Parsed{Command: "topic.suggest", Args: args("text", "Neue Pumpe")}},
		{"/Thema: Neue  Pumpe", bot.Parsed{Command: "topic.suggest", Args: args("text", "Neue  Pumpe")}},
		{"topic Neue Pumpe", bot.Parsed{Command: "topic.suggest", Args: args("text", "Neue Pumpe")}},
		{"thema Zeile eins\nZeile zwei", bot.Parsed{Command: "topic.suggest", Args: args("text", "Zeile eins\nZeile zwei")}},
		{"thema Warum wir #podcasten müssen #azubi", bot.Parsed{Command: "topic.suggest", Args: args("text", "Warum wir podcasten müssen"), Themes: []string{"podcasten", "azubi"}}},
		{"thema #Azubi Podcast #azubi", bot.Parsed{Command: "topic.suggest", Args: args("text", "Podcast"), Themes: []string{"azubi"}}},
		{"thema Nummer #1 bleibt", bot.Parsed{Command: "topic.suggest", Args: args("text", "Nummer #1 bleibt")}},
		{"thema Pumpe für:Kunden im Norden warum:sie fragen danach", bot.Parsed{
			Command: "topic.suggest",
			Args:    args("text", "Pumpe", "for", "Kunden im Norden", "why", "sie fragen danach"),
		}},
		{"thema Pumpe fuer: Kunden", bot.Parsed{Command: "topic.suggest", Args: args("text", "Pumpe", "for", "Kunden")}},
		{"thema Pumpe quelle:https://example.com/a?b=c#d Rest", bot.Parsed{Command: "topic.suggest", Args: args("text", "Pumpe", "source", "https://example.com/a?b=c#d Rest")}},
		{`thema Pumpe quelle:"https://example.com" ohne Cloud`, bot.Parsed{Command: "topic.suggest", Args: args("text", "Pumpe ohne Cloud", "source", "https://example.com")}},
		{`thema "für:alle #da"`, bot.Parsed{Command: "topic.suggest", Args: args("text", "für:alle #da")}},
		{`thema „Plan: gut“`, bot.Parsed{Command: "topic.suggest", Args: args("text", "Plan: gut")}},
		{`thema Das 5" Display`, bot.Parsed{Command: "topic.suggest", Args: args("text", `Das 5" Display`)}},
		{"thema Uhrzeit 10:00 und ziel:blog", bot.Parsed{Command: "topic.suggest", Args: args("text", "Uhrzeit 10:00 und ziel:blog")}},
		{"themen", bot.Parsed{Command: "topics.list"}},
		{"themen suche Azubi Podcast", bot.Parsed{Command: "topics.list", Args: args("filter", "suche Azubi Podcast")}},
		{"#onprem", bot.Parsed{Command: "topics.list", Args: args("filter", "#onprem")}},
		{"+1 T-41", bot.Parsed{Command: "topic.support", Args: args("ref", "T-41")}},
		{"+1 41", bot.Parsed{Command: "topic.support", Args: args("ref", "T-41")}},
		{"t41", bot.Parsed{Command: "topic.show", Args: args("ref", "T-41")}},
		{"T-41.", bot.Parsed{Command: "topic.show", Args: args("ref", "T-41")}},
		{"T-41 ablehnen Das hatten wir", bot.Parsed{Command: "topic.decline", Args: args("ref", "T-41", "reason", "Das hatten wir")}},
		{"ablehnen T-41 grund:Das hatten wir", bot.Parsed{Command: "topic.decline", Args: args("ref", "T-41", "reason", "Das hatten wir")}},
		{"parken T-41 bis 15.1.", bot.Parsed{Command: "topic.park", Args: args("ref", "T-41", "until", "15.1.")}},
		{"park T-41 until next week", bot.Parsed{Command: "topic.park", Args: args("ref", "T-41", "until", "next week")}},
		{"zusammenlegen T-1 mit T-2", bot.Parsed{Command: "topic.merge", Args: args("ref", "T-1", "into", "T-2")}},
		{"merge T-1 with:T-2", bot.Parsed{Command: "topic.merge", Args: args("ref", "T-1", "into", "T-2")}},
		{"aendern T-1 neu", bot.Parsed{Command: "topic.edit", Args: args("ref", "T-1", "text", "neu")}},
		{"wer bin ich", bot.Parsed{Command: "person.who"}},
		{"Wer  bin ich?", bot.Parsed{Command: "person.who"}},
		{"wer bin ich heute", bot.Parsed{Command: "person.who", Surplus: "heute"}},
		{"wer bist du", bot.Parsed{Unknown: "wer"}},
		{"Plan ist gut", bot.Parsed{Unknown: "Plan"}},
		{"V-17", bot.Parsed{Unknown: "V-17"}},
		{"T-41 tanzen", bot.Parsed{Unknown: "tanzen"}},
		{"", bot.Parsed{}},
	} {
		got := bot.Parse(c.text)
		if len(got.Args) == 0 {
			got.Args = nil
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("parse %q (-want +got):\n%s", c.text, diff)
		}
	}
}

func TestCleanMakesTextSafe(t *testing.T) {
	for in, want := range map[string]string{
		"  Pumpe \r\n an\rder Wand\t ":   "Pumpe \n an\nder Wand",
		"a\u202eb\u2066c\u0000d\u001b[m": "abcd[m",
		"u\u0308ber":                     "über",
		"kaputt \xff\xfe":                "kaputt \uFFFD",
		"a\u00a0b\ufeff":                 "a b",
		"👩‍👧 bleibt":                     "👩‍👧 bleibt",
	} {
		if got := bot.Clean(in); got != want {
			t.Errorf("clean(%q) = %q, want %q", in, got, want)
		}
	}
}

// The table is the one source of parser, help and forms: a row that is incomplete would be found by a person.
func TestCommandTable(t *testing.T) {
	for _, row := range bot.Table() {
		hidden := len(row.DE) == 0
		if row.Roles == 0 {
			t.Errorf("%s admits nobody", row.Name)
		}
		if row.Run == nil {
			t.Errorf("%s does nothing", row.Name)
		}
		if row.Label.IsZero() {
			t.Errorf("%s has no label", row.Name)
		}
		if hidden != (len(row.EN) == 0) || hidden != row.Help.IsZero() || hidden != row.Example.IsZero() {
			t.Errorf("%s lacks verbs in one language, help, or an example", row.Name)
		}
		for _, a := range row.Args {
			if a.Label.IsZero() {
				t.Errorf("%s: argument %s has no label", row.Name, a.Name)
			}
		}
	}
}

// What help shows as an example must be understood as the command that it explains, in both languages.
func TestExamplesAreCommands(t *testing.T) {
	for _, row := range bot.Table() {
		de, en := row.Example.Forms()
		for _, example := range []string{de, en} {
			if example == "" {
				continue
			}
			if got := bot.Parse(example); got.Command != row.Name || got.Surplus != "" {
				t.Errorf("the example %q of %s is read as %q with surplus %q", example, row.Name, got.Command, got.Surplus)
			}
		}
	}
}

func TestTableRefusesDoubles(t *testing.T) {
	row := bot.Table()[0]
	if err := bot.CheckTable([]bot.Command{row, row}); err == nil {
		t.Error("two rows of one name were accepted")
	}
	twin := row
	twin.Name = "twin"
	if err := bot.CheckTable([]bot.Command{row, twin}); err == nil {
		t.Error("two rows with one verb were accepted")
	}
	twin.On = "V"
	if err := bot.CheckTable([]bot.Command{row, twin}); err != nil {
		t.Errorf("one verb on two kinds of reference was refused: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"thema x", "T-41 ablehnen „a“", `+1 T-1 quelle:"a`, "#a #b", "/thema a:b für: #x y", "»a« b", "T-0", "„“", "wer bin ich"} {
		f.Add(s)
	}
	known := map[string]bot.Command{}
	for _, row := range bot.Table() {
		known[row.Name] = row
	}
	f.Fuzz(func(t *testing.T, text string) {
		p := bot.Parse(text)
		if p.Command == "" {
			return
		}
		row, ok := known[p.Command]
		if !ok {
			t.Fatalf("%q became the unknown command %q", text, p.Command)
		}
		total := len(p.Surplus)
		for name, value := range p.Args {
			total += len(value)
			if !utf8.ValidString(value) || strings.TrimSpace(value) != value {
				t.Errorf("%q: argument %s is %q", text, name, value)
			}
			found := false
			for _, a := range row.Args {
				found = found || a.Name == name
			}
			if !found {
				t.Errorf("%q: %s has no argument %q", text, p.Command, name)
			}
		}
		// Nothing is made up: what comes out was written, give or take the blanks and a reference's spelling.
		if total > len(bot.Clean(text))+len(row.Args)+32 {
			t.Errorf("%q became longer: %v", text, p)
		}
	})
}
