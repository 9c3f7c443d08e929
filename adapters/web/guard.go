package web

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// CheckListen returns an error when the chat could be reached from another machine at a listen address.
func CheckListen(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("listen address %q: write it as 127.0.0.1:8080: %w", addr, err)
	}
	if host == "" {
		return fmt.Errorf("listen address %q is open to every network; in the web chat anyone is anyone: write 127.0.0.1%s", addr, addr)
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return fmt.Errorf("listen address %q is a name, which may come to mean another network; with the web chat write 127.0.0.1 or [::1] instead of %q", addr, host)
	}
	if !ip.Unmap().IsLoopback() {
		return fmt.Errorf("listen address %q can be reached from other machines; in the web chat anyone is anyone: write 127.0.0.1 or [::1] instead of %q", addr, host)
	}
	return nil
}

// local refuses what does not come from a browser on this machine that shows this very chat.
func (a *Adapter) local(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if reason := a.foreign(r); reason != "" {
			a.log.WarnContext(r.Context(), "refused a request to the web chat", "reason", reason, "peer", r.RemoteAddr)
			http.Error(w, "403 refused: "+reason, http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// foreign returns why a request must not be answered; empty when it may.
func (a *Adapter) foreign(r *http.Request) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !peer.Addr().Unmap().IsLoopback() {
		return "the web chat answers this machine only"
	}
	if name := forwarded(r.Header); name != "" {
		return "the web chat never stands behind a proxy; found the header " + name
	}
	if !a.ownHost(r) {
		return "the web chat does not answer to this host name"
	}
	if origin := r.Header.Values("Origin"); len(origin) > 0 && !slices.Equal(origin, []string{scheme(r) + "://" + r.Host}) {
		return "the request comes from another site"
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return ""
	}
	// A link elsewhere may lead here: the page itself tells nothing and does nothing.
	if r.Method == http.MethodGet && r.URL.Path == "/" &&
		r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document" {
		return ""
	}
	return "the request comes from another site"
}

// forwarded returns the name of a header that only a proxy sets; empty when there is none.
func forwarded(h http.Header) string {
	for name := range h {
		switch {
		case strings.HasPrefix(name, "X-Forwarded"), strings.HasPrefix(name, "X-Original-"), strings.HasPrefix(name, "Cf-"):
			return name
		}
		switch name {
		case "Forwarded", "Via", "X-Real-Ip", "X-Client-Ip", "X-Cluster-Client-Ip", "True-Client-Ip", "X-Envoy-External-Address":
			return name
		}
	}
	return ""
}

func scheme(r *http.Request) string {
	if r.TLS != nil {
		return "https"
	}
	return "http"
}

// ownHost reports whether the Host header names this machine at the port that it listens on, or a configured one.
func (a *Adapter) ownHost(r *http.Request) bool {
	if slices.Contains(a.hosts, strings.ToLower(r.Host)) {
		return true
	}
	own, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return false
	}
	_, port, err := net.SplitHostPort(own.String())
	if err != nil {
		return false
	}
	name, given, err := net.SplitHostPort(r.Host)
	if err != nil {
		name, given = strings.Trim(r.Host, "[]"), "80"
		if r.TLS != nil {
			given = "443"
		}
	}
	return given == port && loopbackName(name)
}

// loopbackName reports whether a host name means this machine, whatever a name server says.
func loopbackName(host string) bool {
	switch strings.ToLower(host) {
	case "localhost", "127.0.0.1", "::1":
		return true
	}
	return false
}
