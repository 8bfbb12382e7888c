import { h } from "./dom.js";

// copy copies a text to the clipboard, and returns false if the browser does not permit
// it. A page that came over HTTP from another computer, as in a class, has no
// navigator.clipboard.
export async function copy(text) {
  if (navigator.clipboard)
    return navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
  const focused = document.activeElement;
  const area = h("textarea", { class: "hidden", "aria-hidden": "true", tabindex: -1 });
  area.value = text;
  (document.querySelector("dialog[open]") || document.body).append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  focused?.focus();
  return copied;
}
