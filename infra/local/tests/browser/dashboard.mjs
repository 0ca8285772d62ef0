// The dashboard in a real browser, against a running stack: `cargo local browser` starts both and runs this.
//
// Most tests look at the pages as they are behind a proxy that adds the token; those of signing in, as they are without one.
//
// Environment: GUARDIAN_URL (the API), GUARDIAN_TOKEN (an operator's), GUARDIAN_BACKEND_TOKEN, GUARDIAN_PACKAGES (the folder with node_modules), GUARDIAN_CHROMIUM (empty: the one in
// the packages), GUARDIAN_SCREENSHOTS (a folder; empty: none are taken).
import { createRequire } from "node:module";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";

const { GUARDIAN_URL: url, GUARDIAN_TOKEN: token, GUARDIAN_BACKEND_TOKEN: backendToken } = process.env;
const { GUARDIAN_PACKAGES: packages, GUARDIAN_CHROMIUM, GUARDIAN_SCREENSHOTS: screenshots } = process.env;
const operator = { authorization: `Bearer ${token}` };
const backend = { authorization: `Bearer ${backendToken}` };
const require = createRequire(join(packages, "package.json"));
const { chromium } = require("playwright-core");
const axe = require("axe-core").source;

// Machines differ by far more than this: it only ends what hangs.
const PATIENCE_MS = 120_000;
const PHONE = { width: 360, height: 740 };
const DESK = { width: 1280, height: 900 };

// The Chromium that npm brings starts the same way, with switches of its own.
async function launch() {
  if (GUARDIAN_CHROMIUM) return chromium.launch({ executablePath: GUARDIAN_CHROMIUM, args: ["--no-sandbox"] });
  // It unpacks the libraries that it needs only where it believes to be in a function.
  process.env.AWS_EXECUTION_ENV ??= "AWS_Lambda_nodejs22.x";
  const { default: packed } = await import(require.resolve("@sparticuz/chromium"));
  // One process for all would end with the first page that is closed.
  const args = packed.args.filter((argument) => argument !== "--single-process");
  return chromium.launch({ executablePath: await packed.executablePath(), args });
}

const browser = await launch();
const figures = {};
let passed = 0;
const failures = [];

// Opens a page that fails the test on anything that a good page does not do.
async function opened(path, options = {}) {
  const context = await browser.newContext({
    viewport: DESK, locale: "en-GB", timezoneId: "UTC", extraHTTPHeaders: operator, ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const wrong = [];
  const requests = [];
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && wrong.push(message.text()));
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("request", (request) => {
    requests.push(request.url());
    const { protocol, origin } = new URL(request.url());
    if (protocol !== "data:" && origin !== new URL(url).origin) wrong.push(`a request to ${request.url()}`);
  });
  const answer = await page.goto(url + path);
  return { context, page, wrong, requests, answer };
}

async function test(name, path, options, play) {
  let open;
  try {
    open = await opened(path, options);
    await play(open);
    assert.deepEqual(open.wrong, []);
    passed += 1;
    console.log(`ok      ${name}`);
  } catch (error) {
    failures.push(name);
    console.log(`FAILED  ${name}: ${error.stack ?? error}`);
    for (const line of open?.wrong ?? []) console.log(`        ${line}`);
  } finally {
    await open?.context.close();
  }
}

async function accessible(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const told = violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target}: ${node.failureSummary}`));
  assert.deepEqual(told, []);
}

async function fits(page) {
  const { wide, screen } = await page.evaluate(() => ({ wide: document.documentElement.scrollWidth, screen: window.innerWidth }));
  assert.ok(wide <= screen, `the page is ${wide} wide on a screen of ${screen}`);
}

// Of text in drawings, and of what stands beside it: what lies on one another cannot be read.
async function overlapping(page) {
  return page.evaluate(() => {
    const overlaps = [];
    for (const svg of document.querySelectorAll("main svg")) {
      const texts = [...svg.querySelectorAll(":scope > text")].map((text) => [text.textContent, text.getBoundingClientRect()]);
      const shown = texts.filter(([, box]) => box.width > 0);
      shown.forEach(([text, box], place) => {
        for (const [other, beside] of shown.slice(place + 1)) {
          const across = Math.min(box.right, beside.right) - Math.max(box.left, beside.left);
          const down = Math.min(box.bottom, beside.bottom) - Math.max(box.top, beside.top);
          if (across > 0.5 && down > 2) overlaps.push(`${text} on ${other} (${svg.closest("[id]")?.id})`);
        }
      });
    }
    return overlaps;
  });
}

// The upper part of a page, as large as a picture in a README may be.
async function shoot(page, name, height) {
  if (!screenshots) return;
  const { width } = page.viewportSize();
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true, clip: { x: 0, y: 0, width, height } });
}

let number = 0;
// An expensive evening at a shop that nobody knows: something to be seen.
async function attempt(customer) {
  const answer = await fetch(`${url}/v1/attempts`, {
    method: "POST",
    headers: { "content-type": "application/json", ...backend },
    body: JSON.stringify({
      customer_id: customer,
      idempotency_key: `browser-${process.pid}-${number++}`,
      amount: { value: "1299.00", currency: "EUR" },
      category: "electronics",
      payment_method: "bnpl",
      merchant_id: "never-seen-before",
      occurred_at: new Date().toISOString(),
    }),
  });
  assert.equal(answer.status, 200, await answer.clone().text());
  const decision = await answer.json();
  if (decision.intervention) await say(customer, decision.attempt_id, number % 3 ? "useful" : "annoying");
  return decision.attempt_id;
}

// What a customer says of an interruption.
async function say(customer, id, feedback) {
  const body = JSON.stringify({ feedback });
  const answer = await fetch(`${url}/v1/customers/${customer}/attempts/${id}/feedback`, { method: "POST", headers: backend, body });
  assert.equal(answer.status, 200, await answer.text());
}

// The first decision that is in the feed, and whose it is.
async function customerOfFeed() {
  const { context, page } = await opened("/dashboard");
  const customer = await page.locator(".feed a").first().textContent();
  await context.close();
  return customer;
}

const customer = await customerOfFeed();

await test("the dashboard answers the four questions, with charts, and asks nobody else", "/dashboard", {}, async ({ page, answer, requests }) => {
  assert.equal(answer.status(), 200);
  const policy = answer.headers()["content-security-policy"];
  assert.match(policy, /^default-src 'none'; script-src 'sha256-[^ ]+'; style-src 'sha256-[^ ]+';/);
  assert.doesNotMatch(policy, /unsafe/);
  const questions = await page.locator(".verdict h3").allTextContents();
  assert.deepEqual(questions, ["Is it working?", "Is it helping?", "Is it annoying?", "What changed?"]);
  for (const words of await page.locator(".verdict .answer").allTextContents()) assert.ok(words.trim().length > 10, words);
  const charts = page.locator("figure.chart");
  assert.ok((await charts.count()) >= 8, "there are charts");
  for (const chart of await charts.all()) {
    assert.match(await chart.locator("figcaption p").textContent(), /\S/);
    assert.match(await chart.locator("[role=img]").getAttribute("aria-label"), /\S/);
    assert.equal(await chart.locator("details table").count(), 1);
  }
  await page.getByText("Live", { exact: true }).waitFor();
  const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
  const body = await answer.body();
  figures["first paint, 30 days"] = `${paint.toFixed(0)} ms`;
  figures["page, 30 days"] = `${body.length} bytes, ${gzipSync(body).length} with gzip`;
  figures["requests"] = String(requests.filter((request) => !request.startsWith("data:")).length);
  await shoot(page, "dashboard-light", 1720);
});

await test("a new decision arrives without a reload; what is open, focused and scrolled stays so", "/dashboard", {}, async ({ page }) => {
  await page.evaluate(() => { window.mark = "the same page"; });
  await page.locator("#attempts-table summary").click();
  await page.locator("#rates-table summary").focus();
  await page.evaluate(() => window.scrollTo(0, 200));
  const id = await attempt(customer);
  await page.locator(`#d-${id}`).waitFor();
  const there = await page.evaluate(() => ({
    mark: window.mark,
    open: document.getElementById("attempts-table").open,
    focused: document.activeElement.closest("[id]").id,
    scrolled: window.scrollY,
  }));
  assert.deepEqual(there, { mark: "the same page", open: true, focused: "rates-table", scrolled: 200 });
  assert.match(await page.locator(`#d-${id}`).textContent(), /EUR\s1,299\.00/);
});

await test("the period is chosen by a click or by dates, and stands in the address", "/dashboard", {}, async ({ page }) => {
  assert.equal(await page.locator(".presets [aria-current]").textContent(), "30 days");
  await page.getByRole("link", { name: "7 days" }).click();
  await page.waitForURL("**/dashboard?days=7");
  assert.equal(await page.locator(".presets [aria-current]").textContent(), "7 days");
  assert.match(await page.locator(".period").textContent(), /7 days/);
  const day = new Date(Date.now() - 3 * 86_400_000).toISOString().slice(0, 10);
  await page.getByLabel("From", { exact: true }).fill(day);
  await page.getByLabel("To", { exact: true }).fill(day);
  await page.getByRole("button", { name: "Show" }).click();
  await page.waitForURL(`**/dashboard?from=${day}&to=${day}**`);
  assert.equal(await page.locator(".presets [aria-current]").count(), 0);
  await page.locator("select[name=segment]").selectOption("established");
  await page.getByRole("button", { name: "Show" }).click();
  await page.waitForURL("**segment=established**");
  await accessible(page);
});

await test("from a decision to its customer", "/dashboard", {}, async ({ page }) => {
  await page.locator(".feed a").first().click();
  await page.waitForURL("**/dashboard/customers/**");
  await page.getByRole("heading", { name: "What is usual" }).waitFor();
  for (const chart of ["amounts", "hours", "payment-methods", "merchants"]) assert.equal(await page.locator(`figure#${chart}`).count(), 1);
  assert.ok((await page.locator(".reasons li").count()) > 3, "reasons are drawn");
  assert.deepEqual(await overlapping(page), []);
  await accessible(page);
  await shoot(page, "customer", 1400);
  await page.getByRole("link", { name: "Financial Guardian" }).click();
  await page.waitForURL("**/dashboard");
});

await test("light is accessible", "/dashboard", {}, async ({ page }) => {
  assert.deepEqual(await overlapping(page), []);
  await accessible(page);
});

await test("dark is dark, and accessible", "/dashboard", { colorScheme: "dark" }, async ({ page }) => {
  const [red, green, blue] = await page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number));
  assert.ok(red + green + blue < 120, `${red}, ${green}, ${blue}`);
  await accessible(page);
  await shoot(page, "dashboard-dark", 1720);
});

for (const colorScheme of ["light", "dark"]) {
  await test(`a phone of 360 pixels, ${colorScheme}: nothing is cut off, nothing overlaps`, "/dashboard", { viewport: PHONE, colorScheme }, async ({ page }) => {
    await fits(page);
    assert.deepEqual(await overlapping(page), []);
    await accessible(page);
    if (colorScheme === "light") await shoot(page, "dashboard-narrow", 1900);
    await page.goto(`${url}/dashboard/customers/${customer}`);
    await fits(page);
    assert.deepEqual(await overlapping(page), []);
    await accessible(page);
  });
}

await test("everything is reached by keyboard", "/dashboard", {}, async ({ page }) => {
  const focused = () => page.evaluate(() => document.activeElement.textContent.trim().slice(0, 40));
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "Skip to the figures");
  const reached = new Set();
  const steps = await page.evaluate(() => document.querySelectorAll("a, button, input, select, summary, [tabindex='0']").length + 20);
  for (let step = 0; step < steps; step += 1) {
    await page.keyboard.press("Tab");
    reached.add(await page.evaluate(() => {
      const element = document.activeElement;
      const outlined = getComputedStyle(element).outlineStyle !== "none";
      return outlined ? element.tagName : `${element.tagName} without an outline`;
    }));
  }
  for (const kind of ["A", "INPUT", "SELECT", "BUTTON", "SUMMARY"]) assert.ok(reached.has(kind), `${kind} of ${[...reached]}`);
  await page.locator("#scores-table summary").focus();
  await page.keyboard.press("Enter");
  assert.ok(await page.locator("#scores-table").evaluate((details) => details.open));
});

await test("it says since when it is stale, and recovers", "/dashboard", {}, async ({ page, context, wrong }) => {
  await page.getByText("Live", { exact: true }).waitFor();
  await context.setOffline(true);
  await page.getByText(/^Stale since \d\d:\d\d:\d\d: the server cannot be reached\. Trying again\.$/).waitFor();
  assert.ok(await page.locator("figure.chart").count(), "what was known is still there");
  await context.setOffline(false);
  await page.getByText("Live", { exact: true }).waitFor();
  // That the request failed stands in the console, as it should.
  wrong.splice(0, wrong.length, ...wrong.filter((line) => !line.includes("ERR_INTERNET_DISCONNECTED")));
});

await test("a hidden page asks for nothing, and catches up when it is shown again", "/dashboard", {}, async ({ page, requests }) => {
  const hide = (hidden) => page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
  await hide(true);
  await page.getByText("Paused", { exact: true }).waitFor();
  const before = requests.length;
  await page.waitForTimeout(12_000);
  assert.equal(requests.length, before);
  await hide(false);
  await page.getByText("Live", { exact: true }).waitFor();
  assert.ok(requests.length > before);
});

await test("without scripts it is whole, and loads itself again", "/dashboard", { javaScriptEnabled: false }, async ({ page }) => {
  assert.ok((await page.locator("figure.chart").count()) >= 8);
  assert.match(await page.locator("head").innerHTML(), /http-equiv="refresh"/);
  assert.match(await page.locator("#state").textContent(), /^Made at/);
});

await test("a period without anything says so", "/dashboard?from=2020-01-01&to=2020-01-31", {}, async ({ page }) => {
  await page.getByRole("heading", { name: "Nothing was scored in this period" }).waitFor();
  await accessible(page);
});

await test("a customer of whom nothing is held", "/dashboard/customers/nobody-at-all", {}, async ({ page }) => {
  await page.getByRole("heading", { name: "Nothing is held of this customer" }).waitFor();
  await accessible(page);
});

await test("a period that is none is refused in words", "/dashboard?from=yesterday", {}, async ({ page, answer, wrong }) => {
  assert.equal(answer.status(), 400);
  await page.getByRole("heading", { name: "This cannot be shown" }).waitFor();
  await accessible(page);
  // Browsers note in the console that a page was answered with 400.
  wrong.splice(0, wrong.length, ...wrong.filter((line) => !line.includes("status of 400")));
});

await test("90 days", "/dashboard?days=90", {}, async ({ page, answer }) => {
  const body = await answer.body();
  const times = [];
  for (let round = 0; round < 20; round += 1) {
    const began = performance.now();
    await (await fetch(`${url}/dashboard?days=90`, { headers: operator })).arrayBuffer();
    times.push(performance.now() - began);
  }
  times.sort((one, other) => one - other);
  const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
  figures["first paint, 90 days"] = `${paint.toFixed(0)} ms`;
  figures["page, 90 days"] = `${body.length} bytes, ${gzipSync(body).length} with gzip`;
  figures["request to answer, 90 days, median of 20"] = `${times[10].toFixed(1)} ms`;
  assert.deepEqual(await overlapping(page), []);
});

const nobody = { extraHTTPHeaders: {} };
// Browsers note in the console that a request was refused.
const refusedIn = (wrong) => wrong.splice(0, wrong.length, ...wrong.filter((line) => !/status of 40[13]/.test(line)));

await test("without a token there is nothing to be seen, and a way to sign in", "/dashboard/sign-in", nobody, async ({ page, answer, wrong }) => {
  assert.equal(answer.status(), 200);
  assert.doesNotMatch(await answer.text(), /EUR|€|customer-/);
  await page.getByText("Not signed in", { exact: true }).waitFor();
  await fits(page);
  await accessible(page);
  await shoot(page, "sign-in", 480);
  await page.locator("#token").fill("nonsense");
  await page.getByRole("button", { name: "Open the dashboard" }).click();
  await page.getByText("The token is not valid, or no longer.").waitFor();
  await page.locator("#token").fill(backendToken);
  await page.getByRole("button", { name: "Open the dashboard" }).click();
  await page.getByText("The token is not for operators.").waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length), 0, "what does not hold is not kept");
  refusedIn(wrong);
});

await test("signed in, it is the dashboard: links, periods, going back, reloading, live", "/dashboard/sign-in", nobody, async ({ page }) => {
  await page.locator("#token").fill(token);
  await page.getByRole("button", { name: "Open the dashboard" }).click();
  await page.getByText("Live", { exact: true }).waitFor();
  assert.equal(await page.title(), "Financial Guardian");
  assert.ok((await page.locator("figure.chart").count()) >= 8);
  await accessible(page);
  await page.getByRole("link", { name: "7 days" }).click();
  await page.waitForURL("**/dashboard/sign-in#/dashboard?days=7");
  await page.locator(".presets [aria-current]", { hasText: "7 days" }).waitFor();
  await page.locator("select[name=segment]").selectOption("established");
  await page.getByRole("button", { name: "Show" }).click();
  await page.waitForURL("**segment=established**");
  await page.locator("select[name=segment]").filter({ has: page.locator("option[selected][value=established]") }).waitFor();
  await page.goBack();
  await page.waitForURL("**/dashboard/sign-in#/dashboard?days=7");
  await page.reload();
  await page.locator(".presets [aria-current]", { hasText: "7 days" }).waitFor();
  await page.locator(".feed a").first().click();
  await page.getByRole("heading", { name: "What is usual" }).waitFor();
  await page.getByRole("link", { name: "Financial Guardian" }).click();
  await page.locator(".presets [aria-current]", { hasText: "30 days" }).waitFor();
  await page.evaluate(() => { window.mark = "the same page"; });
  const id = await attempt(customer);
  await page.locator(`#d-${id}`).waitFor();
  assert.equal(await page.evaluate(() => window.mark), "the same page");
});

await test("a link with a token signs in, and the token leaves the address", `/dashboard/sign-in#token=${token}`, nobody, async ({ page, requests }) => {
  await page.getByText("Live", { exact: true }).waitFor();
  await page.waitForURL("**/dashboard/sign-in#/dashboard");
  assert.ok(!page.url().includes(token));
  assert.ok(!requests.some((request) => request.includes(token)), "no request holds it in its address");
});

await test("a token that no longer holds leads back to signing in", `/dashboard/sign-in#token=${token}`, nobody, async ({ page, wrong }) => {
  await page.getByText("Live", { exact: true }).waitFor();
  await page.evaluate(() => sessionStorage.setItem("guardian-token", "expired"));
  await page.getByRole("link", { name: "7 days" }).click();
  await page.getByText("The token is not valid, or no longer.").waitFor();
  assert.equal(await page.locator("figure.chart").count(), 0, "nothing is left to be seen");
  refusedIn(wrong);
});

// A provider of OpenID Connect, as far as a browser sees one; what it is asked is noted.
async function provider(context, asked, answer = {}) {
  const cors = { "access-control-allow-origin": "*" };
  await context.route("https://id.example.com/**", async (route) => {
    const request = route.request();
    const { pathname, searchParams } = new URL(request.url());
    if (pathname === "/.well-known/openid-configuration") {
      const [authorization_endpoint, token_endpoint] = ["authorize", "token"].map((name) => `https://id.example.com/${name}`);
      return route.fulfill({ headers: cors, json: { authorization_endpoint, token_endpoint } });
    }
    if (pathname === "/authorize") {
      asked.authorize = Object.fromEntries(searchParams);
      const back = new URLSearchParams({ code: "a-code", state: searchParams.get("state"), ...answer });
      return route.fulfill({ status: 302, headers: { location: `${searchParams.get("redirect_uri")}?${back}` } });
    }
    asked.token = Object.fromEntries(new URLSearchParams(request.postData()));
    return route.fulfill({ headers: cors, json: { access_token: token, token_type: "Bearer" } });
  });
}

await test("an operator signs in with the provider", "/dashboard/sign-in#/dashboard?days=7", nobody, async ({ page, context, wrong }) => {
  const asked = {};
  await provider(context, asked);
  await page.getByRole("button", { name: "Sign in with id.example.com" }).click();
  await page.getByText("Live", { exact: true }).waitFor();
  await page.waitForURL("**/dashboard/sign-in#/dashboard?days=7");
  assert.equal(asked.authorize.client_id, "guardian-dashboard");
  assert.equal(asked.authorize.scope, "openid guardian/operator");
  assert.equal(asked.authorize.redirect_uri, `${url}/dashboard/sign-in`);
  assert.equal(asked.authorize.code_challenge_method, "S256");
  const challenge = createHash("sha256").update(asked.token.code_verifier).digest("base64url");
  assert.equal(asked.authorize.code_challenge, challenge, "the verifier is the one that was promised");
  assert.equal(asked.token.code, "a-code");
  assert.deepEqual(await page.evaluate(() => Object.keys(sessionStorage)), ["guardian-token"]);
  wrong.splice(0, wrong.length, ...wrong.filter((line) => !line.startsWith("a request to https://id.example.com")));
});

await test("an answer of the provider that nobody asked for is not taken", "/dashboard/sign-in", nobody, async ({ page, context, wrong }) => {
  await provider(context, {}, { state: "somebody-elses" });
  await page.getByRole("button", { name: "Sign in with id.example.com" }).click();
  await page.getByText("this is not the answer to what was asked").waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  wrong.splice(0, wrong.length, ...wrong.filter((line) => !line.startsWith("a request to https://id.example.com")));
});

await test("signing in on a phone, in the dark", "/dashboard/sign-in", { ...nobody, viewport: PHONE, colorScheme: "dark" }, async ({ page }) => {
  await fits(page);
  await accessible(page);
});

await browser.close();
for (const [name, figure] of Object.entries(figures)) console.log(`${name}: ${figure}`);
console.log(`${passed} passed, ${failures.length} failed`);
process.exit(failures.length ? 1 : 0);
