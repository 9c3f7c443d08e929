package bot_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"standleitung/bot"
	"standleitung/bot/say"
)

var attachment = regexp.MustCompile(`^(?:(\d+)x )?(.*) (\d+)(B|kB|MB)$`)

// attached reads the files of a line in a script: "a.png 12kB, 99x b.pdf 30MB".
func attached(list string) []bot.File {
	var files []bot.File
	for part := range strings.SplitSeq(list, ", ") {
		f := attachment.FindStringSubmatch(part)
		if f == nil {
			continue
		}
		times, _ := strconv.Atoi(f[1])
		size, _ := strconv.ParseInt(f[3], 10, 64)
		size *= map[string]int64{"B": 1, "kB": 1000, "MB": 1_000_000}[f[4]]
		for range max(times, 1) {
			files = append(files, bot.File{Name: escapes.Replace(f[2]), Size: size, ID: "file-" + f[2]})
		}
	}
	return files
}

// OpenFile is part of [bot.FileSource]: the bytes of a file are its name.
func (c *chat) OpenFile(_ context.Context, f bot.File) (io.ReadCloser, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if slices.Contains(c.vanished, f.ID) {
		return nil, bot.ErrNoFile
	}
	if slices.Contains(c.broken, f.ID) {
		return nil, io.ErrUnexpectedEOF
	}
	return io.NopCloser(bytes.NewReader([]byte(f.ID))), nil
}

// vanish removes a file from the platform.
func (c *chat) vanish(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.vanished = append(c.vanished, "file-"+name)
}

// damage keeps a file from being read, for now or for ever.
func (c *chat) damage(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.broken = append(c.broken, "file-"+name)
}

// fetch takes over the files of a copy as a platform does, and returns how each is shown, and what was missing.
func fetch(ctx context.Context, d bot.Delivery) (lines, missing []string, err error) {
	for _, f := range d.Copy.Files {
		switch {
		case f.Open == nil && f.Note != "":
			lines = append(lines, f.Note+": "+f.Label(d.Voice))
			continue
		case f.Open == nil:
			lines = append(lines, f.Label(d.Voice))
			continue
		}
		bytes, err := f.Open(ctx)
		if err != nil && !errors.Is(err, bot.ErrNoFile) {
			return nil, nil, &bot.SendError{Fate: bot.Retry, Reason: "file", Err: err}
		}
		if err != nil {
			lines, missing = append(lines, f.Missed(d.Voice)), append(missing, f.Name)
			continue
		}
		data, err := io.ReadAll(bytes)
		if err != nil || string(data) != f.ID {
			return nil, nil, err
		}
		if err := bytes.Close(); err != nil {
			return nil, nil, err
		}
		lines = append(lines, "["+f.Label(d.Voice)+"]")
	}
	if d.Copy.More != "" {
		lines = append(lines, d.Copy.More)
	}
	return lines, missing, nil
}

func TestFileName(t *testing.T) {
	for given, want := range map[string]string{
		"plan.pdf":                        "plan.pdf",
		"../../etc/passwd":                "passwd",
		`D:\Bilder\ines\Bild 1.png`:       "Bild 1.png",
		"a\u202egpj.exe":                  "agpj.exe",
		"a\u200fb\u2066c\x00d\n.txt":      "abcd .txt",
		"":                                "file",
		"..":                              "file",
		"x/":                              "file",
		"<b>*fett*</b>.md":                "b>.md",
		strings.Repeat("ä", 200) + ".tar": strings.Repeat("ä", 125) + ".tar",
		"\xff.png":                        "\uFFFD.png",
	} {
		got := bot.FileName(given)
		if got != want {
			t.Errorf("FileName(%q) = %q, want %q", given, got, want)
		}
		if again := bot.FileName(got); again != got {
			t.Errorf("FileName(%q) = %q, want it unchanged", got, again)
		}
	}
}

func FuzzFileName(f *testing.F) {
	f.Add("a/b\u202e.png")
	f.Fuzz(func(t *testing.T, name string) {
		got := bot.FileName(name)
		if got == "" || len(got) > 255 || !utf8.ValidString(got) || strings.ContainsAny(got, "/\\\n\t\r\x00\u202e\u200f") {
			t.Errorf("FileName(%q) = %q", name, got)
		}
	})
}

func TestSizeText(t *testing.T) {
	german, english := say.Voice{Language: say.German}, say.Voice{Language: say.English}
	for size, want := range map[int64][2]string{
		1: {"1 B", "1 B"}, 999: {"999 B", "999 B"}, 1000: {"1 kB", "1 kB"}, 12_345: {"12 kB", "12 kB"}, 999_999: {"1 MB", "1 MB"},
		1_530_000: {"1,5 MB", "1.5 MB"}, 30_000_000: {"30 MB", "30 MB"}, 10 << 20: {"10 MB", "10 MB"}, 2_000_000_000: {"2 GB", "2 GB"},
	} {
		if got := [2]string{bot.SizeText(size, german), bot.SizeText(size, english)}; got != want {
			t.Errorf("SizeText(%d) = %q, want %q", size, got, want)
		}
	}
}
