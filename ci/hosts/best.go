package main

// best has the least of several times in seconds, by what they are of: the others are
// those of a machine that was busy with something else.
type best map[string]float64

func (b best) keep(name string, seconds float64) {
	if least, ok := b[name]; !ok || seconds < least {
		b[name] = seconds
	}
}
