package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/websocket"
)

// playgroundTenant and playgroundBot are who the company and its bot are in the Playground.
const (
	playgroundTenant = "7d9c1f7e-3b0a-4c11-9a60-0c5a6f6f0001"
	playgroundBot    = "28:6b0a2f1e-5d7c-4f0e-9c53-0d4f3a1b2c3d"
)

// Who sits in front of the Playground, and its places: it takes one personal chat, one group chat and one team, with one
// channel besides General.
const (
	kimsID    = "29:kim"
	kimsChat  = "a:kim"
	prGroup   = "19:pr@thread.v2"
	salesRoom = "19:sales@thread.tacv2"
	teamRoom  = "19:team@thread.tacv2" // General, which has the team's own id
)

// playgroundConfig is the company of the Playground: it wants one person who sits in front of it and exactly five others.
const playgroundConfig = `
version: "0.1.1"
tenantId: ` + playgroundTenant + `
bot: {id: "` + playgroundBot + `", name: Standleitung}
currentUser: {id: "29:kim", name: Kim Nowak, userPrincipleName: kim@nordpumpe.example, aadObjectId: 00000000-0000-4000-8000-000000000001, givenName: Kim, surname: Nowak, email: kim@nordpumpe.example}
users:
  - {id: "29:ines", name: Ines Falk, userPrincipleName: ines@nordpumpe.example, aadObjectId: 00000000-0000-4000-8000-000000000002, givenName: Ines, surname: Falk, email: ines@nordpumpe.example}
  - {id: "29:lena", name: Lena Brandt, userPrincipleName: lena@nordpumpe.example, aadObjectId: 00000000-0000-4000-8000-000000000003, givenName: Lena, surname: Brandt, email: lena@nordpumpe.example}
  - {id: "29:mara", name: Mara Yıldız, userPrincipleName: mara@nordpumpe.example, aadObjectId: 00000000-0000-4000-8000-000000000004, givenName: Mara, surname: Yıldız, email: mara@nordpumpe.example}
  - {id: "29:jan", name: Jan Petersen, userPrincipleName: jan@nordpumpe.example, aadObjectId: 00000000-0000-4000-8000-000000000005, givenName: Jan, surname: Petersen, email: jan@nordpumpe.example}
  - {id: "29:emma", name: Emma Clarke, userPrincipleName: emma@nordpumpe.example, aadObjectId: 00000000-0000-4000-8000-000000000006, givenName: Emma, surname: Clarke, email: emma@nordpumpe.example}
personalChat: {id: "` + kimsChat + `"}
groupChat: {id: "` + prGroup + `", name: PR}
team:
  id: "` + teamRoom + `"
  name: Nordpumpe
  aadGroupId: 00000000-0000-4000-8000-0000000000aa
  channels:
    - {id: "` + salesRoom + `", name: Vertrieb}
`

// playground is Microsoft's Agents Playground, which stands for Teams on one machine: people write and press buttons
// through it, and what the bot answers appears on its screen, the one of Kim.
//
// What it cannot do: delete messages (501), refuse or delay calls, tell the bot of anything but Kim's messages that
// mention it and button presses. Everything else reaches the bot as a custom activity, which it passes on as it is.
type playground struct {
	*testing.T
	url string // http://127.0.0.1:port

	mu     sync.Mutex
	screen []shown
	news   chan struct{} // closed when the screen changed
}

// shown is a message of the bot on the screen.
type shown struct {
	place    string // the conversation: for a post in a channel and its answers the one of the thread
	id       string
	revision int    // how often it was updated
	text     string // everything that can be read, from cards too
	content  []any  // its cards
}

// newPlayground starts the Playground for a bot, and ends it with the test.
func newPlayground(t *testing.T, endpoint string) *playground {
	t.Helper()
	dir := t.TempDir()
	config := filepath.Join(dir, "company.yml")
	if err := os.WriteFile(config, []byte(playgroundConfig), 0o600); err != nil {
		t.Fatal(err)
	}
	port := unusedPort(t)
	p := &playground{T: t, url: "http://127.0.0.1:" + port, news: make(chan struct{})}
	tools := npmTools(t)
	loopback, err := filepath.Abs("testdata/npm/loopback.cjs")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	c := exec.CommandContext(ctx, "node", "--require", loopback, filepath.Join(tools, "node_modules/@microsoft/m365agentsplayground/cli.js"),
		"start", "--app-endpoint", endpoint, "--channel-id", "msteams", "--port", port, "--service-url", p.url+"/_connector", "--disable-telemetry")
	log := filepath.Join(dir, "playground.log")
	c.Env = append(os.Environ(), "TEAMSAPPTESTER_BROWSER=none", "M365_AGENTS_PLAYGROUND_CONFIG_PATH="+config, "M365_AGENTS_PLAYGROUND_LOGFILE="+log)
	c.Dir = dir
	stdin, err := c.StdinPipe() // it ends when this closes, however the test ends
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stdin.Close(); cancel(); _ = c.Wait() })
	ready, err := bufio.NewReader(stdout).ReadString('\n')
	if want := "Listening on " + port + "\n"; ready != want {
		why, _ := os.ReadFile(log)
		t.Fatalf("the Playground said %q (%v), want %q\n%s", ready, err, want, why)
	}
	p.watch()
	return p
}

// unusedPort finds a port of this machine that nobody listens on now.
func unusedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err := errors.Join(err, l.Close()); err != nil {
		t.Fatal(err)
	}
	return port
}

// watch follows the screen until the test ends.
func (p *playground) watch() {
	p.Helper()
	address := "ws" + strings.TrimPrefix(p.url, "http") + "/_ws_conversation/v1/conversations/stream"
	var socket *websocket.Conn
	p.within(func() (err error) {
		socket, err = websocket.Dial(address, "", p.url)
		return err
	})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			var e screenEvent
			if err := websocket.JSON.Receive(socket, &e); err != nil {
				return // the test has ended, or misses what does not come
			}
			p.show(e)
		}
	}()
	p.Cleanup(func() { _ = socket.Close(); <-done })
}

// within tries something until it succeeds.
func (p *playground) within(try func() error) {
	p.Helper()
	late := time.After(patience)
	for {
		err := try()
		if err == nil {
			return
		}
		select {
		case <-late:
			p.Fatal(err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// answers waits until the program takes what comes in. The Playground delivers once: what comes too early is lost, where
// Teams would deliver it again.
func (p *playground) answers(prog *program) {
	p.Helper()
	p.within(func() error {
		res, err := http.Get("http://" + prog.address + "/readyz")
		if err != nil {
			return err
		}
		defer res.Body.Close()
		why, err := io.ReadAll(res.Body)
		if err == nil && res.StatusCode != http.StatusOK {
			err = fmt.Errorf("the program is not ready: %s", why)
		}
		return err
	})
}

// screenEvent is what the Playground tells its web client.
type screenEvent struct {
	Action  string `json:"action"` // createMessage, updateMessage, typing
	Place   string `json:"actionConversationId"`
	Message struct {
		ID          string `json:"messageId"`
		Thread      string `json:"postConversationId"` // of what begins a thread in a channel
		Text        string `json:"text"`
		Attachments []struct {
			Content any `json:"content"`
		} `json:"attachments"`
	} `json:"message"`
}

func (p *playground) show(e screenEvent) {
	m := shown{place: e.Place, id: e.Message.ID, text: e.Message.Text}
	if e.Message.Thread != "" {
		m.place = e.Message.Thread
	}
	for _, a := range e.Message.Attachments {
		m.content = append(m.content, a.Content)
		m.text += "\n" + readable(a.Content)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e.Action {
	case "createMessage":
		p.screen = append(p.screen, m)
	case "updateMessage":
		for i, old := range p.screen {
			if old.id == m.id {
				m.place, m.revision = old.place, old.revision+1
				p.screen[i] = m
			}
		}
	}
	close(p.news)
	p.news = make(chan struct{})
}

// readable is everything in a card that people can read, a line each.
func readable(content any) string {
	var lines []string
	walk(content, func(element map[string]any) {
		for _, key := range []string{"title", "text", "value", "label"} {
			if s, ok := element[key].(string); ok {
				lines = append(lines, s)
			}
		}
	})
	return strings.Join(lines, "\n")
}

// walk goes through the elements of a card, in the order of its lists; what buttons carry is not among them.
func walk(content any, visit func(element map[string]any)) {
	switch c := content.(type) {
	case []any:
		for _, e := range c {
			walk(e, visit)
		}
	case map[string]any:
		visit(c)
		for _, key := range slices.Sorted(maps.Keys(c)) {
			if key != "data" {
				walk(c[key], visit)
			}
		}
	}
}

// sees waits until a text can be read in a place, in a channel in any of its threads, and returns the newest message
// with it.
func (p *playground) sees(place, text string) shown {
	p.Helper()
	late := time.After(patience)
	for {
		p.mu.Lock()
		screen, news := slices.Clone(p.screen), p.news
		p.mu.Unlock()
		for _, m := range slices.Backward(screen) {
			if m.in(place) && strings.Contains(m.text, text) {
				return m
			}
		}
		select {
		case <-news:
		case <-late:
			var all []string
			for _, m := range screen {
				all = append(all, fmt.Sprintf("%s, revision %d: %q", m.place, m.revision, m.text))
			}
			p.Fatalf("%q does not come in %s; there is\n%s", text, place, strings.Join(all, "\n"))
		}
	}
}

// misses fails when a text can be read in a place.
func (p *playground) misses(place, text string) {
	p.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range p.screen {
		if m.in(place) && strings.Contains(m.text, text) {
			p.Errorf("%s has %q", place, m.text)
		}
	}
}

// in says whether it is in a place: a chat, a channel, a thread.
func (m shown) in(place string) bool {
	return m.place == place || strings.HasPrefix(m.place, place+";messageid=")
}

// teamsPerson is somebody in the Playground. Its screen is Kim's, and only Kim's messages reach the bot by themselves.
type teamsPerson struct {
	*playground
	id, name, object string
}

// The people of the Playground.
func (p *playground) kim() teamsPerson {
	return teamsPerson{p, kimsID, "Kim Nowak", "00000000-0000-4000-8000-000000000001"}
}

func (p *playground) mara() teamsPerson {
	return teamsPerson{p, "29:mara", "Mara Yıldız", "00000000-0000-4000-8000-000000000004"}
}

func (p *playground) jan() teamsPerson {
	return teamsPerson{p, "29:jan", "Jan Petersen", "00000000-0000-4000-8000-000000000005"}
}

// said is a message of a person, as the Playground keeps it.
type said struct {
	place string // for what begins a thread in a channel: the conversation of the thread
	id    string
	text  string
}

// puts lets the Playground keep a message: a draft that the bot hears of only when Kim mentions it, or in Kim's own chat.
func (w teamsPerson) puts(place, text string, mentions ...map[string]any) said {
	w.Helper()
	var kept struct {
		ID     string `json:"messageId"`
		Thread string `json:"postConversationId"`
	}
	w.call("/_conversation/v1/conversations/"+url.PathEscape(place)+"/messages", map[string]any{
		"from": map[string]any{"id": w.id}, "text": text, "textFormat": "plain", "mentions": append([]map[string]any{}, mentions...),
	}, &kept)
	if kept.Thread != "" {
		place = kept.Thread
	}
	return said{place, kept.ID, text}
}

// tells writes to the bot: in Kim's own chat, else by mentioning it.
func (w teamsPerson) tells(place, text string) said {
	w.Helper()
	if place == kimsChat {
		return w.puts(place, text)
	}
	const at = "<at>Standleitung</at>"
	mentioned := map[string]any{"id": playgroundBot, "name": "Standleitung"}
	if w.id == kimsID {
		return w.puts(place, at+" "+text, map[string]any{"mentioned": mentioned, "text": at})
	}
	s := w.puts(place, "Standleitung "+text) // no mention: else it came from Kim
	s.text = at + " " + text
	a := w.activity("message", s, `<span itemscope itemtype="http://schema.skype.com/Mention" itemid="0">Standleitung</span>&nbsp;`+html.EscapeString(text))
	a["entities"] = append(a["entities"].([]any), map[string]any{"type": "mention", "mentioned": mentioned, "text": at})
	w.injects(a)
	return s
}

// asks writes to the bot in the chat that somebody else than Kim has with it, which is not on the screen.
func (w teamsPerson) asks(text string) {
	w.Helper()
	var chat struct {
		ID string `json:"id"`
	}
	w.call("/_connector/v3/conversations", map[string]any{"isGroup": false, "members": []any{map[string]any{"id": w.id}}, "tenantId": playgroundTenant}, &chat)
	a := w.activity("message", said{chat.ID, strconv.FormatInt(time.Now().UnixMilli(), 10), text}, "")
	delete(a, "attachments")
	a["conversation"] = map[string]any{"id": chat.ID, "tenantId": playgroundTenant, "conversationType": "personal"}
	w.injects(a)
}

// writes writes to everybody in a room: the bot hears it as it hears all messages of a team that lets it (resource-specific
// consent), with the ids that Teams gives.
func (w teamsPerson) writes(place, text string) said {
	w.Helper()
	s := w.puts(place, text)
	w.injects(w.activity("message", s, html.EscapeString(text)))
	return s
}

// edits changes what was written.
func (w teamsPerson) edits(s said, text string) {
	w.Helper()
	s.text = text
	a := w.activity("messageUpdate", s, html.EscapeString(text))
	a["channelData"].(map[string]any)["eventType"] = "editMessage"
	w.injects(a)
}

// activity is what Teams sends about a message in a room, which it gives as HTML besides.
func (w teamsPerson) activity(kind string, s said, rich string) map[string]any {
	now := time.Now().UTC().Format(time.RFC3339Nano)
	data := map[string]any{"tenant": map[string]any{"id": playgroundTenant}}
	conversation := map[string]any{"id": s.place, "tenantId": playgroundTenant, "isGroup": true, "conversationType": "groupChat"}
	if channel, _, thread := strings.Cut(s.place, ";messageid="); thread {
		conversation["conversationType"] = "channel"
		data["teamsChannelId"], data["teamsTeamId"] = channel, teamRoom
		data["channel"], data["team"] = map[string]any{"id": channel}, map[string]any{"id": teamRoom}
	}
	return map[string]any{
		"type": kind, "id": s.id, "channelId": "msteams", "serviceUrl": w.url + "/_connector",
		"timestamp": now, "localTimestamp": now, "localTimezone": "Europe/Berlin", "locale": "de-DE",
		"from":         map[string]any{"id": w.id, "name": w.name, "aadObjectId": w.object},
		"recipient":    map[string]any{"id": playgroundBot, "name": "Standleitung"},
		"conversation": conversation, "channelData": data,
		"text": s.text, "textFormat": "plain",
		"attachments": []any{map[string]any{"contentType": "text/html", "content": "<div><div>" + rich + "</div></div>"}},
		"entities":    []any{map[string]any{"type": "clientInfo", "locale": "de-DE", "country": "DE", "platform": "Web", "timezone": "Europe/Berlin"}},
	}
}

// injects gives the bot an activity that the Playground itself never makes.
func (p *playground) injects(activity map[string]any) {
	p.Helper()
	p.call("/_internal/v1/customActivities", activity, nil)
}

// presses presses a button with Action.Execute, and fails when the bot does not answer at once, in the body: Teams would
// say that the app cannot be reached.
func (w teamsPerson) presses(m shown, title string) {
	w.Helper()
	button := m.button(w.T, title, "Action.Execute")
	var answer struct {
		Type  string `json:"type"`
		Value any    `json:"value"`
	}
	w.call("/_conversation/v1/invoke", map[string]any{
		"name": "adaptiveCard/action", "from": map[string]any{"id": w.id}, "conversation": map[string]any{"id": m.place}, "replyToId": m.id,
		"value": map[string]any{"trigger": "manual", "action": map[string]any{"type": "Action.Execute", "title": title, "verb": button["verb"], "data": button["data"]}},
	}, &answer)
	if answer.Type == "" || answer.Value == nil {
		w.Errorf("the answer to %q is %+v", title, answer)
	}
}

// submits presses a button as a client does that only knows Action.Submit.
func (w teamsPerson) submits(m shown, title string) {
	w.Helper()
	w.call("/_conversation/v1/submit", map[string]any{
		"from": map[string]any{"id": w.id}, "conversation": map[string]any{"id": m.place}, "replyToId": m.id,
		"value": m.button(w.T, title, "Action.Submit")["data"],
	}, nil)
}

// chooses uses a command of the menu of somebody's message, and returns the dialog that the bot shows.
func (w teamsPerson) chooses(command string, s said, writer teamsPerson) shown {
	w.Helper()
	var answer struct {
		Task struct {
			Value struct {
				Card struct {
					Content any `json:"content"`
				} `json:"card"`
			} `json:"value"`
		} `json:"task"`
	}
	w.call("/_conversation/v1/invoke", map[string]any{
		"name": "composeExtension/fetchTask", "from": map[string]any{"id": w.id}, "conversation": map[string]any{"id": s.place},
		"value": map[string]any{
			"commandId": command, "commandContext": "message", "context": map[string]any{"theme": "default"},
			"messagePayload": map[string]any{
				"id": s.id, "createdDateTime": time.Now().UTC().Format(time.RFC3339),
				"from": map[string]any{"user": map[string]any{"id": writer.object, "displayName": writer.name, "userIdentityType": "aadUser"}},
				"body": map[string]any{"contentType": "html", "content": "<div>" + html.EscapeString(s.text) + "</div>"},
			},
		},
	}, &answer)
	card := answer.Task.Value.Card.Content
	return shown{place: s.place, text: readable(card), content: []any{card}}
}

// sends closes a dialog of a menu with one of its buttons, with what stands in its fields.
func (w teamsPerson) sends(dialog shown, title string) {
	w.Helper()
	data := maps.Clone(dialog.button(w.T, title, "Action.Submit")["data"].(map[string]any))
	walk(dialog.content, func(element map[string]any) {
		if kind, _ := element["type"].(string); strings.HasPrefix(kind, "Input.") {
			data[element["id"].(string)] = element["value"]
		}
	})
	w.call("/_conversation/v1/invoke", map[string]any{
		"name": "composeExtension/submitAction", "from": map[string]any{"id": w.id}, "conversation": map[string]any{"id": dialog.place},
		"value": map[string]any{"commandContext": "message", "context": map[string]any{"theme": "default"}, "data": data},
	}, nil)
}

// button finds a button by what stands on it and by its kind.
func (m shown) button(t *testing.T, title, kind string) (found map[string]any) {
	t.Helper()
	walk(m.content, func(element map[string]any) {
		if element["title"] == title && element["type"] == kind {
			found = element
		}
	})
	if found == nil {
		t.Fatalf("there is no button %q (%s) on %q", title, kind, m.text)
	}
	return found
}

// call asks the Playground for something and reads its answer unless that is nil.
func (p *playground) call(path string, body, answer any) {
	p.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		p.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(p.Context(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+path, bytes.NewReader(data))
	if err != nil {
		p.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.Fatal(err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode/100 != 2 {
		p.Fatalf("%s: %s, %v\n%s", path, res.Status, err, got)
	}
	if answer != nil {
		if err := json.Unmarshal(got, answer); err != nil {
			p.Fatalf("%s: %v\n%s", path, err, got)
		}
	}
}
