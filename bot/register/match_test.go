package register_test

import (
	"strings"
	"sync"
	"testing"

	"standleitung/bot/register"
)

// words returns the writer's words of all hits, joined by |.
func words(m *register.Matcher, text string, ignored ...register.Span) string {
	var all []string
	for _, h := range m.Match(text, ignored...) {
		all = append(all, h.Words(text))
	}
	return strings.Join(all, "|")
}

func TestWritersOwnWords(t *testing.T) {
	m := compile(t, "Übernahme", "Preise anheben", "Werk Görlitz", "zurücktreten", "lay off", "Preiserhöhung", "Bär")
	for _, c := range []struct{ text, want string }{
		{"Die Uebernahme!", "Uebernahme"},
		{"„Übernahme“?", "Übernahme"},
		{"Das Übernahmeangebot liegt vor.", "Übernahmeangebot"},
		{"Das Übernahme-Angebot liegt vor.", "Übernahme-Angebot"},
		{"Die Über\u00adnahme.", "Über\u00adnahme"},
		{"Die U\u0308bernahme.", "U\u0308bernahme"},
		{"Ü b e r n a h m e.", "Ü b e r n a h m e"},
		{"Über-\nnahme", "Über-\nnahme"},
		{"**Über**nahme", "Über**nahme"},
		{"Ein B ä r brummt", "B ä r"},
		{"Nr. 1 B ä r", "B ä r"},
		{"Die Preise werden im Mai angehoben.", "Preise werden im Mai angehoben"},
		{"Wir heben im Mai die Preise an.", "heben im Mai die Preise an"},
		{"Preis- und Gebührenerhöhungen", "Preis- und Gebührenerhöhungen"},
		{"Preissenkungen und -erhöhungen", "Preissenkungen und -erhöhungen"},
		{"Er tritt, sagt man, ab. Sie tritt im Mai zurück, sagt man.", "tritt im Mai zurück"},
		{"They laid off many.", "laid off"},
		{"Übernahme, Übernahmen und nochmal Übernahme", "Übernahme|Übernahmen|Übernahme"},
		{"Übernahme des Werks in Görlitz", "Übernahme|Werks in Görlitz"},
		{"Ein Werk. Görlitz ist schön.", ""},
		{"Ein Werk\n\nGörlitz", ""},
		{"Ein Werk\n- Görlitz", ""},
		{"Ein Werk\nin Görlitz", "Werk\nin Görlitz"},
		{"Das Werk z.B. in Görlitz", "Werk z.B. in Görlitz"},
		{"Das Werk, das eine Stadt wie unser schönes altes Görlitz hat", ""},
		{"", ""},
		{"\xff\xfeÜbernahme\xff", "Übernahme"},
	} {
		if got := words(m, c.text); got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}

func TestUnread(t *testing.T) {
	m := compile(t, "Fusion")
	for _, c := range []struct{ text, want string }{
		{"https://example.com/fusion Fusion", "Fusion"},
		{"(https://example.com/fusion)", ""},
		{"<https://example.com/fusion|unsere Fusion>", "Fusion"},
		{"[Fusion](https://example.com/fusion)", "Fusion"},
		{"www.fusion.de und fusion.com/a?b=fusion", ""},
		{"fusion@example.com", ""},
		{"fusion.pdf liegt bei", "fusion"},
		{"Schluss.Fusion kommt.", "Fusion"},
		{"`fusion` und Fusion", "Fusion"},
		{"```\nfusion\n```\nFusion", "Fusion"},
		{"``a ` fusion`` Fusion", "Fusion"},
		{"ein ` allein\nFusion `", "Fusion"},
		{"ein ` allein Fusion", "Fusion"},
	} {
		if got := words(m, c.text); got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
	text := "Fusion Fusion Fusion"
	if got := m.Match(text, register.Span{Start: 0, End: 6}, register.Span{Start: 14, End: 20}); len(got) != 1 || got[0].Start != 7 {
		t.Errorf("with spans to ignore: %+v", got)
	}
	if got := words(m, "Fus`x`ion Fusion", register.Span{Start: -1, End: 3}, register.Span{Start: 9, End: 99}); got != "Fusion" {
		t.Errorf("with spans beyond the text: %q", got)
	}
}

func TestExcluded(t *testing.T) {
	m, err := register.Compile([]register.Entry{
		{ID: "F-1", Label: "a", Terms: []string{"Übernahme", "Rückruf"}, Excluded: []string{"Übernahme der Azubis", "um Rückruf", "Kostenübernahme"}},
		{ID: "F-2", Label: "b", Terms: []string{"Azubis"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ text, want string }{
		{"Die Übernahme der Azubis", "Azubis"},
		{"Die Übernahme aller drei Azubis", "Azubis"},
		{"Die Kostenübernahmen", ""},
		{"Die Übernahme und die Kostenübernahme", "Übernahme"},
		{"Bitte um Rückruf. Der Rückruf läuft.", "Rückruf"},
		{"Rückruf um neun", "Rückruf"},
	} {
		if got := words(m, c.text); got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}

func TestHitNamesEntry(t *testing.T) {
	m, err := register.Compile([]register.Entry{
		{ID: "F-1", Label: "eins", Terms: []string{"Polarstern", "Übernahme"}},
		{ID: "F-2", Label: "zwei", Terms: []string{"Übernahme"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := m.Match("Zur Übernahme")
	want := []register.Hit{{"F-1", "eins", 1, 4, 14}, {"F-2", "zwei", 0, 4, 14}}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := new(register.Matcher).Match("Übernahme"); got != nil {
		t.Errorf("the zero matcher finds %+v", got)
	}
}

func TestConcurrentMatch(t *testing.T) {
	m := matcher(t, "register.txt")
	all := sentences(t, "labelled_de.txt")
	want := make([]string, len(all))
	for i, s := range all {
		want[i] = words(m, s[1])
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i, s := range all {
				if got := words(m, s[1]); got != want[i] {
					t.Errorf("%q: %q, then %q", s[1], want[i], got)
				}
			}
		})
	}
	wg.Wait()
}

// A text made to be slow ends all the same: every word of it is a sighting. Work that grows with the square of the
// length would not end within the time of the test.
func TestLongText(t *testing.T) {
	m, err := register.Compile([]register.Entry{{
		Terms:    []string{"Werk Görlitz", "Preiserhöhung", "zurücktreten", "lay off"},
		Excluded: []string{"Preise erhöhen", "Werk Görlitz Werk", "Werk Zittau"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, unit := range []string{
		"Werk ", "Werk Görlitz ", "Preise erhöhen ", "a ", "ä-", "Preis- und ", "tritt ", "laid ", "W1rk@", "`", "x.de/ ", "Über-",
	} {
		text := strings.Repeat(unit, 200000/len(unit))
		for _, h := range m.Match(text) {
			if h.Words(text) == "" {
				t.Fatalf("an empty hit in %q", unit)
			}
		}
	}
}
