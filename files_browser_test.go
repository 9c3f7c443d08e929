package main_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestBrowserFiles sends a picture and a document over a line with the built program in a real browser, and looks for
// them in another room, also after the program was killed.
func TestBrowserFiles(t *testing.T) {
	p := newProgram(t.Context(), t, browserConfig+"lines:\n  main: {rooms: [sales, pr, social]}\n")
	p.start(t.Context(), t)
	p.waitUntilReady(t.Context(), t)
	page := newPage(t, "http://"+p.address)
	folder := t.TempDir()
	file := func(name string, data []byte) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	files := []string{file("Messestand Halle 7.png", drawing(t)), file("Größe & Plan.pdf", []byte("%PDF-1.4 nicht viel")), file("film.mov", make([]byte, 11<<20))}

	page.as("mara")
	page.do(chromedp.SetUploadFiles(chromedp.CSS(`section[aria-labelledby=place-sales] input[type=file]`), files))
	page.until(`document.querySelector('section[aria-labelledby=place-sales] .composer .fate:not([hidden])')?.textContent.startsWith('„film.mov“ ist zu groß (12 MB): höchstens 10 MB je Datei.')`)
	page.until(`document.querySelectorAll('section[aria-labelledby=place-sales] .chosen li').length === 2`)
	page.writes("sales", "So sieht der Stand aus.")
	for _, room := range []string{"sales", "pr", "social"} {
		page.seesIn(room, "Größe & Plan.pdf")
		page.until(`document.querySelector('section[aria-labelledby=place-` + room + `] .picture img')?.naturalWidth === 480`)
	}
	page.shot("files", 1200, 800)
	page.until(`(document.querySelectorAll('#tabs button')[2].click(), true)`)
	page.shot("files-phone", 390, 844)

	p.kill(t)
	p.start(t.Context(), t)
	p.waitUntilReady(t.Context(), t)
	page.do(chromedp.EmulateViewport(1440, 900, chromedp.EmulateScale(1)))
	page.as("jan")
	page.seesIn("social", "Größe & Plan.pdf")
	page.until(`document.querySelector('section[aria-labelledby=place-social] .picture img')?.naturalWidth === 480`)
	page.until(`fetch(document.querySelector('section[aria-labelledby=place-social] a[download]').href).then((r) => r.text()).then((t) => t === '%PDF-1.4 nicht viel')`)
	p.terminate(t)
}

// drawing is a picture of 480 by 320 pixels.
func drawing(t *testing.T) []byte {
	t.Helper()
	picture := image.NewRGBA(image.Rect(0, 0, 480, 320))
	for y := range 320 {
		for x := range 480 {
			shade := uint8(90 + y/3)
			if strings.ContainsRune("123", rune('0'+x/60)) && y > 120 {
				shade = 40
			}
			picture.Set(x, y, color.RGBA{shade, shade + 20, 200 - shade/2, 255})
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
