package teamstest

import "strings"

// shape is what the schema of Adaptive Cards 1.5 says about an element or an action.
type shape struct {
	needs []string // must be there
	may   []string // may be there, besides what all have
}

func fields(s string) []string { return strings.Fields(s) }

// all elements may have these, and all inputs and actions theirs.
var (
	elementFields = fields("type id isVisible separator spacing height fallback requires")
	inputFields   = fields("errorMessage isRequired label value labelPosition labelWidth inputStyle")
	actionFields  = fields("type id title iconUrl style fallback requires tooltip isEnabled mode")
)

// elements are what Teams shows, by type.
var elements = map[string]shape{
	"TextBlock":       {fields("text"), fields("color fontType horizontalAlignment isSubtle maxLines size weight wrap style")},
	"RichTextBlock":   {fields("inlines"), fields("horizontalAlignment")},
	"Image":           {fields("url"), fields("altText backgroundColor horizontalAlignment selectAction size style width msTeams")},
	"ImageSet":        {fields("images"), fields("imageSize")},
	"Media":           {fields("sources"), fields("poster altText")},
	"Container":       {fields("items"), fields("selectAction style verticalContentAlignment bleed backgroundImage minHeight rtl")},
	"ColumnSet":       {fields("columns"), fields("selectAction style bleed minHeight horizontalAlignment")},
	"Column":          {nil, fields("items selectAction style verticalContentAlignment bleed backgroundImage minHeight rtl width")},
	"FactSet":         {fields("facts"), nil},
	"ActionSet":       {fields("actions"), nil},
	"Table":           {fields("columns rows"), fields("firstRowAsHeader firstRowAsHeaders showGridLines gridStyle horizontalCellContentAlignment verticalCellContentAlignment")},
	"TableRow":        {fields("cells"), fields("style horizontalCellContentAlignment verticalCellContentAlignment")},
	"TableCell":       {fields("items"), fields("selectAction style verticalContentAlignment bleed backgroundImage minHeight rtl")},
	"Input.Text":      {fields("id"), fields("isMultiline maxLength placeholder regex style inlineAction")},
	"Input.Number":    {fields("id"), fields("max min placeholder")},
	"Input.Date":      {fields("id"), fields("max min placeholder")},
	"Input.Time":      {fields("id"), fields("max min placeholder")},
	"Input.Toggle":    {fields("id title"), fields("valueOff valueOn wrap")},
	"Input.ChoiceSet": {fields("id choices"), fields("choices.data isMultiSelect style placeholder wrap")},
}

// actions are what Teams carries out, by type.
var actions = map[string]shape{
	"Action.Submit":           {nil, fields("data associatedInputs msTeams")},
	"Action.Execute":          {fields("verb"), fields("data associatedInputs")},
	"Action.OpenUrl":          {fields("url"), nil},
	"Action.ShowCard":         {fields("card"), nil},
	"Action.ToggleVisibility": {fields("targetElements"), nil},
}

// cardFields are those of a card itself.
var cardFields = fields("type $schema version body actions fallbackText speak lang refresh authentication selectAction msteams " +
	"backgroundImage minHeight verticalContentAlignment metadata rtl")

// textRun is one piece of a RichTextBlock, which knows no Markdown.
var textRun = shape{fields("text"), fields("type color fontType highlight isSubtle italic selectAction size strikethrough underline weight")}

// words are the values that some fields may have, by field.
var words = map[string][]string{
	"size":    fields("default small medium large extraLarge auto stretch"),
	"weight":  fields("default lighter bolder"),
	"color":   fields("default dark light accent good warning attention"),
	"spacing": fields("default none small medium large extraLarge padding"),
}

// styles are the values of style by the kind of what has it.
func styles(kind string) []string {
	switch {
	case kind == "TextBlock":
		return fields("default columnHeader heading")
	case kind == "Image":
		return fields("default person")
	case kind == "Input.ChoiceSet":
		return fields("compact expanded filtered")
	case kind == "Input.Text":
		return fields("text tel url email password")
	case strings.HasPrefix(kind, "Action."):
		return fields("default positive destructive")
	}
	return fields("default emphasis good attention warning accent")
}
