package teamstest

import (
	"time"

	"standleitung/adapters/faketest"
)

// Remote orders acts of a fake in another process, by the names of the methods of [Server]. Its URL is the fake's.
type Remote = faketest.Remote

// controls are the acts and looks that another process can order: POST URL/control/<name> with the arguments as a
// JSON array. They are what the methods of the same names take and return.
func (s *Server) controls() faketest.Acts {
	return faketest.Acts{
		"AddUser": s.AddUser, "AddTeam": s.AddTeam, "AddConversation": s.AddConversation, "Direct": s.Direct, "SetBlocked": s.SetBlocked,
		"SetLocked": s.SetLocked, "SetConsented": s.SetConsented, "OtherApp": s.OtherApp, "Purge": s.Purge, "GraphURL": s.GraphURL, "MoveRegion": s.MoveRegion, "ServiceURL": s.ServiceURL, "MetadataURL": s.MetadataURL, "TokenURL": s.TokenURL,
		"Config": s.Config, "SetEndpoint": s.SetEndpoint, "SetSecret": s.SetSecret, "RotateKeys": s.RotateKeys, "Revoke": s.Revoke, "BotID": s.BotID,
		"Say": s.Say, "Edit": s.Edit, "Delete": s.Delete, "Undelete": s.Undelete, "React": s.React, "Unreact": s.Unreact, "Press": s.Press,
		"View": s.View, "Shortcut": s.Shortcut, "SubmitDialog": s.SubmitDialog, "CloseDialog": s.CloseDialog, "Dialogs": s.Dialogs,
		"Install": s.Install, "Open": s.Open, "Uninstall": s.Uninstall, "Join": s.Join, "Leave": s.Leave, "Rename": s.Rename, "Remove": s.Remove, "Emit": s.Emit,
		"Again": s.Again, "AgainAnew": s.AgainAnew, "DeleteFile": s.DeleteFile, "Shown": s.Shown, "Breaches": s.Breaches, "Forgive": s.Forgive,
		"Calls": s.Calls, "Settled": s.Settled, "Retrying": s.Retrying, "Lost": s.Lost, "Struck": s.Struck, "Delivered": s.Delivered, "Fault": s.Fault, "Heal": s.Heal,
		"Order": func(t Twist) { s.Order(t) }, "Forge": func(f Forgery) { s.Forge(f) },
		"Advance": func(seconds int) { s.Advance(time.Duration(seconds) * time.Second) },
	}
}
