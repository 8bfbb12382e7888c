import { showCode } from "./personal_code.js";
import { get, post } from "./api.js";
import { h, fill, toast } from "./dom.js";
import { follow } from "./events.js";
import { frame } from "./frame.js";
import { confirmed } from "./lesson.js";
import { openTerminal } from "./terminals.js";

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

// showTeacher shows the class: who is where, who is stuck on what.
export function showTeacher(app, me) {
  document.title = `${me.class}: the class`;
  const f = frame(me, "The class");
  f.main.className = "teacher";
  const join = h("p", { class: "join" }),
    groups = h("section", { class: "groups", "aria-label": "Students with the same error" }),
    table = h("div", { class: "table" }),
    count = h("p", { class: "counts", role: "status" });
  let sort = "name",
    down = false,
    last;
  const draw = (c) => {
    last = c;
    const by = (s) => c.students.filter((x) => x.state === s).length;
    fill(join, "Join at ", h("strong", null, c.url), " with the code ", h("strong", { class: "join-code" }, c.code));
    fill(
      count,
      h("span", { class: "working" }, `${by("working")} working`),
      h("span", { class: "stuck" }, `${by("stuck")} stuck`),
      h("span", { class: "away" }, `${by("away")} away`),
      h("span", null, `${c.students.filter((s) => s.done === s.total).length} through`),
    );
    fill(
      groups,
      c.groups.length
        ? [
            h("h2", null, "The same error"),
            h(
              "ul",
              null,
              c.groups.map((g) =>
                h(
                  "li",
                  null,
                  h("strong", null, g.students.length),
                  h("span", null, h("code", null, g.error), h("br"), g.students.join(", ")),
                ),
              ),
            ),
          ]
        : null,
    );
    fill(
      table,
      h(
        "table",
        null,
        h("caption", { class: "hidden" }, "Students"),
        h(
          "thead",
          null,
          h(
            "tr",
            null,
            columns.map(([key, title]) =>
              !key
                ? h("td")
                : h(
                    "th",
                    { scope: "col", "aria-sort": key === sort ? (down ? "descending" : "ascending") : "none" },
                    h(
                      "button",
                      {
                        type: "button",
                        class: "quiet",
                        onclick: () => {
                          down = key === sort && !down;
                          sort = key;
                          draw(last);
                        },
                      },
                      title,
                      key === sort ? (down ? " ↓" : " ↑") : "",
                    ),
                  ),
            ),
          ),
        ),
        h(
          "tbody",
          null,
          c.students
            .toSorted((a, b) => (a[sort] < b[sort] ? -1 : a[sort] > b[sort] ? 1 : 0) * (down ? -1 : 1))
            .map(row),
        ),
      ),
    );
  };
  const text = h("input", { id: "message", placeholder: "a hint for everybody", maxlength: "2000" });
  const send = async (e) => {
    e.preventDefault();
    if (!text.value.trim()) return;
    await post("/api/class/message", { text: text.value }).then(
      () => {
        toast("Sent to all.");
        text.value = "";
      },
      (err) => toast(err.message, "error"),
    );
  };
  fill(
    f.main,
    h("h1", null, me.class),
    join,
    count,
    h(
      "form",
      { class: "message", onsubmit: send },
      h("label", { for: "message" }, "To all"),
      text,
      h("button", { class: "main" }, "Send"),
      h("a", { class: "button", href: "/api/class/results.csv", download: "results.csv" }, "Results as CSV"),
    ),
    groups,
    table,
  );
  fill(app, f.header, f.main, f.footer);
  get("/api/class").then(draw, (err) => toast(err.message, "error"));
  const events = follow("/api/class/events", {
    message: (m) => {
      if (m.type === "class" && !document.querySelector("dialog[open], .confirm .main")) draw(m.class);
    },
  });
  return () => events.stop();
}

function row(s) {
  const minutes = s.lab ? Math.floor((Date.now() - new Date(s.since)) / 60000) : 0;
  return h(
    "tr",
    { class: s.state },
    h("th", { scope: "row" }, s.name),
    h("td", null, h("span", { class: "state " + s.state }, s.state)),
    h("td", null, s.lab ? [h("b", null, s.lab), " ", s.step_title] : "has not begun"),
    h("td", null, s.lab ? `${minutes} min` : ""),
    h(
      "td",
      null,
      h("progress", { max: String(s.total || 1), value: String(s.done), "aria-label": `${s.done} of ${s.total}` }),
      ` ${s.done}/${s.total}`,
    ),
    h("td", null, String(s.attempts)),
    h(
      "td",
      { class: "error" },
      s.error
        ? [h("code", null, s.error), s.error_line ? h("span", { class: "facts" }, " " + s.error_line) : null]
        : "",
    ),
    h(
      "td",
      null,
      s.machines ? `${Math.round(s.memory / 1048576)} MiB, ${Math.round(s.cpu * 100)} % ` : "",
      s.terminals.map((t) => h("button", { type: "button", onclick: () => watch(s, t) }, `see ${t.lab} ${t.id}`)),
    ),
    h(
      "td",
      null,
      h(
        "button",
        {
          type: "button",
          title: "A code with which they join again from another computer",
          onclick: () => showCode(`/api/class/students/${encodeURIComponent(s.name)}/code`),
        },
        "New code",
      ),
      " ",
      confirmed("Remove", `Remove ${s.name}? What they wrote is kept.`, () =>
        post(`/api/class/students/${encodeURIComponent(s.name)}/remove`).catch((err) => toast(err.message, "error")),
      ),
    ),
  );
}

// watch shows a student's terminal, in which the teacher cannot type.
function watch(student, t) {
  const term = openTerminal(
    `/api/class/students/${encodeURIComponent(student.name)}/terminals/${t.lab}/${t.id}`,
    "watch",
    { readOnly: true },
  );
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
    term.el,
  );
  dialog.addEventListener("close", () => {
    term.destroy();
    dialog.remove();
  });
  document.body.append(dialog);
  dialog.showModal();
}
