import { h } from "./dom.js";

// terms are the words of eBPF that a lesson explains wherever they come first in a step.
export const terms = [
  {
    name: "attach",
    means: "connect a loaded program with an event or a place in the kernel, where it runs from then on",
  },
  { name: "BTF", means: "BPF Type Format: a description of C types, in an object and in the kernel" },
  { name: "cgroup", means: "control group: a set of processes that the kernel limits, counts and controls together" },
  { name: "CO-RE", means: "compile once, run everywhere: the loader adjusts accesses to fields to the running kernel" },
  { name: "context", means: "the argument of a program: what the kernel hands over about the event" },
  { name: "helper", means: "a function of the kernel that eBPF programs may call, such as bpf_get_current_comm" },
  { name: "kprobe", means: "a place to run a program at the entry of a function of the kernel" },
  { name: "LSM", means: "Linux Security Module: the hooks at which the kernel asks whether something is allowed" },
  { name: "map", means: "memory of the kernel that programs and user space share: a table, an array or a queue" },
  {
    name: "namespace",
    means: "a view of the machine of its own; a network namespace has its own interfaces and addresses",
  },
  { name: "pin", means: "give a map or a program a name in /sys/fs/bpf, which keeps it" },
  { name: "ring buffer", means: "a queue of records from programs to a process, one for all CPUs" },
  { name: "tail call", means: "a jump to another program, which does not return" },
  { name: "tc", means: "traffic control: the layer of the kernel that sees packets coming in and going out" },
  { name: "tracepoint", means: "a place in the kernel's code that is marked for observers, with a name and a record" },
  { name: "uprobe", means: "a place to run a program at a function of a user-space program" },
  {
    name: "verifier",
    means: "the part of the kernel that walks through a program before it may run, and rejects unsafe ones",
  },
  { name: "XDP", means: "eXpress Data Path: programs that see a packet in the driver, before the network stack" },
];

const pattern = new RegExp(`\\b(${terms.map((t) => t.name).join("|")})s?\\b`);
const known = (word) => terms.find((t) => t.name === word || t.name + "s" === word);
let tips = 0;

// explainTerms marks the first use of each term in a text. Its meaning shows when one
// points at it or focuses it.
export function explainTerms(root) {
  const done = new Set();
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  for (let text of texts) {
    if (text.parentElement.closest("code, pre, a, h1, h2, h3, summary, th, .term")) continue;
    for (let m; text && (m = text.data.match(pattern));) {
      const word = text.splitText(m.index);
      text = word.splitText(m[0].length);
      const term = known(m[0]);
      if (done.has(term)) continue;
      done.add(term);
      word.replaceWith(marked(m[0], term));
    }
  }
}

function marked(word, term) {
  const id = `tip-${++tips}`;
  return h(
    "span",
    { class: "term" },
    h("button", { type: "button", "aria-describedby": id }, word),
    h("span", { class: "tip", role: "tooltip", id }, term.means),
  );
}
