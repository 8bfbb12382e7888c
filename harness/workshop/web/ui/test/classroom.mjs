// This test runs a class in real browsers: node classroom.mjs ADDRESS CODE TEACHER-LINK
// SOLUTION. It prints "edit" for its caller to edit the teacher's own lab. Between its two
// parts it prints "restart" and waits for a line, while its caller kills the server and starts
// it again.
import { readFileSync } from "node:fs";
import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import { accessible, launch, open, picture, step, type, until, verdict } from "./browser.mjs";

const [address, code, link, solutionFile] = process.argv.slice(2);
const solution = readFileSync(solutionFile, "utf8");
const browser = await launch();

async function join(page, name, with_ = code) {
  await page.getByLabel("Your name").fill(name);
  await page.getByLabel("The class's code").fill(with_);
  await page.getByRole("button", { name: "Join" }).click();
}

// student joins with a browser whose clock is wrong by some hours.
async function student(name, hours = 0) {
  const page = await open(browser);
  await page.addInitScript((hours) => {
    const Right = Date;
    globalThis.Date = class extends Right {
      constructor(...args) {
        super(...(args.length ? args : [Right.now() + hours * 3600000]));
      }
      static now = () => Right.now() + hours * 3600000;
    };
  }, hours);
  await page.goto(address);
  await join(page, name);
  await page.getByRole("link", { name: /^Begin with/ }).click();
  await page.locator(".cm-content").waitFor();
  return page;
}

let ada, bob, eve;
await step("students join, with the right code and a name of their own", async () => {
  ada = await student("Ada", 26);
  bob = await open(browser);
  await bob.goto(address);
  await join(bob, "Bob", "AAAA-AAAA");
  await bob.getByText("that is not the class's code").waitFor();
  await join(bob, "Ada");
  await bob.getByText("somebody with that name").waitFor();
  await picture(bob, "c1-join");
  await accessible(bob, "joining");
  await bob.close();
  bob = await student("Bob");
  eve = await student("Eve", -26);
});
await step("one passes, two make the same mistake", async () => {
  await type(ada, solution);
  await verdict(ada, () => ada.keyboard.press("Control+s"), "Passed");
  for (const page of [bob, eve]) {
    await type(page, solution.replace("return 0;", "retrun 0;"));
    await verdict(page, () => page.keyboard.press("Control+s"), "Not yet");
  }
});
const teacher = await open(browser);
await step("the teacher sees who is where, and who is stuck on the same", async () => {
  await teacher.addInitScript(() => {
    const now = Date.now;
    Date.now = () => now() + 26 * 3600000; // a clock that is wrong by a day
  });
  await teacher.goto(link);
  for (const name of ["Ada", "Bob", "Eve"]) await teacher.getByRole("rowheader", { name, exact: true }).waitFor();
  await teacher.locator(".groups li", { hasText: "Bob, Eve" }).waitFor();
  await teacher.locator("tr", { hasText: "Ada" }).getByText(/1\//).waitFor();
  for (const name of ["Ada", "Bob", "Eve"])
    await teacher
      .locator("tr", { hasText: name })
      .getByText(/^[0-9] min$/)
      .waitFor();
  await picture(teacher, "c2-teacher");
  await accessible(teacher, "the teacher's page");
  await teacher.getByRole("button", { name: "Turn the page dark" }).click();
  await picture(teacher, "c3-teacher-dark");
  await accessible(teacher, "the teacher's page, dark");
  await teacher.getByRole("button", { name: "Turn the page light" }).click();
});
await step("a student's terminal is seen, and not typed into", async () => {
  await bob.locator(".terminals .body:not([hidden]) .xterm").click();
  await bob.keyboard.type("echo I-am-$((40+2))\n");
  await teacher
    .locator("tr", { hasText: "Bob" })
    .getByRole("button", { name: /see hello/ })
    .click();
  const shown = teacher.locator("dialog .xterm-accessibility");
  await shown.getByText("I-am-42").first().waitFor();
  await teacher.locator("dialog .xterm").click();
  await teacher.keyboard.type("echo of-the-teacher\n");
  await teacher.waitForTimeout(700);
  assert(!(await bob.locator(".xterm-accessibility").first().innerText()).includes("of-the-teacher"));
  await picture(teacher, "c4-terminal");
  await teacher.getByRole("button", { name: "Close" }).click();
});
await step("a hint reaches all", async () => {
  await teacher.getByLabel("To all").fill("look at line 19");
  await teacher.getByRole("button", { name: "Send" }).click();
  for (const page of [ada, bob, eve]) await page.getByText("teacher: look at line 19").waitFor();
});
await step("one calls for help, is looked at and answered", async () => {
  await bob.getByRole("button", { name: "Call for help" }).click();
  const call = teacher.locator(".groups li", { hasText: "Bob, at hello" });
  await call.getByRole("button", { name: "See code" }).click();
  const code = teacher.locator("dialog pre.look");
  await code.getByText("retrun 0;").first().waitFor();
  await bob.locator(".cm-content").click();
  await bob.keyboard.type("/* typed, not saved */");
  await code.getByText("typed, not saved").waitFor();
  await picture(teacher, "c8-code");
  await teacher.getByRole("button", { name: "Close", exact: true }).click();
  await bob.keyboard.press("Control+z");
  await call.getByRole("button", { name: "Write" }).click();
  await teacher.getByLabel("To Bob alone").fill("look at the return");
  await teacher.locator("dialog").getByRole("button", { name: "Send" }).click();
  await bob.getByText("teacher, to you: look at the return").waitFor();
  assert.equal(await eve.getByText("look at the return").count(), 0);
  await bob.getByRole("button", { name: "Call for help" }).waitFor();
  await call.waitFor({ state: "detached" });
});
await step("the wall screen shows how to join, and no names", async () => {
  const wall = await teacher.context().newPage();
  await wall.goto(address + "wall");
  await wall.getByText(code).waitFor();
  await wall.locator(".bars li", { hasText: "3" }).waitFor();
  assert.equal(await wall.getByText(/Ada|Bob|Eve|retrun/).count(), 0);
  await picture(wall, "c9-wall");
  await wall.close();
});
await step("a lab that the teacher edits is offered to those who have it open", async () => {
  await eve.goto(address + "lab/mine");
  await eve.getByRole("heading", { name: "Our lab" }).waitFor();
  await eve.locator(".xterm-accessibility").getByText("~/lab#").first().waitFor(); // of a lab without a C file
  console.log("edit");
  await eve.getByText("This lab was changed").waitFor();
  await picture(eve, "c11-edited");
  await eve.getByRole("button", { name: "Load it" }).click();
  await eve.getByRole("heading", { name: "Our better lab" }).waitFor();
  assert.equal(await eve.getByText("This lab was changed").count(), 0);
  await eve.goto(address + "lab/hello");
  await eve.locator(".cm-content", { hasText: "retrun 0;" }).waitFor();
});
await step("one comes back from another browser, with a code of their own", async () => {
  const before = bob;
  await before.getByRole("button", { name: /continue on another computer/ }).click();
  await before.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: undefined })); // as by HTTP in a class
  await before.getByRole("button", { name: "Copy the code" }).click();
  await before.getByText("Copied.").waitFor();
  const own = await before.locator("dialog .join-code").innerText();
  await picture(before, "c5-own-code");
  bob = await open(browser);
  await bob.goto(address);
  await bob.getByLabel("The class's code").focus();
  await bob.keyboard.press("Control+v");
  await until("the code is pasted", async () => (await bob.getByLabel("The class's code").inputValue()) === own);
  await join(bob, "Bob", own);
  await bob.getByRole("link", { name: /^(Begin|Go on) with/ }).click();
  await bob.locator(".cm-content", { hasText: "retrun 0;" }).waitFor();
  await before.reload();
  await before.getByLabel("The class's code").waitFor();
  await before.context().close();
  await teacher.locator("tr", { hasText: "Eve" }).getByRole("button", { name: "New code" }).click();
  await teacher.locator("dialog", { hasText: "Eve" }).locator(".join-code").waitFor();
  await picture(teacher, "c6-new-code");
  await teacher.getByRole("button", { name: "Close", exact: true }).click();
});
await step("what another teacher does is seen, also after a question", async () => {
  const elsewhere = (path) => teacher.evaluate((path) => fetch(path, { method: "POST", body: "{}" }), path);
  await teacher.locator("tr", { hasText: "Eve" }).getByRole("button", { name: "New code" }).click();
  await teacher.locator("dialog", { hasText: "Eve" }).locator(".join-code").waitFor();
  await elsewhere("/api/class/students/Eve/code");
  await teacher.getByText("Eve has a newer code").waitFor();
  await teacher.locator("dialog").waitFor({ state: "detached" });
  await teacher.locator("tr", { hasText: "Eve" }).getByRole("button", { name: "Remove" }).click();
  await eve.getByRole("button", { name: "Call for help" }).click();
  await eve.getByRole("button", { name: /help/i, pressed: true }).waitFor();
  await teacher.locator("tr", { hasText: "Eve" }).getByRole("button", { name: "No", exact: true }).click();
  await teacher.locator(".groups li", { hasText: "Eve, at" }).waitFor();
});
await step("results as CSV", async () => {
  const [file] = await Promise.all([
    teacher.waitForEvent("download"),
    teacher.getByRole("link", { name: "Results as CSV" }).click(),
  ]);
  const table = readFileSync(await file.path(), "utf8");
  assert.match(table, /^"Ada","hello",.*,"\d{4}-\d\d-\d\dT/m);
});
await step("one who is removed is out", async () => {
  await teacher.locator("tr", { hasText: "Eve" }).getByRole("button", { name: "Remove" }).click();
  await teacher.locator("tr", { hasText: "Eve" }).getByRole("button", { name: "Yes" }).click();
  await teacher.getByRole("rowheader", { name: "Eve", exact: true }).waitFor({ state: "detached" });
  await eve.reload();
  await eve.getByLabel("The class's code").waitFor();
  await join(eve, "Eve");
  await eve.getByText("that is not the class's code").waitFor();
});
await step("one who is restored has the file", async () => {
  await teacher.getByRole("button", { name: "Restore" }).click();
  const own = await teacher.locator("dialog .join-code").innerText();
  await picture(teacher, "c7-restored");
  await teacher.getByRole("button", { name: "Close", exact: true }).click();
  await join(eve, "Eve", own); // the page that was reloaded comes back
  await eve.locator(".cm-content", { hasText: "retrun 0;" }).waitFor();
});
await step("a browser that vanishes gives its machine back", async () => {
  await bob.context().close();
  await teacher.locator("tr", { hasText: "Bob" }).getByText("away").waitFor({ timeout: 60000 });
  await teacher.waitForFunction(
    () => ![...document.querySelectorAll("tr")].find((r) => r.textContent.includes("Bob")).textContent.includes("MiB"),
    null,
    { timeout: 60000 },
  );
});

const lost = Promise.all([ada, teacher].map((page) => page.getByText("bpflab has not answered since").waitFor()));
console.log("restart");
await new Promise((resolve) => createInterface({ input: process.stdin }).once("line", resolve));

await step("while the server was gone, pages said so; a terminal says that it is a new one", async () => {
  await lost;
  for (const page of [ada, teacher]) await page.locator(".gone").waitFor({ state: "detached" });
  await ada.locator(".xterm-accessibility").getByText("bpflab was started again").first().waitFor();
  await picture(ada, "c10-restarted");
});
await step("after the server was killed, pages go on", async () => {
  await verdict(
    ada,
    () =>
      ada
        .getByRole("button", { name: "Check this step" })
        .first()
        .click()
        .then(async () => {
          if (await ada.getByText("the server does not answer").count())
            throw new Error("the page has not found the server again");
        }),
    "Passed",
  );
  await ada.locator(".cm-content", { hasText: "getdents64 called" }).waitFor();
  await until("one step is done", async () => (await ada.locator(".step.done").count()) === 1);
});
await step("the pages had no error", () => assert.deepEqual([...ada.wrong, ...teacher.wrong], []));
await browser.close();
process.exit(0);
