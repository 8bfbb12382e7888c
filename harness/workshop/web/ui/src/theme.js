import { h } from "./dom.js";

const system = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set();

// dark reports whether the page is dark.
export const dark = () => (localStorage.getItem("theme") || (system.matches ? "dark" : "light")) === "dark";

// onTheme calls a function now and whenever the page turns dark or light. The result stops
// that.
export function onTheme(f) {
  listeners.add(f);
  f(dark());
  return () => listeners.delete(f);
}

export function applyTheme() {
  document.documentElement.dataset.theme = dark() ? "dark" : "light";
  for (const f of listeners) f(dark());
}
system.addEventListener("change", applyTheme);

// themeSwitch returns the button that turns the page dark or light.
export function themeSwitch() {
  const button = h("button", {
    type: "button",
    class: "quiet",
    onclick: () => {
      localStorage.setItem("theme", dark() ? "light" : "dark");
      applyTheme();
      label();
    },
  });
  const label = () => {
    button.textContent = dark() ? "☀ Light" : "☾ Dark";
    button.setAttribute("aria-label", dark() ? "Turn the page light" : "Turn the page dark");
  };
  label();
  return button;
}
