package globals

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Value is a value as it is written: text, or a list of values for an array.
type Value struct {
	Text   string
	Quoted bool // the text was in quotes: it is a string, whatever it looks like
	List   []Value
	IsList bool
}

// deepest is how many lists may be in each other.
const deepest = 8

// special are the characters that end text without quotes.
const special = " \t\r\n,[]\""

// ParseValue reads a value: text without blanks (3, -1, 0x10, true, MODE_FAST, 'x'), text in
// double quotes with Go's escapes, or a list in brackets.
func ParseValue(text string) (Value, error) {
	p := valueParser{rest: text}
	v, err := p.value(0)
	if err != nil {
		return Value{}, err
	}
	if p.skip(); p.rest != "" {
		return Value{}, fmt.Errorf("%q follows the value; text with blanks is put in double quotes", p.rest)
	}
	return v, nil
}

// String returns the value as ParseValue reads it.
func (v Value) String() string {
	if v.IsList {
		parts := make([]string, len(v.List))
		for i, one := range v.List {
			parts[i] = one.String()
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	if v.Quoted || v.Text == "" || v.Text[0] == '\'' || strings.ContainsAny(v.Text, special) {
		return strconv.Quote(v.Text)
	}
	return v.Text
}

type valueParser struct{ rest string }

func (p *valueParser) skip() { p.rest = strings.TrimLeft(p.rest, " \t\r\n") }

func (p *valueParser) value(depth int) (Value, error) {
	p.skip()
	switch {
	case p.rest == "":
		return Value{}, fmt.Errorf("there is no value")
	case p.rest[0] == '[':
		return p.list(depth)
	case p.rest[0] == '"':
		return p.quoted()
	case p.rest[0] == '\'':
		return p.character()
	}
	end := strings.IndexAny(p.rest, special)
	if end < 0 {
		end = len(p.rest)
	}
	if end == 0 {
		return Value{}, fmt.Errorf("there is no value before %q", p.rest)
	}
	v := Value{Text: p.rest[:end]}
	p.rest = p.rest[end:]
	if !utf8.ValidString(v.Text) || strings.ContainsFunc(v.Text, isControl) {
		return Value{}, fmt.Errorf("value %q has characters that are none", v.Text)
	}
	return v, nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

func (p *valueParser) quoted() (Value, error) {
	text, err := strconv.QuotedPrefix(p.rest)
	if err != nil {
		return Value{}, fmt.Errorf("%s has no closing quote, or an escape that is none", p.rest)
	}
	p.rest = p.rest[len(text):]
	text, err = strconv.Unquote(text)
	return Value{Text: text, Quoted: true}, err
}

// character reads a character of C, whose value is a number.
func (p *valueParser) character() (Value, error) {
	r, _, rest, err := strconv.UnquoteChar(p.rest[1:], '\'')
	if err != nil || !strings.HasPrefix(rest, "'") {
		return Value{}, fmt.Errorf("%s is no character such as 'x'", p.rest)
	}
	if r > 0xff {
		return Value{}, fmt.Errorf("character %q is more than one byte", r)
	}
	p.rest = rest[1:]
	return Value{Text: strconv.Itoa(int(r))}, nil
}

func (p *valueParser) list(depth int) (Value, error) {
	if depth == deepest {
		return Value{}, fmt.Errorf("there are more than %d lists in each other", deepest)
	}
	p.rest = p.rest[1:]
	v := Value{IsList: true}
	for {
		if p.skip(); len(v.List) == 0 && strings.HasPrefix(p.rest, "]") {
			return Value{}, fmt.Errorf("the list is empty")
		}
		one, err := p.value(depth + 1)
		if err != nil {
			return Value{}, err
		}
		v.List = append(v.List, one)
		p.skip()
		switch {
		case strings.HasPrefix(p.rest, ","):
			p.rest = p.rest[1:]
		case strings.HasPrefix(p.rest, "]"):
			p.rest = p.rest[1:]
			return v, nil
		default:
			return Value{}, fmt.Errorf("a list ends with ] and has a comma between its values, and not %q", p.rest)
		}
	}
}
