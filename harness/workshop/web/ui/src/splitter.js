import { h } from "./dom.js";

// splitter returns a bar between two elements, which the mouse or the arrow keys move. The
// share of the first element is stored in percent, and set as a CSS variable of the parent;
// at first it is the usual one.
export function splitter(parent, name, vertical, label, usual) {
  const key = "split-" + name;
  const set = (share) => {
    const n = Math.min(80, Math.max(20, share));
    parent.style.setProperty("--" + name, n + "%");
    bar.setAttribute("aria-valuenow", String(Math.round(n)));
    localStorage.setItem(key, String(n));
  };
  const drag = (e) => {
    const box = parent.getBoundingClientRect();
    set(vertical ? ((e.clientY - box.top) / box.height) * 100 : ((e.clientX - box.left) / box.width) * 100);
  };
  const bar = h("div", {
    class: "splitter " + (vertical ? "across" : "upright"),
    role: "separator",
    tabindex: "0",
    "aria-label": label,
    "aria-orientation": vertical ? "horizontal" : "vertical",
    "aria-valuemin": "20",
    "aria-valuemax": "80",
    onpointerdown: (e) => {
      e.preventDefault();
      bar.setPointerCapture(e.pointerId);
      bar.addEventListener("pointermove", drag);
    },
    onpointerup: () => bar.removeEventListener("pointermove", drag),
    onkeydown: (e) => {
      const less = vertical ? "ArrowUp" : "ArrowLeft",
        more = vertical ? "ArrowDown" : "ArrowRight";
      if (e.key !== less && e.key !== more) return;
      e.preventDefault();
      set(Number(bar.getAttribute("aria-valuenow")) + (e.key === more ? 3 : -3));
    },
  });
  set(Number(localStorage.getItem(key)) || usual);
  return bar;
}
