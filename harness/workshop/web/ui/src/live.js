import { h } from "./dom.js";

// maxLines is how many lines of the trace are kept.
const maxLines = 500;

// Trace shows the lines of the kernel's trace buffer.
export class Trace {
  constructor() {
    this.lines = h("ol", { class: "lines" });
    this.note = h("p", { class: "note" }, "What programs print appears here while this pane is open.");
    this.el = h("div", { class: "trace" }, this.note, this.lines);
  }

  // add adds new lines, and scrolls to the end if the end was visible.
  add(update) {
    const { el, lines, note } = this;
    if (update.clear) lines.replaceChildren();
    const atEnd = el.scrollHeight - el.scrollTop - el.clientHeight < 40;
    for (const l of update.lines || [])
      lines.append(h("li", null, h("b", null, `${l.comm}-${l.pid}`), ` ${l.message || l.raw}`));
    while (lines.childElementCount > maxLines) lines.firstChild.remove();
    if (update.lost) note.textContent = `${update.lost} lines were lost because they came too fast.`;
    else note.textContent = update.error || (lines.childElementCount ? "" : note.textContent);
    if (atEnd) el.scrollTop = el.scrollHeight;
  }
}

// mapTable renders a map.
export function mapTable(m) {
  return h(
    "section",
    { class: "map" },
    h("h3", null, m.name, " ", h("span", { class: "facts" }, m.type)),
    content(m),
    m.cut && h("p", { class: "help" }, "There are more entries."),
  );
}

function content(m) {
  if (m.error) return h("p", { class: "wrong" }, m.error);
  if (!m.entries.length) return h("p", { class: "empty" }, "no entries");
  const rows = m.entries.map((e) => h("tr", null, h("td", null, e.key), h("td", null, e.value)));
  const head = h("tr", null, h("th", { scope: "col" }, "key"), h("th", { scope: "col" }, "value"));
  return h("table", null, h("thead", null, head), h("tbody", null, rows));
}
