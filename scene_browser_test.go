package main_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// TestBrowserScene starts the built program in an empty folder, as somebody does who tries it, and watches the scene of
// the example in a real browser until a message waits for Ines.
func TestBrowserScene(t *testing.T) {
	for _, l := range []struct {
		name, locale             string
		width, height            int64
		skip, waits, press, sent string
	}{
		{
			"de", "de-DE", 1440, 900, "Überspringen",
			"Jetzt sind Sie Ines von der PR: Eine Nachricht wartet auf Sie.", "Senden", "Ab Januar wird sie teurer.",
		},
		{
			"en", "en-GB", 390, 844, "Skip",
			"Now you are Ines of PR: a message is waiting for you.", "Send", "From January it will be more expensive.",
		},
	} {
		t.Run(l.name, func(t *testing.T) {
			p := newProgram(t.Context(), t, "listen: %s\n")
			p.startExample(t.Context(), t)
			p.waitUntilReady(t.Context(), t)
			page := newPage(t, "http://"+p.address)
			page.in(l.locale)
			page.do(chromedp.EmulateViewport(l.width, l.height, chromedp.EmulateScale(1)))
			page.do(chromedp.Navigate(page.address))
			page.until(fmt.Sprintf(`document.querySelector('.scene button')?.textContent === %q`, l.skip))
			page.shot("scene-"+l.name+"-begin", l.width, l.height)
			page.until(`(document.querySelector('.scene button').click(), true)`) // the mouse stays away from the pictures
			page.until(fmt.Sprintf(`document.querySelector('.scene p').textContent === %q`, l.waits))
			page.until(`document.querySelector('#person').value === 'ines' && document.querySelector('section.direct [data-tone=hold]')?.checkVisibility()`)
			page.looks("scene-" + l.name)
			page.do(chromedp.EmulateViewport(l.width, l.height, chromedp.EmulateScale(1)))
			page.misses("sales", l.sent)
			page.misses("pr", l.sent)
			page.presses(l.press)
			page.seesIn("sales", l.sent)
			page.seesIn("pr", l.sent)
			page.until(fmt.Sprintf(`document.querySelector('.scene p').textContent !== %q`, l.waits))
			page.shot("scene-"+l.name+"-after", l.width, l.height)

			page.do(chromedp.Click(chromedp.CSS(".scene button")))
			page.until(fmt.Sprintf(`document.querySelector('.scene button')?.textContent === %q`, l.skip))
			page.do(chromedp.Click(chromedp.CSS(".scene button")))
			page.until(fmt.Sprintf(`document.querySelector('.scene p').textContent === %q`, l.waits))
			page.until(`document.querySelectorAll('section.direct [data-tone=hold]').length === 1`)
			page.do(chromedp.Click(chromedp.CSS(".scene button:last-child")))
			page.until(`!document.querySelector('.scene').checkVisibility()`)
			p.terminate(t)
		})
	}
}

// in lets the browser speak a language, in Berlin.
func (p *page) in(locale string) {
	p.Helper()
	agent, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](`navigator.userAgent`))
	if err != nil {
		p.Fatal(err)
	}
	if _, err := chromedp.Call(p.ctx, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: agent, AcceptLanguage: locale}); err != nil {
		p.Fatal(err)
	}
	if _, err := chromedp.Call(p.ctx, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Europe/Berlin"}); err != nil {
		p.Fatal(err)
	}
}

// looks takes pictures, wide and on a phone, in light and dark colours.
func (p *page) looks(name string) {
	p.Helper()
	for _, colours := range []string{"dark", "light"} {
		features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: colours}}
		if _, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features}); err != nil {
			p.Fatal(err)
		}
		p.shot(name+"-phone-"+colours, 390, 844)
		p.shot(name+"-wide-"+colours, 1440, 900)
	}
}

// startExample starts the program without a configuration, at an address that is free.
func (p *program) startExample(ctx context.Context, t *testing.T) {
	t.Helper()
	p.dir = t.TempDir()
	p.command = exec.CommandContext(ctx, p.binary, "--log-level", "warn", "--listen", p.address)
	p.command.Dir, p.stderr = p.dir, &bytes.Buffer{}
	p.command.Stderr = p.stderr
	stdout, err := p.command.StdoutPipe()
	if err == nil {
		err = p.command.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	p.ready = make(chan struct{})
	go func() {
		defer close(p.ready)
		_, _ = bufio.NewReader(stdout).ReadString('\n')
	}()
}
