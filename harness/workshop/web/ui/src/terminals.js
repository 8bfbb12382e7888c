import { get, remove } from "./api.js";
import { h, fill } from "./dom.js";
import { ShellTerminal } from "./terminal.js";

// maxTerminals is how many terminals the server allows.
const maxTerminals = 4;

// openTerminals opens the terminals of a lab: those that are running, and those that were
// open before a reload.
export async function openTerminals(base, key) {
  const running = await get(base + "/terminals").then(
    (a) => a.terminals,
    () => [],
  );
  const stored = JSON.parse(localStorage.getItem(key) || "[]");
  const ids = [...new Set([...running, ...stored])].slice(0, maxTerminals);
  return new Terminals(base, key, ids.length ? ids : ["t1"]);
}

// Terminals shows the terminals of a lab, each in a tab.
class Terminals {
  // key is where localStorage has the terminals' IDs.
  constructor(base, key, ids) {
    Object.assign(this, { base, key, open: new Map() });
    this.tabs = h("div", { class: "tabs", role: "tablist", "aria-label": "Terminals" });
    this.bodies = h("div", { class: "bodies" });
    this.el = h(
      "section",
      { class: "terminals", "aria-label": "Terminals in your machine" },
      this.tabs,
      this.bodies,
      h("p", { class: "help terminal-help" }, "Ctrl-Shift-E leaves the terminal."),
    );
    for (const id of ids) this.add(id);
    this.select(this.all()[0]);
    this.resizes = new ResizeObserver(() => this.active.fit());
    this.resizes.observe(this.bodies);
  }

  all() {
    return [...this.open.values()];
  }

  draw() {
    const more = h(
      "button",
      {
        type: "button",
        class: "quiet",
        "aria-label": "One more terminal",
        onclick: () => this.select(this.add(this.newID())),
      },
      "+",
    );
    fill(
      this.tabs,
      this.all().map((t, i) => this.tab(t, i + 1)),
      this.open.size < maxTerminals && more,
    );
  }

  tab(t, number) {
    const selected = t === this.active;
    const button = h(
      "button",
      {
        type: "button",
        role: "tab",
        id: "tab-" + t.id,
        "aria-selected": String(selected),
        "aria-controls": "term-" + t.id,
        tabindex: selected ? "0" : "-1",
        onclick: () => this.select(t),
        onkeydown: (e) => this.moveTab(e),
      },
      `Terminal ${number}`,
    );
    const close = h(
      "button",
      { type: "button", class: "quiet", "aria-label": `Close terminal ${number}`, onclick: () => this.close(t) },
      "×",
    );
    return h("span", { class: "tab" + (selected ? " on" : "") }, button, this.open.size > 1 && close);
  }

  moveTab(e) {
    const move = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (!move) return;
    const all = this.all();
    this.select(all[(all.indexOf(this.active) + move + all.length) % all.length]);
    document.getElementById("tab-" + this.active.id).focus();
  }

  select(t) {
    this.active = t;
    for (const other of this.all()) other.el.hidden = other !== t;
    this.draw();
    t.fit();
  }

  newID() {
    let n = 1;
    while (this.open.has("t" + n)) n++;
    return "t" + n;
  }

  add(id) {
    const t = new ShellTerminal(`${this.base}/terminals/${id}`, id);
    this.open.set(id, t);
    this.bodies.append(t.el);
    this.store();
    return t;
  }

  close(t) {
    remove(`${this.base}/terminals/${t.id}`).catch(() => {});
    t.destroy();
    this.open.delete(t.id);
    this.store();
    this.select(this.all()[0]);
  }

  store() {
    localStorage.setItem(this.key, JSON.stringify([...this.open.keys()]));
  }

  // type types a text in the selected terminal.
  type(text) {
    this.active.type(text);
    this.active.focus();
  }

  // revive opens new shells where the last one has ended, as after a reset of the machine.
  revive() {
    for (const t of this.all()) t.revive();
  }

  destroy() {
    this.resizes.disconnect();
    for (const t of this.all()) t.destroy();
  }
}
