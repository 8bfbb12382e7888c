// This module has what the browser tests share: a headless Chromium, and screenshots.
import { chromium } from "playwright-core";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import assert from "node:assert/strict";

const installed = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

export async function launch() {
  const executablePath = process.env.BPFLAB_BROWSER || installed.find(existsSync);
  assert(executablePath, "no Chromium at " + installed.join(", "));
  return chromium.launch({ executablePath, args: process.getuid() === 0 ? ["--no-sandbox"] : [] });
}

// open opens a page and collects its errors.
export async function open(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  page.wrong = [];
  page.on("pageerror", (e) => page.wrong.push(String(e)));
  page.on("console", (m) => {
    if (m.type() === "error" && !/WebSocket|Failed to load resource|ERR_CONNECTION/.test(m.text()))
      page.wrong.push(m.text());
  });
  return page;
}

const pictures = process.env.BPFLAB_PICTURES;

export async function picture(page, name) {
  if (!pictures) return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: `${pictures}/${name}.png` });
}

const axe = readFileSync(new URL("../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

// accessible checks a page with axe-core.
export async function accessible(page, name) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  const found = violations.map(
    (v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => `${n.target.join(" ")} ${n.any[0]?.message ?? ""}`).join("; ")}`,
  );
  assert.deepEqual(found, [], name);
}

// step runs a step of a test and prints its name.
export async function step(name, does) {
  try {
    await does();
  } catch (err) {
    console.error("failed:", name);
    throw err;
  }
  console.log("ok:", name);
}

// until waits until a condition holds: a page on a busy machine takes its time.
export async function until(what, is) {
  for (const begun = Date.now(); !(await is()); await new Promise((later) => setTimeout(later, 50)))
    assert(Date.now() - begun < 15000, what);
}

// type replaces the text in the editor.
export async function type(page, text) {
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(text);
}

// verdict waits for the report after an action, and compares its verdict.
export async function verdict(page, action, want) {
  await page.evaluate(() => {
    for (const v of document.querySelectorAll("#pane-result .verdict strong")) v.dataset.old = "1";
  });
  await action();
  const said = page.locator("#pane-result .verdict strong:not([data-old])");
  await said.waitFor({ timeout: 60000 });
  assert.equal(await said.textContent(), want, await page.locator("#pane-result").innerText());
}
