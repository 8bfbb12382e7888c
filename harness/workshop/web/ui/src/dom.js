// h creates an element: h("button", { class: "main", onclick }, "text", child).
export function h(tag, props, ...children) {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(props || {})) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) el.addEventListener(name.slice(2), value);
    else if (name === "html")
      el.innerHTML = value; // from this server, which sanitises it
    else if (name in el && !name.startsWith("aria") && typeof value !== "string") el[name] = value;
    else el.setAttribute(name, value === true ? "" : value);
  }
  el.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return el;
}

// fill replaces the children of an element. If one of them had the focus and an ID, that
// with the same ID has it afterwards.
export function fill(el, ...children) {
  const focused = el.contains(document.activeElement) && document.activeElement.id;
  el.replaceChildren(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  if (focused) document.getElementById(focused)?.focus();
}

// announce has a screen reader read a text.
export function announce(text) {
  const polite = document.getElementById("polite");
  polite.textContent = "";
  setTimeout(() => {
    polite.textContent = text;
  }, 50);
}

let toasts;

// toast shows a text above the page for a while, or until it is closed if kind is "sticky".
// action is the text of a further button and what it does.
export function toast(text, kind = "info", action) {
  if (!toasts) document.body.append((toasts = h("div", { class: "toasts" })));
  const close = () => box.remove();
  const box = h(
    "div",
    { class: "toast " + kind, role: kind === "error" ? "alert" : "status" },
    h("span", null, text),
    action && h("button", { type: "button", onclick: action[1] }, action[0]),
    h("button", { type: "button", class: "quiet", "aria-label": "Close this message", onclick: close }, "×"),
  );
  toasts.append(box);
  if (kind !== "sticky") setTimeout(close, 9000);
}

// plural returns a number and a noun, such as "1 step" or "3 steps".
export const plural = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;
