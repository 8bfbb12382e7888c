import { h } from "./dom.js";
import { terms } from "./glossary.js";
import { toggle } from "./maximise.js";
import { goToPart, parts } from "./views.js";

// keys are the shortcuts of a lab's page, and what they do.
const keys = [
  ["Ctrl-S or ⌘S", "save, and check the step"],
  ["Alt-1, Alt-2, Alt-3, Alt-4", "to the lesson, the editor, the terminal, the results"],
  ["Alt-M", "maximise the part one is in, and back"],
  ["Escape, then Tab", "leave the editor (Tab alone indents)"],
  ["Ctrl-Shift-E", "leave the terminal, onward to the results"],
  ["Ctrl-C", "end the program that runs in the terminal"],
  ["← →", "choose another tab; move a splitter"],
  ["?", "this list, outside of the editor and the terminals"],
];

// listen makes the keys of a lab's page work, until the result is called.
export function listen(main) {
  const press = (e) => {
    if (e.altKey && !e.ctrlKey && !e.metaKey) return withAlt(main, e);
    const typing = e.target.closest("input, textarea, dialog, [contenteditable=true]");
    if (e.key === "?" && !typing) showKeys();
  };
  document.addEventListener("keydown", press, true); // before the editor and the terminals
  return () => document.removeEventListener("keydown", press, true);
}

function withAlt(main, e) {
  const part = parts[["Digit1", "Digit2", "Digit3", "Digit4"].indexOf(e.code)];
  const inside = parts.find((p) => e.target.closest(p.el));
  if (part) goToPart(main, part);
  else if (e.code === "KeyM" && inside) toggle(inside.name);
  else return;
  e.preventDefault();
  e.stopPropagation();
}

// showKeys shows the shortcuts and the glossary.
export function showKeys() {
  if (document.getElementById("keys")) return;
  const list = (pairs) =>
    h(
      "dl",
      { class: "pairs" },
      pairs.flatMap(([a, b]) => [h("dt", null, a), h("dd", null, b)]),
    );
  const dialog = h(
    "dialog",
    { id: "keys", class: "card keys", "aria-labelledby": "keys-title" },
    h("h2", { id: "keys-title", tabindex: "-1", autofocus: true }, "Keys"),
    list(keys),
    h("h2", null, "Words"),
    list(terms.map((t) => [t.name, t.means])),
    h(
      "p",
      { class: "buttons" },
      h("button", { type: "button", class: "main", onclick: () => dialog.close() }, "Close"),
    ),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

// keysButton returns the button that shows the shortcuts.
export const keysButton = () =>
  h(
    "button",
    { type: "button", class: "quiet", "aria-label": "Keys and words", title: "Keys and words (?)", onclick: showKeys },
    "?",
  );
