// Package report shows a run and writes its results: live on a terminal or line by
// line in a pipe, then as JSON, JUnit XML, Markdown and an HTML page. It reads results
// back, and compares two of them.
//
// A Printer takes the events of a run and, at the end, its result:
//
//	printer := report.New(os.Stdout, planned, isTerminal)
//	printer.Event(event)        // for each change of a cell
//	err := printer.Close(result)
//
// Text from guests and users (trace lines, verifier logs, reasons, kernel releases) is
// untrusted. No control character of it reaches a terminal, and
// no part of it can end the element or the Markdown block it is in.
//
// The package decides nothing: verdict.Result.Exit determines which verdict is an error.
package report
