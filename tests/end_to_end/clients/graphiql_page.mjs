// Opens GraphiQL in headless Chromium, uses it as a person would, prints what it saw as JSON.
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

const seen = { requests: 0, foreign: [], problems: [] };
function watch(url) {
  seen.requests += 1;
  const { protocol, host } = new URL(url);
  const isOurs = host === new URL(origin).host || protocol === 'data:' || protocol === 'blob:';
  if (!isOurs) seen.foreign.push(url);
}
context.on('request', (request) => watch(request.url()));
page.on('websocket', (socket) => watch(socket.url()));
page.on('pageerror', (error) => seen.problems.push(error.message));
page.on('console', (message) => {
  if (message.type() === 'error') seen.problems.push(message.text());
});

const response = page.locator('.graphiql-response');

// Monaco draws spaces as no-break spaces.
async function answerText() {
  return ((await response.textContent()) ?? '').replaceAll('\u00a0', ' ');
}

async function signInForm() {
  const form = page.locator('.trellis-popover form');
  if (!(await form.isVisible())) await page.click('.trellis-account > button');
  return form;
}

const steps = {
  async open() {
    await page.goto(settings.url);
    await page.waitForSelector('.graphiql-query-editor .view-line');
    await page.waitForFunction(() => !document.querySelector('.graphiql-doc-explorer-error'));
    return page.locator('.graphiql-tab-button, [id^="graphiql-session-tab-"]').allTextContents();
  },
  async tab(name) {
    await page.getByRole('tab', { name }).or(page.getByRole('button', { name })).first().click();
    await page.waitForFunction(
      (wanted) => document.querySelector('.graphiql-query-editor')?.textContent.includes(wanted),
      name,
    );
    await page.waitForTimeout(500); // the language worker tells GraphiQL the operation's name
  },
  async run() {
    await page.click('.graphiql-execute-button');
  },
  /** Waits for a text in the answer. */
  async answer(text) {
    await page.waitForFunction(
      (wanted) => {
        const shown = document.querySelector('.graphiql-response')?.textContent ?? '';
        return shown.replaceAll('\u00a0', ' ').includes(wanted);
      },
      text,
    );
    return answerText();
  },
  /** With what the form is filled in with. */
  async signIn() {
    return steps.signInWith(null);
  },
  async signInWith(password) {
    const form = await signInForm();
    if (password) await form.locator('input[name=password]').fill(password);
    await form.locator('button[type=submit]').click();
    await page.waitForSelector('.trellis-person');
    await page.keyboard.press('Escape');
    const shown = await page.locator('.trellis-person').innerText();
    return shown.split('\n').at(-1); // after the initial
  },
  async refusedSignIn(password) {
    const form = await signInForm();
    await form.locator('input[name=password]').fill(password);
    await form.locator('button[type=submit]').click();
    return page.locator('.trellis-problem').textContent();
  },
  async isAskedToSignIn() {
    await page.waitForSelector('.trellis-popover .trellis-note');
    return true;
  },
  async panel(title) {
    await page.getByRole('button', { name: `Show ${title}` }).click();
    await page.waitForTimeout(300);
    return page.locator('.graphiql-plugin').innerText();
  },
  /** Another client sends a mutation now and then until the page shows its text. */
  async changeUntilSeen(url, token, query, variables, text) {
    for (let turn = 0; turn < 40; turn += 1) {
      const sent = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ query, variables: { ...variables, text: `${text} ${turn}` } }),
      });
      const { errors } = await sent.json();
      if (errors) throw new Error(JSON.stringify(errors));
      await page.waitForTimeout(250);
      const shown = await answerText();
      if (shown.includes(text)) return shown;
    }
    throw new Error('the page showed no event in 10 seconds');
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
