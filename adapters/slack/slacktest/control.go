package slacktest

import (
	"encoding/json"
	"io"
	"net/http"
	"time"
)

// controls are the acts and looks that another process can order: POST URL/control/<name> with the arguments as a
// JSON array. They are what the methods of the same names take and return.
func (s *Server) controls() map[string]any {
	return map[string]any{
		"AddUser": s.AddUser, "AddChannel": s.AddChannel, "Direct": s.Direct,
		"Say": s.Say, "BotSays": s.BotSays, "Edit": s.Edit, "Delete": s.Delete, "React": s.React, "Unreact": s.Unreact, "Join": s.Join, "Leave": s.Leave,
		"Archive": s.Archive, "Rename": s.Rename, "OpenHome": s.OpenHome, "Uninstall": s.Uninstall, "Again": s.Again, "Slash": s.Slash,
		"Press": s.Press, "Choose": s.Choose, "PressHome": s.PressHome, "Shortcut": s.Shortcut, "Submit": s.Submit, "CloseView": s.CloseView,
		"Shown": s.Shown, "TopView": s.TopView, "Home": s.Home, "Breaches": s.Breaches, "Forgive": s.Forgive, "Calls": s.Calls, "Sockets": s.Sockets,
		"Settled": s.Settled, "Fault": s.Fault, "Heal": s.Heal, "Order": func(t Twist) { s.Order(t) }, "Disconnect": s.Disconnect, "DropSockets": s.DropSockets,
		"Revoke": s.Revoke, "Advance": func(seconds int) { s.Advance(time.Duration(seconds) * time.Second) },
		"Config": s.Config,
	}
}

// serveControl carries out what another process orders.
func (s *Server) serveControl(w http.ResponseWriter, r *http.Request) {
	f, ok := s.controls()[r.PathValue("act")]
	if !ok {
		http.Error(w, "no such act", http.StatusNotFound)
		return
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<20))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var args []json.RawMessage
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &args); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
	}
	result, err := invoke(f, args)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	writeJSON(w, http.StatusOK, result)
}
