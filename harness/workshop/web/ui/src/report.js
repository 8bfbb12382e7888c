import { h } from "./dom.js";

// verdicts are the verdicts as the page shows them.
export const verdicts = {
  pass: "Passed",
  fail: "Not yet",
  timeout: "Took too long",
  unsupported: "This kernel cannot",
  infra: "The machine failed",
};

// spoken returns a report as a screen reader reads it.
export function spoken(r) {
  const wrong = (r.checks || []).find((c) => c.verdict !== "pass");
  const problem = r.problems?.[0];
  return [
    verdicts[r.verdict],
    problem ? `line ${problem.line}: ${problem.text}` : wrong && `expected ${wrong.expected}; seen ${wrong.seen}`,
  ]
    .filter(Boolean)
    .join(". ");
}

// report renders a report. goTo shows a line in the editor; next leads to the next step.
export function report(r, goTo, next) {
  const notes = r.notes || [];
  return h(
    "div",
    { class: "report " + r.verdict },
    headline(r, next),
    (r.problems || []).map((p) => problem(p, goTo)),
    (r.diagnosis || []).map((d) => h("div", { class: "diagnosis" }, h("p", null, d.text), fix(d))),
    h("ul", { class: "checks" }, (r.checks || []).map(check)),
    notes.length > 0 &&
      h(
        "ul",
        { class: "notes" },
        notes.map((n) => h("li", null, n)),
      ),
    r.output && listing("Output of the commands", r.output),
    r.log && listing("The verifier's log", r.log),
  );
}

function headline(r, next) {
  const passed = r.verdict === "pass";
  const facts = [r.release && `Linux ${r.release}`, `${r.seconds.toFixed(2)} s`].filter(Boolean).join(" · ");
  return h(
    "p",
    { class: "verdict" },
    h("span", { class: "badge", "aria-hidden": "true" }, passed ? "✓" : "✗"),
    h("strong", null, verdicts[r.verdict] || r.verdict),
    h("span", { class: "facts" }, facts),
    passed && next && h("button", { type: "button", class: "main", onclick: next }, "Next step"),
  );
}

function problem(p, goTo) {
  const place = p.line
    ? h("button", { type: "button", class: "place", onclick: () => goTo(p.line, p.column) }, `${p.file}:${p.line}`)
    : h("span", { class: "place" }, p.file);
  return h(
    "div",
    { class: "problem" },
    h("p", null, place, " ", h("code", null, p.text)),
    p.explanation && p.explanation !== p.text && h("p", null, p.explanation),
    fix(p),
  );
}

const fix = (x) => x.fix && h("p", { class: "fix" }, x.fix);

function check(c) {
  const passed = c.verdict === "pass";
  const sign = h("span", { class: "sign", "aria-label": passed ? "holds" : "does not hold" }, passed ? "✓" : "✗");
  const facts = h(
    "dl",
    null,
    h("dt", null, "expected"),
    h("dd", null, c.expected),
    h("dt", null, "seen"),
    h("dd", null, h("pre", null, c.seen)),
  );
  return h("li", { class: c.verdict }, sign, facts);
}

const listing = (title, text) => h("details", null, h("summary", null, title), h("pre", { tabindex: "0" }, text));
