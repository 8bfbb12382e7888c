// This test takes a student through the first lab, in a real browser with a real server
// and real machines: node walk.mjs LINK SOLUTION.
import { readFileSync } from "node:fs";
import assert from "node:assert/strict";
import { accessible, launch, open, picture, step, type, until, verdict } from "./browser.mjs";

const [link, solutionFile] = process.argv.slice(2);
const solution = readFileSync(solutionFile, "utf8");
const browser = await launch();
const page = await open(browser);
const result = page.locator("#pane-result");
const terminal = page.locator(".terminals .body:not([hidden]) .xterm");
const screen = () => terminal.locator(".xterm-accessibility").innerText();

async function seen(text) {
  for (let i = 0; i < 300; i++) {
    if ((await screen()).includes(text)) return;
    await page.waitForTimeout(50);
  }
  throw new Error(`the terminal does not show ${text}, but:\n${await screen()}`);
}

await step("the first page", async () => {
  await page.goto(link);
  await page.getByRole("heading", { level: 1, name: "Hello from the kernel" }).waitFor();
  assert(!page.url().includes("key="), page.url());
});
await step("a usable terminal", async () => {
  await terminal.waitFor();
  await seen("# ");
  await picture(page, "1-first");
});
await step("the page itself does not scroll", async () => {
  await page.locator(".cm-content").hover();
  await page.mouse.wheel(0, 5000);
  await page.waitForTimeout(200);
  assert.deepEqual(await page.evaluate(() => [scrollY, document.documentElement.scrollHeight <= innerHeight]), [
    0,
    true,
  ]);
});
await step("a terminal of more than 60 columns at 1366 × 768", async () => {
  await page.setViewportSize({ width: 1366, height: 768 });
  const columns = () =>
    terminal.evaluate((el) =>
      Math.floor(el.clientWidth / (el.querySelector(".xterm-char-measure-element").offsetWidth / 32)),
    );
  await until("the terminal has 60 columns", async () => (await columns()) >= 60);
  await accessible(page, "a lab");
  await picture(page, "1-laptop");
  await page.getByRole("button", { name: "Maximise the terminal" }).click();
  await until("the terminal has 150 columns", async () => (await columns()) >= 150);
  await page.reload();
  await until("it is still maximised", async () => (await columns().catch(() => 0)) >= 150);
  await page.keyboard.press("Alt+2");
  await until("the editor has the focus", () =>
    page.evaluate(() => Boolean(document.activeElement.closest(".cm-content"))),
  );
  assert.equal(await page.locator(".maximised").count(), 0);
  await page.setViewportSize({ width: 1440, height: 900 });
});
await step("the headers that the file includes", async () => {
  await page.getByRole("tab", { name: "kernel.h" }).click();
  await page.locator(".code-area:not([hidden])", { hasText: "SPDX" }).waitFor();
  await page.keyboard.press("ArrowLeft");
  await page.locator("#file-0").waitFor();
});
await step("the starter fails", () =>
  verdict(page, () => page.getByRole("button", { name: "Check this step" }).first().click(), "Not yet"),
);
await step("C that does not compile is marked at its line", async () => {
  await type(page, solution.replace("return 0;", "retrun 0;"));
  await page.locator(".unsaved").waitFor();
  await verdict(page, () => page.keyboard.press("Control+s"), "Not yet");
  await page.locator(".cm-lint-marker-error").waitFor();
  const at = 1 + solution.slice(0, solution.indexOf("return 0;")).split("\n").length - 1;
  await result.getByText(`hello.bpf.c:${at}`).first().waitFor();
  await picture(page, "2-does-not-compile");
});
await step("a program that the verifier rejects is explained", async () => {
  await type(page, solution.replace("return 0;", "return *(int *)(long)bpf_get_prandom_u32();"));
  await verdict(page, () => page.keyboard.press("Control+s"), "Not yet");
  await page.locator("#pane-result .problem").getByText("this address is only a number").waitFor();
  await page.locator(".cm-lint-marker-error").waitFor();
  await picture(page, "3-rejected");
});
await step("a hint", async () => {
  await page.getByRole("button", { name: "A hint" }).first().click();
  await page.locator(".hint").first().waitFor();
});
await step("the solution, as a change of the student's file", async () => {
  await page.getByRole("button", { name: "Show the solution" }).click();
  await page.getByRole("button", { name: "Yes" }).click();
  await page.locator(".diff del", { hasText: "bpf_get_prandom_u32" }).waitFor();
  await accessible(page, "a solution");
  await page.getByRole("button", { name: "Put this step's part into the editor" }).click();
  await page.locator(".cm-content", { hasText: "getdents64 called" }).waitFor();
});
await step("a word is explained where one points at it", async () => {
  await page.locator(".term button", { hasText: "verifier" }).first().hover();
  await page.locator(".tip", { hasText: "walks through a program" }).first().waitFor();
});
await step("mended, it passes", async () => {
  await type(page, solution);
  await verdict(page, () => page.keyboard.press("Control+s"), "Passed");
  await page.waitForFunction(() => document.getElementById("polite").textContent.startsWith("Passed"));
  await until("one step is done", async () => (await page.locator(".step.done").count()) === 1);
  await picture(page, "4-passed");
});
await step("commands of the lesson run in the terminal, and the trace shows what they cause", async () => {
  await page.getByRole("tab", { name: "Trace" }).click();
  await page.getByRole("button", { name: "Run in the terminal" }).first().click();
  await seen("ls /");
  await page.locator(".lines li", { hasText: "getdents64 called" }).first().waitFor({ timeout: 20000 });
  await picture(page, "5-trace");
});
await step("commands wait while something runs in the terminal", async () => {
  await terminal.click();
  await page.keyboard.type("sleep 1000\n");
  await seen("sleep 1000");
  await page.waitForTimeout(300);
  await page.getByRole("button", { name: "Run in the terminal" }).first().click();
  await page.locator(".toast", { hasText: "end it with Ctrl-C" }).waitFor();
  await terminal.click();
  await page.keyboard.press("Control+c");
});
await step("a reload keeps terminals and what was not saved", async () => {
  await terminal.click();
  await page.keyboard.type("MARK=of-before\n");
  await seen("MARK=of-before");
  await type(page, solution + "// not saved\n");
  await page.reload();
  await seen("MARK=of-before");
  await terminal.click();
  await page.keyboard.type("echo kept-$MARK\n");
  await seen("kept-of-before");
  await page.locator(".cm-content", { hasText: "// not saved" }).waitFor();
});
await step("a second terminal", async () => {
  await page.getByRole("button", { name: "One more terminal" }).click();
  await seen("# ");
  assert(!(await screen()).includes("kept-of-before"));
});
await step("two tabs on one lab: nothing is lost", async () => {
  const other = await page.context().newPage();
  await other.goto(page.url());
  await other.locator(".cm-content").waitFor();
  await type(other, solution + "// of the other tab\n");
  await verdict(other, () => other.keyboard.press("Control+s"), "Passed");
  await page.bringToFront();
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+s");
  await page.getByRole("dialog").getByRole("button", { name: "Take the saved one" }).click();
  await page.locator(".cm-content", { hasText: "// of the other tab" }).waitFor();
  await other.close();
});
await step("another kernel beside this one", async () => {
  await page.getByRole("tab", { name: "Other kernels" }).click();
  await page.locator("#pane-compare .kernels button").first().click();
  await page.locator("#pane-compare section[aria-label='The other kernel'] .verdict").waitFor({ timeout: 60000 });
  await until("both kernels pass", async () => (await page.locator("#pane-compare .report.pass").count()) === 2);
  await picture(page, "6-compare");
});
await step("after another save, both kernels run the same code again", async () => {
  await page.getByRole("tab", { name: "Result" }).click();
  const compared = page.waitForResponse((r) => r.url().endsWith("/compare"), { timeout: 60000 });
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type("// once more\n");
  await verdict(page, () => page.keyboard.press("Control+s"), "Passed");
  await page.getByRole("tab", { name: "Other kernels" }).click();
  const own = await page.evaluate(
    async () => (await (await fetch(location.pathname.replace("/lab", "/api/labs"))).json()).state,
  );
  assert.equal((await (await compared).json()).digest, own.steps[own.step].last.digest);
  await until("both kernels pass", async () => (await page.locator("#pane-compare .report.pass").count()) === 2);
  assert.equal(await page.locator("#pane-compare .stale").count(), 0);
});
await step("maps", async () => {
  await page.getByRole("tab", { name: "Maps" }).click();
  await page
    .locator("#pane-maps")
    .getByText(/no maps/)
    .waitFor();
});
await step("dark, and narrow", async () => {
  await page.getByRole("button", { name: "Turn the page dark" }).click();
  await page.getByRole("tab", { name: "Result" }).click();
  await picture(page, "7-dark");
  await page.setViewportSize({ width: 390, height: 844 });
  await picture(page, "8-narrow");
  await accessible(page, "a narrow, dark lab");
  const left = () => page.locator("main.lab").evaluate((el) => Math.round(el.scrollLeft / el.clientWidth));
  for (const [i, name] of ["Lesson", "Editor", "Terminal", "Results"].entries()) {
    await page.locator(".views").getByRole("button", { name }).click();
    await until(`the view ${name} is there`, async () => (await left()) === i);
    await picture(page, `8-narrow-${name}`);
  }
  await until("the narrow page does not scroll sideways", () =>
    page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
  );
  await page.setViewportSize({ width: 1440, height: 900 });
});
await step("by keyboard alone", async () => {
  await page.goto(new URL("/", page.url()).href);
  await page.getByRole("heading", { level: 1 }).waitFor();
  for (let i = 0; i < 20 && !(await page.evaluate(() => document.activeElement.matches(".labs a"))); i++)
    await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.locator(".cm-content").waitFor();
  await page.locator(".cm-content").focus();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Tab");
  assert(
    !(await page.evaluate(() => document.activeElement.closest(".cm-editor"))),
    "Escape, Tab does not leave the editor",
  );
  await page.locator(".terminals textarea").first().focus();
  await page.keyboard.press("Control+Shift+KeyE");
  assert(
    await page.evaluate(() => Boolean(document.activeElement.closest(".panes [role=tab]"))),
    "Ctrl-Shift-E does not leave the terminal",
  );
});
await step("forward alone, by keyboard, through the whole page", async () => {
  const parts = [".lesson", ".moves", ".editor", ".terminals", ".panes"];
  const at = () => page.evaluate((all) => all.findIndex((part) => document.activeElement.closest(part)), parts);
  const inside = (what) => page.evaluate((w) => Boolean(document.activeElement.closest(w)), what);
  await page.locator(".skip").focus();
  const seen = [];
  for (let i = 0; i < 300 && !(seen.length === parts.length && (await at()) < 0); i++) {
    if (await inside(".cm-editor")) await page.keyboard.press("Escape");
    await page.keyboard.press((await inside(".xterm")) ? "Control+Shift+KeyE" : "Tab");
    const now = await at();
    if (now >= 0 && seen.at(-1) !== parts[now]) seen.push(parts[now]);
  }
  assert.deepEqual(seen, parts, "parts in the order of the focus");
});
await step("the keys, on ?", async () => {
  await page.locator(".moves button").first().focus();
  await page.keyboard.press("?");
  await page.getByRole("dialog").getByText("leave the terminal").waitFor();
  await accessible(page, "the keys");
  await page.keyboard.press("Escape");
  await until("the dialog is closed", async () => (await page.getByRole("dialog").count()) === 0);
});
await step("the page opens at the step one was at", async () => {
  await page.getByRole("button", { name: "Next →" }).click();
  await page.locator("#step-ask-who-called.current").waitFor();
  await page.reload();
  await page.locator("#step-ask-who-called.current").waitFor();
  await until("the step is in view", () =>
    page.evaluate(() => document.querySelector(".step.current").getBoundingClientRect().top < innerHeight / 2),
  );
  assert.equal(await page.locator(".neighbours a[href='/lab/tracepoints']").count(), 1);
});
await step("everything that can be used has a name", async () => {
  const nameless = await page.evaluate(() =>
    [...document.querySelectorAll("button, a[href], input, textarea, [role=tab], [role=separator], [tabindex='0']")]
      .filter(
        (el) =>
          el.offsetParent &&
          !(
            el.getAttribute("aria-label") ||
            el.getAttribute("aria-labelledby") ||
            el.labels?.length ||
            el.textContent.trim() ||
            el.title
          ),
      )
      .map((el) => el.outerHTML.slice(0, 120)),
  );
  assert.deepEqual(nameless, []);
});
await step("the course's list", async () => {
  await page.goto(new URL("/", page.url()).href);
  await page.getByText("1 of 4 steps done").first().waitFor();
  await accessible(page, "the course");
  await page.getByRole("searchbox").fill("packets");
  await until("some labs are about packets", async () => {
    const n = await page.locator(".labs li:visible").count();
    return n > 0 && n < 15;
  });
  await page.getByRole("searchbox").fill("");
  await picture(page, "9-course");
});
await step("the page had no error", () => assert.deepEqual(page.wrong, []));
await browser.close();
