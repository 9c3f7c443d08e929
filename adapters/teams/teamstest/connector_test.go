package teamstest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"standleitung/adapters/teams/teamstest"
)

func TestPostChangeDelete(t *testing.T) {
	w := newTown(t, teamstest.Config{})
	direct := w.Direct(w.ines.ID)
	for _, place := range []string{w.room, w.group, direct} {
		id := w.bot.post(place, text("eins"))
		if a := w.bot.call(http.MethodPut, text("zwei"), "conversations", place, "activities", id); a.status != 200 || a.word("id") != id {
			t.Errorf("update: %+v", a)
		}
		if s := w.Shown(place, w.ines.ID)[0]; s.Text != "zwei" || !s.Edited || !s.Ours || s.ID != id || s.Author != teamstest.BotName {
			t.Errorf("shown %+v", s)
		}
		if a := w.bot.call(http.MethodDelete, nil, "conversations", place, "activities", id); a.status != 200 {
			t.Errorf("delete: %+v", a)
		}
		if s := w.Shown(place, w.ines.ID)[0]; !s.Deleted || s.Text != "" {
			t.Errorf("shown %+v", s)
		}
		for _, verb := range []string{http.MethodPut, http.MethodDelete} {
			var body any
			if verb == http.MethodPut {
				body = text("drei")
			}
			if a := w.bot.call(verb, body, "conversations", place, "activities", id); a.status != 404 || a.word("error", "code") != "ActivityNotFoundInConversation" {
				t.Errorf("%s of a deleted one: %+v", verb, a)
			}
		}
		if a := w.bot.call(http.MethodPost, object{"type": "typing"}, "conversations", place, "activities"); a.status != 202 {
			t.Errorf("typing: %+v", a)
		}
	}
	said := w.Say(teamstest.Speech{By: w.ines.ID, At: w.room, Text: "von Ines"})
	if a := w.bot.call(http.MethodDelete, nil, "conversations", w.room, "activities", said.ID); a.status != 403 {
		t.Errorf("deleting what Ines wrote: %+v", a)
	}
	w.forgiven("somebody else's")
}

func TestThreads(t *testing.T) {
	w := newTown(t, teamstest.Config{})
	root := w.Say(teamstest.Speech{By: w.ines.ID, At: w.room, Text: "Wurzel"}).ID
	thread := teamstest.Thread(w.room, root)
	id := w.bot.post(thread, text("im Faden"))
	if s := w.Shown(thread, w.jan.ID); len(s) != 2 || s[1].Thread != root || s[1].ID != id {
		t.Errorf("the thread shows %+v", s)
	}
	if a := w.bot.call(http.MethodPut, text("neu"), "conversations", w.room, "activities", id); a.status != 404 {
		t.Errorf("changing a reply through the channel: %+v", a)
	}
	w.forgiven("through the thread")
	if a := w.bot.call(http.MethodPut, text("neu"), "conversations", thread, "activities", id); a.status != 200 {
		t.Errorf("changing it through the thread: %+v", a)
	}
	// The semicolon may stand in the path as it is.
	plain := w.ServiceURL() + "v3/conversations/" + thread + "/activities"
	if a := w.bot.raw(http.MethodPost, plain, []byte(`{"type":"message","text":"roh"}`)); a.status != 201 {
		t.Errorf("an unescaped id: %+v", a)
	}
	if a := w.bot.call(http.MethodPost, text("x"), "conversations", thread, "activities", root); a.status != 201 {
		t.Errorf("a reply: %+v", a)
	}
	if a := w.bot.call(http.MethodPost, text("x"), "conversations", w.room, "activities", root); a.status != 201 {
		t.Errorf("a reply without a thread: %+v", a)
	}
	w.forgiven("becomes a new post")
	if n := len(w.Shown(thread, w.jan.ID)); n != 4 {
		t.Errorf("%d messages in the thread, want 4", n)
	}
	for _, wrong := range []string{teamstest.Thread(w.room, "1"), teamstest.Thread(w.group, "1"), teamstest.Thread(w.room, id)} {
		if a := w.bot.call(http.MethodPost, text("x"), "conversations", wrong, "activities"); a.status != 404 || a.word("error", "code") != "ConversationNotFound" {
			t.Errorf("posting to %s: %+v", wrong, a)
		}
		w.forgiven("no thread hangs on")
	}
}

func TestCreateConversation(t *testing.T) {
	w := newTown(t, teamstest.Config{})
	away := w.AddUser(teamstest.User{Name: "Ute Fern"})
	tenant := object{"tenant": object{"id": w.Config().Tenant}}
	member := func(id string) []any { return []any{object{"id": id}} }
	a := w.bot.call(http.MethodPost, object{"isGroup": true, "channelData": object{"channel": object{"id": w.room}}, "activity": text("Beitrag")}, "conversations")
	if a.status != 201 || a.word("id") != teamstest.Thread(w.room, a.word("activityId")) {
		t.Errorf("a post: %+v", a)
	}
	for _, id := range []string{w.ines.ID, w.ines.ObjectID} {
		a = w.bot.call(http.MethodPost, object{"bot": object{"id": w.BotID()}, "members": member(id), "channelData": tenant}, "conversations")
		if a.status != 201 || a.word("id") != w.Direct(w.ines.ID) {
			t.Errorf("a direct conversation: %+v", a)
		}
	}
	for _, c := range []struct {
		body   object
		status int
		code   string
	}{
		{object{"members": member(away.ID), "channelData": tenant}, 403, "ForbiddenOperationException"},
		{object{"members": member("29:nobody"), "channelData": tenant}, 404, "NotFound"},
		{object{"members": member(w.ines.ID)}, 400, "BadArgument"},
		{object{"members": append(member(w.ines.ID), member(w.jan.ID)...), "channelData": tenant}, 400, "BadArgument"},
		{object{"isGroup": true, "channelData": object{"channel": object{"id": "19:x"}}, "activity": text("x")}, 404, "ConversationNotFound"},
		{object{"isGroup": true, "channelData": object{"channel": object{"id": w.room}}}, 400, "BadArgument"},
	} {
		if a := w.bot.call(http.MethodPost, c.body, "conversations"); a.status != c.status || a.word("error", "code") != c.code {
			t.Errorf("%v: %+v, want %d %s", c.body, a, c.status, c.code)
		}
	}
	w.SetBlocked(w.ines.ID, true)
	if a := w.bot.call(http.MethodPost, text("x"), "conversations", w.Direct(w.ines.ID), "activities"); a.status != 403 || !strings.Contains(fmt.Sprint(a.body), "MessageWritesBlocked") {
		t.Errorf("posting to somebody who blocked the bot: %+v", a)
	}
}

func TestMembers(t *testing.T) {
	w := newTown(t, teamstest.Config{MaxPage: 2})
	guest := w.AddUser(teamstest.User{Name: "Gast Gerd", Guest: true})
	w.Join(guest.ID, w.room)
	var names []string
	token, pages := "", 0
	for {
		address := w.ServiceURL() + "v3/conversations/" + url.PathEscape(w.room) + "/pagedmembers?pageSize=100"
		if token != "" {
			address += "&continuationToken=" + url.QueryEscape(token)
		}
		w.bot.signIn(nil)
		a := w.bot.raw(http.MethodGet, address, nil)
		list, _ := at(a.body, "members").([]any)
		for _, m := range list {
			names = append(names, fmt.Sprint(at(m, "name"), " ", at(m, "userRole")))
		}
		pages++
		if token = a.word("continuationToken"); token == "" {
			break
		}
	}
	if got := strings.Join(names, ", "); pages != 2 || got != "Ines Albrecht user, Jan Peters user, Gast Gerd guest" {
		t.Errorf("%d pages with %s", pages, got)
	}
	if a := w.bot.call(http.MethodGet, nil, "conversations", w.room, "members", w.jan.ObjectID); a.word("id") != w.jan.ID || a.word("userPrincipalName") != "jan.peters@nordpumpe.example" {
		t.Errorf("Jan: %+v", a)
	}
	if a := w.bot.call(http.MethodGet, nil, "conversations", w.group, "members", guest.ID); a.status != 404 || a.word("error", "code") != "MemberNotFoundInConversation" {
		t.Errorf("a stranger: %+v", a)
	}
	if a := w.bot.call(http.MethodGet, nil, "conversations", w.group, "members"); a.status != 200 || len(a.body.([]any)) != 2 {
		t.Errorf("members: %+v", a)
	}
	w.forgiven("deprecated")
	team := w.AddTeam(teamstest.Team{Name: "Vertrieb"})
	w.AddConversation(teamstest.Conversation{ID: team.ID, Name: "General", Team: team.ID})
	w.AddConversation(teamstest.Conversation{Name: "Messe", Team: team.ID})
	if a := w.bot.call(http.MethodGet, nil, "teams", team.ID); a.word("name") != "Vertrieb" || a.word("aadGroupId") != team.GroupID {
		t.Errorf("team: %+v", a)
	}
	a := w.bot.call(http.MethodGet, nil, "teams", team.ID, "conversations")
	if list, _ := at(a.body, "conversations").([]any); len(list) != 2 || at(list[0], "name") != nil || at(list[1], "name") != "Messe" {
		t.Errorf("channels: %+v", a)
	}
}

// TestPathsAndRegions: nothing is served at addresses that Microsoft does not have.
func TestPathsAndRegions(t *testing.T) {
	w := newTown(t, teamstest.Config{})
	before := w.ServiceURL()
	w.bot.signIn(nil)
	for address, breach := range map[string]string{
		before + "/v3/teams/x":           "nothing is at",
		before + "v3/conversations":      "nothing is at",
		before + "v3/conversations/x/no": "nothing is at",
		w.URL + "/":                      "nothing is at",
	} {
		if a := w.bot.raw(http.MethodGet, address, nil); a.status != 404 {
			t.Errorf("%s: %+v", address, a)
		}
		w.forgiven(breach)
	}
	w.MoveRegion("fr")
	if a := w.bot.raw(http.MethodPost, before+"v3/conversations/"+url.PathEscape(w.room)+"/activities", []byte(`{"type":"message","text":"x"}`)); a.status != 403 || a.word("error", "code") != "InvalidBotApiHost" {
		t.Errorf("the region before: %+v", a)
	}
	w.forgiven("the region")
	w.Say(teamstest.Speech{By: w.ines.ID, At: w.room, Text: "Hallo"})
	if a := w.one(); a["serviceUrl"] == before || a["serviceUrl"] != w.ServiceURL() {
		t.Errorf("service URL = %v", a["serviceUrl"])
	}
	w.bot.post(w.room, text("aus der neuen Region"))
}
