import { post } from "./api.js";
import { h, fill, announce, toast } from "./dom.js";
import { maximiser } from "./maximise.js";
import { report, spoken, verdicts } from "./report.js";
import { Trace, mapTable } from "./live.js";

const titles = { result: "Result", trace: "Trace", maps: "Maps", compare: "Other kernels" };

// Panes shows the result of the last check, the kernel's trace, the maps, and a
// comparison of kernels, each in a tab.
export class Panes {
  // goTo shows a line in the editor, next leads to the next step, and visible is called
  // when another tab is selected.
  constructor(base, me, { goTo, next, visible }) {
    Object.assign(this, { base, me, goTo, next, visible });
    this.traceLines = new Trace();
    this.panes = { result: h("div"), trace: this.traceLines.el, maps: h("div"), compare: h("div") };
    this.tabs = h("div", { class: "tablist", role: "tablist", "aria-label": "Results" });
    this.el = h("section", { class: "panes", "aria-label": "Results" });
    this.el.append(
      h("div", { class: "tabs" }, this.tabs, maximiser(this.el, "results", "the results")),
      ...this.panels(),
    );
    this.select("result");
    this.showCompare();
    this.showResult();
  }

  panels() {
    return Object.entries(this.panes).map(([name, pane]) => {
      pane.id = "pane-" + name;
      pane.setAttribute("role", "tabpanel");
      pane.setAttribute("aria-labelledby", "show-" + name);
      pane.tabIndex = 0;
      pane.classList.add("pane");
      return pane;
    });
  }

  select(name) {
    this.active = name;
    for (const [n, pane] of Object.entries(this.panes)) pane.hidden = n !== name;
    fill(
      this.tabs,
      Object.keys(this.panes).map((n) => this.tab(n)),
    );
    if (name === "compare") this.refresh();
    this.visible();
  }

  tab(name) {
    const selected = name === this.active;
    return h(
      "button",
      {
        type: "button",
        role: "tab",
        id: "show-" + name,
        class: selected ? "on" : "",
        "aria-selected": String(selected),
        "aria-controls": "pane-" + name,
        tabindex: selected ? "0" : "-1",
        onclick: () => this.select(name),
        onkeydown: (e) => this.moveTab(e),
      },
      titles[name],
    );
  }

  moveTab(e) {
    const move = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (!move) return;
    const all = Object.keys(this.panes);
    this.select(all[(all.indexOf(this.active) + move + all.length) % all.length]);
    document.getElementById("show-" + this.active).focus();
  }

  // shows reports whether the trace or the maps are visible.
  shows() {
    return this.active === "trace" || this.active === "maps";
  }

  // update shows the last report of the current step.
  update(state) {
    const now = state.steps[state.step]?.last;
    if (this.step === state.step && JSON.stringify(this.last) === JSON.stringify(now)) return;
    this.step = state.step;
    this.last = now;
    this.showResult();
  }

  // report shows a new report.
  report(r) {
    this.last = r;
    this.showResult();
    if (this.other && this.other.step !== r.step) this.other = undefined;
    if (this.active === "compare" && this.other) this.refresh();
    else if (!this.shows()) this.select("result");
    announce(spoken(r));
  }

  trace(update) {
    this.traceLines.add(update);
  }

  maps(maps) {
    const none = h("p", { class: "empty" }, "The program has no maps that can be shown.");
    fill(this.panes.maps, maps.length ? maps.map(mapTable) : none);
  }

  showResult() {
    const none = h("p", { class: "empty" }, "Save (Ctrl-S) or check a step, and the result appears here.");
    fill(this.panes.result, this.last ? report(this.last, this.goTo, this.next) : none);
  }

  // compare runs the step on another kernel.
  async compare(kernel) {
    const running = h("p", { class: "empty", role: "status" }, `The step runs on ${kernel}.`);
    this.other = undefined;
    fill(this.panes.compare, this.chooser(kernel), running);
    try {
      this.other = await post(this.base + "/compare", { kernel, step: this.step });
      announce(`On ${kernel}: ${verdicts[this.other.verdict]}`);
    } catch (err) {
      toast(err.message, "error");
    }
    this.refresh(kernel);
  }

  // refresh shows the comparison. If its sides are of different code, the older one is
  // greyed, and its step runs again.
  refresh(kernel = this.other?.kernel) {
    this.showCompare(kernel);
    const older = this.older();
    if (older === this.last && older) post(this.base + "/check", { step: older.step }).catch(() => {});
    else if (older) this.compare(older.kernel);
  }

  // older returns the report that is of older code than the other one, if there is one.
  older() {
    const { last, other } = this;
    if (!last || !other || last.step !== other.step || last.digest === other.digest) return undefined;
    return new Date(last.at) < new Date(other.at) ? last : other;
  }

  chooser(chosen) {
    const others = this.me.kernels.filter((k) => k !== this.me.kernel);
    return h(
      "p",
      { class: "kernels" },
      h("span", null, "Run the step with this code on"),
      others.map((k) =>
        h("button", { type: "button", class: k === chosen ? "on" : "", onclick: () => this.compare(k) }, k),
      ),
    );
  }

  showCompare(kernel) {
    fill(this.panes.compare, this.chooser(kernel), this.other && this.bothReports());
  }

  bothReports() {
    const { last, other, me } = this;
    const own = last && last.step === other.step ? last : undefined;
    return h(
      "div",
      { class: "beside" },
      this.side("Your kernel", `Linux ${me.kernel} (yours)`, own),
      this.side("The other kernel", `Linux ${other.kernel}`, other),
    );
  }

  // side shows a report of one kernel.
  side(label, title, r) {
    const stale = r && r === this.older();
    return h(
      "section",
      { "aria-label": label, class: stale ? "stale" : "" },
      h("h3", null, title),
      stale && h("p", { role: "status" }, "This is of other code; the step runs again."),
      r ? report(r, this.goTo) : h("p", { class: "empty" }, "This step has not been checked on this kernel."),
    );
  }
}
