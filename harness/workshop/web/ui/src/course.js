import { h, fill, plural } from "./dom.js";
import { frame } from "./frame.js";

// showCourse lists the labs and the progress in each.
export function showCourse(app, me) {
  document.title = "bpflab workshop";
  const f = frame(me, "The course");
  f.main.className = "course";
  const list = h("ol", { class: "labs" }, me.labs.map(card));
  const next = me.labs.find((l) => l.done < l.steps) || me.labs[0];
  fill(
    f.main,
    h("h1", null, "eBPF, step by step"),
    h(
      "p",
      { class: "lead" },
      `Each lab is a lesson with a kernel of your own (Linux ${me.kernel}). Write the program, save it, and see at once what the kernel makes of it.`,
    ),
    h(
      "p",
      null,
      h(
        "a",
        { class: "button main", href: "/lab/" + next.name },
        me.labs.some((l) => l.done) ? `Go on with ${next.title}` : `Begin with ${next.title}`,
      ),
    ),
    search(list),
    list,
  );
  fill(app, f.header, f.main, f.footer);
}

// search returns a field that leaves in the list the labs whose description has every word.
function search(list) {
  const none = h("p", { class: "empty", role: "status" });
  const filter = (e) => {
    const words = e.target.value.toLowerCase().split(/\s+/);
    for (const li of list.children) li.hidden = !words.every((w) => li.textContent.toLowerCase().includes(w));
    none.textContent = [...list.children].every((li) => li.hidden) ? "No lab is about that." : "";
  };
  return h(
    "p",
    { class: "search" },
    h("input", { type: "search", "aria-label": "Search the labs", placeholder: "Search the labs", oninput: filter }),
    none,
  );
}

function card(lab, i) {
  const all = lab.done === lab.steps;
  return h(
    "li",
    { class: all ? "done" : "" },
    h(
      "a",
      { href: "/lab/" + lab.name },
      h("span", { class: "number", "aria-hidden": "true" }, all ? "✓" : String(i + 1)),
      h(
        "span",
        { class: "what" },
        h("strong", null, lab.title),
        h("span", { class: "summary" }, lab.summary),
        h(
          "span",
          { class: "facts" },
          [lab.duration, lab.kernels && `Linux ${lab.kernels}`, `${lab.done} of ${plural(lab.steps, "step")} done`]
            .filter(Boolean)
            .join(" · "),
        ),
      ),
      h("progress", {
        max: String(lab.steps || 1),
        value: String(lab.done),
        "aria-label": `${lab.done} of ${lab.steps} done`,
      }),
    ),
  );
}
