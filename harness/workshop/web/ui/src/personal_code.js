import { post } from "./api.js";
import { copy } from "./copy.js";
import { h, toast } from "./dom.js";

// showCode asks the server for a personal code of a student and shows how to use it.
export async function showCode(path, body) {
  let own;
  try {
    own = await post(path, body);
  } catch (err) {
    toast(err.message, "error");
    return;
  }
  const dialog = h(
    "dialog",
    { class: "own-code", "aria-labelledby": "own-code-title", "data-name": own.name, "data-made": own.made },
    h("h2", { id: "own-code-title" }, "Continue on another computer"),
    h("p", null, "Open ", h("strong", null, location.origin + "/"), " there, and join as"),
    h(
      "dl",
      null,
      h("dt", null, "Name"),
      h("dd", null, own.name),
      h("dt", null, "Code"),
      h("dd", null, h("strong", { class: "join-code" }, own.code)),
    ),
    h(
      "p",
      { class: "help" },
      "The code works once, in place of the class's code. Files and progress are kept; the page on this computer is signed out.",
    ),
    h(
      "p",
      null,
      h(
        "button",
        {
          type: "button",
          onclick: async () =>
            (await copy(own.code)) ? toast("Copied.") : toast("This browser does not let the page copy.", "error"),
        },
        "Copy the code",
      ),
      " ",
      h("button", { type: "button", class: "main", onclick: () => dialog.close() }, "Close"),
    ),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

// codeUsed closes a code that is shown once it is of no more use: its student has used it,
// or has another one, also from another teacher.
export function codeUsed(students) {
  const dialog = document.querySelector("dialog.own-code[data-made]");
  if (!dialog) return;
  const { name, made } = dialog.dataset;
  const now = students.find((s) => s.name === name)?.code;
  if (now && new Date(now) <= new Date(made)) return;
  dialog.close();
  toast(
    now
      ? `${name} has a newer code: this one no longer works.`
      : `The code of ${name} was used, or is not valid any more.`,
  );
}
