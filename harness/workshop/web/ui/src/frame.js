import { h } from "./dom.js";
import { themeSwitch } from "./theme.js";

// frame is what every page has: a header, and the content.
export function frame(me, title, ...actions) {
  const main = h("main", { id: "main", tabindex: -1 });
  const header = h("header", { class: "top" },
    h("a", { class: "brand", href: "/", "data-link": "" }, h("img", { src: "/icon.svg", alt: "", width: 22, height: 22 }), h("span", null, "bpflab")),
    h("span", { class: "where" }, title),
    h("span", { class: "space" }),
    ...actions,
    me && me.class ? h("span", { class: "who" }, me.name ? `${me.name}, ${me.class}` : me.class) : null,
    themeSwitch());
  return { header, main, footer: h("footer", { class: "bottom" }, h("a", { href: "/LICENSES.txt" }, "Licences of what this page is made of")) };
}
