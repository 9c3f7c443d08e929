package web_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"standleitung/bot"
)

// newFileStage is a chat that takes files.
func newFileStage(t *testing.T, l look) *stage {
	t.Helper()
	clock := newClock()
	c := config(clock.Now)
	c.Files = filepath.Join(t.TempDir(), "files")
	return newStageOf(t, l, clock, c)
}

// chosen are the names of the files that are about to be sent from a room.
func (p *tab) chosen(room string) string {
	p.Helper()
	return eval[string](p, `[...document.querySelectorAll(`+quote(in(room)+".chosen bdi")+`)].map((e) => e.textContent).join(', ')`)
}

// choose has the page take files in one of the ways in which people bring them: act gets the list as "files".
func (p *tab) choose(room, act string, names ...string) {
	p.Helper()
	eval[bool](p, `(() => {
		const files = `+"`"+strings.Join(names, "|")+"`"+`.split('|').map((name) => new File(['Inhalt von ' + name], name, { lastModified: 1 }));
		const bag = new DataTransfer();
		for (const file of files) bag.items.add(file);
		const room = document.querySelector('section[aria-labelledby=place-`+room+`]');
		`+act+`
		return true;
	})()`)
}

const (
	dropIt  = `for (const kind of ['dragenter', 'dragover', 'drop']) room.querySelector('.log').dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: bag }));`
	pasteIt = `room.querySelector('.composer textarea').dispatchEvent(new ClipboardEvent('paste', { bubbles: true, cancelable: true, clipboardData: bag }));`
	pickIt  = `const input = room.querySelector('.composer input[type=file]'); input.files = bag.files; input.dispatchEvent(new Event('change'));`
)

func TestFilesAreChosenDroppedAndPasted(t *testing.T) {
	s := newFileStage(t, wide)
	s.open("mara")
	if eval[bool](s.tab, `Boolean(document.querySelector('.direct .attach'))`) {
		t.Error("files can be attached for the bot alone")
	}
	s.choose("sales", pickIt, "a.txt", "b.txt")
	s.choose("sales", dropIt, "c.txt")
	s.choose("sales", pasteIt, "d.txt", "a.txt")
	s.until(`document.querySelectorAll('.chosen li').length === 4`)
	if got := s.chosen("sales"); got != "a.txt, b.txt, c.txt, d.txt" {
		t.Errorf("chosen are %q, want each once", got)
	}
	s.click(`[aria-label="b.txt entfernen"]`)
	s.until(`document.activeElement.getAttribute('aria-label') === 'c.txt entfernen'`)
	s.axe("chosen")
	s.shot("files-chosen")
	s.write("sales", "Drei Dateien")
	s.shows("sales", "d.txt")
	m := s.lastSaid()
	if m.Text != "Drei Dateien" || len(m.Files) != 3 || m.Files[0].Name != "a.txt" || m.Files[0].Size != 16 {
		t.Errorf("the core got %+v", m)
	}
	if got := s.chosen("sales"); got != "" {
		t.Errorf("after sending %q is still chosen", got)
	}

	s.choose("sales", pickIt, "allein.txt")
	s.until(`document.querySelector('.chosen li')`)
	s.click(in("sales") + ".composer textarea")
	s.enter()
	s.shows("sales", "allein.txt")
	if m := s.lastSaid(); m.Text != "" || len(m.Files) != 1 {
		t.Errorf("the core got %+v", m)
	}
}

func TestTooManyAndTooLargeFilesAreWords(t *testing.T) {
	s := newFileStage(t, look{width: 390, height: 844, touch: true})
	s.open("mara")
	s.click("#tabs button:nth-child(2)")
	s.click(in("sales") + ".composer textarea")
	s.keys("Vom Fototermin")
	names := make([]string, 100)
	for i := range names {
		names[i] = string(rune('a'+i%26)) + strings.Repeat("x", i/26) + ".jpg"
	}
	s.choose("sales", pickIt, names...)
	s.until(`document.querySelector('.composer .fate:not([hidden])')?.textContent === 'Höchstens 10 Dateien auf einmal; 90 weitere sind nicht dabei.'`)
	if got := eval[int](s.tab, `document.querySelectorAll('.chosen li').length`); got != 10 {
		t.Errorf("%d files are chosen, want 10", got)
	}
	s.shot("files-many-phone")
	s.axe("many files on a phone")
	if got := eval[string](s.tab, `document.querySelector('[aria-labelledby=place-sales] textarea').value`); got != "Vom Fototermin" {
		t.Errorf("the text became %q", got)
	}
	if got := eval[int64](s.tab, `Math.max(document.documentElement.scrollWidth, innerWidth)`); got != 390 {
		t.Errorf("the page is %d px wide", got)
	}
}

func TestFilesWaitForTheServer(t *testing.T) {
	s := newFileStage(t, wide)
	s.open("mara")
	s.host.close()
	s.choose("sales", pickIt, "plan.txt")
	s.until(`document.querySelector('.chosen li')`)
	s.write("sales", "mit Plan")
	s.until(`document.querySelector('.entry.sending .fate.failed')?.textContent.includes('Nichts geht verloren')`)
	s.shot("files-lost")
	s.host.open(t)
	s.click(in("sales") + ".entry.sending .row button")
	s.shows("sales", "plan.txt")
	if len(s.lastSaid().Files) != 1 {
		t.Errorf("the core got %+v", s.core.Effects())
	}

	s.host.close()
	s.choose("sales", pickIt, "neu.txt")
	s.until(`document.querySelector('.chosen li')`)
	s.write("sales", "noch einer")
	s.until(`document.querySelector('.entry.sending .fate.failed')`)
	s.host.open(t)
	s.open("mara") // the bytes are gone with the page, the words are not
	s.click(in("sales") + ".entry.sending .row button")
	s.until(`document.querySelector('.composer .fate:not([hidden])')?.textContent === 'Nichts gesendet. Bitte noch einmal anhängen: neu.txt'`)
	if got := eval[string](s.tab, `document.querySelector('[aria-labelledby=place-sales] textarea').value`); got != "noch einer" {
		t.Errorf("the text became %q", got)
	}
}

func TestFileThatIsGoneIsWordsOnThePage(t *testing.T) {
	s := newFileStage(t, wide)
	s.open("ines")
	s.copied("pr", "", "Mara Lindner", "sales", "Das Bild", func(d *bot.Delivery) {
		d.Copy.Files = []bot.File{
			fileElsewhere("bild.png", png), fileElsewhere("plan.pdf", "%PDF"),
			{Name: "film <b>.mov", Size: 900_000_000, ID: "there", Note: "Nicht als Datei: zu groß, höchstens 10 MB"},
		}
		d.Copy.More = "+80 weitere Dateien in sales"
	})
	s.shows("pr", "plan.pdf")
	// The picture is none: it has a head only.
	s.until(`document.querySelector('.files .gone')?.textContent === 'Die Datei „bild.png“ ist nicht mehr da.'`)
	want := "Die Datei „bild.png“ ist nicht mehr da.|plan.pdf 4 Byte|Nicht als Datei: zu groß, höchstens 10 MB film <b>.mov 900 MB|+80 weitere Dateien in sales"
	if got := eval[string](s.tab, `[...document.querySelectorAll('.files li')].map((e) => e.innerText.replace(/\s+/g, ' ').trim()).join('|')`); got != want {
		t.Errorf("shown are %q, want %q", got, want)
	}
	s.axe("files")
	s.shot("files-copy")
	s.do(chromedp.Navigate(s.host.url("/?as=jan")))
	s.settled()
	if got := eval[string](s.tab, `fetch(document.querySelector('a[download]').href).then((r) => r.headers.get('Content-Disposition'))`); got != "attachment; filename=plan.pdf" {
		t.Errorf("the file is sent as %q", got)
	}
}

// lastSaid is the last thing that somebody said. A page that comes back opens the conversation again, when it likes.
func (s *stage) lastSaid() bot.Message {
	for _, m := range slices.Backward(s.core.Effects()) {
		if m.Kind == bot.Said {
			return m
		}
	}
	s.Fatal("the core got nothing that was said")
	return bot.Message{}
}
