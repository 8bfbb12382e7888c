package report

import (
	_ "embed"
	"html/template"
)

//go:embed filter.html
var filterHTML string

// FilterPage returns the template of a page that needs nothing else, with a table whose
// rows a reader filters. text is that of the page: it takes in "style" within its style,
// has the table "filtered", the input "filter" and the text "count", and ends with "filter".
// It panics on a template that cannot be parsed.
func FilterPage(text string, funcs template.FuncMap) *template.Template {
	return template.Must(template.Must(template.New("page").Funcs(funcs).Parse(filterHTML)).Parse(text))
}
