package teamstest_test

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"standleitung/adapters/teams/teamstest"
)

type object = map[string]any

// patience is how long anything may take that should happen at once.
const patience = 20 * time.Second

// town is a tenant with two rooms, two people and a bot of few words.
type town struct {
	*teamstest.Server
	*testing.T
	ines, jan   teamstest.User
	room, group string
	bot         *client
}

// newTown makes one. The test fails on breaches that it did not forgive.
func newTown(t *testing.T, c teamstest.Config) *town {
	t.Helper()
	fake, err := teamstest.New(c)
	if err != nil {
		t.Fatal(err)
	}
	w := &town{Server: fake, T: t}
	w.ines = fake.AddUser(teamstest.User{Name: "Ines Albrecht"})
	w.jan = fake.AddUser(teamstest.User{Name: "Jan Peters"})
	both := []string{w.ines.ID, w.jan.ID}
	w.room = fake.AddConversation(teamstest.Conversation{Name: "PR", Members: both}).ID
	w.group = fake.AddConversation(teamstest.Conversation{Kind: teamstest.GroupChat, Members: both}).ID
	w.bot = &client{w: w, http: http.Client{Transport: &http.Transport{}}, keys: map[string]key{}, answer: func(object) (int, any) { return http.StatusOK, nil }}
	server := httptest.NewServer(w.bot)
	fake.SetEndpoint(server.URL + "/api/messages")
	t.Cleanup(func() {
		server.Close()
		fake.Close()
		w.bot.http.CloseIdleConnections()
		if left := fake.Breaches(); len(left) > 0 {
			t.Errorf("breaches: %v", left)
		}
	})
	return w
}

// forgiven checks that there is one breach that says something, and forgets it.
func (w *town) forgiven(what string) {
	w.Helper()
	if got := w.Forgive(); len(got) != 1 || !strings.Contains(got[0].String(), what) {
		w.Errorf("breaches = %v, want one that says %q", got, what)
	}
}

// client is a bot written from the documentation, without a library for anything.
type client struct {
	w     *town
	http  http.Client
	token string

	mu     sync.Mutex
	keys   map[string]key
	got    []object
	answer func(object) (int, any)
}

type key struct {
	public       *rsa.PublicKey
	endorsements []string
}

var errKey = errors.New("unknown key")

func (b *client) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	var a object
	if err := json.Unmarshal(raw, &a); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := b.verify(r.Header.Get("Authorization"), a); err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	b.mu.Lock()
	b.got = append(b.got, a)
	answer := b.answer
	b.mu.Unlock()
	status, body := answer(a)
	if body == nil {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// says sets what the bot answers from now on.
func (b *client) says(status int, body any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answer = func(object) (int, any) { return status, body }
}

// heard is what the bot took, and forgets it.
func (b *client) heard() []object {
	b.mu.Lock()
	defer b.mu.Unlock()
	got := b.got
	b.got = nil
	return got
}

// verify checks a token by the list of "Authentication with the Bot Connector API".
func (b *client) verify(header string, a object) error {
	parts := strings.Split(strings.TrimPrefix(header, "Bearer "), ".")
	if !strings.HasPrefix(header, "Bearer ") || len(parts) != 3 {
		return errors.New("no bearer token")
	}
	var head, claims object
	for i, into := range []*object{&head, &claims} {
		raw, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err == nil {
			err = json.Unmarshal(raw, into)
		}
		if err != nil {
			return err
		}
	}
	if head["alg"] != "RS256" {
		return fmt.Errorf("algorithm %v", head["alg"])
	}
	k, err := b.key(fmt.Sprint(head["kid"]))
	if err != nil {
		return err
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err := rsa.VerifyPKCS1v15(k.public, crypto.SHA256, sum[:], signature); err != nil {
		return err
	}
	now, skew := float64(time.Now().Unix()), float64(300)
	exp, hasEnd := claims["exp"].(float64)
	nbf, _ := claims["nbf"].(float64)
	switch {
	case claims["iss"] != "https://api.botframework.com":
		return errors.New("issuer")
	case claims["aud"] != b.w.Config().AppID:
		return errors.New("audience")
	case !hasEnd || now > exp+skew, now < nbf-skew:
		return errors.New("time")
	case claims["serviceurl"] != a["serviceUrl"] || a["serviceUrl"] == nil:
		return errors.New("service URL")
	case !slices.Contains(k.endorsements, fmt.Sprint(a["channelId"])):
		return errors.New("endorsement")
	}
	return nil
}

// key finds a signing key, fetching them anew when it is not known.
func (b *client) key(id string) (key, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if k, ok := b.keys[id]; ok {
		return k, nil
	}
	var meta, set object
	if err := b.get(b.w.MetadataURL(), &meta); err != nil {
		return key{}, err
	}
	if err := b.get(fmt.Sprint(meta["jwks_uri"]), &set); err != nil {
		return key{}, err
	}
	clear(b.keys)
	list, _ := set["keys"].([]any)
	for _, raw := range list {
		o := raw.(object)
		n, _ := base64.RawURLEncoding.DecodeString(o["n"].(string))
		e, _ := base64.RawURLEncoding.DecodeString(o["e"].(string))
		k := key{public: &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}}
		for _, x := range o["endorsements"].([]any) {
			k.endorsements = append(k.endorsements, x.(string))
		}
		b.keys[o["kid"].(string)] = k
	}
	k, ok := b.keys[id]
	if !ok {
		return key{}, errKey
	}
	return k, nil
}

func (b *client) get(address string, into any) error {
	answer, err := b.http.Get(address)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	return json.NewDecoder(answer.Body).Decode(into)
}

// signIn gets a token, with some fields of the form changed.
func (b *client) signIn(change map[string]string) (int, object) {
	c := b.w.Config()
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {c.AppID}, "client_secret": {c.Secret}, "scope": {"https://api.botframework.com/.default"},
	}
	address := b.w.TokenURL()
	for name, v := range change {
		if name == "tenant" {
			address = strings.Replace(address, c.Tenant, v, 1)
			continue
		}
		form.Set(name, v)
	}
	answer, err := b.http.PostForm(address, form)
	if err != nil {
		return 0, nil
	}
	defer func() { _ = answer.Body.Close() }()
	var o object
	_ = json.NewDecoder(answer.Body).Decode(&o)
	if text, ok := o["access_token"].(string); ok {
		b.token = text
	}
	return answer.StatusCode, o
}

// answer is what the connector said.
type answer struct {
	status int
	body   any
	header http.Header
	err    error
}

func (a answer) word(path ...string) string {
	v := a.body
	for _, key := range path {
		o, _ := v.(object)
		v = o[key]
	}
	text, _ := v.(string)
	return text
}

// call makes a call on the connector. The parts of the path are escaped.
func (b *client) call(verb string, body any, path ...string) answer {
	if b.token == "" {
		b.signIn(nil)
	}
	for i, part := range path {
		path[i] = url.PathEscape(part)
	}
	var raw []byte
	if body != nil {
		raw, _ = json.Marshal(body)
	}
	return b.raw(verb, b.w.ServiceURL()+"v3/"+strings.Join(path, "/"), raw)
}

func (b *client) raw(verb, address string, raw []byte) answer {
	r, err := http.NewRequest(verb, address, bytes.NewReader(raw))
	if err != nil {
		return answer{err: err}
	}
	r.Header.Set("Authorization", "Bearer "+b.token)
	if len(raw) > 0 {
		r.Header.Set("Content-Type", "application/json")
	}
	got, err := b.http.Do(r)
	if err != nil {
		return answer{err: err}
	}
	defer func() { _ = got.Body.Close() }()
	all, _ := io.ReadAll(got.Body)
	a := answer{status: got.StatusCode, header: got.Header}
	if json.Unmarshal(all, &a.body) != nil {
		a.body = string(all)
	}
	return a
}

// post posts an activity and returns its id.
func (b *client) post(at string, activity object) string {
	b.w.Helper()
	a := b.call(http.MethodPost, activity, "conversations", at, "activities")
	if a.status != http.StatusCreated {
		b.w.Fatalf("posting was answered %d %v %v", a.status, a.body, a.err)
	}
	return a.word("id")
}

func text(s string) object { return object{"type": "message", "text": s} }

// withCard is an activity with an Adaptive Card.
func withCard(card object) object {
	return object{"type": "message", "summary": "Eine Karte", "attachments": []any{
		object{"contentType": "application/vnd.microsoft.card.adaptive", "content": card},
	}}
}

// card is a whole one around some elements and actions.
func card(body []any, actions ...any) object {
	c := object{"type": "AdaptiveCard", "version": "1.5", "fallbackText": "Eine Karte", "body": body}
	if len(actions) > 0 {
		c["actions"] = actions
	}
	return c
}

func block(s string) object { return object{"type": "TextBlock", "text": s, "wrap": true} }

func execute(title, verb string, data any) object {
	return object{"type": "Action.Execute", "title": title, "verb": verb, "data": data}
}
