import { post } from "./api.js";
import { copy } from "./copy.js";
import { h, toast } from "./dom.js";

// showCode asks the server for a personal code of a student and shows how to use it.
export async function showCode(path) {
  let own;
  try {
    own = await post(path);
  } catch (err) {
    toast(err.message, "error");
    return;
  }
  const dialog = h(
    "dialog",
    { class: "own-code", "aria-labelledby": "own-code-title" },
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
