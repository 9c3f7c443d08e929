package when

// Fold is the normalisation that the grammar sees.
func Fold(text string) string {
	var b []byte
	for _, f := range foldRunes(text) {
		b = append(b, f.text...)
	}
	return string(b)
}
