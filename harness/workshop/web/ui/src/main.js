import "./style.css";
import { get } from "./api.js";
import { h, fill } from "./dom.js";
import { applyTheme } from "./theme.js";
import { frame } from "./frame.js";
import { showCourse } from "./course.js";
import { showJoin } from "./join.js";
import { showLab } from "./lab.js";
import { showTeacher } from "./teacher.js";
import { showWall } from "./wall.js";

const app = document.getElementById("app");
let leave;

// show shows the page that the URL and the user's role ask for.
async function show() {
  leave?.();
  leave = undefined;
  let me;
  try {
    me = await get("/api/me");
  } catch (err) {
    fill(
      app,
      h(
        "main",
        { id: "main", class: "narrow" },
        h("h1", null, "The server does not answer"),
        h("p", null, err.message),
        h("button", { type: "button", class: "main", onclick: show }, "Try again"),
      ),
    );
    return;
  }
  leave = await page(me);
}

function page(me) {
  if (me.role === "none") return showJoin(app, me, show);
  if (me.role === "teacher" && location.pathname === "/wall") return showWall(app, me);
  if (me.role === "teacher") return showTeacher(app, me);
  const lab = location.pathname.match(/^\/lab\/([a-z0-9-]+)$/);
  if (lab) return showLab(app, me, lab[1], go);
  return showCourse(app, me);
}

// go goes to another page of the workshop without a reload.
function go(path) {
  history.pushState(null, "", path);
  show();
}

document.addEventListener("click", (e) => {
  const link = e.target.closest("a[href^='/']");
  if (
    !link ||
    link.hasAttribute("download") ||
    link.target ||
    e.ctrlKey ||
    e.metaKey ||
    e.shiftKey ||
    !/^\/(lab\/[a-z0-9-]+|teacher|wall)?$/.test(link.pathname)
  )
    return;
  e.preventDefault();
  go(link.pathname);
});
addEventListener("popstate", show);
applyTheme();
show();
