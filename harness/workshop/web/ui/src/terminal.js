import { Terminal } from "@xterm/xterm";
import { FitAddon } from "@xterm/addon-fit";
import "@xterm/xterm/css/xterm.css";
import { address } from "./api.js";
import { h } from "./dom.js";
import { onTheme } from "./theme.js";

const lightColours = {
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

// The time before the first reconnection, in milliseconds, and the longest one.
const firstPause = 400;
const longestPause = 8000;

// ShellTerminal connects an xterm to a shell in the machine. With readOnly it only shows
// the shell's output. leave is called for the key that leaves the terminal.
export class ShellTerminal {
  constructor(path, id, { readOnly = false, leave } = {}) {
    Object.assign(this, { path, id, readOnly, leave, pause: firstPause, ended: false, destroyed: false, waiting: "" });
    this.el = h("div", { class: "body", id: "term-" + id, role: "tabpanel", "aria-labelledby": "tab-" + id });
    this.term = new Terminal({
      fontFamily: getComputedStyle(document.documentElement).getPropertyValue("--mono"),
      fontSize: 13,
      scrollback: 5000,
      disableStdin: readOnly,
      screenReaderMode: true,
      cursorBlink: !readOnly,
    });
    this.fitter = new FitAddon();
    this.term.loadAddon(this.fitter);
    this.encoder = new TextEncoder();
    this.listen();
    requestAnimationFrame(() => {
      if (this.destroyed) return;
      this.term.open(this.el);
      this.fit();
      this.connect();
    });
  }

  // listen handles input, changes of the size, and the key that leaves the terminal.
  listen() {
    this.term.onData((text) => {
      if (!this.ended) this.send(text);
      else if (text === "\r") this.revive();
    });
    this.term.onResize(({ rows, cols }) => {
      if (this.connected()) this.socket.send(JSON.stringify({ type: "resize", rows, cols }));
    });
    this.term.attachCustomKeyEventHandler((e) => {
      if (!(e.ctrlKey && e.shiftKey && e.code === "KeyE")) return true;
      if (e.type === "keydown") {
        e.preventDefault();
        this.leave?.();
      }
      return false;
    });
    this.stopTheme = onTheme((dark) => {
      this.term.options.theme = dark ? darkColours : lightColours;
    });
  }

  connected() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  // connect opens the WebSocket, and opens it again when it closes before the shell ends.
  connect() {
    const again = this.shown ? "&again=1" : "";
    this.socket = new WebSocket(address(`${this.path}?rows=${this.term.rows}&cols=${this.term.cols}${again}`));
    this.socket.binaryType = "arraybuffer";
    let begun = false;
    this.socket.onmessage = (e) => {
      if (typeof e.data === "string") {
        const message = JSON.parse(e.data);
        if (message.type !== "again") return this.finish(message);
        begun = true;
        this.begin();
        return this.note(message.text);
      }
      if (!begun) this.begin();
      begun = true;
      this.term.write(new Uint8Array(e.data));
    };
    this.socket.onclose = () => {
      if (this.ended || this.destroyed) return;
      this.timer = setTimeout(() => this.connect(), this.pause);
      this.pause = Math.min(this.pause * 1.7, longestPause);
    };
  }

  // begin clears the screen before the first output of a connection, which repeats the
  // latest output, and sends what was typed meanwhile.
  begin() {
    this.shown = true;
    this.term.reset();
    this.pause = firstPause;
    const text = this.waiting;
    this.waiting = "";
    if (text) this.send(text);
  }

  // finish shows how the shell ended.
  finish(message) {
    if (message.type !== "exit") return;
    this.ended = true;
    this.shown = false;
    this.note(message.text + (this.readOnly ? "" : "; Enter opens a new terminal"));
  }

  // note writes a line that is not the shell's.
  note(text) {
    this.term.write(`\r\n\x1b[2m${text.replace(/[\x00-\x1f]/g, " ")}\x1b[0m\r\n`);
  }

  send(text) {
    if (this.connected()) this.socket.send(this.encoder.encode(text));
    else this.waiting += text;
  }

  // revive opens a new shell if the last one has ended.
  revive() {
    if (!this.ended || this.destroyed) return;
    this.ended = false;
    this.connect();
  }

  // type types a text, in a new shell if the last one has ended.
  type(text) {
    if (!this.ended) return this.send(text);
    this.waiting = text;
    this.revive();
  }

  // busy reports whether something other than the shell's prompt has the terminal.
  busy() {
    const { active } = this.term.buffer;
    const line = active.getLine(active.baseY + active.cursorY)?.translateToString(false, 0, active.cursorX) ?? "";
    return this.connected() && !/[#$] $/.test(line);
  }

  focus() {
    this.term.focus();
  }

  fit() {
    if (this.el.offsetParent) this.fitter.fit();
  }

  destroy() {
    this.destroyed = true;
    clearTimeout(this.timer);
    this.socket?.close();
    this.stopTheme();
    this.term.dispose();
    this.el.remove();
  }
}
