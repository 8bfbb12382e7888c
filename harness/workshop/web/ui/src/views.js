import { h } from "./dom.js";
import { restore } from "./maximise.js";

// parts are the parts of a lab's page, as the keys Alt-1 to Alt-4 and the buttons of a
// narrow page name them: the class of each, and what in it is focused.
export const parts = [
  { name: "lesson", title: "Lesson", el: ".left", focus: ".step.current .step-head, .left button" },
  { name: "editor", title: "Editor", el: ".editor", focus: ".code-area:not([hidden]) .cm-content" },
  { name: "terminals", title: "Terminal", el: ".terminals", focus: ".body:not([hidden]) textarea" },
  { name: "results", title: "Results", el: ".panes", focus: "[role=tab][tabindex='0']" },
];

// goToPart shows a part of the page and focuses it.
export function goToPart(root, part) {
  const el = root.querySelector(part.el);
  if (!el) return;
  restore(part.name);
  el.scrollIntoView({ inline: "start", block: "nearest" });
  el.querySelector(part.focus)?.focus({ preventScroll: true });
}

// viewButtons returns the buttons that lead to the parts on a narrow page, where one swipes
// between them. They show which one is visible.
export function viewButtons(main) {
  const there = parts.filter((p) => main.querySelector(p.el));
  const buttons = there.map((p) =>
    h(
      "button",
      {
        type: "button",
        onclick: () =>
          main.querySelector(p.el).scrollIntoView({ inline: "start", block: "nearest", behavior: "smooth" }),
      },
      p.title,
    ),
  );
  const show = () => {
    const now = Math.round(main.scrollLeft / Math.max(1, main.clientWidth));
    buttons.forEach((b, i) => {
      if (i === now) b.setAttribute("aria-current", "true");
      else b.removeAttribute("aria-current");
    });
  };
  main.addEventListener("scroll", show, { passive: true });
  show();
  return h("nav", { class: "views", "aria-label": "Parts of the page" }, buttons);
}
