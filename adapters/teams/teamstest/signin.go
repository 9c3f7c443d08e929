package teamstest

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jwt"
)

// What a bot must check, from "Authentication with the Bot Connector API".
const (
	issuer   = "https://api.botframework.com"
	botScope = "https://api.botframework.com/.default"
)

// signin is who may speak for whom.
type signin struct {
	keys   []*signingKey
	tokens map[string]grant // what the bot may use
	fresh  int              // keys that were made so far
}

// signingKey is a key of the connector.
type signingKey struct {
	jwk.Key
	endorsed bool // for msteams
}

// grant is a token of the bot.
type grant struct {
	until  time.Time
	tenant string
	scope  string
}

func newSignin() signin {
	return signin{tokens: map[string]grant{}}
}

// pool keeps the keys of a process, as making one takes a while. A test that rotates gets another one each time.
var pool struct {
	sync.Mutex
	keys []*rsa.PrivateKey
}

func pooled(i int) *rsa.PrivateKey {
	pool.Lock()
	defer pool.Unlock()
	for len(pool.keys) <= i {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err) // a broken machine
		}
		pool.keys = append(pool.keys, key)
	}
	return pool.keys[i]
}

// newKey makes a signing key; the lock is held.
func (s *Server) newKey(endorsements ...string) *signingKey {
	key, err := jwk.Import(pooled(s.fresh))
	if err != nil {
		panic(err) // a key that was just made
	}
	s.fresh++
	id := random()
	about := object{jwk.KeyIDKey: id, "x5t": id, jwk.KeyUsageKey: "sig", "endorsements": endorsements}
	for name, value := range about {
		if err := key.Set(name, value); err != nil {
			panic(err) // names and values are ours
		}
	}
	return &signingKey{Key: key, endorsed: slices.Contains(endorsements, "msteams")}
}

// ring are the keys, made on first use: one for Teams and one for other channels. The lock is held.
func (s *Server) ring() []*signingKey {
	if s.keys == nil {
		s.keys = []*signingKey{s.newKey("msteams", "webchat", "skype"), s.newKey("webchat")}
	}
	return s.keys
}

// RotateKeys has the connector sign with a new key from now on. The old one is withdrawn.
func (s *Server) RotateKeys() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ring()
	s.keys[0] = s.newKey("msteams", "webchat", "skype")
}

// MetadataURL is the address of the OpenID metadata.
func (s *Server) MetadataURL() string { return s.URL + "/v1/.well-known/openidconfiguration" }

// TokenURL is the address of the tenant's token endpoint.
func (s *Server) TokenURL() string { return s.URL + "/" + s.config.Tenant + "/oauth2/v2.0/token" }

func (s *Server) serveMetadata(w http.ResponseWriter) {
	writeJSON(w, http.StatusOK, object{
		"issuer": issuer, "authorization_endpoint": "https://invalid.botframework.com", "jwks_uri": s.URL + "/v1/.well-known/keys",
		"id_token_signing_alg_values_supported": []string{"RS256"}, "token_endpoint_auth_methods_supported": []string{"private_key_jwt"},
	})
}

func (s *Server) serveKeys(w http.ResponseWriter) {
	set := jwk.NewSet()
	s.mu.Lock()
	for _, key := range s.ring() {
		public, err := key.PublicKey()
		if err == nil {
			err = set.AddKey(public)
		}
		if err != nil {
			s.record("fake", "a key cannot be served: "+err.Error())
		}
	}
	s.mu.Unlock()
	writeJSON(w, http.StatusOK, set)
}

// Forgery is what is wrong with the token of a delivery.
type Forgery string

// The forgeries. A bot that takes such an activity is in breach.
const (
	NoToken        Forgery = "no token"
	NotBearer      Forgery = "not a bearer token"
	OtherIssuer    Forgery = "another issuer"
	OtherAudience  Forgery = "another audience"
	Expired        Forgery = "expired"
	NotYet         Forgery = "not valid yet"
	NoExpiry       Forgery = "no expiry"
	OtherService   Forgery = "another service URL"
	NoService      Forgery = "no service URL"
	Unendorsed     Forgery = "a key that is not endorsed for Teams"
	UnknownKey     Forgery = "a key that nobody published"
	Unsigned       Forgery = "no signature"
	SharedSecret   Forgery = "signed with a shared secret" // HS256 with the key's id
	BrokenContents Forgery = "a changed payload"
)

// Forgeries are all of them.
func Forgeries() []Forgery {
	return []Forgery{
		NoToken, NotBearer, OtherIssuer, OtherAudience, Expired, NotYet, NoExpiry, OtherService, NoService, Unendorsed, UnknownKey, Unsigned,
		SharedSecret, BrokenContents,
	}
}

// skewed is how far tokens are outside the five minutes of tolerance that Microsoft's libraries grant.
const skewed = 20 * time.Minute

// authorize is the Authorization header of a delivery; empty for none. The lock is held.
func (s *Server) authorize(service string, f Forgery) string {
	now := time.Now()
	iss, aud, from, until, key := issuer, s.config.AppID, now, now.Add(time.Hour), s.ring()[0]
	switch f {
	case NoToken:
		return ""
	case NotBearer:
		return "Basic eDp5"
	case OtherIssuer:
		iss = "https://sts.windows.net/" + s.config.Tenant + "/"
	case OtherAudience:
		aud = guid()
	case Expired:
		from, until = now.Add(-2*time.Hour), now.Add(-skewed)
	case NotYet:
		from = now.Add(skewed)
	case OtherService:
		service = "https://smba.example.com/emea/"
	case Unendorsed:
		key = s.keys[1]
	case UnknownKey:
		key = s.newKey("msteams")
	}
	b := jwt.NewBuilder().Issuer(iss).Audience([]string{aud}).NotBefore(from).IssuedAt(from)
	if f != NoExpiry {
		b = b.Expiration(until)
	}
	if f != NoService {
		b = b.Claim("serviceurl", service)
	}
	token, err := b.Build()
	if err != nil {
		panic(err) // the claims are ours
	}
	token.Options().Enable(jwt.FlattenAudience)
	return "Bearer " + s.signed(token, key, f)
}

// signed is a token in its compact form.
func (s *Server) signed(token jwt.Token, key *signingKey, f Forgery) string {
	var option jwt.SignOption = jwt.WithKey(jwa.RS256(), key.Key)
	switch f {
	case Unsigned:
		option = jwt.WithInsecureNoSignature()
	case SharedSecret:
		shared, _ := jwk.Import([]byte("a secret that anybody can guess 1234"))
		id, _ := key.KeyID()
		_ = shared.Set(jwk.KeyIDKey, id)
		option = jwt.WithKey(jwa.HS256(), shared)
	}
	raw, err := jwt.Sign(token, option)
	if err != nil {
		panic(fmt.Sprintf("sign: %v", err)) // keys and tokens are ours
	}
	if f == BrokenContents {
		at := slices.Index(raw, '.') + 20
		raw[at] ^= 1
	}
	return string(raw)
}

// serveToken is the token endpoint of Microsoft Entra, for client credentials.
func (s *Server) serveToken(w http.ResponseWriter, r *http.Request, tenant string) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<16)
	err := r.ParseForm()
	s.mu.Lock()
	defer s.mu.Unlock()
	form := func(name string) string { return r.PostForm.Get(name) }
	refuse := func(status int, name string, code int, text string) {
		s.record("token", name+": "+text)
		writeJSON(w, status, object{"error": name, "error_description": fmt.Sprintf("AADSTS%d: %s", code, text), "error_codes": []int{code}})
	}
	switch {
	case err != nil || r.Method != http.MethodPost:
		refuse(http.StatusBadRequest, "invalid_request", 900144, "The request body must be a form.")
	case tenant != s.config.Tenant && tenant != "botframework.com":
		refuse(http.StatusBadRequest, "invalid_request", 90002, "The tenant was not found.")
	case form("grant_type") != "client_credentials":
		refuse(http.StatusBadRequest, "unsupported_grant_type", 70003, "The grant type is not supported.")
	case form("client_id") != s.config.AppID:
		refuse(http.StatusBadRequest, "unauthorized_client", 700016, "The application was not found in the directory.")
	case form("client_secret") != s.config.Secret:
		refuse(http.StatusUnauthorized, "invalid_client", 7000215, "Invalid client secret provided.")
	case form("scope") != botScope && form("scope") != graphScope:
		refuse(http.StatusBadRequest, "invalid_scope", 70011, "The provided value for the scope is not valid.")
	default:
		token := "bot-" + random()
		life := s.config.Times.Token
		s.tokens[token] = grant{until: s.now().Add(life), tenant: tenant, scope: form("scope")}
		seconds := int(life / time.Second)
		w.Header().Set("Cache-Control", "no-store")
		writeJSON(w, http.StatusOK, object{"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": token})
	}
}

// Revoke makes every token that was given out so far worthless.
func (s *Server) Revoke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens)
}

// SetSecret changes the bot's secret at Microsoft, as when one expires.
func (s *Server) SetSecret(secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.config.Secret = secret
}

// trusted says why a bearer token of the bot is not taken for what it is shown for; empty if it is. The lock is held.
func (s *Server) trusted(header, scope string) string {
	const scheme = "Bearer "
	if len(header) <= len(scheme) || header[:len(scheme)] != scheme {
		return "no bearer token"
	}
	g, ok := s.tokens[header[len(scheme):]]
	switch {
	case !ok:
		return "a token that was never given out, or was revoked"
	case !s.now().Before(g.until):
		return "an expired token"
	case g.scope != scope:
		return "a token for " + g.scope
	case g.tenant != s.config.Tenant:
		return "a token of another authority; the bot is a single-tenant one"
	}
	return ""
}
