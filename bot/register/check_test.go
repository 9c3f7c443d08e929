package register_test

import (
	"errors"
	"strings"
	"testing"

	"standleitung/bot/register"
	"standleitung/bot/say"
)

func TestCheckTerm(t *testing.T) {
	for _, c := range []struct {
		term string
		want register.Reason
	}{
		{"", register.Empty},
		{" \t ", register.Empty},
		{"–", register.Empty},
		{"\u200b\u00ad", register.Empty},
		{"?!", register.Empty},
		{"a", register.General},
		{"KI", register.General},
		{"27", register.General},
		{"der", register.General},
		{"Der", register.General},
		{"und wir", register.General},
		{"Kunde", register.General},
		{"Kunden", register.General},
		{"die neuen Kunden", register.General},
		{"customers", register.General},
		{"machen", register.General},
		{"Woche", register.General},
		{strings.Repeat("a", 101), register.TooLong},
		{"eins zwo drei vier fuenf sechs sieben Pumpenwerk", register.TooLong},
		{"Bär", ""},
		{"IPO", ""},
		{"R290", ""},
		{"Werk 7", ""},
		{"Ente", ""},
		{"Kundendaten", ""},
		{"lay off", ""},
		{"step down", ""},
		{"teurer werden", ""},
		{"Übernahme", ""},
		{"neue Pumpe Nordlicht", ""},
	} {
		f := register.CheckTerm(c.term)
		switch {
		case f == nil && c.want != "":
			t.Errorf("%q is accepted, want %s", c.term, c.want)
		case f != nil && f.Reason != c.want:
			t.Errorf("%q is %s, want %q", c.term, f.Reason, c.want)
		}
	}
}

func TestCheck(t *testing.T) {
	many := make([]string, register.MaxTerms+1)
	for i := range many {
		many[i] = "Übernahme" + strings.Repeat("x", i)
	}
	for _, c := range []struct {
		entry register.Entry
		want  string
	}{
		{register.Entry{Label: "Konzern", Terms: []string{"Übernahme", "Fusion"}, Excluded: []string{"Kernfusion", "um"}}, ""},
		{register.Entry{Label: "", Terms: []string{"Übernahme"}}, "label: empty"},
		{register.Entry{Label: "x"}, "terms 1: no_terms"},
		{register.Entry{Label: "Die Übernahme", Terms: []string{"Übernahme"}}, "label: revealed"},
		{register.Entry{Label: "Uebernahmegerüchte", Terms: []string{"Fusion", "übernahme"}}, "label: revealed"},
		{register.Entry{Label: "Entlassene", Terms: []string{"Entlassung"}}, "label: revealed"},
		{register.Entry{Label: "Görlitz und sein altes Werk", Terms: []string{"Werk Görlitz"}}, "label: revealed"},
		{register.Entry{Label: "https://example.com/fusion `fusion`", Terms: []string{"Fusion"}}, "label: revealed; label: revealed"},
		{register.Entry{Label: "x", Terms: []string{"Fusion", "", "der"}}, "terms 2: empty; terms 3: general"},
		{register.Entry{Label: "x", Terms: []string{"Fusion", "fusion"}}, "terms 2: double"},
		{register.Entry{Label: "x", Terms: []string{"Fusion"}, Excluded: []string{"Fusionen"}}, "terms 1: silenced"},
		{register.Entry{Label: "x", Terms: []string{"Fusion"}, Excluded: []string{"!"}}, "excluded 1: empty"},
		{register.Entry{Label: "x", Terms: many}, "terms 101: too_many"},
	} {
		var got []string
		for _, f := range register.Check(c.entry) {
			got = append(got, f.Error())
		}
		if s := strings.Join(got, "; "); s != c.want {
			t.Errorf("%+v: %q, want %q", c.entry, s, c.want)
		}
	}
}

func TestFaultTexts(t *testing.T) {
	for _, r := range []register.Reason{
		register.Empty, register.TooLong, register.TooMany, register.General, register.Revealed, register.Silenced,
		register.Double, register.NoTerms,
	} {
		text := (&register.Fault{Reason: r, Words: "{n}"}).Text()
		for _, lang := range []say.Language{say.German, say.English} {
			got := text.In(say.Voice{Language: lang})
			if got == "" || strings.Contains(strings.ReplaceAll(got, "{n}", ""), "{") {
				t.Errorf("%s reads %q", r, got)
			}
		}
	}
}

func TestCompileRefusesBlankTerms(t *testing.T) {
	_, err := register.Compile([]register.Entry{{ID: "F-7", Terms: []string{"Geheimwort", " - "}}})
	var f *register.Fault
	if !errors.As(err, &f) || f.Reason != register.Empty || f.Index != 1 || !strings.Contains(err.Error(), "F-7") || strings.Contains(err.Error(), "Geheim") {
		t.Errorf("error %v", err)
	}
}

func TestReadTerms(t *testing.T) {
	entries, err := register.ReadTerms(strings.NewReader("\ufeffKonzern\tÜbernahme; Fusion;\tKernfusion\r\n\n  \nIT\tDatenleck\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 2 || entries[0].ID != "1" || entries[1].ID != "4" || entries[0].Label != "Konzern" ||
		strings.Join(entries[0].Terms, "|") != "Übernahme|Fusion" || strings.Join(entries[0].Excluded, "|") != "Kernfusion" {
		t.Errorf("entries %+v", entries)
	}
	entries, err = register.ReadTerms(strings.NewReader("Konzern\tÜbernahme\nohne Tab\nIT\tder;;Datenleck\nFusion 7\tFusion\n"))
	const want = "line 2: terms 1: no_terms\nline 3: terms 1: general\nline 3: terms 2: empty\nline 4: label: revealed"
	if err == nil || err.Error() != want || len(entries) != 4 {
		t.Errorf("%d entries, error %v, want %s", len(entries), err, want)
	}
	var l *register.LineError
	if !errors.As(err, &l) || l.Line != 2 || l.Text().In(say.Voice{}) != "Zeile 2: Es fehlt ein Begriff, nach dem gesucht werden kann." {
		t.Errorf("line error %+v, %s", l, l.Text().In(say.Voice{}))
	}
	if _, err := register.ReadTerms(strings.NewReader("a\tb\n" + strings.Repeat("x", 2<<20))); err == nil || !strings.HasPrefix(err.Error(), "line 2: ") {
		t.Errorf("too long a line: %v", err)
	}
}
