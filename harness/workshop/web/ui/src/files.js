import { h, fill } from "./dom.js";
import { makeViewer } from "./editor.js";

// Files shows the student's C file and the headers that it includes, each in a tab. The
// headers can be read only.
export class Files {
  // area is the element with the editor.
  constructor(file, headers, area) {
    Object.assign(this, { area, headers, names: [file, ...headers.map((x) => x.name)] });
    this.tabs = h("div", { class: "tabs files", role: "tablist", "aria-label": "Files" });
    this.el = h("div", { class: "code-areas" }, area);
    area.id = "file-0";
    this.select(0);
  }

  // select shows the file with a number: 0 is the student's own.
  select(n) {
    this.active = n;
    this.destroy();
    this.area.hidden = n !== 0;
    if (n > 0) this.view(n);
    fill(
      this.tabs,
      this.names.map((name, i) => this.tab(name, i)),
    );
  }

  view(n) {
    const area = h("div", { class: "code-area", id: "file-" + n });
    const { name, text } = this.headers[n - 1];
    this.el.append(area);
    this.viewArea = area;
    this.viewer = makeViewer(area, { text, label: `${name}, a header of this lab, read-only` });
  }

  tab(name, i) {
    const selected = i === this.active;
    return h(
      "button",
      {
        type: "button",
        role: "tab",
        id: "show-file-" + i,
        "aria-selected": String(selected),
        "aria-controls": selected ? "file-" + i : null,
        tabindex: selected ? "0" : "-1",
        onclick: () => this.select(i),
        onkeydown: (e) => this.moveTab(e),
      },
      name,
      i > 0 && h("span", { class: "facts" }, " read-only"),
    );
  }

  moveTab(e) {
    const move = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (!move) return;
    this.select((this.active + move + this.names.length) % this.names.length);
    document.getElementById("show-file-" + this.active).focus();
  }

  // destroy removes the header that is shown, if one is.
  destroy() {
    this.viewer?.destroy();
    this.viewer = undefined;
    this.viewArea?.remove();
  }
}
