package teamstest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"standleitung/adapters/teams/teamstest"
)

// anyAnswer is a bot that takes everything.
func anyAnswer(t *testing.T) string {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	return server.URL
}

func at(v any, path ...string) any {
	for _, key := range path {
		o, _ := v.(object)
		v = o[key]
	}
	return v
}

// one is the only activity that the bot heard.
func (w *town) one() object {
	w.Helper()
	got := w.bot.heard()
	if len(got) != 1 {
		w.Fatalf("the bot heard %d activities, want 1: %v", len(got), got)
	}
	return got[0]
}

func TestMessages(t *testing.T) {
	w := newTown(t, teamstest.Config{})
	direct := w.Direct(w.ines.ID)
	for at, kind := range map[string]string{w.room: "channel", w.group: "groupChat", direct: "personal"} {
		act := w.Say(teamstest.Speech{By: w.ines.ID, At: at, Text: "Größe <b>3</b>\n\nzweite  Zeile"})
		a := w.one()
		c := a["conversation"].(object)
		want := at
		if kind == "channel" {
			want = teamstest.Thread(at, act.ID)
		}
		if c["id"] != want || c["conversationType"] != kind || c["tenantId"] != w.Config().Tenant || (c["isGroup"] == true) != (kind != "personal") {
			t.Errorf("%s: conversation = %v", kind, c)
		}
		if a["type"] != "message" || a["id"] != act.ID || a["channelId"] != "msteams" || a["serviceUrl"] != w.ServiceURL() {
			t.Errorf("%s: activity = %v", kind, a)
		}
		if from := a["from"].(object); from["id"] != w.ines.ID || from["aadObjectId"] != w.ines.ObjectID || from["name"] != "Ines Albrecht" {
			t.Errorf("%s: from = %v", kind, from)
		}
		if a["text"] != "Größe 3\n\nzweite  Zeile" {
			t.Errorf("%s: text = %q, want it without what looks like tags", kind, a["text"])
		}
		html := a["attachments"].([]any)[0].(object)
		if html["contentType"] != "text/html" || html["content"] != "<p>Größe &lt;b&gt;3&lt;/b&gt;</p>\n<p>&nbsp;</p>\n<p>zweite &nbsp;Zeile</p>" {
			t.Errorf("%s: HTML = %v", kind, html)
		}
		if shown := w.Shown(at, w.jan.ID); kind != "personal" && shown[len(shown)-1].Text != "Größe <b>3</b>\n\nzweite  Zeile" {
			t.Errorf("%s: Jan sees %q", kind, shown[len(shown)-1].Text)
		}
	}
	if all := w.Shown(direct, w.jan.ID); all != nil {
		t.Errorf("Jan sees what Ines tells the bot: %v", all)
	}
}

func TestMentions(t *testing.T) {
	for _, old := range []bool{false, true} {
		w := newTown(t, teamstest.Config{MentionsOnly: true, OldMarkup: old})
		if a := w.Say(teamstest.Speech{By: w.ines.ID, At: w.room, Text: "unter uns"}); !a.Silent || len(w.bot.heard()) != 0 {
			t.Errorf("without consent the bot heard of %+v", a)
		}
		w.Say(teamstest.Speech{By: w.ines.ID, At: w.room, Text: "plan", Mentions: []string{w.BotID(), w.jan.ID}})
		a := w.one()
		if a["text"] != "<at>Standleitung</at> <at>Jan Peters</at> plan\n" {
			t.Errorf("text = %q", a["text"])
		}
		entities := a["entities"].([]any)
		if len(entities) != 3 || at(entities[1], "mentioned", "id") != w.BotID() || at(entities[1], "text") != "<at>Standleitung</at>" {
			t.Errorf("entities = %v", entities)
		}
		if html := fmt.Sprint(at(a["attachments"].([]any)[0], "content")); strings.Contains(html, "itemtype") != old {
			t.Errorf("HTML = %s, old: %v", html, old)
		}
		if s := w.Shown(w.room, w.jan.ID)[1]; s.Text != "Standleitung Jan Peters plan" && s.Text != "Standleitung plan" && !old {
			t.Errorf("Jan sees %q", s.Text)
		}
	}
}

func TestChanges(t *testing.T) {
	w := newTown(t, teamstest.Config{})
	said := w.Say(teamstest.Speech{By: w.ines.ID, At: w.room, Text: "alt"})
	answered := w.Say(teamstest.Speech{By: w.jan.ID, At: teamstest.Thread(w.room, said.ID), Text: "Antwort"})
	w.bot.heard()
	for _, c := range []struct {
		act         func() teamstest.Act
		kind, event string
	}{
		{func() teamstest.Act { return w.Edit(w.ines.ID, w.room, said.ID, "neu") }, "messageUpdate", "editMessage"},
		{func() teamstest.Act { return w.Delete(w.ines.ID, w.room, said.ID) }, "messageDelete", "softDeleteMessage"},
		{func() teamstest.Act { return w.Undelete(w.ines.ID, w.room, said.ID) }, "messageUpdate", "undeleteMessage"},
	} {
		if a := c.act(); !a.Acked {
			t.Fatalf("%s: %+v", c.event, a)
		}
		a := w.one()
		if a["type"] != c.kind || at(a, "channelData", "eventType") != c.event || a["id"] != said.ID {
			t.Errorf("%s: %v", c.event, a)
		}
		if (a["text"] == "neu") != (c.kind == "messageUpdate") {
			t.Errorf("%s: text = %v", c.event, a["text"])
		}
	}
	for what, a := range map[string]teamstest.Act{
		"somebody else's message": w.Edit(w.jan.ID, w.room, said.ID, "fremd"),
		"no such message":         w.Delete(w.ines.ID, w.room, "1"),
		"no such thread":          w.Say(teamstest.Speech{By: w.ines.ID, At: teamstest.Thread(w.room, "1"), Text: "x"}),
		"no such conversation":    w.Say(teamstest.Speech{By: w.ines.ID, At: "19:x", Text: "x"}),
		"nothing changes":         w.Unreact(w.ines.ID, w.room, said.ID, "like"),
	} {
		if a.Refused != what {
			t.Errorf("refused with %q, want %q", a.Refused, what)
		}
	}
	seen := w.Shown(w.room, w.jan.ID)
	if len(seen) != 2 || !seen[0].Edited || seen[0].Text != "neu" || seen[1].Thread != said.ID || seen[1].ID != answered.ID {
		t.Errorf("Jan sees %+v", seen)
	}
}

func TestReactions(t *testing.T) {
	w := newTown(t, teamstest.Config{})
	id := w.bot.post(w.room, text("vom Bot"))
	for _, field := range []string{"reactionsAdded", "reactionsRemoved"} {
		act := w.React
		if field == "reactionsRemoved" {
			act = w.Unreact
		}
		if a := act(w.ines.ID, w.room, id, "like"); !a.Acked {
			t.Fatalf("%+v", a)
		}
		a := w.one()
		if a["type"] != "messageReaction" || a["replyToId"] != id || at(a[field].([]any)[0], "type") != "like" || at(a, "conversation", "id") != teamstest.Thread(w.room, id) {
			t.Errorf("reaction = %v", a)
		}
	}
	said := w.Say(teamstest.Speech{By: w.ines.ID, At: w.room, Text: "von Ines"})
	w.bot.heard()
	if a := w.React(w.jan.ID, w.room, said.ID, "heart"); !a.Silent || len(w.bot.heard()) != 0 {
		t.Errorf("the bot was told about a reaction to a person: %+v", a)
	}
	if got := w.Shown(w.room, w.ines.ID)[1].Reactions["heart"]; len(got) != 1 || got[0] != w.jan.ID {
		t.Errorf("hearts by %v", got)
	}
}

func TestComingAndGoing(t *testing.T) {
	w := newTown(t, teamstest.Config{})
	guest := w.AddUser(teamstest.User{Name: "Gast Gerd", Guest: true, Tenant: "other-tenant"})
	post := func() answer {
		return w.bot.call(http.MethodPost, text("Hallo"), "conversations", w.room, "activities")
	}
	for _, c := range []struct {
		act  teamstest.Act
		want []string
	}{
		{w.Uninstall(w.ines.ID, w.room), []string{"installationUpdate remove", "conversationUpdate teamMemberRemoved"}},
		{w.Install(w.ines.ID, w.room), []string{"installationUpdate add", "conversationUpdate teamMemberAdded"}},
		{w.Install(w.ines.ID, w.room), []string{"installationUpdate add-upgrade"}},
		{w.Open(guest.ID), []string{"installationUpdate add", "conversationUpdate"}},
		{w.Join(guest.ID, w.room), []string{"conversationUpdate teamMemberAdded"}},
		{w.Leave(w.jan.ID, w.room), []string{"conversationUpdate teamMemberRemoved"}},
		{w.Rename(w.ines.ID, w.room, "Presse"), []string{"conversationUpdate channelRenamed"}},
		{w.Leave(w.jan.ID, w.group), []string{"conversationUpdate"}},
	} {
		if !c.act.Acked {
			t.Errorf("%v: %+v", c.want, c.act)
		}
	}
	var got []string
	for _, a := range w.bot.heard() {
		what := fmt.Sprint(a["type"])
		for _, more := range []any{a["action"], at(a, "channelData", "eventType")} {
			if more != nil {
				what += " " + fmt.Sprint(more)
			}
		}
		got = append(got, what)
	}
	want := "installationUpdate remove|conversationUpdate teamMemberRemoved|installationUpdate add|conversationUpdate teamMemberAdded|" +
		"installationUpdate add-upgrade|installationUpdate add|conversationUpdate|" +
		"conversationUpdate teamMemberAdded|conversationUpdate teamMemberRemoved|conversationUpdate channelRenamed|conversationUpdate"
	if strings.Join(got, "|") != want {
		t.Errorf("the bot heard\n%s\nwant\n%s", strings.Join(got, "|"), want)
	}
	w.Uninstall(w.ines.ID, w.room)
	if a := post(); a.status != 403 || a.word("error", "code") != "BotNotInConversationRoster" {
		t.Errorf("posting where the app is gone: %+v", a)
	}
	w.Install(w.ines.ID, w.room)
	w.Remove(w.ines.ID, w.room)
	if a := post(); a.status != 404 || a.word("error", "code") != "ConversationNotFound" {
		t.Errorf("posting into a deleted channel: %+v", a)
	}
}

func TestFiles(t *testing.T) {
	w := newTown(t, teamstest.Config{})
	plan := []teamstest.Upload{{Name: "plan.pdf", Bytes: []byte("%PDF-1.4")}}
	direct := w.Direct(w.ines.ID)
	w.Say(teamstest.Speech{By: w.ines.ID, At: direct, Text: "hier", Files: plan})
	file := w.one()["attachments"].([]any)[0]
	if at(file, "contentType") != "application/vnd.microsoft.teams.file.download.info" || at(file, "content", "fileType") != "pdf" {
		t.Errorf("file = %v", file)
	}
	link := fmt.Sprint(at(file, "content", "downloadUrl"))
	w.bot.token = ""
	if a := w.bot.raw(http.MethodGet, link, nil); a.body != "%PDF-1.4" {
		t.Errorf("downloaded %v", a)
	}
	w.forgiven("a token was sent")
	w.Advance(11 * time.Minute)
	answer, err := w.bot.http.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	if _ = answer.Body.Close(); answer.StatusCode != 404 {
		t.Errorf("an old address: %v", answer.Status)
	}
	w.Say(teamstest.Speech{By: w.ines.ID, At: w.room, Text: "hier", Files: plan})
	if list := w.one()["attachments"].([]any); len(list) != 1 || !strings.Contains(fmt.Sprint(list[0]), "<attachment id=") {
		t.Errorf("a file in a channel: %v", list)
	}
	w.Say(teamstest.Speech{By: w.ines.ID, At: w.room, Inline: true, Files: []teamstest.Upload{{Name: "a.png", Bytes: []byte("\x89PNG\r\n\x1a\n")}}})
	picture := fmt.Sprint(at(w.one()["attachments"].([]any)[0], "contentUrl"))
	w.bot.signIn(nil)
	if a := w.bot.raw(http.MethodGet, picture, nil); a.status != 200 || a.header.Get("Content-Type") != "image/png" {
		t.Errorf("the picture: %+v", a)
	}
}

// TestRedelivery: what was not acknowledged comes again with the same id, from cards under a new one. A refusal is final.
func TestRedelivery(t *testing.T) {
	w := newTown(t, teamstest.Config{Times: teamstest.Times{Ack: 50 * time.Millisecond, Retries: []time.Duration{time.Millisecond, time.Millisecond}}})
	w.bot.says(500, nil)
	if a := w.Say(teamstest.Speech{By: w.ines.ID, At: w.room, Text: "nicht verlieren"}); a.Acked {
		t.Errorf("%+v", a)
	}
	w.AwaitSettled(patience)
	if got := w.bot.heard(); len(got) != 3 || got[0]["id"] != got[1]["id"] || got[1]["id"] != got[2]["id"] {
		t.Errorf("the bot heard %v, want the same three times", got)
	}
	w.bot.says(200, nil)
	w.bot.post(w.room, withCard(card([]any{block("x")}, object{"type": "Action.Submit", "title": "Los", "data": object{"a": "b"}})))
	w.bot.mu.Lock()
	w.bot.answer = func(object) (int, any) { time.Sleep(200 * time.Millisecond); return 200, nil } // later than the fake waits
	w.bot.mu.Unlock()
	if a := w.Press(teamstest.Press{By: w.ines.ID, At: w.room, Label: "Los"}); a.Acked || a.Reason != "timeout" {
		t.Errorf("%+v", a)
	}
	w.AwaitSettled(patience)
	if got := w.bot.heard(); len(got) != 3 || got[0]["id"] == got[1]["id"] || got[1]["id"] == got[2]["id"] {
		t.Errorf("the bot heard %v, want three ids", got)
	}
	w.bot.says(400, nil)
	w.Say(teamstest.Speech{By: w.ines.ID, At: w.room, Text: "abgelehnt"})
	if w.AwaitSettled(patience); len(w.bot.heard()) != 1 {
		t.Error("a refusal was not final")
	}
}

func TestTwists(t *testing.T) {
	w := newTown(t, teamstest.Config{NoRetries: true})
	hello := teamstest.Speech{By: w.ines.ID, At: w.room, Text: "Hallo"}
	for twist, same := range map[teamstest.Twist]bool{teamstest.Twice: true, teamstest.AtOnce: true, teamstest.TwiceAnew: false} {
		w.Order(twist)
		w.Say(hello)
		w.AwaitSettled(patience)
		if got := w.bot.heard(); len(got) != 2 || (got[0]["id"] == got[1]["id"]) != same {
			t.Errorf("%s: %v", twist, got)
		}
	}
	w.Order(teamstest.Held)
	first := w.Say(hello)
	second := w.Say(hello)
	w.AwaitSettled(patience)
	if got := w.bot.heard(); len(got) != 2 || got[0]["id"] != second.ID || got[1]["id"] != first.ID {
		t.Errorf("held back: %v", got)
	}
	w.Again()
	again := w.one()
	w.AgainAnew()
	if anew := w.one(); again["id"] != second.ID || anew["id"] == second.ID || anew["text"] != "Hallo" {
		t.Errorf("again %v, anew %v", again["id"], anew["id"])
	}
	w.Emit("29:nobody", "19:unknown@thread.tacv2", map[string]any{"text": "fremd", "channelData": object{"tenant": object{"id": "fremd"}}})
	if a := w.one(); at(a, "channelData", "tenant", "id") != "fremd" || at(a, "conversation", "id") != "19:unknown@thread.tacv2" {
		t.Errorf("emitted %v", a)
	}
}
