package teams

// Running reports whether activities are let in; Ready also tells of other trouble.
func (a *Adapter) Running() bool { return a.shift.Open() }
