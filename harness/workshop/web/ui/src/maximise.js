import { h } from "./dom.js";

const key = "maximised";
const all = new Map(); // name of a part of the page: what shows whether it is maximised

// maximiser returns the button that gives a part of the page the whole window, and back.
// The choice is kept.
export function maximiser(part, name, label) {
  const button = h("button", { type: "button", class: "quiet maximise", onclick: () => toggle(name) }, "□");
  all.set(name, () => {
    const on = localStorage.getItem(key) === name;
    part.classList.toggle("maximised", on);
    button.setAttribute("aria-pressed", String(on));
    button.setAttribute("aria-label", `Maximise ${label}`);
    button.title = `${on ? "Back to all parts" : `Maximise ${label}`} (Alt-M)`;
  });
  all.get(name)();
  return button;
}

// toggle maximises a part, or ends that.
export function toggle(name) {
  if (localStorage.getItem(key) === name) localStorage.removeItem(key);
  else localStorage.setItem(key, name);
  for (const show of all.values()) show();
}

// restore ends the maximising of any part but one.
export function restore(except) {
  const now = localStorage.getItem(key);
  if (now && now !== except) toggle(now);
}
