package teams

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

const (
	// tokenScope is what a token of a bot is for.
	tokenScope = "https://api.botframework.com/.default" //nolint:gosec // the address of a service, no credential
	// earlyToken is how long before its end a token is renewed; Microsoft's live an hour.
	earlyToken = 5 * time.Minute
	// tokenTime bounds a request for a token.
	tokenTime = 10 * time.Second
	// tokenPause is for how long nobody asks again after one was refused.
	tokenPause = 2 * time.Second
)

// tokens holds a token for one service. However many need one, one asks.
type tokens struct {
	config clientcredentials.Config
	client *http.Client
	now    func() time.Time

	turn  chan struct{} // holds one while somebody asks
	token *oauth2.Token
	retry time.Time // when to ask again after a refusal

	mu     sync.Mutex
	failed error // why the last one was refused; nil when it was given
}

// newTokens makes tokens that a tenant gives for a scope.
func newTokens(c Config, tenant, scope string, client *http.Client) *tokens {
	return &tokens{
		config: clientcredentials.Config{
			ClientID: c.AppID, ClientSecret: c.AppPassword, AuthStyle: oauth2.AuthStyleInParams, Scopes: []string{scope},
			TokenURL: c.LoginURL + "/" + tenant + "/oauth2/v2.0/token",
		},
		client: client, now: c.Now, turn: make(chan struct{}, 1),
	}
}

// get returns a token that is good for a while.
func (t *tokens) get(ctx context.Context) (string, error) {
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if t.good(earlyToken) {
		return t.token.AccessToken, nil
	}
	if t.now().Before(t.retry) {
		if t.good(0) {
			return t.token.AccessToken, nil
		}
		return "", t.last()
	}
	ask, cancel := context.WithTimeout(context.WithoutCancel(ctx), tokenTime) // others wait for it, too
	defer cancel()
	token, err := t.config.Token(context.WithValue(ask, oauth2.HTTPClient, t.client))
	if err == nil && strings.TrimSpace(token.AccessToken) == "" {
		err = errors.New("the token is empty")
	}
	if err != nil {
		t.retry = t.now().Add(tokenPause)
		t.note(tokenError(err))
		if t.good(0) {
			return t.token.AccessToken, nil
		}
		return "", t.last()
	}
	t.token, t.retry = token, time.Time{}
	t.note(nil)
	return token.AccessToken, nil
}

// good reports whether the token lives for a while yet. One without an end lives until it is refused.
func (t *tokens) good(for_ time.Duration) bool {
	return t.token != nil && (t.token.Expiry.IsZero() || t.now().Add(for_).Before(t.token.Expiry))
}

// refused drops a token that the connector did not take.
func (t *tokens) refused(ctx context.Context, token string, why error) {
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done():
		return
	}
	if t.token != nil && t.token.AccessToken == token {
		t.token, t.retry = nil, t.now().Add(tokenPause)
		t.note(why)
	}
}

func (t *tokens) note(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failed = err
}

func (t *tokens) last() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failed == nil {
		return errors.New("no token")
	}
	return t.failed
}

// trouble says why there is no token; empty for nothing.
func (t *tokens) trouble() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failed == nil {
		return ""
	}
	return t.failed.Error()
}

// tokenError says what to do when Microsoft gives no token. It tells Microsoft's code, and nothing that was sent.
func tokenError(err error) error {
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) {
		return fmt.Errorf("no token: the login of Microsoft cannot be reached: %w", err)
	}
	for code, advice := range map[string]string{
		"AADSTS700016":  "the app is not known in this tenant: check app_id and tenant_id; for a multi-tenant bot write token_tenant: botframework.com",
		"AADSTS7000215": "the client secret is wrong: write its value, not its id, to app_password",
		"AADSTS7000222": "the client secret has expired: make a new one and write it to app_password",
		"AADSTS90002":   "there is no such tenant: check tenant_id",
	} {
		if strings.Contains(refused.ErrorDescription, code) || strings.Contains(string(refused.Body), code) {
			return fmt.Errorf("no token: %s: %s", code, advice)
		}
	}
	status := "an unknown answer"
	if refused.Response != nil {
		status = refused.Response.Status
	}
	return fmt.Errorf("no token: the login of Microsoft answers %s: check app_id, app_password and tenant_id", status)
}
