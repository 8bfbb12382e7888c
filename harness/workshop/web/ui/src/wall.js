import { h, fill } from "./dom.js";
import { follow } from "./events.js";
import { Gone } from "./gone.js";

// showWall shows the class on a wall screen: how to join, and how far everybody is, without
// names and errors.
export function showWall(app, me) {
  document.title = `${me.class}: the wall screen`;
  const main = h("main", { id: "main", class: "wall" });
  fill(app, main);
  const gone = new Gone();
  const events = follow("/api/class/events", {
    open: gone.back,
    lost: gone.lost,
    message: (m) => m.type === "class" && draw(main, me, m.class),
  });
  return () => {
    gone.back();
    events.stop();
  };
}

function draw(main, me, c) {
  const helps = c.students.filter((s) => s.help).length;
  fill(
    main,
    h("h1", null, me.class),
    h("p", { class: "join" }, "Join at ", h("strong", null, c.url), " with the code ", h("strong", null, c.code)),
    h(
      "ul",
      { class: "bars", "aria-label": "Students by lab" },
      labs(me, c.students).map((l) => bar(l, c.students.length)),
    ),
    h(
      "p",
      { class: "counts" },
      h("span", null, `${c.students.length} in the class`),
      h("span", null, `${c.students.filter((s) => s.done === s.total).length} finished`),
      helps > 0 && h("span", null, `${helps} asked for help`),
    ),
  );
}

// labs returns how many students are at each lab where somebody is.
const labs = (me, students) =>
  me.labs
    .map((l) => ({ title: l.title, count: students.filter((s) => s.lab === l.name).length }))
    .filter((l) => l.count > 0);

const bar = (l, of) =>
  h(
    "li",
    null,
    h("span", null, l.title),
    h("progress", { max: String(of), value: String(l.count), "aria-label": `${l.count} of ${of}` }),
    h("strong", null, String(l.count)),
  );
