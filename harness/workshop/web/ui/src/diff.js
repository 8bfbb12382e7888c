import { h } from "./dom.js";

// diff compares two texts line by line. It returns pairs of a sign and a line: " " for a
// line of both, "-" for one of the first alone, and "+" for one of the second.
export function diff(first, second) {
  const a = first.split("\n");
  const b = second.split("\n");
  // common[i][j] is the length of the longest common subsequence of a[i...] and b[j...].
  const common = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      common[i][j] = a[i] === b[j] ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
  const out = [];
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      out.push([" ", a[i++]]);
      j++;
    } else if (i < a.length && (j === b.length || common[i + 1][j] >= common[i][j + 1])) out.push(["-", a[i++]]);
    else out.push(["+", b[j++]]);
  }
  return out;
}

// context is how many unchanged lines a difference shows around changed ones.
const context = 2;

// diffView shows the changes from one text to another.
export function diffView(first, second) {
  const lines = diff(first, second);
  const near = lines.map((_, i) =>
    lines.slice(Math.max(0, i - context), i + context + 1).some(([sign]) => sign !== " "),
  );
  if (!near.includes(true)) return h("p", { class: "help" }, "Your file has this already.");
  const names = { "+": "ins", "-": "del", " ": "span" };
  return h(
    "pre",
    { class: "diff", tabindex: "0", "aria-label": "What changes in your file" },
    lines.map(([sign, line], i) =>
      near[i] ? h(names[sign], null, `${sign} ${line}\n`) : near[i - 1] && h("span", null, "⋯\n"),
    ),
  );
}
