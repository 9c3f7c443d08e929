package web_test

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// axeVersion is the version of axe-core that judges the page.
const axeVersion = "4.14.1"

// axeSource fetches axe-core from npm, once per machine.
func axeSource(t testing.TB) string {
	t.Helper()
	caches, err := os.UserCacheDir()
	if err != nil {
		t.Fatalf("a folder for axe-core: %v", err)
	}
	folder := filepath.Join(caches, "standleitung-tests")
	kept := filepath.Join(folder, "axe-"+axeVersion+".js")
	if source, err := os.ReadFile(kept); err == nil {
		return string(source)
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatalf("a folder for axe-core: %v", err)
	}
	temp := t.TempDir()
	pack := exec.CommandContext(t.Context(), "npm", "pack", "--silent", "axe-core@"+axeVersion)
	pack.Dir = temp
	if out, err := pack.CombinedOutput(); err != nil {
		t.Fatalf("npm pack axe-core (npm and a network are needed once): %v\n%s", err, out)
	}
	source, err := unpack(filepath.Join(temp, "axe-core-"+axeVersion+".tgz"), "package/axe.min.js")
	if err != nil {
		t.Fatalf("unpack axe-core: %v", err)
	}
	half := filepath.Join(temp, "axe.js")
	if err := errors.Join(os.WriteFile(half, source, 0o600), os.Rename(half, kept)); err != nil {
		t.Logf("axe-core is not kept: %v", err)
	}
	return string(source)
}

// unpack reads one file of a package.
func unpack(path, name string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	for r := tar.NewReader(z); ; {
		head, err := r.Next()
		if err != nil {
			return nil, fmt.Errorf("find %s: %w", name, err)
		}
		if head.Name == name {
			return io.ReadAll(r)
		}
	}
}

// axe fails the test when axe-core finds something serious or critical on the page as it is now.
func (p *tab) axe(state string) {
	p.Helper()
	p.until(`document.getAnimations().every((a) => a.playState !== 'running' || a.effect.getTiming().iterations === Infinity)`)
	call(p, page.SetBypassCSP, page.SetBypassCSPParams{Enabled: true})
	p.do(chromedp.Evaluate[chromedp.Void](axeSource(p)))
	found := eval[string](p, `axe.run(document, { resultTypes: ['violations'] }).then((r) => JSON.stringify(
		r.violations.filter((v) => v.impact === 'serious' || v.impact === 'critical')
			.map((v) => ({ id: v.id, help: v.help, nodes: v.nodes.slice(0, 3).map((n) => n.html + ' ' + n.failureSummary) }))))`)
	var faults []struct {
		ID, Help string
		Nodes    []string
	}
	if err := json.Unmarshal([]byte(found), &faults); err != nil {
		p.Fatal(err)
	}
	for _, f := range faults {
		p.Errorf("%s: %s (%s)\n%q", state, f.Help, f.ID, f.Nodes)
	}
}

// TestAccessible lets axe-core judge a full page in all sizes and colours, and the page that waits for the program.
func TestAccessible(t *testing.T) {
	s := newStage(t, wide)
	s.morning()
	for _, l := range []look{wide, {width: 1440, height: 900, dark: true}, {width: 390, height: 844, touch: true}, {width: 390, height: 844, touch: true, dark: true}} {
		s.look(l)
		for _, person := range []string{"ines", "jan"} {
			s.open(person)
			if l.width == 390 {
				s.click("#tabs button:nth-child(3)")
			}
			s.axe(fmt.Sprintf("%s at %d px, dark: %v", person, l.width, l.dark))
		}
	}
	s.stopRun()
	s.do(chromedp.Navigate(s.host.url("/")))
	s.until(`document.querySelector('#starting').checkVisibility({ visibilityProperty: true })`)
	s.shot("starting")
	s.axe("starting")
	s.a = newAdapter(t, config(s.clockwork.Now))
	run(t, s.a, s.core)
	s.host.show(s.a)
	s.settled()
}
