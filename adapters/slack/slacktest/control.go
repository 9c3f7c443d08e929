package slacktest

import (
	"net/http"
	"time"

	"standleitung/adapters/faketest"
)

// Remote orders acts of a fake in another process, by the names of the methods of [Server]. Its URL is the fake's.
type Remote = faketest.Remote

// controls are the acts and looks that another process can order: POST URL/control/<name> with the arguments as a
// JSON array. They are what the methods of the same names take and return.
func (s *Server) controls() faketest.Acts {
	return faketest.Acts{
		"AddUser": s.AddUser, "AddChannel": s.AddChannel, "Direct": s.Direct,
		"Say": s.Say, "BotSays": s.BotSays, "Edit": s.Edit, "Delete": s.Delete, "React": s.React, "Unreact": s.Unreact, "Join": s.Join, "Leave": s.Leave,
		"Archive": s.Archive, "Rename": s.Rename, "OpenHome": s.OpenHome, "Uninstall": s.Uninstall, "Again": s.Again, "Slash": s.Slash,
		"Press": s.Press, "Choose": s.Choose, "PressHome": s.PressHome, "Shortcut": s.Shortcut, "Submit": s.Submit, "CloseView": s.CloseView,
		"Shown": s.Shown, "TopView": s.TopView, "Home": s.Home, "Breaches": s.Breaches, "Forgive": s.Forgive, "Calls": s.Calls, "Sockets": s.Sockets,
		"Settled": s.Settled, "Lost": s.Lost, "Fault": s.Fault, "Heal": s.Heal, "Order": func(t Twist) { s.Order(t) }, "Disconnect": s.Disconnect, "DropSockets": s.DropSockets,
		"Revoke": s.Revoke, "Advance": func(seconds int) { s.Advance(time.Duration(seconds) * time.Second) },
		"Config": s.Config,
	}
}

// serveControl carries out what another process orders.
func (s *Server) serveControl(w http.ResponseWriter, r *http.Request) {
	s.controls().Serve(w, r, r.PathValue("act"))
}
