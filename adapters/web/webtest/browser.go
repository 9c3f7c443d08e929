// Package webtest lets tests look at the page in a real browser.
package webtest

import (
	"context"
	"os/exec"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
)

// Browser starts a browser that a test has for itself until it ends, and returns what chromedp calls with. It fails the test where
// none is installed: chromedp would wait for it for ever.
func Browser(t testing.TB, more ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	if !slices.ContainsFunc([]string{"headless_shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}, func(name string) bool {
		_, err := exec.LookPath(name)
		return err == nil
	}) {
		t.Fatal("there is no Chromium: please install it, or run .ci/test, which does")
	}
	options := []chromedp.ExecAllocatorOption{chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox, chromedp.Headless, chromedp.NoFirstRun}
	for _, flag := range []string{"disable-gpu", "disable-quic", "disable-background-networking", "disable-component-update", "disable-sync", "disable-dev-shm-usage"} {
		options = append(options, chromedp.Flag(flag, true))
	}
	ctx, cancelAll := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), append(options, more...)...)
	ctx, cancel := chromedp.NewContext(ctx)
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // the browser has ended before its folder goes
		cancel()
		cancelAll()
	})
	return ctx
}
