import { Terminal } from "@xterm/xterm";
import { FitAddon } from "@xterm/addon-fit";
import "@xterm/xterm/css/xterm.css";
import { address, get, remove } from "./api.js";
import { h, fill } from "./dom.js";
import { onTheme } from "./theme.js";

const light = {
  background: "#fbfaf7",
  foreground: "#26302d",
  cursor: "#26302d",
  selectionBackground: "#cfe3dc",
  black: "#26302d",
  white: "#6f7a76",
  brightWhite: "#3d4744",
  yellow: "#8a6100",
  green: "#1f6f3c",
  cyan: "#10707a",
};
const darkColours = { background: "#14191b", foreground: "#d9e0dd", cursor: "#d9e0dd", selectionBackground: "#2f4a45" };
const most = 4;

// makeTerminals shows the lab's terminals, each in a tab. Their names outlive a reload.
export async function makeTerminals(base, key, busy) {
  const tabs = h("div", { class: "tabs", role: "tablist", "aria-label": "Terminals" });
  const bodies = h("div", { class: "bodies" });
  const el = h(
    "section",
    { class: "terminals", "aria-label": "Terminals in your machine" },
    tabs,
    bodies,
    h("p", { class: "help terminal-help" }, "Ctrl-Shift-E leaves the terminal."),
  );
  const open = new Map();
  let active;

  const kept = JSON.parse(localStorage.getItem(key) || "[]");
  const living = await get(base + "/terminals").then(
    (a) => a.terminals,
    () => [],
  );
  const remember = () => localStorage.setItem(key, JSON.stringify([...open.keys()]));

  const draw = () =>
    fill(
      tabs,
      [...open.values()].map((t, i) =>
        h(
          "span",
          { class: "tab" + (t === active ? " on" : "") },
          h(
            "button",
            {
              type: "button",
              role: "tab",
              id: "tab-" + t.id,
              "aria-selected": String(t === active),
              "aria-controls": "term-" + t.id,
              tabindex: t === active ? "0" : "-1",
              onclick: () => select(t),
              onkeydown: arrows,
            },
            `Terminal ${i + 1}`,
          ),
          open.size > 1
            ? h(
                "button",
                { type: "button", class: "quiet", "aria-label": `Close terminal ${i + 1}`, onclick: () => close(t) },
                "×",
              )
            : null,
        ),
      ),
      open.size < most
        ? h(
            "button",
            { type: "button", class: "quiet", "aria-label": "One more terminal", onclick: () => select(add(fresh())) },
            "+",
          )
        : null,
    );
  const arrows = (e) => {
    if (e.key !== "ArrowRight" && e.key !== "ArrowLeft") return;
    const all = [...open.values()];
    select(all[(all.indexOf(active) + (e.key === "ArrowRight" ? 1 : all.length - 1)) % all.length]);
    document.getElementById("tab-" + active.id).focus();
  };
  const select = (t) => {
    active = t;
    for (const other of open.values()) other.el.hidden = other !== t;
    draw();
    t.fit();
  };
  const fresh = () => {
    let n = 1;
    while (open.has("t" + n)) n++;
    return "t" + n;
  };
  const add = (id) => {
    const t = openTerminal(`${base}/terminals/${id}`, id, busy);
    open.set(id, t);
    bodies.append(t.el);
    remember();
    return t;
  };
  const close = (t) => {
    remove(`${base}/terminals/${t.id}`).catch(() => {});
    t.destroy();
    open.delete(t.id);
    remember();
    select([...open.values()][0]);
  };

  const first = [...new Set([...living, ...kept])].slice(0, most);
  for (const id of first.length ? first : ["t1"]) add(id);
  select([...open.values()][0]);
  const fitAll = new ResizeObserver(() => active.fit());
  fitAll.observe(bodies);
  return {
    el,
    type(text) {
      active.type(text);
      active.focus();
    },
    revive() {
      for (const t of open.values()) t.revive();
    },
    destroy() {
      fitAll.disconnect();
      for (const t of open.values()) t.destroy();
    },
  };
}

// openTerminal joins one xterm to a shell in the machine; without input it only shows.
export function openTerminal(path, id, { readOnly } = {}) {
  const el = h("div", { class: "body", id: "term-" + id, role: "tabpanel", "aria-labelledby": "tab-" + id });
  const term = new Terminal({
    fontFamily: getComputedStyle(document.documentElement).getPropertyValue("--mono"),
    fontSize: 13,
    scrollback: 5000,
    disableStdin: readOnly,
    screenReaderMode: true,
    cursorBlink: !readOnly,
  });
  const fitter = new FitAddon();
  term.loadAddon(fitter);
  const encoder = new TextEncoder();
  let socket,
    timer,
    pause = 400,
    over = false,
    destroyed = false,
    waiting = "";

  const connect = () => {
    socket = new WebSocket(address(`${path}?rows=${term.rows}&cols=${term.cols}`));
    socket.binaryType = "arraybuffer";
    let begun = false;
    socket.onmessage = (e) => {
      if (typeof e.data === "string") return ended(JSON.parse(e.data));
      if (!begun) {
        term.reset();
        begun = true;
        pause = 400;
        if (waiting) {
          send(waiting);
          waiting = "";
        }
      }
      term.write(new Uint8Array(e.data));
    };
    socket.onclose = () => {
      if (over || destroyed) return;
      timer = setTimeout(connect, pause);
      pause = Math.min(pause * 1.7, 8000);
    };
  };
  const ended = (m) => {
    if (m.type !== "exit") return;
    over = true;
    term.write(
      `\r\n\x1b[2m${m.text.replace(/[\x00-\x1f]/g, " ")}${readOnly ? "" : "; Enter opens a new terminal"}\x1b[0m\r\n`,
    );
  };
  const again = () => {
    if (over && !destroyed) {
      over = false;
      connect();
    }
  };
  const send = (text) => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(encoder.encode(text));
    else waiting += text;
  };

  term.onData((text) => {
    if (over) {
      if (text === "\r") again();
    } else send(text);
  });
  term.onResize(({ rows, cols }) => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type: "resize", rows, cols }));
  });
  term.attachCustomKeyEventHandler((e) => {
    if (!(e.ctrlKey && e.shiftKey && e.code === "KeyE")) return true;
    if (e.type === "keydown") {
      e.preventDefault();
      document.getElementById("tab-" + id)?.focus();
    }
    return false;
  });
  const stop = onTheme((dark) => {
    term.options.theme = dark ? darkColours : light;
  });
  const fit = () => {
    if (el.offsetParent) fitter.fit();
  };
  requestAnimationFrame(() => {
    if (destroyed) return;
    term.open(el);
    fit();
    connect();
  });
  return {
    id,
    el,
    fit,
    focus: () => term.focus(),
    type(text) {
      if (over) {
        waiting = text;
        again();
      } else send(text);
    },
    revive: again,
    destroy() {
      destroyed = true;
      clearTimeout(timer);
      socket?.close();
      stop();
      term.dispose();
      el.remove();
    },
  };
}
