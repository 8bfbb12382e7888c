import { get, remove } from "./api.js";
import { h, fill, toast } from "./dom.js";
import { maximiser } from "./maximise.js";
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
    this.tabs = h("div", { class: "tablist", role: "tablist", "aria-label": "Terminals" });
    this.actions = h("span", { class: "actions" });
    this.bodies = h("div", { class: "bodies" });
    this.el = h("section", { class: "terminals", "aria-label": "Terminals in your machine" });
    this.el.append(
      h("div", { class: "tabs" }, this.tabs, this.actions, maximiser(this.el, "terminals", "the terminal")),
      this.bodies,
      h("p", { class: "help terminal-help" }, "Ctrl-Shift-E leaves the terminal, onward to the results."),
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
    const number = this.all().indexOf(this.active) + 1;
    const close = h(
      "button",
      {
        type: "button",
        class: "quiet",
        "aria-label": `Close terminal ${number}`,
        onclick: () => this.close(this.active),
      },
      "×",
    );
    fill(
      this.tabs,
      this.all().map((t, i) => this.tab(t, i + 1)),
    );
    fill(this.actions, this.open.size > 1 && close, this.open.size < maxTerminals && more);
  }

  tab(t, number) {
    const selected = t === this.active;
    return h(
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
    const leave = () => document.querySelector(".panes [role=tab][aria-selected=true]").focus();
    const t = new ShellTerminal(`${this.base}/terminals/${id}`, id, { leave });
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

  // run types commands in the selected terminal, unless something runs there.
  run(text) {
    this.active.focus();
    if (this.active.busy()) {
      const number = this.all().indexOf(this.active) + 1;
      toast(`Something is running in terminal ${number}: end it with Ctrl-C, or open one more terminal with +.`);
      return;
    }
    this.active.type(text.endsWith("\n") ? text : text + "\n");
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
