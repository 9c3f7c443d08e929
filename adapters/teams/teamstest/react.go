package teamstest

import (
	"net/http"
	"slices"
)

// botReactions are the emoji with which a bot may react, from "MessageReactionType" of the Teams SDK.
var botReactions = []string{"like", "heart", "1f440_eyes", "2705_whiteheavycheckmark", "launch", "1f4cc_pushpin"}

// botReacts puts the bot's reaction on a message, or takes it away: PUT and DELETE …/activities/{id}/reactions/{type}, without a
// body. Answers in a thread are found through the thread only.
func (s *Server) botReacts(c *call) (reply, *failure) {
	if s.config.NoBotReactions {
		return reply{}, fail(http.StatusNotFound, "NotFound", "No HTTP resource was found that matches the request.")
	}
	conv, root, no := s.place(c)
	if no == nil {
		no = s.writable(conv)
	}
	if no != nil {
		return reply{}, no
	}
	if len(c.raw) > 0 {
		s.record(c.name, "a body with a reaction")
	}
	if !slices.Contains(botReactions, c.path[5]) {
		s.record(c.name, c.path[5]+" is no reaction of bots")
		return reply{}, badArgument("Unknown reaction type.")
	}
	m := conv.find(c.path[3])
	switch {
	case m == nil || m.deleted:
		return reply{}, noActivity()
	case conv.Kind == Channel && root != m.root && m.root != m.id:
		s.record(c.name, "an answer in a thread is reached through the thread only")
		return reply{}, noActivity()
	}
	m.touchedAt = s.now()
	changed := m.react(s.BotID(), c.path[5], c.name == "react")
	if c.name == "unreact" && !changed {
		return reply{}, fail(http.StatusNotFound, "ReactionNotFound", "The reaction was not found.")
	}
	return reply{status: http.StatusOK}, nil
}
