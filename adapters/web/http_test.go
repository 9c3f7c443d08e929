package web_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"standleitung/adapters/adaptertest"
	"standleitung/adapters/web"
	"standleitung/bot"
)

const ownHost = "127.0.0.1:8080"

// direct is an adapter that is asked without a network.
type direct struct {
	t      testing.TB
	core   *adaptertest.Core
	routes http.Handler
}

func newDirect(t testing.TB) *direct {
	t.Helper()
	c := config(newClock().Now)
	c.Hosts = []string{ownHost}
	a := newAdapter(t, c)
	core := adaptertest.NewCore()
	run(t, a, core)
	return &direct{t, core, a.Routes()}
}

// ask sends a request as the page would, changed by change.
func (d *direct) ask(method, path string, body []byte, change func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, bytes.NewReader(body))
	r.RemoteAddr, r.Host = "127.0.0.1:40000", ownHost
	r.Header.Set("Content-Type", "application/json")
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	d.routes.ServeHTTP(w, r)
	return w
}

// say writes something as somebody and returns the answer.
func (d *direct) say(body map[string]any) (int, reply) {
	d.t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		d.t.Fatal(err)
	}
	w := d.ask(http.MethodPost, "/chat/say", data, nil)
	var r reply
	if err := json.Unmarshal(w.Body.Bytes(), &r); err != nil {
		d.t.Fatalf("answer %q: %v", w.Body, err)
	}
	return w.Code, r
}

func said(text string) map[string]any {
	return map[string]any{"person": "ines", "id": pageID(), "place": "pr", "text": text}
}

func TestNobodyElseIsAnswered(t *testing.T) {
	d := newDirect(t)
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	host := func(h string) func(*http.Request) { return func(r *http.Request) { r.Host = h } }
	peer := func(a string) func(*http.Request) { return func(r *http.Request) { r.RemoteAddr = a } }
	link := func(path string) func(*http.Request) {
		return func(r *http.Request) {
			r.URL.Path = path
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			r.Header.Set("Sec-Fetch-Mode", "navigate")
			r.Header.Set("Sec-Fetch-Dest", "document")
		}
	}
	for _, c := range []struct {
		name   string
		change func(*http.Request)
		want   int
	}{
		{"this machine", nil, 200},
		{"this machine, IPv6", peer("[::1]:40000"), 200},
		{"this machine, IPv4 in IPv6", peer("[::ffff:127.0.0.1]:40000"), 200},
		{"the page itself", header("Origin", "http://"+ownHost), 200},
		{"the page itself, by fetch metadata", header("Sec-Fetch-Site", "same-origin"), 200},
		{"typed address", header("Sec-Fetch-Site", "none"), 200},
		{"a link from elsewhere to the page", link("/"), 200},
		{"a link from elsewhere to data", link("/chat/snapshot"), 403},
		{"another machine", peer("192.168.1.7:40000"), 403},
		{"another machine, IPv6", peer("[2001:db8::7]:40000"), 403},
		{"no peer", peer("@"), 403},
		{"another host", host("chat.example"), 403},
		{"another host that is resolved to this machine", host("evil.example:8080"), 403},
		{"another port", host("127.0.0.1:9090"), 403},
		{"no host", host(""), 403},
		{"host with an extra", host("127.0.0.1:8080@evil.example"), 403},
		{"another site", header("Origin", "https://evil.example"), 403},
		{"another port of this machine", header("Origin", "http://127.0.0.1:3000"), 403},
		{"a sandboxed frame", header("Origin", "null"), 403},
		{"another site, by fetch metadata", header("Sec-Fetch-Site", "cross-site"), 403},
		{"another port, by fetch metadata", header("Sec-Fetch-Site", "same-site"), 403},
		{"a proxy: Forwarded", header("Forwarded", "for=192.0.2.1"), 403},
		{"a proxy: X-Forwarded-For", header("X-Forwarded-For", "192.0.2.1"), 403},
		{"a proxy: X-Forwarded-Host", header("x-forwarded-host", "chat.example"), 403},
		{"a proxy: X-Real-IP", header("X-Real-IP", "192.0.2.1"), 403},
		{"a proxy: Via", header("Via", "1.1 proxy"), 403},
		{"a proxy: empty header", header("X-Forwarded-For", ""), 403},
	} {
		w := d.ask(http.MethodGet, "/", nil, c.change)
		if w.Code != c.want {
			t.Errorf("%s: %d %q, want %d", c.name, w.Code, w.Body, c.want)
		}
		if w.Code == 403 && (w.Body.Len() < 20 || w.Body.Len() > 200) {
			t.Errorf("%s: the reason %q is not short and clear", c.name, w.Body)
		}
	}
	data, _ := json.Marshal(said("nie"))
	for _, site := range []string{"https://evil.example", "null", "http://localhost:8080"} {
		if w := d.ask(http.MethodPost, "/chat/say", data, header("Origin", site)); w.Code != 403 {
			t.Errorf("posted from %s: %d, want 403", site, w.Code)
		}
	}
	if n := len(d.core.Received()); n != 0 {
		t.Errorf("%d messages from elsewhere reached the core", n)
	}
}

func TestOwnHosts(t *testing.T) {
	h := newHost(t, newAdapter(t, config(newClock().Now)))
	defer h.close()
	_, port, _ := net.SplitHostPort(h.addr)
	for host, want := range map[string]int{
		"127.0.0.1:" + port: 503, "localhost:" + port: 503, "LOCALHOST:" + port: 503, "[::1]:" + port: 503,
		"127.0.0.1": 403, "localhost": 403, "localhost:1": 403, "127.0.0.1.nip.io:" + port: 403, "0.0.0.0:" + port: 403,
	} {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, h.url("/"), nil)
		req.Host = host
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("Host %s: %d, want %d", host, resp.StatusCode, want)
		}
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}

func TestCheckListen(t *testing.T) {
	for addr, ok := range map[string]bool{
		"127.0.0.1:8080": true, "[::1]:8080": true, "127.1.2.3:0": true, "[::ffff:127.0.0.1]:80": true,
		":8080": false, "0.0.0.0:8080": false, "[::]:8080": false, "192.168.1.7:8080": false, "localhost:8080": false,
		"example.com:80": false, "127.0.0.1": false, "": false, "[2001:db8::1]:80": false, "127.0.0.1.example:80": false,
	} {
		err := web.CheckListen(addr)
		if (err == nil) != ok {
			t.Errorf("CheckListen(%q) = %v, want ok: %v", addr, err, ok)
		}
		if err != nil && !strings.Contains(err.Error(), "127.0.0.1") {
			t.Errorf("CheckListen(%q) = %v, which does not say what to write instead", addr, err)
		}
	}
}

func TestHeaders(t *testing.T) {
	d := newDirect(t)
	for _, path := range []string{"/", "/chat/app.js", "/chat/setup", "/chat/snapshot?person=ines", "/chat/nothing"} {
		h := d.ask(http.MethodGet, path, nil, nil).Header()
		csp := h.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: Content-Security-Policy %q", path, csp)
		}
		got := []string{h.Get("X-Content-Type-Options"), h.Get("Referrer-Policy")}
		if diff := cmp.Diff([]string{"nosniff", "no-referrer"}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	first := d.ask(http.MethodGet, "/chat/app.js", nil, nil)
	again := d.ask(http.MethodGet, "/chat/app.js", nil, func(r *http.Request) { r.Header.Set("If-None-Match", first.Header().Get("ETag")) })
	if again.Code != http.StatusNotModified {
		t.Errorf("the same file again: %d, want 304", again.Code)
	}
}

func TestAddressing(t *testing.T) {
	d := newDirect(t)
	for _, c := range []struct {
		place, text, want string
		addressed         bool
	}{
		{"pr", "Plan ist gut", "Plan ist gut", false},
		{"pr", " mit Rand \n", " mit Rand \n", false},
		{"pr", "/thema Pumpe", "thema Pumpe", true},
		{"pr", "  /thema Pumpe ", "thema Pumpe ", true},
		{"pr", "/+1 T-41", "+1 T-41", true},
		{"pr", "//server/ordner", "//server/ordner", false},
		{"pr", "/ allein", "/ allein", false},
		{"pr", "/", "/", false},
		{"pr", "und/oder", "und/oder", false},
		{"pr", "@Standleitung lage", "lage", true},
		{"pr", "@standleitung: lage", "lage", true},
		{"pr", "@STANDLEITUNG,lage", "lage", true},
		{"pr", "@Standleitung", "", true},
		{"pr", "@Standleitung\nlage", "lage", true},
		{"pr", "@Standleitung /lage", "lage", true},
		{"pr", "Sag mal @Standleitung lage", "Sag mal lage", true},
		{"pr", "lage @Standleitung", "lage", true},
		{"pr", "lage (@Standleitung)", "lage ()", true},
		{"pr", "lage, @Standleitung!", "lage, !", true},
		{"pr", "@Standleitung an @Standleitung", "an @Standleitung", true},
		{"pr", "@Standleitungen sind gut", "@Standleitungen sind gut", false},
		{"pr", "x@standleitung.de", "x@standleitung.de", false},
		{"pr", "@@Standleitung", "@@Standleitung", false},
		{"pr", "Gänse @Standleitung weiß", "Gänse weiß", true},
		{"direct", "lage", "lage", false},
		{"direct", "/lage", "lage", true},
		{"direct", "// nicht", "// nicht", false},
		{"direct", "@Standleitung lage", "@Standleitung lage", false},
		{"direct", " thema x\n y ", " thema x\n y ", false},
	} {
		before := len(d.core.Received())
		if code, r := d.say(map[string]any{"person": "ines", "id": pageID(), "place": c.place, "text": c.text}); code != 200 {
			t.Errorf("%q: %d %+v", c.text, code, r.Error)
			continue
		}
		m := d.core.Received()[before]
		if m.Text != c.want || m.Addressed != c.addressed {
			t.Errorf("%s: %q arrived as %q, addressed: %v; want %q, %v", c.place, c.text, m.Text, m.Addressed, c.want, c.addressed)
		}
	}
}

func TestRefusals(t *testing.T) {
	d := newDirect(t)
	with := func(key string, value any) []byte {
		body := said("Text")
		body[key] = value
		data, _ := json.Marshal(body)
		return data
	}
	for _, c := range []struct {
		name string
		path string
		body []byte
		code int
		want string
		text string
	}{
		{"unknown person", "say", with("person", "eve"), 404, "unknown_person", "Diese Person gibt es hier nicht."},
		{"unknown room", "say", with("place", "attic"), 404, "unknown_room", "Diesen Raum gibt es hier nicht."},
		{"unknown room, in English", "say", []byte(`{"person":"jan","id":"aaaaaaaaa","place":"attic","text":"x"}`), 404, "unknown_room", "There is no such room here."},
		{"unknown thread", "say", with("thread", pageID()), 404, "unknown_thread", ""},
		{"nothing", "say", with("text", " \n\u200b"), 400, "empty", ""},
		{"no id", "say", with("id", ""), 400, "bad_id", ""},
		{"a bad id", "say", with("id", "../../etc/passwd"), 400, "bad_id", ""},
		{"the bot's id", "say", with("id", "bot.aGFsbG8"), 400, "bad_id", ""},
		{"too long", "say", with("text", strings.Repeat("ß", 40_001)), 413, "too_long", "Zu lang: höchstens 40000 Zeichen."},
		{"a megabyte", "say", with("text", strings.Repeat("x", 1<<20)), 413, "too_long", ""},
		{"not UTF-8", "say", []byte("{\"person\":\"ines\",\"id\":\"aaaaaaaaa\",\"place\":\"pr\",\"text\":\"\xff\xfe\"}"), 400, "not_utf8", ""},
		{"not JSON", "say", []byte("text=x"), 400, "bad_request", ""},
		{"an edit of nothing", "edit", with("post", ""), 404, "unknown_post", ""},
		{"an edit of what there never was", "edit", with("post", pageID()), 404, "unknown_post", "Diese Nachricht gibt es hier nicht"},
		{"a deletion of what there never was", "delete", with("post", "bot.aGFsbG8"), 404, "unknown_post", ""},
		{"an edit without an id", "edit", with("id", ""), 400, "bad_id", ""},
		{"an edit in the direct conversation", "edit", with("place", "direct"), 400, "rooms_only", "Ändern und löschen geht nur in Räumen"},
		{"an edit in an unknown room", "edit", with("place", "attic"), 404, "unknown_room", ""},
		{"no action", "press", with("post", "bot.aGFsbG8"), 400, "bad_request", ""},
		{"a long action", "submit", with("do", strings.Repeat("x", 201)), 400, "bad_request", ""},
	} {
		w := d.ask(http.MethodPost, "/chat/"+c.path, c.body, nil)
		var r reply
		if err := json.Unmarshal(w.Body.Bytes(), &r); err != nil {
			t.Errorf("%s: answer %q: %v", c.name, w.Body, err)
		}
		if w.Code != c.code || r.Error.Code != c.want || !strings.HasPrefix(r.Error.Text, c.text) || r.Error.Text == "" {
			t.Errorf("%s: %d %+v, want %d %s %q", c.name, w.Code, r.Error, c.code, c.want, c.text)
		}
	}
	form := func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }
	if w := d.ask(http.MethodPost, "/chat/say", with("text", "x"), form); w.Code != http.StatusUnsupportedMediaType {
		t.Errorf("not sent as JSON: %d, want 415", w.Code)
	}
	if n := len(d.core.Received()); n != 0 {
		t.Errorf("%d refused messages reached the core", n)
	}
	if code, _ := d.say(said(strings.Repeat("ß", 40_000))); code != 200 {
		t.Errorf("the longest text: %d, want 200", code)
	}
}

func TestBeforeRun(t *testing.T) {
	c := config(newClock().Now)
	c.Hosts = []string{ownHost}
	d := &direct{t, nil, newAdapter(t, c).Routes()}
	w := d.ask(http.MethodGet, "/", nil, nil)
	if w.Code != 503 || !strings.Contains(w.Body.String(), "/chat/app.js") || !strings.Contains(w.Body.String(), "startet gerade") {
		t.Errorf("the page before Run: %d %s", w.Code, w.Body)
	}
	if code, r := d.say(said("früh")); code != 503 || r.Error.Code != "not_running" {
		t.Errorf("writing before Run: %d %+v", code, r.Error)
	}
	if w := d.ask(http.MethodGet, "/chat/app.css", nil, nil); w.Code != 200 {
		t.Errorf("style before Run: %d, want 200", w.Code)
	}
}

func TestNewTellsAllFaults(t *testing.T) {
	_, err := web.New(web.Config{
		Rooms:  []web.Room{{ID: "pr"}, {ID: "pr"}, {ID: "direct"}, {ID: "a b"}},
		People: []web.Person{{ID: "ines", Language: "fr"}, {ID: "é"}},
		Hosts:  []string{"chat.example:80", "localhost"},
	})
	if err == nil {
		t.Fatal("New took a broken configuration")
	}
	for _, part := range []string{"clock", `room "pr"`, `room "direct"`, `room "a b"`, `person "ines"`, `person "é"`, `"chat.example:80"`, `"localhost"`} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the faults miss %s:\n%v", part, err)
		}
	}
	if _, err := web.New(web.Config{Now: newClock().Now}); err == nil {
		t.Error("New took a chat without rooms and people")
	}
}

// TestTexts compares the texts that the page asks for with those that it gets, in all voices.
func TestTexts(t *testing.T) {
	c := config(newClock().Now)
	c.Hosts = []string{ownHost}
	a := newAdapter(t, c)
	run(t, a, adaptertest.NewCore())
	var setup struct{ Texts map[string]map[string]string }
	w := (&direct{t, nil, a.Routes()}).ask(http.MethodGet, "/chat/setup", nil, nil)
	if err := json.Unmarshal(w.Body.Bytes(), &setup); err != nil {
		t.Fatal(err)
	}
	used := usedTexts(t)
	braces := regexp.MustCompile(`\{[^}]*\}`)
	for _, voice := range []string{"de-sie", "de-du", "en"} {
		texts := setup.Texts[voice]
		if texts == nil {
			t.Fatalf("no texts for %s", voice)
		}
		for name, text := range texts {
			if !slices.Contains(used, name) {
				t.Errorf("%s: nobody uses %q", voice, name)
			}
			if text == "" {
				t.Errorf("%s: %q is empty", voice, name)
			}
			want, got := braces.FindAllString(setup.Texts["de-sie"][name], -1), braces.FindAllString(text, -1)
			slices.Sort(want)
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: placeholders of %q (-de-sie +%s):\n%s", voice, name, voice, diff)
			}
		}
		for _, name := range used {
			if _, ok := texts[name]; !ok {
				t.Errorf("%s: %q is missing", voice, name)
			}
		}
	}
	if setup.Texts["de-sie"]["youAre"] == setup.Texts["de-du"]["youAre"] {
		t.Error("Sie and du are the same")
	}
}

// usedTexts are the names of the texts that the page's scripts ask for. No script has a text of its own.
func usedTexts(t *testing.T) []string {
	t.Helper()
	call := regexp.MustCompile(`\bt\(([^(),]*)`)
	quoted := regexp.MustCompile(`'(\w+)'`)
	var used []string
	err := fs.WalkDir(os.DirFS("page"), ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".js") {
			return err
		}
		data, err := fs.ReadFile(os.DirFS("page"), path)
		for _, m := range call.FindAllSubmatch(data, -1) {
			for _, name := range quoted.FindAllSubmatch(m[1], -1) {
				used = append(used, string(name[1]))
			}
		}
		return err
	})
	if err != nil || len(used) == 0 {
		t.Fatalf("texts of the scripts: %d, %v", len(used), err)
	}
	return used
}

func TestOpenedIsOneTurn(t *testing.T) {
	d := newDirect(t)
	for range 2 {
		if w := d.ask(http.MethodPost, "/chat/open", []byte(`{"person":"ines"}`), nil); w.Code != 200 {
			t.Fatalf("open: %d %s", w.Code, w.Body)
		}
	}
	if all := d.core.Received(); all[0].Turn != "opened/ines" || len(d.core.Effects()) != 1 {
		t.Errorf("turn %q with %d effects, want one of opened/ines", all[0].Turn, len(d.core.Effects()))
	}
}

func TestFormLeavesNoPost(t *testing.T) {
	d := newDirect(t)
	d.core.Answer(func(bot.Message) (bot.Outcome, error) { return bot.Outcome{Form: &bot.Form{Do: "topic.new"}}, nil })
	if _, r := d.say(said("/thema")); r.Form == nil || r.Form.Do != "topic.new" {
		t.Errorf("answer = %+v, want a form", r)
	}
	w := d.ask(http.MethodGet, "/chat/snapshot?person=ines", nil, nil)
	if !strings.Contains(w.Body.String(), `"posts":[]`) {
		t.Errorf("snapshot = %s, want no posts", w.Body)
	}
}

func TestCoreFailureIsToldInThePersonsLanguage(t *testing.T) {
	d := newDirect(t)
	d.core.Answer(func(bot.Message) (bot.Outcome, error) { return bot.Outcome{}, errors.New("disk full: /var/lib") })
	body := said("Text")
	body["person"] = "jan"
	code, r := d.say(body)
	if code != 503 || r.Error.Code != "not_stored" || !strings.HasPrefix(r.Error.Text, "Not stored") {
		t.Errorf("answer = %d %+v, want 503 in English", code, r.Error)
	}
	if strings.Contains(fmt.Sprint(r), "disk") {
		t.Error("the answer tells what is for operators only")
	}
}

func FuzzSay(f *testing.F) {
	for _, text := range []string{"/thema x", "@Standleitung: lage", "a @standleitung, b", "//", "/", "\u202e/x", "@\x00Standleitung", "/i\x81\xbb"} {
		f.Add(text, "pr", "12345678")
		f.Add(text, "direct", "bot.x")
	}
	d := newDirect(f)
	f.Fuzz(func(t *testing.T, text, place, id string) {
		before := len(d.core.Received())
		data, err := json.Marshal(map[string]any{"person": "ines", "id": id, "place": place, "text": text})
		if err != nil {
			t.Fatal(err)
		}
		w := d.ask(http.MethodPost, "/chat/say", data, nil)
		if w.Code >= 500 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if w.Code != 200 {
			return
		}
		var sent struct{ Text string }
		if err := json.Unmarshal(data, &sent); err != nil {
			t.Fatal(err)
		}
		text = sent.Text // JSON has put a sign in the place of each byte that is none
		m := d.core.Received()[before]
		switch {
		case m.Turn != "say/"+id || m.ID != id:
			t.Errorf("turn %q, id %q of page id %q", m.Turn, m.ID, id)
		case !m.Addressed && strings.ReplaceAll(m.Text, "\ufffd", "") != strings.ReplaceAll(text, "\ufffd", ""):
			t.Errorf("%q arrived as %q", text, m.Text)
		case m.Addressed && !within(m.Text, text):
			t.Errorf("%q arrived as %q, which is more than was written", text, m.Text)
		case m.Addressed && !strings.Contains(text, "/") && !strings.Contains(strings.ToLower(text), "@standleitung"):
			t.Errorf("%q counts as addressed", text)
		}
	})
}

// within reports whether part is whole with something left out.
func within(part, whole string) bool {
	rest := []rune(whole)
	for _, r := range part {
		i := slices.Index(rest, r)
		if i < 0 {
			return false
		}
		rest = rest[i+1:]
	}
	return true
}

func FuzzBody(f *testing.F) {
	acts := []string{"say", "edit", "delete", "press", "submit", "open"}
	for _, act := range acts {
		f.Add(act, []byte(`{"person":"ines","id":"12345678","place":"pr","text":"x","post":"bot.YQ","do":"x","fields":{"a":"b"}}`))
	}
	f.Add("press", []byte(`{"person":"ines","id":"12345678","place":"direct","thread":"bot.","post":"bot.!","do":"x"}`))
	d := newDirect(f)
	f.Fuzz(func(t *testing.T, act string, body []byte) {
		if !slices.Contains(acts, act) {
			return
		}
		w := d.ask(http.MethodPost, "/chat/"+act, body, nil)
		if w.Code >= 500 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if !json.Valid(w.Body.Bytes()) {
			t.Errorf("answer %q is no JSON", w.Body)
		}
	})
}

// The hard ends of the network: a body that is sent although nobody wants it.
func TestHugeBodyGetsItsAnswer(t *testing.T) {
	a := newAdapter(t, config(newClock().Now))
	run(t, a, adaptertest.NewCore())
	h := newHost(t, a)
	defer h.close()
	b := newBrowser(t, h)
	r := b.act("say", map[string]any{"person": "mara", "id": pageID(), "place": "pr", "text": strings.Repeat("x", 4<<20)})
	if r.Status != 413 || !strings.HasPrefix(r.Error.Text, "Zu lang") {
		t.Errorf("answer = %d %+v, want 413 with words", r.Status, r.Error)
	}
}
