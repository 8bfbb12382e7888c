"use strict";
const all = (what, within = document) => [...within.querySelectorAll(what)];
const form = document.getElementById("filter"), find = document.getElementById("find");
const buttons = all("button", form), pairs = all(".pair");
const idOf = pair => pair.querySelector(".body").id;

// filter shows the pairs of the pressed verdict whose lab and kernel have
// every word, and of the matrix the rows and columns that are left.
function filter() {
  const word = buttons.find(b => b.ariaPressed === "true").dataset.word;
  const texts = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = new Set();
  for (const pair of pairs) {
    const fits = (word === "all" || pair.dataset.words.split(" ").includes(word)) &&
      texts.every(text => pair.dataset.search.includes(text));
    pair.hidden = !fits;
    if (fits) shown.add(idOf(pair));
  }
  for (const bar of all(".bar[data-id]")) bar.hidden = !shown.has(bar.dataset.id);
  const columns = new Set([0]);
  for (const row of all("#matrix tbody tr")) {
    let some = false;
    for (const cell of all("td", row)) {
      const has = shown.has(cell.dataset.id);
      cell.classList.toggle("dim", !has);
      if (has) columns.add(cell.cellIndex);
      some ||= has;
    }
    row.hidden = !some;
  }
  for (const cell of all("#matrix th, #matrix td")) cell.hidden = !columns.has(cell.cellIndex);
  document.getElementById("shown").textContent = shown.size + " of " + pairs.length + " shown";
  document.getElementById("nothing").hidden = shown.size > 0;
}

function press(button) {
  for (const other of buttons) other.ariaPressed = String(other === button);
  filter();
}

// go opens the pair that the address names, even if the filter hides it.
function go() {
  let id = location.hash.slice(1);
  try { id = decodeURIComponent(id); } catch { return; }
  const pair = pairs.find(p => idOf(p) === id);
  for (const other of pairs) other.classList.toggle("target", other === pair);
  for (const link of all("#matrix a")) {
    if (pair && link.hash === location.hash) link.ariaCurrent = "true"; else link.ariaCurrent = null;
  }
  if (!pair) return;
  if (pair.hidden) { find.value = ""; press(buttons[0]); }
  pair.open = true;
  const body = pair.querySelector(".body"); // not the summary: the rest of an Enter would close it again
  body.focus({ preventScroll: true });
  body.scrollIntoView({ block: "start" });
}

// The arrow keys move from cell to cell of the matrix.
function move(event) {
  const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  const rows = all("#matrix tbody tr"), cell = event.target.closest("td");
  if (!step || !cell) return;
  event.preventDefault();
  let y = rows.indexOf(cell.parentElement), x = cell.cellIndex;
  for (;;) {
    y += step[0]; x += step[1];
    const next = rows[y]?.cells[x];
    if (!next || x === 0) return;
    const link = next.querySelector("a");
    if (link && !next.hidden && !rows[y].hidden && !next.classList.contains("dim")) return link.focus();
  }
}

for (const button of buttons) button.addEventListener("click", () => press(button));
find.addEventListener("input", filter);
form.addEventListener("submit", event => event.preventDefault());
document.getElementById("matrix").addEventListener("keydown", move);
document.getElementById("matrix").addEventListener("click", event => { if (event.target.closest("a")?.hash === location.hash) go(); });
addEventListener("hashchange", go);
form.hidden = false;
filter();
go();
