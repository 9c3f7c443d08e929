package main_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The sizes of the icons, in pixels, and what the outline is drawn with: learn.microsoft.com, "Design your app's icon
// for Microsoft Teams".
const (
	colourSize  = 192
	outlineSize = 32
)

// validateTeamsPackage fails the test for everything that Teams would refuse about an app package.
func validateTeamsPackage(t *testing.T, path string) {
	t.Helper()
	for _, fault := range teamsPackageFaults(t, path) {
		t.Errorf("%s: %s", filepath.Base(path), fault)
	}
}

// teamsPackageFaults returns what Teams would refuse: files that are missing or too many, a manifest that does not keep
// Microsoft's schema, icons of another kind.
func teamsPackageFaults(t *testing.T, path string) []string {
	t.Helper()
	files, err := unzip(path)
	if err != nil {
		return []string{err.Error()}
	}
	if _, there := files["manifest.json"]; !there {
		return []string{"there is no manifest.json"}
	}
	if !json.Valid(files["manifest.json"]) {
		return []string{"manifest.json is no JSON"}
	}
	return append(schemaFaults(t, files["manifest.json"]), fileFaults(files)...)
}

// fileFaults returns what is wrong with the files beside a manifest.
func fileFaults(files map[string][]byte) []string {
	var manifest struct {
		Icons struct{ Color, Outline string }
	}
	if err := json.Unmarshal(files["manifest.json"], &manifest); err != nil {
		return []string{fmt.Sprintf("manifest.json: %v", err)}
	}
	var faults []string
	if fault := iconFault(files[manifest.Icons.Color], colourSize); fault != "" {
		faults = append(faults, "colour icon: "+fault)
	}
	if fault := outlineFault(files[manifest.Icons.Outline]); fault != "" {
		faults = append(faults, "outline icon: "+fault)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !slices.Contains([]string{"manifest.json", manifest.Icons.Color, manifest.Icons.Outline}, name) {
			faults = append(faults, "nobody asks for "+name)
		}
	}
	return faults
}

// unzip reads all files of a package, by their names in it.
func unzip(path string) (map[string][]byte, error) {
	z, err := zip.OpenReader(path)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	files := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil {
			return nil, err
		}
		files[f.Name] = data
	}
	return files, nil
}

// schemaFaults holds a manifest against Microsoft's own schema.
func schemaFaults(t *testing.T, manifest []byte) []string {
	t.Helper()
	c := node(t.Context(), t, "validate-manifest.mjs")
	c.Stdin = bytes.NewReader(manifest)
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Run(); err != nil {
		t.Fatalf("validate the manifest: %v\n%s", err, stderr.Bytes())
	}
	var faults []string
	if err := json.Unmarshal(stdout.Bytes(), &faults); err != nil {
		t.Fatalf("validate the manifest: %v\n%s", err, stdout.Bytes())
	}
	return faults
}

// iconFault says why a picture is no icon of a size, or nothing.
func iconFault(data []byte, size int) string {
	if data == nil {
		return "it is not in the package"
	}
	head, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return err.Error()
	}
	if head.Width != size || head.Height != size {
		return fmt.Sprintf("it is %d×%d pixels, want %d×%d", head.Width, head.Height, size, size)
	}
	picture, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return err.Error()
	}
	first := picture.At(0, 0)
	for p := range pixels(picture) {
		if p != first {
			return ""
		}
	}
	return "nothing is drawn on it"
}

// outlineFault says why a picture is no outline, or nothing: white, more or less of it, on a transparent ground.
func outlineFault(data []byte) string {
	if fault := iconFault(data, outlineSize); fault != "" {
		return fault
	}
	picture, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return err.Error()
	}
	clear, white := 0, 0
	for p := range pixels(picture) {
		switch c := color.NRGBAModel.Convert(p).(color.NRGBA); {
		case c.A == 0:
			clear++
		case c.R != 255 || c.G != 255 || c.B != 255:
			return fmt.Sprintf("it has the colour %v, only white is allowed", c)
		case c.A == 255:
			white++
		}
	}
	if clear == 0 || white == 0 {
		return fmt.Sprintf("%d pixels are transparent and %d white, want some of each", clear, white)
	}
	return ""
}

// pixels goes through the colours of a picture.
func pixels(picture image.Image) func(yield func(color.Color) bool) {
	b := picture.Bounds()
	return func(yield func(color.Color) bool) {
		for y := b.Min.Y; y < b.Max.Y; y++ {
			for x := b.Min.X; x < b.Max.X; x++ {
				if !yield(picture.At(x, y)) {
					return
				}
			}
		}
	}
}

// sampleManifest is a manifest that Teams accepts.
const sampleManifest = `{
	"$schema": "https://developer.microsoft.com/json-schemas/teams/v1.23/MicrosoftTeams.schema.json",
	"manifestVersion": "1.23",
	"version": "1.0.0",
	"id": "6b0a2f1e-5d7c-4f0e-9c53-0d4f3a1b2c3d",
	"developer": {"name": "Sample", "websiteUrl": "https://nordpumpe.example", "privacyUrl": "https://nordpumpe.example/p", "termsOfUseUrl": "https://nordpumpe.example/t"},
	"name": {"short": "Sample"},
	"description": {"short": "A sample", "full": "A sample of a manifest"},
	"icons": {"color": "color.png", "outline": "outline.png"},
	"accentColor": "#0F4C5C",
	"bots": [{"botId": "6b0a2f1e-5d7c-4f0e-9c53-0d4f3a1b2c3d", "scopes": ["personal", "team", "groupChat"],
		"commandLists": [{"scopes": ["team"], "commands": [{"title": "thema", "description": "Thema vorschlagen"}]}]}],
	"webApplicationInfo": {"id": "6b0a2f1e-5d7c-4f0e-9c53-0d4f3a1b2c3d", "resource": "https://nordpumpe.example"},
	"authorization": {"permissions": {"resourceSpecific": [{"name": "ChannelMessage.Read.Group", "type": "Application"}]}}
}`

// TestTeamsPackage: the checks of a package find what Microsoft's schema forbids, and nothing in a good one.
func TestTeamsPackage(t *testing.T) {
	for name, tc := range map[string]struct {
		old, replacement string // in the manifest
		want             string // a part of the only fault; empty for none
	}{
		"good":            {"", "", ""},
		"no accent":       {`"accentColor": "#0F4C5C",`, ``, "accentColor"},
		"wrong scope":     {`"groupChat"`, `"groupchat"`, "/bots/0/scopes/2"},
		"unknown key":     {`"version"`, `"colour": 1, "version"`, `"additionalProperty":"colour"`},
		"long name":       {`"short": "Sample"`, `"short": "` + strings.Repeat("x", 31) + `"`, "/name/short"},
		"no such version": {`"1.23"`, `"9.9"`, `no schema of version "9.9"`},
		"other schema":    {`v1.23`, `v1.22`, "$schema is"},
		"no schema":       {`"$schema"`, `"schema"`, "$schema is undefined"},
		"no JSON":         {`{`, ``, "manifest.json is no JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := sampleFiles(t)
			files["manifest.json"] = []byte(strings.Replace(sampleManifest, tc.old, tc.replacement, 1))
			path := zipped(t, files)
			if tc.want == "" {
				validateTeamsPackage(t, path)
				return
			}
			if got := teamsPackageFaults(t, path); len(got) != 1 || !strings.Contains(got[0], tc.want) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
	if got := teamsPackageFaults(t, "teams_package_test.go"); len(got) != 1 || !strings.Contains(got[0], "zip") {
		t.Errorf("no zip at all: got %q", got)
	}
	if got := teamsPackageFaults(t, zipped(t, nil)); len(got) != 1 || !strings.Contains(got[0], "no manifest.json") {
		t.Errorf("an empty package: got %q", got)
	}
}

// TestTeamsPackageFiles: so do the checks of the files beside the manifest.
func TestTeamsPackageFiles(t *testing.T) {
	teal, white, pale, grey := color.NRGBA{15, 76, 92, 255}, color.NRGBA{255, 255, 255, 255}, color.NRGBA{255, 255, 255, 90}, color.NRGBA{200, 200, 200, 255}
	for name, tc := range map[string]struct {
		file string
		data []byte
		want string
	}{
		"soft edges":   {"outline.png", drawn(t, outlineSize, color.NRGBA{}, pale, white), ""},
		"no icon":      {"color.png", nil, "colour icon: it is not in the package"},
		"small icon":   {"color.png", drawn(t, 96, teal, white), "colour icon: it is 96×96 pixels, want 192×192"},
		"no picture":   {"color.png", []byte("GIF89a, and then what no PNG begins with"), "colour icon: png: invalid format"},
		"cut off":      {"color.png", drawn(t, colourSize, teal, white)[:60], "colour icon: png: invalid format: not enough pixel data"},
		"empty icon":   {"color.png", drawn(t, colourSize, teal), "colour icon: nothing is drawn"},
		"big outline":  {"outline.png", drawn(t, colourSize, color.NRGBA{}, white), "outline icon: it is 192×192 pixels, want 32×32"},
		"grey outline": {"outline.png", drawn(t, outlineSize, color.NRGBA{}, grey), "outline icon: it has the colour {200 200 200 255}"},
		"no ground":    {"outline.png", drawn(t, outlineSize, white, pale), "outline icon: 0 pixels are transparent"},
		"a folder":     {"pictures/", []byte{}, "nobody asks for pictures/"},
	} {
		files := sampleFiles(t)
		files[tc.file] = tc.data
		if tc.data == nil {
			delete(files, tc.file)
		}
		got := strings.Join(fileFaults(files), "; ")
		if !strings.HasPrefix(got, tc.want) || (got == "") != (tc.want == "") {
			t.Errorf("%s: got %q, want %q", name, got, tc.want)
		}
	}
}

// sampleFiles is a package that Teams accepts.
func sampleFiles(t *testing.T) map[string][]byte {
	t.Helper()
	white := color.NRGBA{255, 255, 255, 255}
	return map[string][]byte{
		"manifest.json": []byte(sampleManifest),
		"color.png":     drawn(t, colourSize, color.NRGBA{15, 76, 92, 255}, white),
		"outline.png":   drawn(t, outlineSize, color.NRGBA{}, white),
	}
}

// drawn makes a square picture of stripes in several colours.
func drawn(t *testing.T, size int, colours ...color.Color) []byte {
	t.Helper()
	picture := image.NewNRGBA(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			picture.Set(x, y, colours[y*len(colours)/size])
		}
	}
	var data bytes.Buffer
	if err := png.Encode(&data, picture); err != nil {
		t.Fatal(err)
	}
	return data.Bytes()
}

// zipped makes a package.
func zipped(t *testing.T, files map[string][]byte) string {
	t.Helper()
	var data bytes.Buffer
	z := zip.NewWriter(&data)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(files[name])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "app.zip")
	if err := errors.Join(z.Close(), os.WriteFile(path, data.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
	return path
}
