// This test follows the text of every lab, or of those named, in a real browser: node
// text.mjs LINK [LAB ...]. Of each step it shows the solution, puts the step's part into the
// editor, saves, and runs the step's commands in the terminal.
import assert from "node:assert/strict";
import { launch, open, picture, step, until, verdict } from "./browser.mjs";

const browser = await launch();
const page = await open(browser);
await page.goto(process.argv[2]);
await page.locator(".lesson").waitFor();
const me = await page.evaluate(async () => (await fetch("/api/me")).json());
const named = process.argv.slice(3);
const labs = me.labs.filter(({ name }) => !named.length || named.includes(name));
const steps = { all: 0, pasted: 0, typed: 0 };

for (const { name } of labs) {
  await page.goto(new URL("/lab/" + name, page.url()).href);
  await page.locator(".step.current").waitFor();
  const lesson = await page.evaluate(async (lab) => (await fetch("/api/labs/" + lab)).json(), name);
  for (const s of lesson.steps.filter((s) => s.checked)) await step(`${name}: ${s.title}`, () => follow(s));
}
if (!named.length) assert(steps.all > 50 && steps.pasted > 30 && steps.typed > 20, JSON.stringify(steps));
console.log(JSON.stringify(steps));
assert.deepEqual(page.wrong, []);
await browser.close();

async function follow(s) {
  const current = page.locator(`#step-${s.name}`);
  await current.locator(".step-head").click();
  await page.locator(`#step-${s.name}.current`).waitFor();
  if (s.solution) await paste(current);
  const check = s.solution
    ? () => page.keyboard.press("Control+s")
    : () => current.getByRole("button", { name: "Check this step" }).click();
  await verdict(page, check, "Passed");
  steps.all++;
  const commands = current.locator(".prose").first().getByRole("button", { name: "Run in the terminal" });
  if (!(await commands.count())) return;
  await prompt("before");
  await commands.first().click();
  await prompt("after");
  steps.typed++;
}

// explain adds what the page shows to an error.
async function explain(err) {
  await picture(page, "text-failed");
  const shown = await page.locator(".step.current .extra, .toast, .status").allInnerTexts();
  throw new Error(`${err.message}\nthe page shows:\n${shown.join("\n")}`, { cause: err });
}

async function paste(current) {
  await current.getByRole("button", { name: "Show the solution" }).click();
  await current.getByRole("button", { name: "Yes" }).click();
  await current.getByRole("button", { name: "Put this step's part into the editor" }).click();
  await page.locator(".toast", { hasText: "The step's part" }).last().waitFor();
  await page.locator(".toast button").last().click();
  await page.locator(".cm-content").focus();
  steps.pasted++;
}

// prompt waits until the terminal shows a prompt, and no command.
async function prompt(when) {
  const screen = page.locator(".terminals .body:not([hidden]) .xterm-accessibility-tree");
  await until(`a prompt ${when} the commands`, async () => /# *$/.test((await screen.innerText()).trimEnd() + " "));
}
