package bot

import "standleitung/bot/say"

// Texts that more than one command uses. All others stand beside the command that says them.
var (
	textCancel        = say.T("Abbrechen", "Cancel")
	textPreviewAnswer = say.T("Antwort von Standleitung", "An answer from Standleitung")
	textTooLong       = say.T(
		"Der Text ist zu lang: höchstens {max} Zeichen. Nichts geändert; bitte {kürzen Sie ihn|kürze ihn}.",
		"The text is too long: {max} characters at most. Nothing changed; please shorten it.")
	textUnknownButton = say.T(
		"Dieser Knopf gehört zu nichts mehr. Nichts geändert.",
		"This button belongs to nothing any more. Nothing changed.")
	textSurplus = say.T(
		"Damit kann ich hier nichts anfangen: „{text}“. Nichts geändert. So geht es: {example}",
		"I can't use this here: “{text}”. Nothing changed. It works like this: {example}")
	textMissing   = say.T("Hier fehlt noch etwas: {what}", "Something is still missing: {what}")
	textFieldLong = say.T(
		"{what}: {n} Zeichen sind zu viel, höchstens {max}. Nichts geändert.",
		"{what}: {n} characters are too many, {max} at most. Nothing changed.")
	textNoRef = say.T(
		"„{text}“ ist keine passende Nummer. Gemeint ist etwas wie {example}. Nichts geändert.",
		"“{text}” is not a fitting reference. It looks like {example}. Nothing changed.")
	textGuest = say.T(
		"Das können nur Leute aus dem eigenen Haus. Nichts geändert.",
		"Only the company's own people can do this. Nothing changed.")
	textDenied = say.T(
		"Das entscheidet {who}. Nichts geändert.",
		"{who} decides this. Nothing changed.")
	textPrivate = say.T(
		"Das gehört nicht in einen Raum, wo andere mitlesen. Nichts gespeichert; bitte {löschen Sie|lösche} die Nachricht und {machen Sie|mach} hier weiter.",
		"This doesn't belong in a room where others read. Nothing stored; please delete the message and go on here.")
	textInternal = say.T(
		"Da ist bei mir etwas schiefgegangen. Nichts geändert. Für die Technik: {ref}",
		"Something went wrong on my side. Nothing changed. For support: {ref}")
	textNobodyTold = say.T("Niemand wurde benachrichtigt.", "No one was notified.")
)
