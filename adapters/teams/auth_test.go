package teams_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jws"

	"standleitung/adapters/adaptertest"
	"standleitung/adapters/faketest"
	"standleitung/adapters/teams"
	"standleitung/bot"
)

const (
	tenantID = "0b6f1f0e-1111-4f0e-9c53-0d4f3a1b2c3d"
	service  = "https://smba.trafficmanager.net/emea/"
)

// at is when everything happens.
var at = time.Date(2026, 12, 7, 9, 30, 0, 0, time.UTC)

// authority is the login of Microsoft, with the keys that it signs with.
type authority struct {
	*httptest.Server

	mu       sync.Mutex
	keys     []map[string]any
	fetches  atomic.Int32
	down     atomic.Bool
	metadata atomic.Value // what the metadata say instead; a string
}

// signer is a key; all tests share one, since making them takes long.
var signer = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func newAuthority(t testing.TB) *authority {
	a := &authority{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /openid", func(w http.ResponseWriter, _ *http.Request) {
		if a.down.Load() {
			http.Error(w, "down", http.StatusBadGateway)
			return
		}
		if other, ok := a.metadata.Load().(string); ok {
			fmt.Fprint(w, other)
			return
		}
		fmt.Fprintf(w, `{"issuer":"https://api.botframework.com","jwks_uri":%q}`, a.URL+"/keys")
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		a.fetches.Add(1)
		a.mu.Lock()
		defer a.mu.Unlock()
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": a.keys})
	})
	a.Server = httptest.NewServer(mux)
	t.Cleanup(a.Close)
	a.publish(t, "k1", signer(), []string{"msteams", "webchat"})
	return a
}

// publish adds a key; nil endorsements leave them out.
func (a *authority) publish(t testing.TB, kid string, key *rsa.PrivateKey, endorsements []string) {
	t.Helper()
	public, err := jwk.Import(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(public)
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]any{}
	if err := json.Unmarshal(raw, &fields); err != nil {
		t.Fatal(err)
	}
	fields["kid"], fields["use"] = kid, "sig"
	if endorsements != nil {
		fields["endorsements"] = endorsements
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.keys = append(a.keys, fields)
}

// claims are those of a right token.
func claims() map[string]any {
	return map[string]any{
		"iss": "https://api.botframework.com", "aud": appID, "serviceurl": service,
		"nbf": at.Add(-time.Minute).Unix(), "exp": at.Add(time.Hour).Unix(),
	}
}

// sign makes a token.
func sign(t testing.TB, claims map[string]any, alg jwa.SignatureAlgorithm, key any, kid string) string {
	t.Helper()
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	headers := jws.NewHeaders()
	if kid != "" {
		if err := headers.Set("kid", kid); err != nil {
			t.Fatal(err)
		}
	}
	token, err := jws.Sign(payload, jws.WithKey(alg, key, jws.WithProtectedHeaders(headers)))
	if err != nil {
		t.Fatal(err)
	}
	return string(token)
}

// guarded is an adapter behind the authority, with a core that takes everything.
func guarded(t testing.TB, a *authority, change func(*teams.Config)) (http.Handler, *adaptertest.Core) {
	t.Helper()
	c := teams.Config{
		AppID: appID, AppPassword: "secret", TenantID: tenantID, LoginURL: a.URL, OpenIDURL: a.URL + "/openid", Now: func() time.Time { return at },
	}
	if change != nil {
		change(&c)
	}
	adapter, err := teams.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return running(t, adapter)
}

// running runs an adapter with a core that takes everything, until the test ends.
func running(t testing.TB, adapter *teams.Adapter) (http.Handler, *adaptertest.Core) {
	t.Helper()
	core := adaptertest.NewCore()
	t.Cleanup(runWith(t, adapter, core))
	return adapter.Routes(), core
}

// runWith runs an adapter until stop is called.
func runWith(t testing.TB, adapter *teams.Adapter, core bot.Core) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- adapter.Run(ctx, core) }()
	if !faketest.Await(time.Minute, adapter.Running) {
		t.Fatal("the adapter does not run")
	}
	return func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run ended with %v", err)
		}
	}
}

// hello is an activity as the schema has it.
func hello() map[string]any {
	return map[string]any{
		"type": "message", "id": "1", "channelId": "msteams", "serviceUrl": service, "text": "hallo", "locale": "de-DE", "timestamp": "2026-12-07T09:29:59Z",
		"from": map[string]any{"id": "29:ines", "name": "Ines", "aadObjectId": "o-ines"}, "recipient": map[string]any{"id": "28:" + appID},
		"conversation": map[string]any{"id": "a:1", "conversationType": "personal", "tenantId": tenantID},
		"channelData":  map[string]any{"tenant": map[string]any{"id": tenantID}},
	}
}

// deliver hands an activity in and returns the status.
func deliver(t testing.TB, h http.Handler, token string, activity any) *httptest.ResponseRecorder {
	t.Helper()
	body, ok := activity.(string)
	if !ok {
		raw, err := json.Marshal(activity)
		if err != nil {
			t.Fatal(err)
		}
		body = string(raw)
	}
	r := httptest.NewRequest(http.MethodPost, "/api/messages", strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestTokens(t *testing.T) {
	a := newAuthority(t)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	a.publish(t, "elsewhere", signer(), []string{"webchat"})
	a.publish(t, "nowhere", signer(), nil)
	h, core := guarded(t, a, nil)
	with := func(change map[string]any) string {
		c := claims()
		maps.Copy(c, change)
		for k, v := range c {
			if v == nil {
				delete(c, k)
			}
		}
		return "Bearer " + sign(t, c, jwa.RS256(), signer(), "k1")
	}
	good := with(nil)
	header, rest, _ := strings.Cut(strings.TrimPrefix(good, "Bearer "), ".")
	payload, signature, _ := strings.Cut(rest, ".")
	encode := base64.RawURLEncoding.EncodeToString
	none := encode([]byte(`{"alg":"none","kid":"k1"}`))
	body, err := json.Marshal(claims())
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		token string
		want  int
	}{
		"a right one":                      {good, 200},
		"in lower case":                    {"bearer " + strings.TrimPrefix(good, "Bearer "), 200},
		"for several, us among them":       {with(map[string]any{"aud": []string{"x", appID}}), 200},
		"a service without its slash":      {with(map[string]any{"serviceurl": strings.TrimSuffix(service, "/")}), 200},
		"a clock four minutes ahead":       {with(map[string]any{"nbf": at.Add(4 * time.Minute).Unix(), "iat": at.Add(4 * time.Minute).Unix()}), 200},
		"expired four minutes ago":         {with(map[string]any{"exp": at.Add(-4 * time.Minute).Unix()}), 200},
		"none":                             {"", 401},
		"nonsense":                         {"x", 401},
		"nothing behind the scheme":        {"Bearer ", 401},
		"three points":                     {"Bearer ..", 401},
		"another scheme":                   {"Basic " + strings.TrimPrefix(good, "Bearer "), 401},
		"expired":                          {with(map[string]any{"exp": at.Add(-6 * time.Minute).Unix()}), 401},
		"without an end":                   {with(map[string]any{"exp": nil}), 401},
		"an end that is no time":           {with(map[string]any{"exp": "morgen"}), 401},
		"not valid yet":                    {with(map[string]any{"nbf": at.Add(6 * time.Minute).Unix()}), 401},
		"another issuer":                   {with(map[string]any{"iss": "https://sts.windows.net/x/"}), 401},
		"without issuer":                   {with(map[string]any{"iss": nil}), 401},
		"for another app":                  {with(map[string]any{"aud": "someone-else"}), 401},
		"for several others":               {with(map[string]any{"aud": []string{"x", "y"}}), 401},
		"for nobody":                       {with(map[string]any{"aud": nil}), 401},
		"for the empty one":                {with(map[string]any{"aud": ""}), 401},
		"an audience that is no text":      {with(map[string]any{"aud": 7}), 401},
		"for another service":              {with(map[string]any{"serviceurl": "https://evil.example/"}), 401},
		"without service":                  {with(map[string]any{"serviceurl": nil}), 401},
		"a service that is no text":        {with(map[string]any{"serviceurl": 7}), 401},
		"a service in another writing":     {with(map[string]any{"serviceurl": nil, "serviceUrl": service}), 401},
		"signed by somebody else":          {"Bearer " + sign(t, claims(), jwa.RS256(), other, "k1"), 401},
		"signed with a key of no name":     {"Bearer " + sign(t, claims(), jwa.RS256(), signer(), ""), 401},
		"signed with an unknown key":       {"Bearer " + sign(t, claims(), jwa.RS256(), signer(), "k9"), 401},
		"a key for other channels":         {"Bearer " + sign(t, claims(), jwa.RS256(), signer(), "elsewhere"), 401},
		"a key for no channel":             {"Bearer " + sign(t, claims(), jwa.RS256(), signer(), "nowhere"), 401},
		"another algorithm":                {"Bearer " + sign(t, claims(), jwa.RS512(), signer(), "k1"), 401},
		"signed with what everybody knows": {"Bearer " + sign(t, claims(), jwa.HS256(), []byte(appID), "k1"), 401},
		"no algorithm":                     {"Bearer " + none + "." + encode(body) + ".", 401},
		"a changed payload":                {"Bearer " + header + "." + encode(body[:len(body)-1]) + "." + signature, 401},
		"a signature that is cut":          {"Bearer " + header + "." + payload + "." + signature[:20], 401},
		"a very long one":                  {"Bearer " + strings.Repeat("a", 1<<20), 401},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			before := len(core.Received())
			if got := deliver(t, h, c.token, hello()); got.Code != c.want {
				t.Errorf("status %d, want %d: %s", got.Code, c.want, got.Body)
			}
			if n := len(core.Received()) - before; (n == 1) != (c.want == 200) {
				t.Errorf("the core got %d messages", n)
			}
		})
	}
}

// TestForeign: a right token is not all.
func TestForeign(t *testing.T) {
	a := newAuthority(t)
	h, core := guarded(t, a, nil)
	token := "Bearer " + sign(t, claims(), jwa.RS256(), signer(), "k1")
	change := func(f func(m map[string]any)) map[string]any {
		m := hello()
		f(m)
		return m
	}
	evil := claims()
	evil["serviceurl"] = "https://evil.example/"
	for name, c := range map[string]struct {
		token    string
		activity any
		want     int
	}{
		"another tenant": {token, change(func(m map[string]any) {
			m["conversation"] = map[string]any{"id": "a:1", "conversationType": "personal", "tenantId": "other"}
		}), 403},
		"another tenant beside": {token, change(func(m map[string]any) {
			m["channelData"] = map[string]any{"tenant": map[string]any{"id": "other"}}
		}), 403},
		"no tenant": {token, change(func(m map[string]any) {
			delete(m, "channelData")
			m["conversation"] = map[string]any{"id": "a:1"}
		}), 403},
		"a service that is not allowed": {
			"Bearer " + sign(t, evil, jwa.RS256(), signer(), "k1"),
			change(func(m map[string]any) { m["serviceUrl"] = "https://evil.example/" }), 403,
		},
		"another channel":     {token, change(func(m map[string]any) { m["channelId"] = "webchat" }), 403},
		"an unknown channel":  {token, change(func(m map[string]any) { m["channelId"] = "telepathy" }), 401},
		"no JSON":             {token, `{"type":`, 400},
		"no object":           {token, `[1,2]`, 400},
		"null":                {token, `null`, 400},
		"too long":            {token, `{"text":"` + strings.Repeat("x", 1<<20) + `"}`, 413},
		"nobody":              {token, change(func(m map[string]any) { delete(m, "from") }), 400},
		"from is no object":   {token, change(func(m map[string]any) { m["from"] = "ines" }), 400},
		"an unknown type":     {token, change(func(m map[string]any) { m["type"] = "handshake" }), 200},
		"an unknown invoke":   {token, change(func(m map[string]any) { m["type"], m["name"] = "invoke", "fileConsent/invoke" }), 501},
		"nobody pressed":      {token, change(func(m map[string]any) { m["type"], m["name"], m["value"] = "invoke", "adaptiveCard/action", 7 }), 200},
		"typing":              {token, change(func(m map[string]any) { m["type"] = "typing" }), 200},
		"somebody else's bot": {token, change(func(m map[string]any) { m["from"] = map[string]any{"id": "28:other", "name": "Bot"} }), 200},
	} {
		t.Run(name, func(t *testing.T) {
			if got := deliver(t, h, c.token, c.activity); got.Code != c.want {
				t.Errorf("status %d, want %d: %s", got.Code, c.want, got.Body)
			}
		})
	}
	if n := len(core.Received()); n != 0 {
		t.Errorf("the core got %d messages", n)
	}
}

func TestKeys(t *testing.T) {
	a := newAuthority(t)
	var now atomic.Int64
	now.Store(at.Unix())
	h, _ := guarded(t, a, func(c *teams.Config) { c.Now = func() time.Time { return time.Unix(now.Load(), 0) } })
	next, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	long := claims()
	long["exp"] = at.Add(1000 * time.Hour).Unix()
	first := "Bearer " + sign(t, long, jwa.RS256(), signer(), "k1")
	second := "Bearer " + sign(t, long, jwa.RS256(), next, "k2")
	step := func(what, token string, status, fetches int) {
		t.Helper()
		if got := deliver(t, h, token, hello()); got.Code != status || int(a.fetches.Load()) != fetches {
			t.Errorf("%s: status %d after %d fetches, want %d after %d", what, got.Code, a.fetches.Load(), status, fetches)
		}
	}
	for range 3 {
		step("a known key", first, 200, 1)
	}
	a.publish(t, "k2", next, []string{"msteams"})
	step("a new key, too soon", second, 401, 1)
	step("a new key, too soon", second, 401, 1)
	now.Add(61)
	step("a new key", second, 200, 2)
	step("the old key", first, 200, 2)
	now.Add(61)
	for range 5 {
		step("a key that nobody has, however often", "Bearer "+sign(t, long, jwa.RS256(), next, "k3"), 401, 3)
	}
	a.down.Store(true)
	now.Add(25 * 3600)
	step("a known key while the keys cannot be fetched", first, 200, 3)
	now.Add(5 * 24 * 3600)
	step("a key that is too old", first, 503, 3)
	a.down.Store(false)
	step("a key that is too old, too soon", first, 503, 3)
	now.Add(61)
	step("keys that can be fetched again", first, 200, 4)
}

func TestBadMetadata(t *testing.T) {
	for name, metadata := range map[string]string{
		"no JSON": "<html>", "no address": `{}`, "another scheme": `{"jwks_uri":"ftp://x/y"}`, "no keys": `{"jwks_uri":"http://127.0.0.1:1/"}`,
	} {
		t.Run(name, func(t *testing.T) {
			a := newAuthority(t)
			a.metadata.Store(metadata)
			h, core := guarded(t, a, nil)
			if got := deliver(t, h, "Bearer "+sign(t, claims(), jwa.RS256(), signer(), "k1"), hello()); got.Code != 503 {
				t.Errorf("status %d, want 503, so that Teams delivers it again", got.Code)
			}
			if n := len(core.Received()); n != 0 {
				t.Errorf("the core got %d messages", n)
			}
		})
	}
}

func TestConfig(t *testing.T) {
	now := func() time.Time { return at }
	if _, err := teams.New(teams.Config{Now: now, AppPassword: "x", TenantID: "y"}); err == nil || !strings.Contains(err.Error(), "app id") {
		t.Errorf("without app id: %v, want a refusal", err)
	}
	if _, err := teams.New(teams.Config{}); err == nil {
		t.Error("an empty configuration is taken")
	}
	if _, err := teams.New(teams.Config{Now: now, InsecureDev: true}); err != nil {
		t.Errorf("insecure_dev without app id: %v", err)
	}
}

// TestInsecure: without authentication only this machine is heard, and only this machine is called.
func TestInsecure(t *testing.T) {
	a, err := teams.New(teams.Config{InsecureDev: true, Now: func() time.Time { return at }})
	if err != nil {
		t.Fatal(err)
	}
	h, core := running(t, a)
	local := hello()
	local["serviceUrl"] = "http://localhost:1/_connector"
	for name, c := range map[string]struct {
		peer, host, forwarded string
		activity              map[string]any
		want                  int
	}{
		"this machine":          {"127.0.0.1:99", "localhost:3978", "", local, 200},
		"another one":           {"192.0.2.7:99", "localhost:3978", "", local, 403},
		"through a proxy":       {"127.0.0.1:99", "localhost:3978", "192.0.2.7", local, 403},
		"under another name":    {"127.0.0.1:99", "rebound.example", "", local, 403},
		"a service out there":   {"127.0.0.1:99", "localhost:3978", "", hello(), 403},
		"this machine, with v6": {"[::1]:99", "[::1]:3978", "", local, 200},
	} {
		t.Run(name, func(t *testing.T) {
			raw, err := json.Marshal(c.activity)
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest(http.MethodPost, "/api/messages", strings.NewReader(string(raw)))
			r.RemoteAddr, r.Host = c.peer, c.host
			if c.forwarded != "" {
				r.Header.Set("X-Forwarded-For", c.forwarded)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != c.want {
				t.Errorf("status %d, want %d: %s", w.Code, c.want, w.Body)
			}
		})
	}
	if n := len(core.Received()); n != 2 {
		t.Errorf("the core got %d messages, want 2", n)
	}
}

// FuzzToken: whatever stands in the header, nobody comes in, and nothing breaks.
func FuzzToken(f *testing.F) {
	a := newAuthority(f)
	h, core := guarded(f, a, nil)
	good := "Bearer " + sign(f, claims(), jwa.RS256(), signer(), "k1")
	for _, seed := range []string{"", "x", "Bearer", "Bearer x.y.z", "Bearer ..", good[:len(good)-2], "Bearer " + strings.ToUpper(good)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		if header == good {
			return
		}
		if w := deliver(t, h, header, hello()); w.Code != 401 && w.Code != 503 {
			t.Errorf("%q: status %d", header, w.Code)
		}
		if n := len(core.Received()); n != 0 {
			t.Fatalf("%q: the core got a message", header)
		}
	})
}

// FuzzClaims: a token that is rightly signed lets in only what it says.
func FuzzClaims(f *testing.F) {
	a := newAuthority(f)
	h, core := guarded(f, a, nil)
	f.Add(`{"iss":"https://api.botframework.com","aud":"x"}`)
	f.Add(`{"iss":["https://api.botframework.com"],"aud":{"x":1},"exp":1e300,"serviceurl":[]}`)
	f.Add(`{"exp":-1,"nbf":null}`)
	f.Add(`[]`)
	f.Fuzz(func(t *testing.T, payload string) {
		var read struct {
			Aud any
		}
		_ = json.Unmarshal([]byte(payload), &read)
		if strings.Contains(fmt.Sprint(read.Aud), appID) {
			return
		}
		headers := jws.NewHeaders()
		if err := headers.Set("kid", "k1"); err != nil {
			t.Fatal(err)
		}
		token, err := jws.Sign([]byte(payload), jws.WithKey(jwa.RS256(), signer(), jws.WithProtectedHeaders(headers)))
		if err != nil {
			return
		}
		if w := deliver(t, h, "Bearer "+string(token), hello()); w.Code != 401 {
			t.Errorf("%s: status %d", payload, w.Code)
		}
		if n := len(core.Received()); n != 0 {
			t.Fatalf("%s: the core got a message", payload)
		}
	})
}
