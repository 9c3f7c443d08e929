package teams

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/infracloudio/msbotbuilder-go/connector/auth"
	"github.com/infracloudio/msbotbuilder-go/schema"
	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jws"
	"github.com/lestrrat-go/jwx/v3/jwt"
)

const (
	// issuer is who signs what the Bot Connector sends:
	// learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication.
	issuer = "https://api.botframework.com"
	// channel is Teams among the channels of the Bot Connector.
	channel = "msteams"
	// maxSkew is how far clocks may be apart; Microsoft's own libraries allow as much.
	maxSkew = 5 * time.Minute
	// freshKeys is after how long the keys are fetched again; Microsoft asks for once a day.
	freshKeys = 24 * time.Hour
	// oldestKeys is for how long keys count that cannot be fetched again.
	oldestKeys = 5 * 24 * time.Hour
	// keyPause is the least time between two fetches that failed, or that an unknown key caused: anybody can name one.
	keyPause = time.Minute
	// keyTime bounds a fetch.
	keyTime = 5 * time.Second
	// maxToken is the longest token that is looked at, in bytes.
	maxToken = 16 << 10
	// maxKeys is the longest answer with keys, in bytes.
	maxKeys = 1 << 20
)

// denied is why an activity is not let in.
type denied struct {
	status int
	code   string // for operators: never what came in
}

func (d *denied) Error() string { return fmt.Sprintf("%d %s", d.status, d.code) }

func unauthorized(code string) error { return &denied{http.StatusUnauthorized, code} }

// door decides what is let in. It is the [auth.TokenValidator] of the library's adapter.
type door struct {
	appID, tenant string
	dev           bool
	hosts         serviceHosts
	keys          *keys
	now           func() time.Time
}

var _ auth.TokenValidator = (*door)(nil)

func newDoor(c Config, client *http.Client) *door {
	return &door{
		appID: c.AppID, tenant: c.TenantID, dev: c.InsecureDev, hosts: c.hosts(), now: c.Now,
		keys: &keys{client: client, openID: c.OpenIDURL, now: c.Now},
	}
}

// AuthenticateRequest checks the token of an activity: signed by Microsoft with a key that is endorsed for the activity's
// channel, for this bot, in time, and for the address that the activity wants its answers at. The library's credentials
// are not asked: with them an empty app id would let everybody in.
func (d *door) AuthenticateRequest(ctx context.Context, act schema.Activity, header string, _ auth.CredentialProvider, _ string) (auth.ClaimsIdentity, error) {
	if d.dev {
		return auth.NewClaimIdentity(nil, true), d.hosts.check(act.ServiceURL)
	}
	if d.appID == "" {
		return nil, unauthorized("no_app_id")
	}
	scheme, raw, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "bearer") || raw == "" || len(raw) > maxToken {
		return nil, unauthorized("no_token")
	}
	token, err := d.verify(ctx, raw, act.ChannelID)
	if err != nil {
		return nil, err
	}
	var service string
	if token.Get("serviceurl", &service) != nil || !sameService(service, act.ServiceURL) {
		return nil, unauthorized("bad_service_claim")
	}
	if act.ChannelID != channel {
		return nil, &denied{http.StatusForbidden, "foreign_channel"}
	}
	if err := d.hosts.check(act.ServiceURL); err != nil {
		return nil, &denied{http.StatusForbidden, "foreign_service"}
	}
	return auth.NewClaimIdentity(map[string]any{auth.ServiceURLClaim: service}, true), nil
}

// verify checks signature, endorsement, issuer, audience and times.
func (d *door) verify(ctx context.Context, raw, channel string) (jwt.Token, error) {
	message, err := jws.ParseString(raw)
	if err != nil || len(message.Signatures()) != 1 {
		return nil, unauthorized("bad_token")
	}
	headers := message.Signatures()[0].ProtectedHeaders()
	alg, _ := headers.Algorithm()
	kid, _ := headers.KeyID()
	if alg != jwa.RS256() || kid == "" {
		return nil, unauthorized("bad_algorithm")
	}
	key, err := d.keys.find(ctx, kid)
	if err != nil {
		return nil, err
	}
	token, err := jwt.ParseString(raw, jwt.WithKey(jwa.RS256(), key), jwt.WithValidate(true), jwt.WithIssuer(issuer), jwt.WithAudience(d.appID),
		jwt.WithRequiredClaim(jwt.ExpirationKey), jwt.WithAcceptableSkew(maxSkew), jwt.WithClock(jwt.ClockFunc(d.now)))
	if err != nil {
		return nil, unauthorized("bad_token")
	}
	var endorsements []any
	if key.Get("endorsements", &endorsements) != nil || !slices.Contains(endorsements, any(channel)) {
		return nil, unauthorized("not_endorsed")
	}
	return token, nil
}

// sameService compares addresses as Microsoft's own libraries do.
func sameService(a, b string) bool {
	return a != "" && strings.EqualFold(strings.TrimSuffix(a, "/"), strings.TrimSuffix(b, "/"))
}

// admit checks what the token says nothing of: whose tenant an activity is of, and in insecure mode that nobody but this
// machine sends it.
func (d *door) admit(act *incoming) error {
	if d.tenant == "" {
		return nil // insecure_dev: New asks for one otherwise
	}
	tenants := slices.DeleteFunc([]string{act.Conversation.TenantID, act.more.ChannelData.Tenant.ID}, func(id string) bool { return id == "" })
	if len(tenants) == 0 && !d.dev {
		return &denied{http.StatusForbidden, "no_tenant"}
	}
	for _, id := range tenants {
		if !strings.EqualFold(id, d.tenant) {
			return &denied{http.StatusForbidden, "foreign_tenant"}
		}
	}
	return nil
}

// trouble says why nobody can be let in; empty for nothing.
func (d *door) trouble() string {
	if d.dev {
		return ""
	}
	return d.keys.trouble()
}

// serviceHosts are the hosts that may be called, and so the only ones that ever get a token.
type serviceHosts struct {
	list []string
	dev  bool // loopback, and nothing else
}

var errForeignHost = errors.New("no host of service_hosts")

// check reports whether an address may be called.
func (h serviceHosts) check(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" {
		return errForeignHost
	}
	host := strings.ToLower(u.Hostname())
	switch {
	case h.dev:
		if isLoopback(host) && (u.Scheme == "http" || u.Scheme == "https") {
			return nil
		}
	case !h.named(host):
	case u.Scheme == "https", u.Scheme == "http" && isLoopback(host):
		return nil
	}
	return errForeignHost
}

func (h serviceHosts) named(host string) bool {
	return slices.ContainsFunc(h.list, func(pattern string) bool {
		pattern = strings.ToLower(pattern)
		if below, ok := strings.CutPrefix(pattern, "*"); ok {
			return strings.HasSuffix(host, below) && len(host) > len(below)
		}
		return host == pattern && host != ""
	})
}

// isLoopback reports whether a host is this machine.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// keys are those with which Microsoft signs. They are fetched when they are needed: once a day, and when a token names one
// that is not among them. All who wait get the same fetch.
type keys struct {
	client *http.Client
	openID string
	now    func() time.Time

	mu      sync.Mutex // held while fetching
	set     jwk.Set
	fetched time.Time // when set was fetched
	tried   time.Time // when a fetch was begun last

	said   sync.Mutex
	failed string // why the last fetch failed; empty when it did not
}

// find returns a key.
func (k *keys) find(ctx context.Context, kid string) (jwk.Key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	key, ok := k.lookup(kid)
	if !ok || k.stale() {
		k.refresh(ctx)
		key, ok = k.lookup(kid)
	}
	switch {
	case ok:
		return key, nil
	case k.set == nil || k.now().Sub(k.fetched) > oldestKeys || k.trouble() != "":
		return nil, &denied{http.StatusServiceUnavailable, "no_keys"}
	}
	return nil, unauthorized("unknown_key")
}

// ensure fetches the keys when there are none, or the last fetch failed.
func (k *keys) ensure(ctx context.Context) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.stale() || k.trouble() != "" {
		k.refresh(ctx)
	}
}

// stale reports whether the keys should be fetched again.
func (k *keys) stale() bool { return k.set == nil || k.now().Sub(k.fetched) > freshKeys }

// refresh fetches the keys, unless that was tried a moment ago.
func (k *keys) refresh(ctx context.Context) {
	rest := k.now().Sub(k.tried)
	if !k.tried.IsZero() && rest >= 0 && rest < keyPause {
		return
	}
	k.tried = k.now()
	k.say(k.fetch(ctx))
}

// lookup finds a key among those that are not too old.
func (k *keys) lookup(kid string) (jwk.Key, bool) {
	if k.set == nil || k.now().Sub(k.fetched) > oldestKeys {
		return nil, false
	}
	return k.set.LookupKeyID(kid)
}

// fetch asks where the keys are, and for them.
func (k *keys) fetch(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keyTime) // others wait for it, too
	defer cancel()
	var metadata struct {
		JWKS string `json:"jwks_uri"`
	}
	body, err := k.get(ctx, k.openID)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, &metadata); err != nil {
		return errors.New("the answer of openid_url is no JSON")
	}
	from, err := url.Parse(k.openID)
	at, err2 := url.Parse(metadata.JWKS)
	if err := errors.Join(err, err2); err != nil || at.Host == "" || at.Scheme != "https" && at.Scheme != from.Scheme {
		return errors.New("openid_url names no address of keys")
	}
	if body, err = k.get(ctx, metadata.JWKS); err != nil {
		return err
	}
	set, err := jwk.Parse(body)
	if err != nil || set.Len() == 0 {
		return errors.New("the address of keys has none")
	}
	k.set, k.fetched = set, k.now()
	return nil
}

func (k *keys) get(ctx context.Context, address string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	resp, err := k.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // it was read
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", req.URL.Host, resp.Status)
	}
	return io.ReadAll(io.LimitReader(resp.Body, maxKeys))
}

// say notes how a fetch went.
func (k *keys) say(err error) {
	k.said.Lock()
	defer k.said.Unlock()
	k.failed = ""
	if err != nil {
		k.failed = "the keys with which Microsoft signs cannot be fetched: " + err.Error()
	}
}

// trouble says why there are no keys; empty for nothing.
func (k *keys) trouble() string {
	k.said.Lock()
	defer k.said.Unlock()
	return k.failed
}
