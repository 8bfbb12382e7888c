import { h, fill } from "./dom.js";
import { follow } from "./events.js";

// look shows the teacher a student's C file as it is, also while the student types.
export function look(path, title) {
  const state = h("span", { class: "facts", role: "status" });
  const code = h("pre", { class: "look", tabindex: "0", "aria-label": `${title}: the C file` });
  const dialog = h(
    "dialog",
    { class: "watch", "aria-label": title },
    h(
      "p",
      { class: "bar" },
      h("strong", null, title),
      " ",
      state,
      h("span", { class: "space" }),
      h("button", { type: "button", onclick: () => dialog.close() }, "Close"),
    ),
    code,
  );
  const events = follow(path, {
    lost: () => (state.textContent = "reconnecting"),
    message: (m) => {
      state.textContent = [m.file || "this lab has no C file", m.saved ? "" : "not saved yet", m.error, m.line]
        .filter(Boolean)
        .join(" · ");
      fill(code, lines(m.code));
    },
  });
  dialog.addEventListener("close", () => {
    events.stop();
    dialog.remove();
  });
  document.body.append(dialog);
  dialog.showModal();
}

// lines returns the lines of a text with their numbers.
const lines = (text) =>
  text
    .split("\n")
    .map((line, i) => [h("span", { class: "line-number", "aria-hidden": "true" }, String(i + 1)), line + "\n"])
    .flat();
