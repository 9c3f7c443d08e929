package main_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
)

// teamsConfig is the company of the Playground. Kim sits in front of its screen: comms lead and PR in one.
const teamsConfig = `
listen: %s
organisation: nordpumpe.example
store: {url: "bbolt:store.db"}
teams:
  app_id: 6b0a2f1e-5d7c-4f0e-9c53-0d4f3a1b2c3d
  tenant_id: ` + playgroundTenant + `
  service_hosts: [127.0.0.1]
  insecure_dev: true
rooms:
  pr:     {party: pr,     teams: "` + prGroup + `"}
  sales:  {party: sales,  teams: "` + salesRoom + `"}
  social: {party: social, teams: "` + teamRoom + `"}
lines:
  main: {rooms: [sales, pr, social]}
people:
  kim:  {name: Kim Nowak,    email: kim@nordpumpe.example,  teams: "29:kim",  roles: [lead, pr], language: de}
  mara: {name: Mara Yıldız,  email: mara@nordpumpe.example, teams: "29:mara", roles: [sales]}
  jan:  {name: Jan Petersen, email: jan@nordpumpe.example,  teams: "29:jan",  roles: [social], address: du}
`

// newTeams starts the built program and the Playground for it.
func newTeams(t *testing.T) (*program, *playground) {
	t.Helper()
	prog := newProgram(t.Context(), t, teamsConfig)
	prog.start(t.Context(), t)
	prog.waitUntilReady(t.Context(), t)
	p := newPlayground(t, "http://"+prog.address+"/api/messages")
	p.answers(prog)
	return prog, p
}

// TestPlayground plays a morning between sales, PR and social with the built program, in Microsoft's own stand-in for
// Teams: a channel and its threads, a group chat, General, and the chat that Kim and the bot have.
func TestPlayground(t *testing.T) {
	prog, p := newTeams(t)
	kim, mara, jan := p.kim(), p.mara(), p.jan()

	// Mara suggests a topic in her channel: the answer stands in her thread. Kim never wrote to the bot; it comes to her.
	idea := mara.tells(salesRoom, "thema Warum unsere Azubis podcasten #ausbildung")
	p.sees(idea.place, "Notiert: Thema T-1")
	question := p.sees(kimsChat, "Thema T-1")

	// A press on Action.Execute changes the card where it was pressed, and the one in the thread with it.
	kim.presses(question, "Annehmen")
	p.sees(idea.place, "Angenommen von Kim")
	if decided := p.sees(kimsChat, "Angenommen von Ihnen"); decided.id != question.id {
		t.Errorf("the decision came as a message of its own: %+v", decided)
	}
	p.sees(kimsChat, "Mara weiß Bescheid")

	// What Kim writes, the Playground itself tells the bot: in the thread, in the group, in a channel.
	kim.tells(idea.place, "thema Messe Hannover zum Anfassen")
	p.sees(idea.place, "Notiert: Thema T-2")
	kim.tells(prGroup, "thema Das erste Jahr im neuen Werk")
	p.sees(prGroup, "Notiert: Thema T-3")
	post := kim.tells(teamRoom, "thema Wer repariert nachts?")
	p.sees(post.place, "Notiert: Thema T-4")

	// A message crosses: into the group chat, and as a post of its own into the other channel. Its changes follow.
	news := mara.writes(salesRoom, "Dritter Kunde heute: Läuft die Pumpe ohne Cloud?")
	p.sees(prGroup, "Dritter Kunde heute")
	crossed := p.sees(teamRoom, "Dritter Kunde heute")
	mara.edits(news, "Vierter Kunde heute: Läuft die Pumpe ohne Cloud?")
	p.sees(prGroup, "Vierter Kunde heute")
	if changed := p.sees(teamRoom, "Vierter Kunde heute"); changed.id != crossed.id {
		t.Errorf("the change came as a message of its own: %+v", changed)
	}

	// What is said beneath a copy lands in the thread of the original.
	jan.writes(crossed.place, "Daraus mache ich einen Beitrag.")
	p.sees(news.place, "Daraus mache ich einen Beitrag.")

	// The menu of a message: Kim makes a topic of what Mara wrote, by the dialog that opens.
	dialog := kim.chooses("topic.suggest", news, mara)
	kim.sends(dialog, "Thema vorschlagen")
	p.sees(salesRoom, "Notiert: Thema T-5")

	// What is sensitive waits for PR, which presses Action.Submit this time, as clients do that do not know the other.
	kim.tells(kimsChat, "vermerk Preise begriffe:teurer;Preiserhöhung stufe:gelb prüfung:in 60 Tagen")
	p.sees(kimsChat, "Vermerk F-1: Preise")
	jan.writes(teamRoom, "Ab Januar wird sie teurer.")
	held := p.sees(kimsChat, "Wartet auf Sie: eine Nachricht von Jan Petersen")
	p.misses(prGroup, "teurer")
	p.misses(salesRoom, "teurer")
	kim.submits(held, "Senden")
	p.sees(kimsChat, "Wird in zehn Sekunden gesendet.")

	// Killed and started again, it knows what was promised, and where everybody is.
	prog.kill(t)
	prog.start(t.Context(), t)
	p.answers(prog)
	mara.asks("thema Fotos vom Richtfest")
	p.sees(kimsChat, "Fotos vom Richtfest")
	p.sees(prGroup, "Ab Januar wird sie teurer.")
	p.sees(salesRoom, "Ab Januar wird sie teurer.")
	p.sees(kimsChat, "Freigegeben von Kim")
	prog.terminate(t)
}

// TestPlaygroundBrowser looks at the bot with the Playground's own web client, which renders cards as Teams does.
func TestPlaygroundBrowser(t *testing.T) {
	prog, p := newTeams(t)
	page := newPage(t, p.url)
	page.do(chromedp.Navigate(p.url))
	page.until(`document.querySelector('[title="Hide log panel"]')`)
	page.do(chromedp.Click(chromedp.CSS(`[title="Hide log panel"]`)))

	page.card("Willkommen an der Standleitung") // opening the page installs the bot
	page.do(chromedp.Click(chromedp.CSS(`[contenteditable=true]`)))
	page.do(chromedp.KeyEvent("vermerk Preise begriffe:teurer;Preiserhöhung stufe:gelb prüfung:in 60 Tagen"))
	page.do(chromedp.Click(chromedp.CSS(`[aria-label="Send Message"]`)))
	page.card("Vermerk F-1: Preise")
	p.jan().writes(prGroup, "Ab Januar wird sie teurer.")
	page.card("Wartet auf Sie: eine Nachricht von Jan Petersen")
	page.do(chromedp.EmulateViewport(1280, 800, chromedp.EmulateScale(1)))
	page.until(`(document.activeElement.blur(), [...document.querySelectorAll('.ac-adaptiveCard')].at(-1).scrollIntoView({ block: 'end' }), true)`)
	page.shot("teams-playground", 1280, 800)
	page.do(chromedp.Click(chromedp.CSS(`.ac-adaptiveCard [title="Senden"]`)))
	page.card("Wird in zehn Sekunden gesendet.")
	prog.terminate(t)
}

// card waits until a card with a text is drawn.
func (p *page) card(text string) {
	p.Helper()
	p.until(fmt.Sprintf(`[...document.querySelectorAll('.ac-adaptiveCard')].some((e) => e.textContent.includes(%q))`, text))
}
