import { post } from "./api.js";
import { h, fill } from "./dom.js";
import { frame } from "./frame.js";

// showJoin asks for a name and the code of the class. Without a class it says where the
// link is.
export function showJoin(app, me, joined) {
  document.title = me.class ? `Join ${me.class}` : "bpflab workshop";
  const f = frame(null, me.class || "workshop");
  f.main.className = "narrow";
  fill(
    f.main,
    me.class
      ? form(me, joined)
      : h(
          "section",
          null,
          h("h1", null, "This workshop needs a link"),
          h(
            "p",
            null,
            "Open the link that ",
            h("code", null, "bpflab workshop --web"),
            " printed in its terminal. The link works once; press Enter there for a new one.",
          ),
        ),
  );
  fill(app, f.header, f.main, f.footer);
}

function form(me, joined) {
  const name = h("input", { id: "name", name: "name", autocomplete: "name", required: true, maxlength: "40" });
  const code = h("input", {
    id: "code",
    name: "code",
    autocomplete: "off",
    required: true,
    maxlength: "20",
    class: "code",
    "aria-describedby": "code-help",
  });
  const wrong = h("p", { class: "wrong", role: "alert" });
  const submit = async (e) => {
    e.preventDefault();
    wrong.textContent = "";
    try {
      await post("/api/join", { name: name.value, code: code.value });
      joined();
    } catch (err) {
      wrong.textContent = err.message;
      (err.status === 403 ? code : name).focus();
    }
  };
  return h(
    "form",
    { class: "card", onsubmit: submit },
    h("h1", null, `Join ${me.class}`),
    h("label", { for: "name" }, "Your name"),
    name,
    h("label", { for: "code" }, "The class's code"),
    code,
    h(
      "p",
      { id: "code-help", class: "help" },
      "The teacher has it: eight letters and digits. If you have joined the class before, enter your personal code.",
    ),
    wrong,
    h("button", { class: "main" }, "Join"),
  );
}
