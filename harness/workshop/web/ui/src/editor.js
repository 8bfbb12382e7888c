import { EditorState, Compartment } from "@codemirror/state";
import {
  EditorView,
  keymap,
  lineNumbers,
  highlightActiveLine,
  highlightActiveLineGutter,
  drawSelection,
  highlightSpecialChars,
} from "@codemirror/view";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting, HighlightStyle } from "@codemirror/language";
import { cpp } from "@codemirror/lang-cpp";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { searchKeymap, highlightSelectionMatches } from "@codemirror/search";
import { closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
import { tags } from "@lezer/highlight";
import { onTheme } from "./theme.js";

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier, tags.controlKeyword], color: "var(--c-keyword)" },
  { tag: [tags.string, tags.character], color: "var(--c-string)" },
  { tag: [tags.number, tags.bool], color: "var(--c-number)" },
  { tag: tags.comment, color: "var(--c-comment)", fontStyle: "italic" },
  { tag: [tags.typeName, tags.standard(tags.typeName)], color: "var(--c-type)" },
  {
    tag: [tags.function(tags.variableName), tags.function(tags.definition(tags.variableName))],
    color: "var(--c-function)",
  },
  { tag: [tags.processingInstruction, tags.meta], color: "var(--c-meta)" },
]);

const look = (dark) =>
  EditorView.theme(
    {
      "&": { height: "100%", fontSize: "14px", backgroundColor: "var(--code-back)", color: "var(--text)" },
      ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55" },
      ".cm-gutters": { backgroundColor: "var(--code-back)", color: "var(--faint)", border: "none" },
      ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--line-back)" },
      "&.cm-focused": { outline: "none" },
      "&.cm-focused .cm-cursor": { borderLeftColor: "var(--text)" },
      "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--select) !important" },
      ".cm-panels": { backgroundColor: "var(--panel)", color: "var(--text)" },
      ".cm-tooltip": {
        backgroundColor: "var(--panel)",
        color: "var(--text)",
        border: "1px solid var(--edge)",
        maxWidth: "60ch",
      },
    },
    { dark },
  );

// makeEditor makes an editor for C in an element. It calls save for Ctrl-S, and change with
// the text whenever the user edits it.
export function makeEditor(parent, { text, label, save, change }) {
  const theme = new Compartment();
  let quiet = false;
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        appearance(label),
        editing(save),
        theme.of(look(false)),
        EditorView.updateListener.of((u) => {
          if (u.docChanged && !quiet) change(view.state.doc.toString());
        }),
      ],
    }),
  });
  const stop = onTheme((dark) => view.dispatch({ effects: theme.reconfigure(look(dark)) }));
  return {
    text: () => view.state.doc.toString(),
    focus: () => view.focus(),
    // replace replaces the text without calling change.
    replace(text) {
      if (text === view.state.doc.toString()) return;
      quiet = true;
      view.dispatch({
        changes: { from: 0, to: view.state.doc.length, insert: text },
        selection: { anchor: Math.min(view.state.selection.main.anchor, text.length) },
      });
      quiet = false;
    },
    // mark underlines the places of problems.
    mark(problems) {
      view.dispatch(setDiagnostics(view.state, problems.map((p) => diagnostic(view.state.doc, p)).filter(Boolean)));
    },
    goTo: (line, column) => goTo(view, line, column),
    destroy() {
      stop();
      view.destroy();
    },
  };
}

// makeViewer shows C that cannot be edited.
export function makeViewer(parent, { text, label }) {
  const theme = new Compartment();
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        appearance(label),
        EditorState.readOnly.of(true),
        EditorView.editable.of(false),
        EditorState.tabSize.of(8),
        keymap.of([...defaultKeymap, ...searchKeymap]),
        theme.of(look(false)),
      ],
    }),
  });
  const stop = onTheme((dark) => view.dispatch({ effects: theme.reconfigure(look(dark)) }));
  return {
    destroy() {
      stop();
      view.destroy();
    },
  };
}

// appearance returns the extensions for what the editor shows.
const appearance = (label) => [
  lineNumbers(),
  lintGutter(),
  highlightActiveLine(),
  highlightActiveLineGutter(),
  highlightSpecialChars(),
  drawSelection(),
  highlightSelectionMatches(),
  cpp(),
  syntaxHighlighting(colours),
  EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
];

// editing returns the extensions for what keys do.
const editing = (save) => [
  history(),
  bracketMatching(),
  closeBrackets(),
  indentOnInput(),
  indentUnit.of("\t"),
  EditorState.tabSize.of(8),
  keymap.of([
    {
      key: "Mod-s",
      run: () => {
        save();
        return true;
      },
      preventDefault: true,
    },
    ...closeBracketsKeymap,
    ...defaultKeymap,
    ...historyKeymap,
    ...searchKeymap,
    indentWithTab,
  ]),
];

// goTo moves the cursor to a place and scrolls there.
function goTo(view, line, column) {
  const at = view.state.doc.line(Math.max(1, Math.min(line, view.state.doc.lines)));
  view.dispatch({
    selection: { anchor: Math.min(at.from + Math.max(0, column - 1), at.to) },
    scrollIntoView: true,
  });
  view.focus();
}

// diagnostic returns the mark of a problem, from its column to the end of the line.
function diagnostic(doc, p) {
  if (!p.line || p.line > doc.lines) return null;
  const line = doc.line(p.line);
  const from = Math.min(line.from + Math.max(0, (p.column || 1) - 1), line.to);
  return {
    from,
    to: line.to,
    severity: p.severity === "warning" ? "warning" : "error",
    message: [p.text, p.explanation !== p.text && p.explanation, p.fix].filter(Boolean).join("\n"),
  };
}
