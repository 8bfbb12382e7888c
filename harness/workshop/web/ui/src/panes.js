import { post } from "./api.js";
import { h, fill, announce, toast } from "./dom.js";

const names = {
  pass: "Passed",
  fail: "Not yet",
  timeout: "Took too long",
  unsupported: "This kernel cannot",
  infra: "The machine's fault",
};
const maxTrace = 500;

// makePanes shows what a check found, the kernel's trace, the maps, and a comparison of
// kernels, each in a tab.
export function makePanes(base, me, { goTo, next, visible }) {
  const panes = { result: h("div"), trace: h("div", { class: "trace" }), maps: h("div"), compare: h("div") };
  const titles = { result: "Result", trace: "Trace", maps: "Maps", compare: "Other kernels" };
  const tabs = h("div", { class: "tabs", role: "tablist", "aria-label": "What the machine says" });
  const el = h(
    "section",
    { class: "panes", "aria-label": "What the machine says" },
    tabs,
    Object.entries(panes).map(([name, pane]) => {
      pane.id = "pane-" + name;
      pane.setAttribute("role", "tabpanel");
      pane.setAttribute("aria-labelledby", "show-" + name);
      pane.tabIndex = 0;
      pane.classList.add("pane");
      return pane;
    }),
  );
  let active, step, last, other;

  const select = (name) => {
    active = name;
    for (const [n, pane] of Object.entries(panes)) pane.hidden = n !== name;
    fill(
      tabs,
      Object.keys(panes).map((n) =>
        h(
          "button",
          {
            type: "button",
            role: "tab",
            id: "show-" + n,
            class: n === name ? "on" : "",
            "aria-selected": String(n === name),
            "aria-controls": "pane-" + n,
            tabindex: n === name ? "0" : "-1",
            onclick: () => select(n),
            onkeydown: arrows,
          },
          titles[n],
        ),
      ),
    );
    visible(name === "trace" || name === "maps");
  };
  const arrows = (e) => {
    const all = Object.keys(panes),
      at = all.indexOf(active);
    if (e.key === "ArrowRight") select(all[(at + 1) % all.length]);
    else if (e.key === "ArrowLeft") select(all[(at + all.length - 1) % all.length]);
    else return;
    document.getElementById("show-" + active).focus();
  };

  const showResult = () =>
    fill(
      panes.result,
      last
        ? report(last, goTo, next)
        : h("p", { class: "empty" }, "Save (Ctrl-S) or check a step, and what the kernel made of it stands here."),
    );
  const compare = async (kernel) => {
    fill(
      panes.compare,
      ...chooser(kernel),
      h("p", { class: "empty", role: "status" }, `The step is done on ${kernel}.`),
    );
    try {
      other = await post(base + "/compare", { kernel, step });
      announce(`On ${kernel}: ${names[other.verdict]}`);
    } catch (err) {
      other = undefined;
      toast(err.message, "error");
    }
    showCompare(kernel);
  };
  const chooser = (chosen) => [
    h(
      "p",
      { class: "kernels" },
      h("span", null, "Do the step with this code on"),
      me.kernels
        .filter((k) => k !== me.kernel)
        .map((k) => h("button", { type: "button", class: k === chosen ? "on" : "", onclick: () => compare(k) }, k)),
    ),
  ];
  const showCompare = (kernel) =>
    fill(
      panes.compare,
      ...chooser(kernel),
      other
        ? h(
            "div",
            { class: "beside" },
            h(
              "section",
              { "aria-label": "Your kernel" },
              h("h3", null, `Linux ${me.kernel} (yours)`),
              last && last.step === other.step
                ? report(last, goTo)
                : h("p", { class: "empty" }, "This step was not checked here yet."),
            ),
            h(
              "section",
              { "aria-label": "The other kernel" },
              h("h3", null, `Linux ${other.kernel}`),
              report(other, goTo),
            ),
          )
        : null,
    );

  const trace = h("ol", { class: "lines" });
  const traceNote = h("p", { class: "note" }, "What programs print appears here while this pane is open.");
  panes.trace.append(traceNote, trace);
  const addTrace = (news) => {
    if (news.clear) trace.replaceChildren();
    const bottom = panes.trace.scrollHeight - panes.trace.scrollTop - panes.trace.clientHeight < 40;
    for (const l of news.lines || [])
      trace.append(h("li", null, h("b", null, `${l.comm}-${l.pid}`), ` ${l.message || l.raw}`));
    while (trace.childElementCount > maxTrace) trace.firstChild.remove();
    if (news.lost) traceNote.textContent = `${news.lost} lines were lost: they came too fast.`;
    else traceNote.textContent = news.error || (trace.childElementCount ? "" : traceNote.textContent);
    if (bottom) panes.trace.scrollTop = panes.trace.scrollHeight;
  };

  select("result");
  showCompare();
  showResult();
  return {
    el,
    shows: () => active === "trace" || active === "maps",
    update(state) {
      const now = state.steps[state.step]?.last;
      if (step === state.step && JSON.stringify(last) === JSON.stringify(now)) return;
      step = state.step;
      last = now;
      showResult();
    },
    report(r) {
      last = r;
      showResult();
      if (other && other.step !== r.step) other = undefined;
      if (active !== "trace" && active !== "maps") select("result");
      announce(spoken(r));
    },
    trace: addTrace,
    maps: (maps) =>
      fill(
        panes.maps,
        maps.length ? maps.map(mapTable) : h("p", { class: "empty" }, "The program has no maps that can be shown."),
      ),
  };
}

// spoken is a report as a screen reader says it.
function spoken(r) {
  const wrong = (r.checks || []).find((c) => c.verdict !== "pass");
  const problem = r.problems?.[0];
  return [
    names[r.verdict],
    problem ? `line ${problem.line}: ${problem.text}` : wrong && `expected ${wrong.expected}; seen ${wrong.seen}`,
  ]
    .filter(Boolean)
    .join(". ");
}

function report(r, goTo, next) {
  return h(
    "div",
    { class: "report " + r.verdict },
    h(
      "p",
      { class: "verdict" },
      h("span", { class: "badge", "aria-hidden": "true" }, r.verdict === "pass" ? "✓" : "✗"),
      h("strong", null, names[r.verdict] || r.verdict),
      h(
        "span",
        { class: "facts" },
        [r.release && `Linux ${r.release}`, `${r.seconds.toFixed(2)} s`].filter(Boolean).join(" · "),
      ),
      r.verdict === "pass" && next ? h("button", { type: "button", class: "main", onclick: next }, "Next step") : null,
    ),
    (r.problems || []).map((p) =>
      h(
        "div",
        { class: "problem" },
        h(
          "p",
          null,
          p.line
            ? h(
                "button",
                { type: "button", class: "place", onclick: () => goTo(p.line, p.column) },
                `${p.file}:${p.line}`,
              )
            : h("span", { class: "place" }, p.file),
          " ",
          h("code", null, p.text),
        ),
        p.explanation && p.explanation !== p.text ? h("p", null, p.explanation) : null,
        p.fix ? h("p", { class: "fix" }, p.fix) : null,
      ),
    ),
    (r.diagnosis || []).map((d) =>
      h("div", { class: "diagnosis" }, h("p", null, d.text), d.fix ? h("p", { class: "fix" }, d.fix) : null),
    ),
    h(
      "ul",
      { class: "checks" },
      (r.checks || []).map((c) =>
        h(
          "li",
          { class: c.verdict },
          h(
            "span",
            { class: "sign", "aria-label": c.verdict === "pass" ? "holds" : "does not hold" },
            c.verdict === "pass" ? "✓" : "✗",
          ),
          h(
            "dl",
            null,
            h("dt", null, "expected"),
            h("dd", null, c.expected),
            h("dt", null, "seen"),
            h("dd", null, h("pre", null, c.seen)),
          ),
        ),
      ),
    ),
    (r.notes || []).length
      ? h(
          "ul",
          { class: "notes" },
          r.notes.map((n) => h("li", null, n)),
        )
      : null,
    r.output
      ? h("details", null, h("summary", null, "Output of the commands"), h("pre", { tabindex: "0" }, r.output))
      : null,
    r.log ? h("details", null, h("summary", null, "The verifier's log"), h("pre", { tabindex: "0" }, r.log)) : null,
  );
}

function mapTable(m) {
  return h(
    "section",
    { class: "map" },
    h("h3", null, m.name, " ", h("span", { class: "facts" }, m.type)),
    m.error
      ? h("p", { class: "wrong" }, m.error)
      : m.entries.length
        ? h(
            "table",
            null,
            h("thead", null, h("tr", null, h("th", { scope: "col" }, "key"), h("th", { scope: "col" }, "value"))),
            h(
              "tbody",
              null,
              m.entries.map((e) => h("tr", null, h("td", null, e.key), h("td", null, e.value))),
            ),
          )
        : h("p", { class: "empty" }, "no entries"),
    m.cut ? h("p", { class: "help" }, "There are more.") : null,
  );
}
