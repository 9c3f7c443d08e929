package slack

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/slack-go/slack"

	"standleitung/bot"
)

// OpenFile returns the bytes of a file that came in with a message. The token goes to Slack's own hosts only.
func (a *Adapter) OpenFile(ctx context.Context, f bot.File) (io.ReadCloser, error) {
	if r, ok := parseRef(f.ID); !ok || r.file == "" || r.of != "" {
		return nil, bot.ErrNoFile
	}
	info, _, _, err := a.api.GetFileInfoContext(ctx, f.ID, 0, 0)
	a.health.api(err)
	switch codeOf(err) {
	case "":
		if err != nil {
			return nil, fmt.Errorf("ask for the file: %w", err)
		}
	case "file_not_found", "file_deleted", "access_denied", "file_not_visible":
		return nil, bot.ErrNoFile
	default:
		return nil, fmt.Errorf("ask for the file: %w", err)
	}
	address := orElse(info.URLPrivateDownload, info.URLPrivate)
	if !a.mayGetToken(address) {
		return nil, bot.ErrNoFile // it lies elsewhere, such as a linked document
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+a.config.BotToken)
	// A large file may take longer than a call: only ctx bounds it.
	client := http.Client{Transport: a.web.client.Transport, CheckRedirect: a.staysInside}
	resp, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("get the file: %w", err)
	}
	page := strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") && !strings.HasPrefix(info.Mimetype, "text/html")
	switch {
	case resp.StatusCode == http.StatusOK && !page:
		return resp.Body, nil
	case page, resp.StatusCode == http.StatusNotFound, resp.StatusCode == http.StatusForbidden, resp.StatusCode == http.StatusGone:
		err = bot.ErrNoFile // Slack shows its login page to those who may not read a file
	default:
		err = fmt.Errorf("get the file: %w", slack.StatusCodeError{Code: resp.StatusCode, Status: resp.Status})
	}
	drain(resp.Body)
	_ = resp.Body.Close()
	return nil, err
}

// mayGetToken reports whether an address is Slack's: then the token may go there.
func (a *Adapter) mayGetToken(address string) bool {
	to, err := url.Parse(address)
	if err != nil || to.User != nil {
		return false
	}
	api, err := url.Parse(a.config.APIURL)
	if err == nil && to.Scheme == api.Scheme && to.Host == api.Host {
		return true
	}
	host := strings.ToLower(to.Hostname())
	return to.Scheme == "https" && (host == "slack.com" || strings.HasSuffix(host, ".slack.com") || strings.HasSuffix(host, ".slack-files.com"))
}

// staysInside refuses to follow a redirect out of Slack with the token.
func (a *Adapter) staysInside(req *http.Request, via []*http.Request) error {
	if len(via) > 3 || !a.mayGetToken(req.URL.String()) {
		return http.ErrUseLastResponse
	}
	return nil
}
