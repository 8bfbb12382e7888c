import { h } from "./dom.js";
import { showCode } from "./personal_code.js";
import { themeSwitch } from "./theme.js";

// frame returns the parts of every page: header, main and footer.
export function frame(me, title, ...actions) {
  const main = h("main", { id: "main", tabindex: -1 });
  const header = h(
    "header",
    { class: "top" },
    h(
      "a",
      { class: "brand", href: "/", "data-link": "" },
      h("img", { src: "/icon.svg", alt: "", width: 22, height: 22 }),
      h("span", null, "bpflab"),
    ),
    h("span", { class: "where" }, title),
    h("span", { class: "space" }),
    ...actions,
    who(me),
    themeSwitch(),
  );
  return {
    header,
    main,
    footer: h(
      "footer",
      { class: "bottom" },
      h("a", { href: "/LICENSES.txt" }, "Licences of the software in this page"),
    ),
  };
}

// who shows the class and, for a student, a button to continue on another computer.
function who(me) {
  if (!me?.class) return null;
  if (!me.name) return h("span", { class: "who" }, me.class);
  return h(
    "button",
    {
      type: "button",
      class: "quiet who",
      title: "Continue on another computer",
      "aria-label": `${me.name}, ${me.class}: continue on another computer`,
      onclick: () => showCode("/api/me/code"),
    },
    `${me.name}, ${me.class}`,
  );
}
