import { post } from "./api.js";
import { h, toast } from "./dom.js";

// helpButton calls the teacher, or withdraws the call. Its set shows which of them it is.
export function helpButton(wanted) {
  const el = h("button", { type: "button", class: "quiet help-button", onclick: () => change(!wanted) });
  el.set = (on) => {
    wanted = on;
    el.textContent = on ? "Help is called" : "Call for help";
    el.title = on ? "The teacher sees it; click to withdraw" : "Tell the teacher that you need help";
    el.setAttribute("aria-pressed", String(on));
  };
  const change = (on) =>
    post("/api/me/help", { wanted: on }).then(
      () => el.set(on),
      (err) => toast(err.message, "error"),
    );
  el.set(wanted);
  return el;
}
