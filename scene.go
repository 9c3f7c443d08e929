package main

import (
	"time"

	"standleitung/adapters/web"
	"standleitung/bot/say"
)

// exampleScene is what a first visitor of the built-in example sees: twenty seconds at Nordpumpe, after which one
// message waits for Ines of PR.
func exampleScene() *web.Scene {
	return &web.Scene{
		Hero: "ines", Waits: "approval.release", Linger: 2 * time.Second,
		Before: say.T("Nordpumpe und alle Leute hier sind erfunden. Eine kurze Szene zeigt, was Standleitung tut.",
			"Nordpumpe and everybody here are invented. A short scene shows what Standleitung does."),
		During: say.T("Ein Vormittag bei Nordpumpe, in zwanzig Sekunden.", "A morning at Nordpumpe, in twenty seconds."),
		After: say.T("Jetzt {sind Sie|bist du} Ines von der PR: Eine Nachricht wartet auf {Sie|dich}.",
			"Now you are Ines of PR: a message is waiting for you."),
		Steps: append(inEnglish(), []web.Step{
			{Person: "ines", Once: true, Text: say.T(
				"vermerk Preise 2027 begriffe:teurer;Preiserhöhung;more expensive;price increase stufe:gelb wortlaut:Unsere Preise für 2027 stehen im Dezember fest. prüfung:in 60 Tagen",
				"flag Prices 2027 terms:more expensive;price increase;teurer;Preiserhöhung level:yellow wording:Our prices for 2027 will be set in December. review:in 60 days")},
			{Person: "mara", Place: "sales", Pause: 2 * time.Second, Text: say.T(
				"Dritter Kunde heute: Läuft die Pumpe ohne Cloud?", "Third customer today: does the pump run without the cloud?")},
			{Person: "jan", Place: "social", Reply: true, Pause: 3 * time.Second, Text: say.T(
				"Daraus mache ich einen Beitrag.", "I'll make a post of that.")},
			{Person: "jan", Place: "social", Pause: 3 * time.Second, Text: say.T(
				"/thema Unsere Pumpe läuft ohne Cloud #onprem", "/topic Our pump runs without the cloud #onprem")},
			{Person: "jan", Place: "social", Press: "topic.anyway", Maybe: true},
			{Person: "lena", Press: "topic.accept", Pause: 3 * time.Second},
			{Person: "lena", Pause: 2 * time.Second, Text: say.T(
				"meilenstein Blog Pumpe ohne Cloud bis:nächste Woche Donnerstag an:@jan vertretung:@mara",
				"milestone Blog Pump without the cloud until:Thursday next week to:@jan deputy:@mara")},
			{Person: "lena", Pause: 3 * time.Second, Text: say.T("lage", "status")},
			{Person: "jan", Place: "social", Pause: 3 * time.Second, Text: say.T(
				"Ab Januar wird sie teurer.", "From January it will be more expensive.")},
		}...),
	}
}

// inEnglish has everybody, and every room, spoken to in English when the visitor is. The company is a German one.
func inEnglish() []web.Step {
	var steps []web.Step
	for _, person := range []string{"lena", "jan", "ines", "mara", "kim"} {
		steps = append(steps, web.Step{Person: person, Text: say.T("sprache en", "language en"), Only: say.English, Once: true})
	}
	for _, room := range []string{"sales", "pr", "social"} {
		steps = append(steps, web.Step{Person: "lena", Text: say.T("raumsprache en "+room, "room language en "+room), Only: say.English, Once: true})
	}
	return steps
}
