import { get, post } from "./api.js";
import { h, fill, toast } from "./dom.js";
import { follow } from "./events.js";
import { frame } from "./frame.js";
import { Gone } from "./gone.js";
import { helpButton } from "./help_button.js";
import { makeEditor } from "./editor.js";
import { Files } from "./files.js";
import { confirmed, makeLesson } from "./lesson.js";
import { Panes } from "./panes.js";
import { keysButton, listen } from "./shortcuts.js";
import { maximiser } from "./maximise.js";
import { openTerminals } from "./terminals.js";
import { viewButtons } from "./views.js";
import { splitter } from "./splitter.js";

// The phases of the machine and what the workspace is doing, in words.
const phases = { none: "no machine yet", starting: "starting the machine", ready: "", gone: "the machine is gone" };
const works = {
  waiting: "waiting for others",
  building: "building",
  starting: "starting a machine",
  checking: "checking",
};

// showLab shows a lab: the lesson at the left; the editor, terminals and results at the
// right.
export async function showLab(app, me, name, go) {
  const base = "/api/labs/" + name;
  let lesson;
  try {
    lesson = await get(base);
  } catch (err) {
    const f = frame(me, name);
    fill(f.main, h("h1", null, err.message), h("p", null, h("a", { href: "/" }, "To the course")));
    fill(app, f.header, f.main);
    return;
  }
  document.title = `${lesson.title}: bpflab`;
  const lab = new Lab(base, me, lesson, go);
  await lab.draw(app);
  return () => lab.leave();
}

class Lab {
  constructor(base, me, lesson, go) {
    Object.assign(this, {
      base,
      me,
      lesson,
      go,
      state: lesson.state,
      revision: lesson.revision,
      draft: `draft-${me.class}-${me.name}-${lesson.name}`,
    });
  }

  async draw(app) {
    const { lesson, me } = this;
    this.status = h("span", { class: "status", role: "status" });
    const f = frame(
      me,
      lesson.title,
      this.status,
      (this.help = me.class ? helpButton(me.help) : null),
      h("span", { class: "kernel", title: "kernel of your machine" }, "Linux ", me.kernel),
      keysButton(),
    );
    f.main.className = "lab";
    this.text = makeLesson(this.base, lesson, me.labs, {
      run: (t) => this.terminals.run(t),
      code: () => this.editor?.text() ?? "",
      useCode: (code, what) => this.useCode(code, what),
      check: (step) => this.check(step),
    });
    this.panes = new Panes(this.base, me, {
      goTo: (l, c) => this.goTo(l, c),
      next: () => this.next(),
      visible: () => this.sendVisible(),
    });
    this.terminals = await openTerminals(this.base, `terminals-${me.class}-${me.name}-${lesson.name}`);
    const lower = h("div", { class: "lower" });
    lower.append(this.terminals.el, splitter(lower, "mid", false, "Share of the terminals", 60), this.panes.el);
    const right = h("div", { class: "right" + (lesson.file ? "" : " no-editor") });
    if (lesson.file) right.append(this.drawEditor(), splitter(right, "top", true, "Share of the editor", 50));
    right.append(lower);
    const left = h("div", { class: "left" }, this.text.el, this.steps());
    fill(f.main, left, splitter(f.main, "left", false, "Share of the lesson", 36), right);
    fill(app, f.header, f.main, viewButtons(f.main), f.footer);
    this.stopKeys = listen(f.main);
    this.update(this.state);
    this.text.open(this.state.step);
    this.followEvents();
    this.onVisible = () => this.sendVisible();
    document.addEventListener("visibilitychange", this.onVisible);
  }

  drawEditor() {
    const { lesson } = this;
    const box = h("div", { class: "code-area" });
    this.files = new Files(lesson.file, lesson.headers, box);
    this.unsaved = h("span", { class: "unsaved", hidden: true }, "not saved");
    const el = h("section", { class: "editor", "aria-label": "Your program" });
    el.append(
      h(
        "div",
        { class: "bar" },
        this.files.tabs,
        this.unsaved,
        h("span", { class: "space" }),
        confirmed("New machine", "End this machine and start a new one?", () => this.reset(false)),
        confirmed("Start over", "Restore the original file and start a new machine?", () => this.reset(true)),
        h("button", { type: "button", class: "main", onclick: () => this.save() }, "Save and check"),
        h("kbd", null, navigator.platform.startsWith("Mac") ? "⌘S" : "Ctrl-S"),
        maximiser(el, "editor", "the editor"),
      ),
      this.files.el,
      h("p", { class: "help editor-help" }, "Tab indents; Escape, then Tab, leaves the editor."),
    );
    this.editor = makeEditor(box, {
      text: this.lesson.code,
      label: `${lesson.file}, your program`,
      save: () => this.save(),
      change: () => this.changed(),
    });
    this.saved = lesson.code;
    const draft = JSON.parse(localStorage.getItem(this.draft) || "null");
    if (draft && draft.text !== lesson.code) {
      this.editor.replace(draft.text);
      if (draft.revision !== lesson.revision)
        toast("Your unsaved text is in the editor; the file was saved elsewhere since.", "sticky");
      this.changed();
    }
    return el;
  }

  steps() {
    const move = (n) => {
      const all = this.lesson.steps.map((s) => s.name);
      const to = all[all.indexOf(this.state.step) + n];
      if (to) post(this.base + "/goto", { step: to }).catch(this.wrong);
      else if (n > 0) this.afterLast();
    };
    this.next = () => move(1);
    return h(
      "nav",
      { class: "moves", "aria-label": "Steps" },
      h("button", { type: "button", onclick: () => move(-1) }, "← Previous"),
      (this.progress = h("span", { class: "facts" })),
      h("button", { type: "button", onclick: () => move(1) }, "Next →"),
    );
  }

  // afterLast goes to the next lab of the course that is not finished.
  async afterLast() {
    const me = await get("/api/me").catch(() => this.me);
    const i = me.labs.findIndex((l) => l.name === this.lesson.name);
    const next = me.labs.slice(i + 1).find((l) => l.done < l.steps) || me.labs.find((l) => l.done < l.steps);
    this.go(next && next.name !== this.lesson.name ? "/lab/" + next.name : "/");
  }

  wrong = (err) => toast(err.message, "error");

  changed() {
    const text = this.editor.text();
    const differs = text !== this.saved;
    this.unsaved.hidden = !differs;
    if (differs) localStorage.setItem(this.draft, JSON.stringify({ text, revision: this.revision }));
    else localStorage.removeItem(this.draft);
    if (this.me.class) this.showTeacher(text);
  }

  // showTeacher sends the text in the editor to the teacher who looks at it, a moment after
  // the last change.
  showTeacher(text) {
    clearTimeout(this.typing);
    if (text.length > 200000) return;
    this.typing = setTimeout(() => this.events?.send({ type: "draft", text }), 700);
  }

  async save() {
    const text = this.editor.text();
    if (text === this.saved) return this.check(this.state.step);
    try {
      const answer = await post(this.base + "/save", { code: text, revision: this.revision, check: true });
      this.setSaved(text, answer.revision);
    } catch (err) {
      if (err.status === 409 && err.body.code !== undefined) this.conflict(text, err.body);
      else this.wrong(err);
    }
  }

  // setSaved notes which text is on disk, and its revision.
  setSaved(text, revision) {
    this.saved = text;
    this.revision = Math.max(revision, this.revision);
    this.changed();
  }

  // conflict asks which of two texts to keep.
  conflict(mine, theirs) {
    const dialog = h(
      "dialog",
      { class: "card", "aria-labelledby": "conflict" },
      h("h2", { id: "conflict" }, "The file was saved elsewhere in the meantime"),
      h("p", null, "It was saved in another tab or with another editor. Which text do you want to keep?"),
      h(
        "p",
        { class: "buttons" },
        h(
          "button",
          {
            type: "button",
            class: "main",
            onclick: () => {
              dialog.close();
              this.revision = theirs.revision;
              this.save();
            },
          },
          "Keep the text in this editor",
        ),
        h(
          "button",
          {
            type: "button",
            onclick: () => {
              dialog.close();
              this.editor.replace(theirs.code);
              this.setSaved(theirs.code, theirs.revision);
            },
          },
          "Take the saved one",
        ),
      ),
    );
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  }

  // useCode puts a text into the editor.
  useCode(code, what) {
    if (!code || !this.editor) return;
    this.files.select(0);
    this.editor.replace(code);
    this.changed();
    this.editor.focus();
    toast(`${what} is in the editor; save to check it. Undo restores your text.`);
  }

  // goTo shows a place in the student's file.
  goTo(line, column) {
    this.files?.select(0);
    this.editor?.goTo(line, column);
  }

  check(step) {
    return post(this.base + "/check", { step }).catch(this.wrong);
  }
  reset(code) {
    return post(this.base + "/reset", { code }).then(() => {
      if (code) localStorage.removeItem(this.draft);
      this.terminals.revive();
    }, this.wrong);
  }

  followEvents() {
    this.gone = new Gone();
    this.events = follow(this.base + "/events", {
      open: async (first) => {
        this.offline = false;
        this.gone.back();
        this.sendVisible();
        if (first) return this.update(this.state);
        const now = await get(this.base).catch(() => null);
        if (now) {
          this.savedElsewhere(now.code, now.revision); // the state comes with the first message
        }
      },
      lost: () => {
        this.offline = true;
        this.gone.lost();
        this.showStatus();
      },
      message: (m) => this.handle(m),
    });
  }

  // handle handles an event of the workspace.
  handle(m) {
    switch (m.type) {
      case "state":
        return this.update(m.state);
      case "report":
        return this.showReport(m.report);
      case "code":
        return this.savedElsewhere(m.code, m.revision);
      case "trace":
        return this.panes.trace(m);
      case "maps":
        return this.panes.maps(m.maps);
      case "message":
        if (m.private) this.help?.set(false);
        return toast(`${m.from}${m.private ? ", to you" : ""}: ${m.text}`, "sticky");
    }
  }

  // savedElsewhere takes over what was saved elsewhere, unless the editor has unsaved text.
  savedElsewhere(code, revision) {
    if (!this.editor || revision <= this.revision) return;
    if (this.editor.text() === this.saved || this.editor.text() === code) {
      this.editor.replace(code);
      this.setSaved(code, revision);
    }
  }

  // showReport shows the report of a check.
  showReport(r) {
    this.panes.report(r);
    this.editor?.mark(r.problems || []);
  }

  // update shows a new state of the workspace.
  update(state) {
    const before = this.state;
    this.state = state;
    this.text.update(state);
    this.panes.update(state);
    if (before?.step !== state.step || !this.marked) {
      this.marked = true;
      this.editor?.mark(state.steps[state.step]?.last?.problems || []);
    }
    const checked = this.lesson.steps.filter((s) => s.checked);
    const done = checked.filter((s) => state.steps[s.name]?.done).length;
    this.offerChanged(state.latest);
    this.progress.textContent = `${done} of ${checked.length} done`;
    this.showStatus();
  }

  // offerChanged offers to load the lab again if its author has changed it.
  offerChanged(latest) {
    if (!latest || latest === this.lesson.digest || latest === this.offered) return;
    this.offered = latest;
    toast("This lab was changed. Your file and your progress stay.", "sticky", ["Load it", () => location.reload()]);
  }

  showStatus() {
    const { busy, ahead, machine, unsaved } = this.state;
    this.status.className = "status" + (this.offline || unsaved ? " offline" : busy ? " busy" : "");
    const work = ahead > 0 ? `waiting: ${ahead} before you` : works[busy];
    this.status.textContent = this.offline
      ? "reconnecting"
      : unsaved
        ? `your progress is not stored: ${unsaved}`
        : work || (machine.phase === "gone" ? `the machine is gone: ${machine.text}` : phases[machine.phase] || "");
  }

  sendVisible() {
    this.events?.send({ type: "visible", visible: document.visibilityState === "visible" && this.panes.shows() });
  }

  leave() {
    document.removeEventListener("visibilitychange", this.onVisible);
    clearTimeout(this.typing);
    this.gone.back();
    this.stopKeys();
    this.events.stop();
    this.terminals.destroy();
    this.editor?.destroy();
    this.files?.destroy();
  }
}
