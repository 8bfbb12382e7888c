// What the walks through the page share: a headless Chromium, and where pictures go.
import { chromium } from "playwright-core";
import { existsSync, mkdirSync } from "node:fs";
import assert from "node:assert/strict";

const installed = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

export async function launch() {
  const executablePath = process.env.BPFLAB_BROWSER || installed.find(existsSync);
  assert(executablePath, "no Chromium: " + installed.join(", "));
  return chromium.launch({ executablePath, args: process.getuid() === 0 ? ["--no-sandbox"] : [] });
}

// open opens a page that fails the walk for an error of its own.
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

// step says what is done, so that a failure tells where it was.
export async function step(name, does) {
  try {
    await does();
  } catch (err) {
    console.error("failed:", name);
    throw err;
  }
  console.log("ok:", name);
}

// until waits for something to become true: a page on a busy machine takes its time.
export async function until(what, is) {
  for (const begun = Date.now(); !(await is()); await new Promise((later) => setTimeout(later, 50)))
    assert(Date.now() - begun < 15000, what);
}

// type replaces what is in the editor, as a student who types it.
export async function type(page, text) {
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(text);
}

// verdict waits for a check's end after an action, and gives what the page says.
export async function verdict(page, action, want) {
  await page.evaluate(() => {
    for (const v of document.querySelectorAll("#pane-result .verdict strong")) v.dataset.old = "1";
  });
  await action();
  const said = page.locator("#pane-result .verdict strong:not([data-old])");
  await said.waitFor({ timeout: 60000 });
  assert.equal(await said.textContent(), want, await page.locator("#pane-result").innerText());
}
