package teamstest

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
		"AddUser": s.AddUser, "AddTeam": s.AddTeam, "AddConversation": s.AddConversation, "Direct": s.Direct, "SetBlocked": s.SetBlocked,
		"SetLocked": s.SetLocked, "MoveRegion": s.MoveRegion, "ServiceURL": s.ServiceURL, "MetadataURL": s.MetadataURL, "TokenURL": s.TokenURL,
		"Config": s.Config, "SetEndpoint": s.SetEndpoint, "SetSecret": s.SetSecret, "RotateKeys": s.RotateKeys, "Revoke": s.Revoke, "BotID": s.BotID,
		"Say": s.Say, "Edit": s.Edit, "Delete": s.Delete, "Undelete": s.Undelete, "React": s.React, "Unreact": s.Unreact, "Press": s.Press,
		"View": s.View, "Shortcut": s.Shortcut, "SubmitDialog": s.SubmitDialog, "CloseDialog": s.CloseDialog, "Dialogs": s.Dialogs,
		"Install": s.Install, "Open": s.Open, "Uninstall": s.Uninstall, "Join": s.Join, "Leave": s.Leave, "Rename": s.Rename, "Remove": s.Remove, "Emit": s.Emit,
		"Again": s.Again, "AgainAnew": s.AgainAnew, "DeleteFile": s.DeleteFile, "Shown": s.Shown, "Breaches": s.Breaches, "Forgive": s.Forgive,
		"Calls": s.Calls, "Settled": s.Settled, "Retrying": s.Retrying, "Delivered": s.Delivered, "Fault": s.Fault, "Heal": s.Heal,
		"Order": func(t Twist) { s.Order(t) }, "Forge": func(f Forgery) { s.Forge(f) },
		"Advance": func(seconds int) { s.Advance(time.Duration(seconds) * time.Second) },
	}
}

// serveControl carries out what another process orders.
func (s *Server) serveControl(w http.ResponseWriter, r *http.Request, name string) {
	f, ok := s.controls()[name]
	if !ok || r.Method != http.MethodPost {
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
