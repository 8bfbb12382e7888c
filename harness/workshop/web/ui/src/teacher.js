import { Gone } from "./gone.js";
import { look } from "./look.js";
import { codeUsed, showCode } from "./personal_code.js";
import { get, post } from "./api.js";
import { h, fill, toast } from "./dom.js";
import { follow } from "./events.js";
import { frame } from "./frame.js";
import { confirmed } from "./lesson.js";
import { ShellTerminal } from "./terminal.js";

const columns = [
  ["name", "Student"],
  ["state", "State"],
  ["step_title", "At"],
  ["since", "For"],
  ["done", "Done"],
  ["attempts", "Tries"],
  ["error", "Last error"],
  ["memory", "Machine"],
  ["", ""],
];

// studentPath returns the URL of the API for a student.
const studentPath = (name) => `/api/class/students/${encodeURIComponent(name)}`;

const fail = (err) => toast(err.message, "error");

// showTeacher shows the class: where each student is, and who is stuck.
export function showTeacher(app, me) {
  document.title = `${me.class}: the class`;
  const f = frame(me, "The class");
  f.main.className = "teacher";
  const overview = new Overview();
  fill(
    f.main,
    h("h1", null, me.class),
    overview.join,
    overview.count,
    messageForm(),
    overview.help,
    overview.recheck,
    overview.groups,
    overview.table,
    overview.removed,
  );
  fill(app, f.header, f.main, f.footer);
  get("/api/class").then((c) => overview.last || overview.draw(c), fail);
  const gone = new Gone();
  // What arrives while the teacher answers a question is drawn once that is answered.
  let waiting;
  const drawWaiting = () => {
    if (!waiting || document.querySelector("dialog[open], .confirm .main")) return;
    overview.draw(waiting);
    waiting = undefined;
  };
  const timer = setInterval(drawWaiting, 300);
  const events = follow("/api/class/events", {
    open: gone.back,
    lost: gone.lost,
    message: (m) => {
      ahead = Date.now() - new Date(m.now);
      if (m.type !== "class") return;
      waiting = m.class;
      codeUsed(m.class.students);
      drawWaiting();
    },
  });
  return () => {
    gone.back();
    clearInterval(timer);
    events.stop();
  };
}

// messageForm sends a text to all students.
function messageForm() {
  const text = h("input", { id: "message", placeholder: "a hint for everybody", maxlength: "2000" });
  const send = async (e) => {
    e.preventDefault();
    if (!text.value.trim()) return;
    await post("/api/class/message", { text: text.value }).then(() => {
      toast("Sent to everybody.");
      text.value = "";
    }, fail);
  };
  return h(
    "form",
    { class: "message", onsubmit: send },
    h("label", { for: "message" }, "To all"),
    text,
    h("button", { class: "main" }, "Send"),
    h("a", { class: "button", href: "/api/class/results.csv", download: "results.csv" }, "Results as CSV"),
    h("a", { class: "button", href: "/wall", target: "_blank" }, "Wall screen"),
  );
}

// Overview shows the students in a table that can be sorted, and those with the same error.
class Overview {
  constructor() {
    this.join = h("p", { class: "join" });
    this.count = h("p", { class: "counts", role: "status" });
    this.groups = h("section", { class: "groups", "aria-label": "Students with the same error" });
    this.table = h("div", { class: "table" });
    this.help = h("section", { class: "groups", "aria-label": "Students who ask for help", "aria-live": "polite" });
    this.recheck = h("p", { class: "recheck", role: "status" });
    this.removed = h("section", { "aria-label": "Removed students" });
    this.sort = "name";
    this.descending = false;
  }

  draw(c) {
    this.last = c;
    fill(
      this.join,
      "Join at ",
      h("strong", null, c.url),
      " with the code ",
      h("strong", { class: "join-code" }, c.code),
      " ",
      confirmed("New class code", "Change the code? Those who have joined stay.", () =>
        post("/api/class/code", { code: c.code }).catch(fail),
      ),
      c.guesses > 20 && h("span", { class: "warning" }, ` ${c.guesses} wrong codes in the last ten minutes`),
    );
    fill(this.count, this.counts(c.students));
    fill(this.groups, c.groups.length > 0 && [h("h2", null, "The same error"), h("ul", null, c.groups.map(group))]);
    const asking = c.students.filter((s) => s.help).toSorted((a, b) => (a.help < b.help ? -1 : 1));
    fill(this.help, asking.length > 0 && [h("h2", null, "Asking for help"), h("ul", null, asking.map(helpLine))]);
    fill(this.recheck, recheck(c.recheck));
    fill(this.table, this.students(c.students));
    fill(this.removed, c.removed.length > 0 && [h("h2", null, "Removed"), h("ul", null, c.removed.map(gone))]);
  }

  counts(students) {
    const states = ["working", "stuck", "away"].map((state) =>
      h("span", { class: state }, `${students.filter((s) => s.state === state).length} ${state}`),
    );
    return [...states, h("span", null, `${students.filter((s) => s.done === s.total).length} finished`)];
  }

  students(students) {
    const sign = this.descending ? -1 : 1;
    const compare = (a, b) => (a[this.sort] < b[this.sort] ? -1 : a[this.sort] > b[this.sort] ? 1 : 0) * sign;
    return h(
      "table",
      null,
      h("caption", { class: "hidden" }, "Students"),
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          columns.map(([key, title]) => (key ? this.heading(key, title) : h("td"))),
        ),
      ),
      h("tbody", null, students.toSorted(compare).map(row)),
    );
  }

  heading(key, title) {
    const sorted = key === this.sort;
    const order = sorted ? (this.descending ? "descending" : "ascending") : "none";
    const sort = () => {
      this.descending = sorted && !this.descending;
      this.sort = key;
      this.draw(this.last);
    };
    const arrow = { descending: " ↓", ascending: " ↑", none: "" }[order];
    return h(
      "th",
      { scope: "col", "aria-sort": order },
      h("button", { type: "button", class: "quiet", onclick: sort }, title, arrow),
    );
  }
}

const group = (g) =>
  h(
    "li",
    null,
    h("strong", null, g.students.length),
    h("span", null, h("code", null, g.error), h("br"), g.students.join(", ")),
  );

// ahead is by how much this computer's clock is ahead of the server's, in milliseconds.
let ahead = 0;

const minutesSince = (at) => Math.max(0, Math.floor((Date.now() - ahead - new Date(at)) / 60000));

// helpLine shows a student who asks for help.
const helpLine = (s) =>
  h(
    "li",
    null,
    h("strong", null, `${minutesSince(s.help)} min`),
    h("span", null, s.name, s.lab && `, at ${s.lab}: ${s.step_title}`, " ", seeCode(s), " ", answer(s)),
  );

const seeCode = (s) =>
  s.lab &&
  h(
    "button",
    { type: "button", onclick: () => look(`${studentPath(s.name)}/code/${s.lab}`, `${s.name}: ${s.lab}`) },
    "See code",
  );

const answer = (s) => h("button", { type: "button", onclick: () => write(s) }, "Write");

// write sends a text to one student, which also answers a call for help.
function write(student) {
  const text = h("textarea", { rows: "4", maxlength: "2000", id: "to-one" });
  const send = async (e) => {
    e.preventDefault();
    if (!text.value.trim()) return;
    await post(studentPath(student.name) + "/message", { text: text.value }).then((sent) => {
      toast(sent.shown ? `Sent to ${student.name}.` : `${student.name} has no page open, and sees it with the next.`);
      dialog.close();
    }, fail);
  };
  const dialog = h(
    "dialog",
    { class: "card", "aria-label": `A message to ${student.name}` },
    h(
      "form",
      { onsubmit: send },
      h("label", { for: "to-one" }, `To ${student.name} alone`),
      text,
      h(
        "p",
        { class: "buttons" },
        h("button", { class: "main" }, "Send"),
        h("button", { type: "button", onclick: () => dialog.close() }, "Cancel"),
      ),
    ),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

// recheck offers to do all passed steps again on the server, or shows how far that is.
const recheck = (r) => [
  h(
    "button",
    {
      type: "button",
      disabled: r.running,
      title: "Does each passed step again in a new machine, for the CSV's column counts",
      onclick: () => post("/api/class/recheck").catch(fail),
    },
    "Re-check what passed",
  ),
  " ",
  (r.running || r.total > 0) && h("span", null, `${r.done} of ${r.total} steps are re-checked`),
  r.error && h("span", { class: "warning" }, ` ${r.error}`),
];

// gone shows a student who was removed and can be taken back.
const gone = (s) =>
  h(
    "li",
    null,
    s.name,
    " ",
    h(
      "button",
      {
        type: "button",
        title: "Take back with files and progress, and show a code to join again",
        onclick: () => showCode(`/api/class/removed/${s.id}/restore`),
      },
      "Restore",
    ),
  );

function row(s) {
  const minutes = s.lab ? minutesSince(s.since) : 0;
  const progress = { max: String(s.total || 1), value: String(s.done), "aria-label": `${s.done} of ${s.total}` };
  return h(
    "tr",
    { class: s.state },
    h("th", { scope: "row" }, s.name),
    h("td", null, h("span", { class: "state " + s.state }, s.state)),
    h("td", null, s.lab ? [h("b", null, s.lab), " ", s.step_title] : "has not begun"),
    h("td", null, s.lab ? `${minutes} min` : ""),
    h("td", null, h("progress", progress), ` ${s.done}/${s.total}`),
    h("td", null, String(s.attempts)),
    h("td", { class: "error" }, error(s)),
    h("td", null, machine(s)),
    h("td", null, actions(s)),
  );
}

const error = (s) =>
  s.unsaved
    ? h("strong", null, `progress is not stored: ${s.unsaved}`)
    : s.error && [h("code", null, s.error), s.error_line && h("span", { class: "facts" }, " " + s.error_line)];

const machine = (s) => [
  s.machines > 0 && `${Math.round(s.memory / 1048576)} MiB, ${Math.round(s.cpu * 100)} % `,
  ...s.terminals.map((t) => h("button", { type: "button", onclick: () => watch(s, t) }, `see ${t.lab} ${t.id}`)),
];

const actions = (s) => [
  seeCode(s),
  " ",
  answer(s),
  " ",
  h(
    "button",
    {
      type: "button",
      title: "A code to join again from another computer",
      onclick: () => showCode(studentPath(s.name) + "/code", { id: s.id }),
    },
    "New code",
  ),
  " ",
  confirmed("Remove", `Remove ${s.name}? The work is kept, and the class gets a new code.`, () =>
    post(studentPath(s.name) + "/remove", { id: s.id }).catch(fail),
  ),
];

// watch shows a student's terminal. The teacher cannot type into it.
function watch(student, t) {
  const path = `${studentPath(student.name)}/terminals/${t.lab}/${t.id}`;
  const terminal = new ShellTerminal(path, "watch", { readOnly: true });
  const dialog = h(
    "dialog",
    { class: "watch", "aria-label": `${student.name}'s terminal` },
    h(
      "p",
      { class: "bar" },
      h("strong", null, `${student.name}: ${t.lab}`),
      h("span", { class: "space" }),
      h("button", { type: "button", onclick: () => dialog.close() }, "Close"),
    ),
    terminal.el,
  );
  dialog.addEventListener("close", () => {
    terminal.destroy();
    dialog.remove();
  });
  document.body.append(dialog);
  dialog.showModal();
}
