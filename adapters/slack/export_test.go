package slack

import "context"

// What the tests of this folder see besides.
var (
	ParseRef   = parseRef
	TimeOf     = timeOf
	TSOf       = tsOf
	CompareTS  = compareTS
	RenderCard = renderCard
	RenderCopy = renderCopy
	View       = view
	SendError  = sendError
	PlainText  = plainText
)

// Parcel are the files of a copy.
type Parcel = parcel

// FormState is what travels with a dialog.
type FormState = formState

// Parts are the text and the blocks of a message.
func (m message) Parts() (string, any) { return m.text, m.blocks }

// Look looks into the histories, as the adapter does now and then.
func (a *Adapter) Look(ctx context.Context) { a.catchUp(ctx) }
