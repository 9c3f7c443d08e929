package markup_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"standleitung/bot/markup"
)

var update = flag.Bool("update", false, "write what the messages become into their files; read the diff")

// TestMessages writes messages as people's own composers make them for each platform. A file holds the message, then what it
// reads like without formats, and what it is on Slack, in Teams and in the built-in chat.
func TestMessages(t *testing.T) {
	files, err := filepath.Glob("testdata/messages/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no messages: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			archive := txtar.Parse(raw)
			message := archive.Files[0]
			d := readMessage(t, message.Name, strings.TrimSuffix(string(message.Data), "\n"))
			teams, _ := markup.Teams(d, onTeams)
			want := &txtar.Archive{Comment: archive.Comment, Files: []txtar.File{
				message,
				{Name: "plain", Data: []byte(markup.Plain(d) + "\n")},
				{Name: "slack", Data: []byte(markup.Slack(d, onSlack) + "\n")},
				{Name: "teams", Data: []byte(strings.ReplaceAll(teams, "><", ">\n<") + "\n")},
				{Name: "web", Data: []byte(markup.Markdown(d, people) + "\n")},
			}}
			got := txtar.Format(want)
			if *update {
				if err := os.WriteFile(file, got, 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if string(got) != string(raw) {
				t.Errorf("it became\n%s\nwant\n%s", got, raw)
			}
		})
	}
}

// readMessage reads a message in one of the forms in which platforms send them.
func readMessage(t *testing.T, form, message string) markup.Doc {
	t.Helper()
	switch form {
	case "blocks":
		d, ok := markup.ParseSlackBlocks([]byte(message), known)
		if !ok {
			t.Fatal("the blocks are not read")
		}
		return d
	case "mrkdwn":
		return markup.ParseSlack(message, known)
	case "html":
		return markup.ParseTeams(message, known)
	case "text":
		return markup.ParseTeamsText(message, known)
	case "markdown":
		return markup.ParseMarkdown(message, people)
	}
	t.Fatalf("nobody knows the form %q", form)
	return markup.Doc{}
}
