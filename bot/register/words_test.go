package register_test

import (
	"strings"
	"testing"

	"standleitung/bot/register"
)

// compile makes a matcher of one entry.
func compile(t testing.TB, terms ...string) *register.Matcher {
	t.Helper()
	m, err := register.Compile([]register.Entry{{ID: "F-1", Label: "x", Terms: terms}})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestWords(t *testing.T) {
	for _, c := range []struct{ term, found, not string }{
		{"Übernahme", "Übernahmen, uebernahme, Übernahmeangebot, Firmenübernahme, Übernahmeschlacht", "übernahm, übernehmen, Nahme, Über"},
		{"Entlassung", "Entlassungen, entlassen, entlässt, entließ, Entlassungsgespräch, Massenentlassung", "Lassung, verlassen, Entladung"},
		{"Kündigung", "kündigen, kündigt, gekündigt, Kündigungen, Kuendigungsfrist, Änderungskündigung", "Ankündigung, ankündigen, Produktankündigung, kündbar"},
		{"Fusion", "fusionieren, Fusionen, Fusionsgespräch, Megafusion, Bankenfusion", "Diffusion, Infusion, Konfusion, Illusion, Transfusion, Bluttransfusion"},
		{"Haftung", "Produkthaftung, Haftungsfrage", "Verhaftung, Massenverhaftung, haften"},
		{"Ermittlung", "Ermittlungen, ermitteln, ermittelt, Ermittlungsverfahren", "Vermittlung, Arbeitsvermittlung, Übermittlung"},
		{"Verkauf", "Verkäufe, Verkaufs, Werksverkauf, Verkaufsgespräch, Unternehmensverkäufe", "Kauf, Einkauf"},
		{"Vertrag", "Verträge, Vertrags, Vertragsstrafe, Lieferverträge", "Unverträglichkeit, Verträglichkeit"},
		{"Verträge", "Vertrag, Verträgen, Vertraege", "vertragt"},
		{"Steuer", "Steuern, Steuerprüfung, Gewerbesteuer", "Steuerung, Steuerungssystem, Besteuerung"},
		{"Patent", "Patente, Patentanwalt, Streitpatent", "Patentante"},
		{"Prozess", "Prozesse, Prozesskosten, Strafprozess", "Prozessor, Prozessoren, Prozession"},
		{"Streik", "Streiks, Warnstreik, Streikaufruf", "bestreiken, Streich, strikt"},
		{"Schaden", "Schadens, Wasserschaden, Schäden", "schädlich, Schatten"},
		{"Mangel", "Mängel, Mangels, Mangelliste, Baumängel", "Mandel"},
		{"Rückruf", "Rückrufe, Rueckruf, Ruckruf, Rückrufaktion", "zurückrufen, Ruf"},
		{"Gehalt", "Gehälter, Gehalts, Gehaltserhöhung, Gehaltsliste", "gehalten, Inhalt"},
		{"Werk", "Werke, Werks, Werkes, Werken, WERK, Werk-Leitung", "Werkstatt, Netzwerk, Handwerk, werkeln"},
		{"Ente", "Enten, ENTE", "entern, Ende, Entenbrust, Rente, enter"},
		{"Bär", "Bären, Baer, BÄR, Bärs", "Bar, bare, Barren, Bärte"},
		{"Bar", "Bars", "Bär, Bären, bares, Barkeeper"},
		{"Ernte", "Ernten", "entfernte, lernte"},
		{"Klage", "Klagen", "klagt, Anklage, Kläger"},
		{"Nation", "Nationen", "Kombination, Koordination, Destination"},
		{"Mission", "Missionen", "Kommission, Emission, Emissionswert"},
		{"Krise", "Krisen", "Kreise, Brise"},
		{"Insolvenz", "Insolvenzen, Insolvenzverwalter, Großinsolvenz", "insolent"},
		{"insolvent", "insolvente, insolventen, insolventer", "Insel"},
		{"kündigen", "kündigt, gekündigt, kündigte, Kündigung, kündigend", "ankündigen, Ankündigung"},
		{"schließen", "schließt, schloss, geschlossen, Schließung, schlösse, schliessen", "Schluss, Schlosserei, Schießstand"},
		{"übernehmen", "übernimmt, übernahm, übernommen, übernähme, Uebernehmen", "über, nehmen"},
		{"zurücktreten", "zurückgetreten, zurückzutreten, zurücktritt", "treten, zurück"},
		{"verkaufen", "verkauft, verkaufte, zu verkaufen", "kaufen"},
		{"abbauen", "abgebaut, abzubauen, abbaut", "bauen, gebaut, aufgebaut"},
		{"layoff", "layoffs, lay-off, LAYOFFS", "layout, playoff-time"},
		{"merger", "mergers, Merger's", "emergency, merge, emerge"},
		{"recall", "recalls, recalled, recalling", "call, recoil"},
		{"sue", "sues, sued, suing", "suede, issue, tissue"},
		{"sell", "sold, selling, sells", "unselfish, cell"},
		{"company", "companies, company's", "companion"},
		{"cut", "cuts, cutting", "cute, acute"},
		{"takeover", "takeovers, take-over", "overtake"},
		{"strike", "strikes, striking, struck", "strikt, Strick"},
		{"IPO", "IPOs, ipo", "Ipod, tipoff"},
		{"XT9", "XT-9, XT 9, xt9, XT9s", "XT, XT99, XT 8"},
		{"K.I.T.", "K.I.T., KIT", "kitt"},
		{"Nordlicht", "Nordlichts, NORDLICHT, Nord-Licht", "Nord"},
	} {
		m := compile(t, c.term)
		for f := range strings.SplitSeq(c.found, ", ") {
			if hits := m.Match("Das " + f + " ist da."); len(hits) != 1 {
				t.Errorf("%q is not found in %q", c.term, f)
			}
		}
		for f := range strings.SplitSeq(c.not, ", ") {
			if text := "Das " + f + " ist da."; len(m.Match(text)) > 0 {
				t.Errorf("%q is found in %q", c.term, f)
			}
		}
	}
}
