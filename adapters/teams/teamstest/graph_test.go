package teamstest_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"standleitung/adapters/teams/teamstest"
)

// graphTown is a town whose bot reads histories.
type graphTown struct {
	*town
	group string // the id of the team in Microsoft Entra
}

func newGraphTown(t *testing.T, c teamstest.Config) *graphTown {
	w := &graphTown{town: newTown(t, c)}
	w.group = w.bot.call(http.MethodGet, nil, "teams", "19:general@thread.tacv2").word("aadGroupId")
	if w.group == "" {
		t.Fatal("the team has no group")
	}
	return w
}

// graph reads something in Microsoft Graph, with a token for it; options are name and value in turn.
func (w *graphTown) graph(path string, options ...string) answer {
	w.Helper()
	connector := w.bot.token
	w.bot.signIn(map[string]string{"scope": "https://graph.microsoft.com/.default"})
	defer func() { w.bot.token = connector }()
	args := url.Values{}
	for i := 0; i < len(options); i += 2 {
		args.Set(options[i], options[i+1])
	}
	address := w.GraphURL() + "/v1.0/" + path
	if len(args) > 0 {
		address += "?" + strings.ReplaceAll(args.Encode(), "+", "%20")
	}
	return w.bot.raw(http.MethodGet, address, nil)
}

// delta and chat are where the history of the room and of the group chat is.
func (w *graphTown) delta() string {
	return "teams/" + w.group + "/channels/" + url.PathEscape(w.room) + "/messages/delta"
}

func (w *graphTown) chat() string { return "chats/" + url.PathEscape(w.town.group) + "/messages" }

// messages are those of an answer, without what the system says.
func (w *graphTown) messages(a answer) []object {
	w.Helper()
	list, ok := at(a.body, "value").([]any)
	if a.status != http.StatusOK || !ok {
		w.Fatalf("the history is %d %v", a.status, a.body)
	}
	var all []object
	for _, raw := range list {
		if o := raw.(object); o["messageType"] == "message" {
			all = append(all, o)
		}
	}
	return all
}

// TestGraphShowsTheBot: what the bot posts is shown as the app's, with its text as HTML, its mentions counted, its cards as JSON in a
// text, and nothing else of what it sent; changes and deletions are shown with their times.
func TestGraphShowsTheBot(t *testing.T) {
	w := newGraphTown(t, teamstest.Config{})
	root := w.bot.post(w.room, object{
		"type": "message", "textFormat": "xml", "text": "<strong>Mara</strong><br/>Frag <at>Ines Albrecht</at> &amp; lies",
		"entities": []any{object{"type": "mention", "text": "<at>Ines Albrecht</at>", "mentioned": object{"id": w.ines.ID, "name": "Ines Albrecht"}}},
	})
	reply := w.bot.post(teamstest.Thread(w.room, root), withCard(card([]any{object{"type": "TextBlock", "id": "mein.zeichen", "text": "Karte", "wrap": true}})))
	list := w.messages(w.graph(w.delta(), "$expand", "replies"))
	if len(list) != 1 || list[0]["id"] != root || list[0]["replyToId"] != nil {
		t.Fatalf("shown are %v", list)
	}
	m := list[0]
	if at(m, "from", "application", "id") != w.Config().AppID || at(m, "from", "user") != nil || at(m, "from", "application", "applicationIdentityType") != "bot" {
		t.Errorf("it is from %v", m["from"])
	}
	if got := at(m, "body", "content"); at(m, "body", "contentType") != "html" || got != `<div><strong>Mara</strong><br/>Frag <at id="0">Ines Albrecht</at> &amp; lies</div>` {
		t.Errorf("it says %v", got)
	}
	mentions := m["mentions"].([]any)
	if len(mentions) != 1 || at(mentions[0], "mentioned", "user", "id") != w.ines.ObjectID || at(mentions[0], "mentionText") != "Ines Albrecht" {
		t.Errorf("it mentions %v", mentions)
	}
	replies := m["replies"].([]any)
	if len(replies) != 1 || at(replies[0], "id") != reply || at(replies[0], "replyToId") != root {
		t.Fatalf("its answers are %v", replies)
	}
	attachments := at(replies[0], "attachments").([]any)
	content, _ := at(attachments[0], "content").(string)
	var shown object
	if err := json.Unmarshal([]byte(content), &shown); err != nil || shown["type"] != "AdaptiveCard" || !strings.Contains(content, "mein.zeichen") {
		t.Errorf("the card is %q (%v)", content, err)
	}
	id, _ := at(attachments[0], "id").(string)
	if body, _ := at(replies[0], "body", "content").(string); body != `<attachment id="`+id+`"></attachment>` || at(replies[0], "summary") != nil {
		t.Errorf("beside the card it says %q, in short %v", body, at(replies[0], "summary"))
	}

	w.Advance(time.Second)
	w.bot.call(http.MethodPut, text("anders"), "conversations", w.room, "activities", root)
	m = w.messages(w.graph(w.delta()))[0]
	if at(m, "body", "content") != "anders" || m["lastEditedDateTime"] == nil || m["lastEditedDateTime"] != m["lastModifiedDateTime"] || m["deletedDateTime"] != nil {
		t.Errorf("changed, it is %v", m)
	}
	w.Advance(time.Second)
	w.bot.call(http.MethodDelete, nil, "conversations", w.room, "activities", root)
	m = w.messages(w.graph(w.delta()))[0]
	if at(m, "body", "content") != "" || m["deletedDateTime"] == nil || m["deletedDateTime"] != m["lastModifiedDateTime"] {
		t.Errorf("deleted, it is %v", m)
	}
}

// TestGraphIsLate: what was just said is not shown before Microsoft Graph knows it.
func TestGraphIsLate(t *testing.T) {
	w := newGraphTown(t, teamstest.Config{GraphLag: 30 * time.Second})
	root := w.bot.post(w.room, text("Wurzel"))
	w.bot.post(w.town.group, text("im Chat"))
	if n := len(w.messages(w.graph(w.delta()))) + len(w.messages(w.graph(w.chat()))); n != 0 {
		t.Errorf("%d messages are shown at once", n)
	}
	w.Advance(30 * time.Second)
	w.bot.post(teamstest.Thread(w.room, root), text("Antwort"))
	list := w.messages(w.graph(w.delta(), "$expand", "replies"))
	if len(list) != 1 || len(list[0]["replies"].([]any)) != 0 || len(w.messages(w.graph(w.chat()))) != 1 {
		t.Errorf("after a while shown are %v", list)
	}
	w.SetGraphLag(0)
	if n := len(w.messages(w.graph("teams/" + w.group + "/channels/" + url.PathEscape(w.room) + "/messages/" + root + "/replies"))); n != 1 {
		t.Errorf("%d answers are shown without delay, want 1", n)
	}
}

// TestGraphPages: a history comes page by page, with the options of the first one in a token, and changes after an instant alone.
func TestGraphPages(t *testing.T) {
	w := newGraphTown(t, teamstest.Config{MaxReplies: 1})
	var roots []string
	for range 3 {
		roots = append(roots, w.bot.post(w.room, text("Wurzel")))
		w.Advance(time.Second)
	}
	for range 2 {
		w.bot.post(teamstest.Thread(w.room, roots[0]), text("Antwort"))
		w.Advance(time.Second)
	}
	a := w.graph(w.delta(), "$top", "2", "$expand", "replies")
	next := a.word("@odata.nextLink")
	if n := len(w.messages(a)); n != 1 || next == "" { // beside what the system says
		t.Fatalf("%d messages on the first page, the next is %q", n, next)
	}
	w.bot.signIn(map[string]string{"scope": "https://graph.microsoft.com/.default"})
	a = w.bot.raw(http.MethodGet, next, nil)
	list := w.messages(a)
	if len(list) != 2 || list[1]["id"] != roots[0] || a.word("@odata.nextLink") != "" || a.word("@odata.deltaLink") == "" {
		t.Fatalf("the second page is %v", a.body)
	}
	if n := len(w.messages(w.bot.raw(http.MethodGet, list[1]["replies@odata.nextLink"].(string), nil))); len(list[1]["replies"].([]any)) != 1 || n != 1 {
		t.Errorf("a thread comes with %v, and %d more", list[1]["replies"], n)
	}
	w.bot.raw(http.MethodGet, next+"&$top=2", nil)
	w.forgiven("options beside $skiptoken")
	w.bot.signIn(nil)

	since := at(list[1], "replies").([]any)[0].(object)["createdDateTime"].(string)
	moment, err := time.Parse(time.RFC3339, since)
	if err != nil {
		t.Fatal(err)
	}
	list = w.messages(w.graph(w.delta(), "$filter", "lastModifiedDateTime gt "+moment.Add(-time.Millisecond).Format(time.RFC3339Nano)))
	if len(list) != 1 || list[0]["id"] != roots[0] {
		t.Errorf("changed since the last answer are %v", list)
	}
}

// TestGraphRules: what Microsoft Graph refuses, or passes over in silence, is refused and told.
func TestGraphRules(t *testing.T) {
	w := newGraphTown(t, teamstest.Config{})
	w.bot.post(w.room, text("Wurzel"))
	w.bot.post(w.town.group, text("im Chat"))
	for name, c := range map[string]struct {
		path   string
		query  []string
		status int
		breach string
	}{
		"too many":              {w.delta(), []string{"$top", "51"}, 400, "at most 50"},
		"another property":      {w.delta(), []string{"$filter", "createdDateTime gt 2026-01-01T00:00:00Z"}, 400, "is not supported"},
		"another operator":      {w.delta(), []string{"$filter", "lastModifiedDateTime ge 2026-01-01T00:00:00Z"}, 400, "is not supported"},
		"no such option":        {w.delta(), []string{"$select", "id"}, 400, "is not supported"},
		"no such expansion":     {w.delta(), []string{"$expand", "members"}, 400, "replies only"},
		"no such order":         {w.chat(), []string{"$orderby", "createdDateTime asc"}, 400, "cannot be"},
		"filter without order":  {w.chat(), []string{"$filter", "lastModifiedDateTime gt 2099-01-01T00:00:00Z"}, 200, "is ignored"},
		"another team":          {strings.Replace(w.delta(), w.group, "5f1d", 1), nil, 404, "not in the team"},
		"a chat as a channel":   {"teams/" + w.group + "/channels/" + url.PathEscape(w.town.group) + "/messages/delta", nil, 404, "there is no"},
		"a channel as a chat":   {"chats/" + url.PathEscape(w.room) + "/messages", nil, 404, "there is no"},
		"a thread as a channel": {strings.Replace(w.delta(), "/messages", ";messageid=1/messages", 1), nil, 404, "there is no"},
		"nothing there":         {"me", nil, 404, "nothing is at"},
	} {
		t.Run(name, func(t *testing.T) {
			if a := w.graph(c.path, c.query...); a.status != c.status {
				t.Errorf("it is answered %d %v, want %d", a.status, a.body, c.status)
			}
			w.forgiven(c.breach)
		})
	}
	if a := w.bot.raw(http.MethodGet, w.GraphURL()+"/v1.0/"+w.delta(), nil); a.status != http.StatusUnauthorized {
		t.Errorf("with the connector's token it is answered %d", a.status)
	}
	w.Forgive()
	w.SetConsented(w.room, false)
	if a := w.graph(w.delta()); a.status != http.StatusForbidden || a.word("error", "code") != "Forbidden" {
		t.Errorf("without consent it is answered %d %v", a.status, a.body)
	}
	if n := len(w.messages(w.graph(w.chat()))); n != 1 {
		t.Errorf("elsewhere %d messages are shown, want 1", n)
	}
}

// TestGraphLimits: one call a second is taken about a channel or chat, four about a team.
func TestGraphLimits(t *testing.T) {
	w := newGraphTown(t, teamstest.Config{RateLimits: true})
	w.messages(w.graph(w.delta()))
	w.messages(w.graph(w.chat()))
	if a := w.graph(w.delta()); a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") != "1" || a.word("error", "code") != "TooManyRequests" {
		t.Errorf("the second is answered %d %v", a.status, a.body)
	}
	w.graph(w.delta())
	w.forgiven("before Retry-After")
	w.Advance(time.Second)
	w.messages(w.graph(w.delta()))
	for i := range 4 {
		room := w.AddConversation(teamstest.Conversation{Members: []string{w.ines.ID}}).ID
		a := w.graph("teams/" + w.group + "/channels/" + url.PathEscape(room) + "/messages/delta")
		if want := map[bool]int{true: http.StatusOK, false: http.StatusTooManyRequests}[i < 3]; a.status != want {
			t.Errorf("channel %d is answered %d, want %d", i+2, a.status, want)
		}
	}
}
