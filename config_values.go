package main

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // zones must be known on machines that have no zone files
	"unicode"
	"unicode/utf8"

	"standleitung/bot/say"
	"standleitung/bot/when"
)

// The functions below turn the text of one value into what it means. Their errors say what to write; they never
// repeat the value, since it may come from a variable that holds a secret.

func parseLanguage(s string) (say.Language, error) {
	return oneOf(s, say.German, say.English)
}

func parseAddress(s string) (say.Address, error) {
	return oneOf(s, say.Sie, say.Du)
}

func parseMode(s string) (string, error) {
	return oneOf(s, "mirror", "forward")
}

func oneOf[T ~string](s string, all ...T) (T, error) {
	if slices.Contains(all, T(s)) {
		return T(s), nil
	}
	var names []string
	for _, one := range all {
		names = append(names, string(one))
	}
	return "", errors.New("write " + strings.Join(names, " or "))
}

func parseBool(s string) (bool, error) {
	switch s {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, errors.New("write true or false")
}

// parseNumber accepts decimal numbers only: 010 is eight for some and ten for others.
func parseNumber(least, most int) func(string) (int, error) {
	return func(s string) (int, error) {
		n, err := strconv.Atoi(s)
		if err != nil || strconv.Itoa(n) != strings.TrimPrefix(s, "+") || n < least || n > most {
			return 0, fmt.Errorf("write a whole number from %d to %d", least, most)
		}
		return n, nil
	}
}

func parseClock(s string) (when.Clock, error) {
	c, err := when.ParseClock(s)
	if err != nil {
		return 0, errors.New(`write a time of day such as "07:30"`)
	}
	return c, nil
}

func parseZone(s string) (*time.Location, error) {
	zone, err := time.LoadLocation(s)
	if err != nil || s == "" || s == "Local" {
		return nil, errors.New("write an IANA time zone such as Europe/Berlin")
	}
	return zone, nil
}

// parseHolidays does not pass on the calendar's own error, which repeats the value.
func parseHolidays(s string) (*when.Calendar, error) {
	calendar, err := when.NewCalendar(s)
	if err != nil {
		region, _, _ := strings.Cut(s, " ")
		return nil, errors.New("write a country or a region in it, such as AT or DE-BY; days of your own may follow as +MM-DD" + nearest(region, when.Regions()))
	}
	return calendar, nil
}

var slackID = regexp.MustCompile(`^[A-Z][A-Z0-9]+$`)

func parseSlackID(s string) (string, error) {
	return matching(s, slackID, "write Slack's id, such as C0123ABCD for a channel or U0123ABCD for a person, not the name")
}

var domain = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]*[a-z][a-z0-9-]*$`)

func parseDomain(s string) (string, error) {
	return matching(strings.ToLower(s), domain, "write the part of your mail addresses after the @, such as example.com")
}

func parseHost(s string) (string, error) {
	_, err := matching(strings.TrimPrefix(strings.ToLower(s), "*."), domain, "write a host name such as smba.trafficmanager.net or *.botframework.com")
	return strings.ToLower(s), err
}

// parseServiceHost accepts a host of Microsoft's, or this machine for a test, where no TLS is asked for.
func parseServiceHost(s string) (string, error) {
	if s == "localhost" || s == "127.0.0.1" {
		return s, nil
	}
	return parseHost(s)
}

func matching(s string, form *regexp.Regexp, advice string) (string, error) {
	if !form.MatchString(s) {
		return "", errors.New(advice)
	}
	return s, nil
}

func parseListen(s string) (string, error) {
	_, port, err := net.SplitHostPort(s)
	if _, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil {
		return "", errors.New("write host:port such as 127.0.0.1:8080")
	}
	return s, nil
}

// isLoopback reports whether an address to listen on can be reached from this machine only.
func isLoopback(listen string) bool {
	host, _, _ := net.SplitHostPort(listen)
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback() || host == "localhost"
}

func parseURL(s string) (string, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return "", errors.New("write a whole address such as https://standleitung.example.com")
	case u.User != nil:
		return "", errors.New("an address must not hold a user or a password: remove them")
	}
	return s, nil
}

func parseMail(s string) (string, error) {
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s {
		return "", errors.New("write a mail address such as anna@example.com")
	}
	return s, nil
}

// parseWord accepts an opaque id of a platform.
func parseWord(s string) (string, error) {
	if s == "" || len(s) > 512 || strings.ContainsFunc(s, func(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) }) {
		return "", errors.New("write an id without spaces")
	}
	return s, nil
}

var webID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// parseWebID accepts the id of a room in the web chat, where it is a part of addresses.
func parseWebID(s string) (string, error) {
	if s == "direct" {
		return "", errors.New("direct is the conversation with the bot: write another name")
	}
	return matching(s, webID, "write a name of the letters a to z, digits, - and _")
}

// parseName accepts a name that stands in the configuration itself.
func parseName(s string) (string, error) {
	if !isName(s) {
		return "", errors.New("a name has letters, digits, - and _ only, at most 64")
	}
	return s, nil
}

func parseText(s string) (string, error) {
	if strings.TrimSpace(s) == "" || utf8.RuneCountInString(s) > 200 || strings.ContainsFunc(s, unicode.IsControl) {
		return "", errors.New("write one line of text, at most 200 characters")
	}
	return s, nil
}

// parseFile accepts the name of a file.
func parseFile(s string) (string, error) {
	if s == "" || strings.ContainsFunc(s, unicode.IsControl) {
		return "", errors.New("write the name of a file, such as /run/standleitung/admin.sock")
	}
	return s, nil
}

// parseLag accepts how long something may take to become visible.
func parseLag(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d < time.Second || d > 10*time.Minute {
		return 0, errors.New("write a time from 1s to 10m, such as 1m")
	}
	return d, nil
}

// day is a day of retention: these are not counted on a calendar.
const day = 24 * time.Hour

// parseAge accepts how long something is kept: days as 90d, or a duration such as 36h; 0 is for ever. Less than a day
// is refused, since what is on its way may still be wanted then; the most is a hundred years.
func parseAge(s string) (time.Duration, error) {
	bad := errors.New("write a number of days such as 90d, at least 1d, or 0 to keep it for ever")
	if s == "0" {
		return 0, nil
	}
	d, err := time.ParseDuration(s)
	if days, ok := strings.CutSuffix(s, "d"); ok {
		var n int
		n, err = parseNumber(1, 36500)(days)
		d = time.Duration(n) * day
	}
	if err != nil || d < day || d > 36500*day {
		return 0, bad
	}
	return d, nil
}
