// Package bot is the core of Standleitung: its words, its rules and what it does for people. It knows no platform, no
// storage engine and no scheduler; adapters and engines import it, never the other way round.
//
// # Words
//
//	Topic       Thema        an idea for something to say (T-41)
//	Room        Raum         a channel or chat on a platform; belongs to a party
//	Party       Partei       pr, sales, social, or any other that the company names
//	Place       Ort          a room or a direct conversation as a platform names it, or a thread in it
//	Line        Leitung      a set of rooms: what is written in one reaches the others
//	Crossing    –            one message on its way over a line; its copies are posts
//	Reaction    Reaktion     an emoji that a person put on a message of a line; the other rooms are told counts
//	Receipt     Empfang      what became of a message in each room
//	Mark        –            the bot's own reaction on a message that had to wait
//	Shortcut    –            a command from the menu of a message, which is its subject
//	Flag        Vermerk      an entry of PR's register of sensitive subjects (F-4)
//	Register    Register     all flags, compiled; an edition of it is asked about every crossing
//	Hit         Treffer      the writer's own words that met a flag
//	Recheck     –            a search for a flag in what was there before it
//	Tally       –            how often the terms of a flag were met, and did not fit
//	Concern     Hinweis      a sensitive subject that somebody handed to PR
//	Approval    Freigabe     the question to PR about one exact text, and its answer
//	Milestone   Meilenstein  a dated step, with an owner and a deputy (M-31)
//	Rung        –            a step of the ladder of reminders: before, on the day, after
//	Rule        –            how a milestone repeats
//	Absence     Abwesenheit  a time in which somebody does not answer, and who does
//	Situation   Lage         what somebody should know now; the briefing is the one of the morning
//	Reader      –            somebody who gets the briefing, with what they chose
//	Person      Person       one human, with identities on several platforms
//	Member      –            a person whom the configuration knows
//	Identity    –            a person as one platform knows them
//	Linking     –            the question to somebody whether they are the one who is known elsewhere (L-3)
//	Role        Rolle        what a person may do: staff, sales, social, editor, pr, lead, management, admin
//	Message     Nachricht    everything that comes in: something said, a button, a form
//	Turn        –            one delivery of a message; redelivered, it is the same turn
//	Command     Befehl       a row of the table of what people can do
//	Request     –            a command on its way through its handler
//	Reply       –            what a handler wants said
//	Card        Karte        one thing that the bot says, from a line to a list with buttons
//	View        –            how a living card is rendered: it is rewritten wherever it was posted
//	Form        Formular     a dialog that asks for the arguments of a command
//	Draft       –            a text that waits for its writer to say what it is
//	Post        –            a card on its way to a place, or there
//	Row, Lane   –            a post's turn to be delivered, in the queue of its place
//	Delivery    –            one call to an adapter: post, edit, delete
//	Unit        –            a unit of work: everything in it is stored, or nothing
//	Journal     –            an adapter's own durable notes
//	Log         Protokoll    who did what to which thing and when, chained by hash; sealing closes the chain
//	Kept        –            an adapter's own durable state, replaced as it changes
//
// # The path of a message
//
//	platform → adapter            verifies the sender and makes a Message
//	         → Bot.Receive        reads it on a snapshot: who, which command, may it run (read, plan, gate);
//	                              what is costly is looked up here (Command.Look); a form is answered at once
//	           unit of work       claims the turn, runs the handler, renders and stores its replies (settle, handle)
//	           Store.Next         takes the next row of each lane in the same durable step (step)
//	         ← Outcome            after the commit: what the platform wants to hear in the same breath
//	outbox   → Adapter.Send       posts what was taken (carry), then notes what became of it and takes what is next (noteEnded)
//
// Messages of one place are handled in the order of their receipt. A handler touches nothing but its unit of work and
// returns what is to be said; when it fails or panics, what it wrote is undone and the person reads why. A message
// is acknowledged after its commit, so a crash at any point loses nothing; a redelivery finds its turn and has no
// second effect. Jobs use the door [Bot.Do], which claims turns in the same way.
//
// # The path over a line
//
// What people write in a room of a line comes in like any message (overhear), is matched against the register, and becomes
// a Crossing: held with an Approval, or crossed with one Post a room. A copy's text is read from its crossing when it
// is delivered, so an edit that comes while it is queued is already in it, and a deletion cancels it. Replies find
// their thread through the crossing of their root. What is sent by command, mention or shortcut from a room that is not
// mirrored is followed by its crossing in the same way. Reactions to the original and its copies are kept beside the
// crossing; after a pause each room gets, in the thread, one living post with the counts of the others. Timers, claimed
// like turns, ask deputies, end embargoes and tell writers of what does not arrive.
//
// # What time does
//
// Nothing of the core runs by a calendar: folder schedules wakes [Bot.Remind], [Bot.Brief], [Bot.Unpark], [Bot.Tidy] and
// [Bot.Plan]. What is due when stands on the records, as the instant of a local day and time in somebody's zone, in an
// index; so a look costs what is due and nothing else. It is computed anew when day, owner, zone or calendar change. Each
// reminder and each briefing is a turn of its own.
//
// # Why the store is asked so little
//
// An engine keeps records, index entries, numbers and lanes, and runs units of work; what a record means is told by
// its [Kind]. Adding a kind touches no engine. Every ordered question is a range of an index, so its cost grows with
// the answer and not with the store.
//
// # Where to add what
//
// A command is a row and its handler in commands_<topic>.go, with a conversation in testdata/talk. A text for people
// is made with [say.T] beside the code that says it, in both languages.
package bot
