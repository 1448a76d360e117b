// Opens the REST documentation in headless Chromium, uses it, prints what it saw as JSON.
// argv[2]: { url, chromium, colorScheme, screenshots, steps }
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const settings = JSON.parse(process.argv[2]);
const origin = new URL(settings.url).origin;
const profile = mkdtempSync(join(tmpdir(), 'trellis-chromium-'));

const context = await chromium.launchPersistentContext(profile, {
  executablePath: settings.chromium,
  headless: true,
  viewport: { width: 1380, height: 860 },
  colorScheme: settings.colorScheme ?? 'light',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
context.setDefaultTimeout(15_000);
const page = context.pages()[0];

const seen = { foreign: [], problems: [] };
context.on('request', (request) => {
  if (new URL(request.url()).origin !== origin) seen.foreign.push(request.url());
});
page.on('pageerror', (error) => seen.problems.push(error.message));
page.on('console', (message) => {
  if (message.type() === 'error') seen.problems.push(message.text());
});

const steps = {
  /** The title, and how many operations are listed and shown. */
  async open() {
    await page.goto(settings.url);
    await page.waitForSelector('.operation');
    return [
      await page.title(),
      await page.locator('.index li').count(),
      await page.locator('.operation').count(),
    ];
  },
  async profiles() {
    return page.locator('.profiles a').allTextContents();
  },
  async filter(text) {
    await page.locator('.index input').fill(text);
    return page.locator('.index li:visible').count();
  },
  /** Opens one operation by its link in the index; answers what is told about it. */
  async operation(anchor) {
    await page.locator(`.index a[href="#${anchor}"]`).click();
    const panel = page.locator(`#${anchor}`);
    await panel.locator('form.try').waitFor();
    return panel.innerText();
  },
  async answerOf(anchor, status) {
    const panel = page.locator(`#${anchor} .response`, { hasText: status }).first();
    await panel.locator('> summary').click();
    await panel.locator('> .media').waitFor();
    return panel.innerText();
  },
  async signIn() {
    await page.locator('.account-panel > summary').click();
    await page.locator('.account-panel form button[type=submit]').first().click();
    await page.waitForSelector('.account-panel .person');
    return page.locator('.account-panel > summary').innerText();
  },
  /** Fills in parameters by name and sends; answers status and body. */
  async send(anchor, values) {
    const form = page.locator(`#${anchor} form.try`);
    for (const [name, value] of Object.entries(values)) {
      const label = form.locator('label', { has: page.locator('code', { hasText: name }) }).first();
      await label.locator('input, select').first().fill(value);
    }
    await form.locator('button[type=submit]').click();
    await form.locator('.result .status').waitFor();
    return [await form.locator('.result .status').innerText(), await form.locator('.answer').innerText()];
  },
  async curl(anchor) {
    return page.locator(`#${anchor} .curl code`).innerText();
  },
  async screenshot(name) {
    if (settings.screenshots) {
      await page.screenshot({ path: join(settings.screenshots, `${name}.png`) });
    }
  },
};

const results = [];
try {
  for (const [step, ...values] of settings.steps) results.push(await steps[step](...values));
} catch (error) {
  if (settings.screenshots) {
    await page.screenshot({ path: join(settings.screenshots, 'failure.png') });
  }
  console.error(`step ${results.length} (${settings.steps[results.length]}): ${error.message}`);
  process.exitCode = 1;
} finally {
  await context.close();
  rmSync(profile, { recursive: true, force: true });
}
console.log(JSON.stringify({ results, ...seen }));
