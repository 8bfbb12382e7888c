import { copy } from "./copy.js";
import { get, post } from "./api.js";
import { diffView } from "./diff.js";
import { h, fill, toast } from "./dom.js";
import { explainTerms } from "./glossary.js";

// makeLesson shows the text of a lab: the introduction, the steps, one of them open, and
// the ways to the labs before and after it.
export function makeLesson(base, lesson, labs, on) {
  const { run } = on;
  const steps = new Map(lesson.steps.map((s, i) => [s.name, makeStep(base, s, i, on)]));
  const intro = h("div", { class: "prose", html: lesson.intro });
  dress(intro, run);
  const el = h(
    "article",
    { class: "lesson", "aria-label": "The lesson" },
    h("h1", null, lesson.title),
    intro,
    [...steps.values()].map((s) => s.el),
    neighbours(labs, lesson.name),
  );
  let current;
  return {
    el,
    update(state) {
      for (const [name, s] of steps) s.update(state.steps[name] || {}, name === state.step);
      if (current !== undefined && current !== state.step)
        steps.get(state.step)?.el.scrollIntoView({ block: "start", behavior: "smooth" });
      current = state.step;
    },
    // open scrolls to a step, unless the lab's introduction leads to it.
    open(step) {
      if (step !== lesson.steps[0].name) steps.get(step)?.el.scrollIntoView({ block: "start", inline: "nearest" });
    },
  };
}

// neighbours returns links to the labs before and after one.
function neighbours(labs, name) {
  const at = labs.findIndex((l) => l.name === name);
  const link = (lab, text) => lab && h("a", { href: "/lab/" + lab.name }, text.replace("LAB", lab.title));
  return h(
    "nav",
    { class: "neighbours", "aria-label": "Labs" },
    link(labs[at - 1], "← LAB"),
    h("a", { href: "/" }, "All labs"),
    link(labs[at + 1], "LAB →"),
  );
}

function makeStep(base, step, i, on) {
  const body = h("div", { class: "step-body" });
  const prose = h("div", { class: "prose", html: step.html });
  const extra = h("div", { class: "extra" });
  dress(prose, step.typed && on.run);
  const solved = { open: false }; // whether the solution is shown
  let helped;
  body.append(prose, extra);
  const mark = h("span", { class: "mark", "aria-hidden": "true" }, String(i + 1));
  const said = h("span", { class: "hidden" });
  const button = h(
    "button",
    {
      type: "button",
      class: "step-head",
      "aria-expanded": "false",
      onclick: () => post(base + "/goto", { step: step.name }).catch(show),
    },
    mark,
    h("span", null, step.title),
    said,
  );
  const el = h("section", { class: "step", id: "step-" + step.name }, h("h2", null, button), body);
  return {
    el,
    update(p, current) {
      el.classList.toggle("current", current);
      el.classList.toggle("done", Boolean(p.done));
      mark.textContent = p.done ? "✓" : String(i + 1);
      said.textContent = p.done ? " (done)" : "";
      button.setAttribute("aria-expanded", String(current));
      if (current) button.setAttribute("aria-current", "step");
      else button.removeAttribute("aria-current");
      body.hidden = !current;
      const now = JSON.stringify([p.hints, p.solution]);
      if (helped !== now) fill(extra, ...help(base, step, p, solved, on));
      helped = now;
    },
  };
}

const show = (err) => toast(err.message, "error");

// help returns the hints taken in a step, the buttons for more, and the solution.
function help(base, step, p, solved, on) {
  const out = (p.hints || []).map((html, n) => {
    const box = h("div", { class: "prose hint", html });
    dress(box, on.run);
    return h("details", { open: n === p.hints.length - 1 }, h("summary", null, `Hint ${n + 1}`), box);
  });
  const left = step.hints - (p.hints || []).length;
  const buttons = [];
  if (step.checked)
    buttons.push(h("button", { type: "button", class: "main", onclick: () => on.check(step.name) }, "Check this step"));
  if (left > 0)
    buttons.push(
      h(
        "button",
        { type: "button", onclick: () => post(base + "/hint", { step: step.name }).catch(show) },
        p.hints?.length ? `Next hint (${left} left)` : "A hint",
      ),
    );
  if (step.solution && !p.solution)
    buttons.push(
      confirmed("Show the solution", "You learn more by finding it yourself. Show it?", () => {
        solved.open = true;
        post(base + "/solve", { step: step.name }).catch(show);
      }),
    );
  if (p.solution) out.push(solution(base, step, p, solved, on));
  if (buttons.length) out.push(h("p", { class: "buttons" }, buttons));
  return out;
}

// solution returns a step's solution. Once it is opened, it shows what changes in the
// student's file.
function solution(base, step, p, solved, on) {
  const box = h("div", { class: "prose", html: p.solution });
  const change = h("div", { class: "change" });
  dress(box, on.run);
  const ask = () => post(base + "/solve", { step: step.name, code: on.code() });
  const use = (text, of, what) =>
    h("button", { type: "button", onclick: () => ask().then((a) => on.useCode(a[of], what), show) }, text);
  const compare = async () => {
    const a = await ask().catch(show);
    if (!a?.code) return;
    const whole = use("Put the whole lab's solution into the editor", "code", "The lab's solution");
    if (!a.part) return fill(change, h("p", { class: "buttons" }, whole));
    const part = use("Put this step's part into the editor", "part", "The step's part");
    fill(
      change,
      h("h3", null, "What changes in your file"),
      diffView(on.code(), a.part),
      h("p", { class: "buttons" }, part, whole),
    );
  };
  const toggled = (e) => {
    solved.open = e.target.open;
    if (solved.open) compare();
  };
  return h(
    "details",
    { class: "solution", open: solved.open, ontoggle: toggled },
    h("summary", null, "Solution"),
    box,
    change,
  );
}

// confirmed returns a button that asks a question before its action.
export function confirmed(text, question, action) {
  const box = h("span", { class: "confirm" });
  const ask = () => {
    const yes = h(
      "button",
      {
        type: "button",
        class: "main",
        onclick: () => {
          reset();
          action();
        },
      },
      "Yes",
    );
    fill(
      box,
      h("span", { role: "alert" }, question),
      " ",
      yes,
      " ",
      h("button", { type: "button", onclick: reset }, "No"),
    );
    yes.focus();
  };
  const reset = () => fill(box, h("button", { type: "button", onclick: ask }, text));
  reset();
  return box;
}

// dress adds buttons to blocks of code: one to copy, and for commands one to run, unless
// run is false. It explains the words of the glossary.
function dress(root, run) {
  for (const code of root.querySelectorAll("pre > code")) {
    const prompts = code.classList.contains("language-console") ? /^[#$] /gm : /^$/;
    const text = code.textContent.replace(prompts, "");
    const pre = code.parentElement;
    const button = h(
      "button",
      {
        type: "button",
        class: "quiet",
        onclick: async () => {
          button.textContent = (await copy(text)) ? "Copied" : "Not permitted";
          setTimeout(() => {
            button.textContent = "Copy";
          }, 1500);
        },
      },
      "Copy",
    );
    const bar = h("div", { class: "code-bar" }, button);
    if (run && code.classList.contains("language-sh"))
      bar.prepend(h("button", { type: "button", class: "quiet", onclick: () => run(text) }, "▶ Run in the terminal"));
    const box = h("div", { class: "code" }, bar);
    pre.before(box);
    box.append(pre);
    pre.tabIndex = 0;
  }
  explainTerms(root);
  for (const table of root.querySelectorAll("table"))
    table.replaceWith(h("div", { class: "table" }, table.cloneNode(true)));
}
