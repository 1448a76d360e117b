// Drives the npm client graphql-ws through one scenario and prints what it saw as JSON.
// argv[2]: { scenario, wsUrl, httpUrl, token, query, variables, mutations }
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const settings = JSON.parse(process.argv[2]);
const BOUND_MS = 20_000;

const closes = [];
const pongs = [];
const client = createClient({
  url: settings.wsUrl,
  webSocketImpl: WebSocket,
  retryAttempts: 0,
  keepAlive: settings.keepAlive ?? 0,
  connectionParams: settings.token ? { authorization: `Bearer ${settings.token}` } : undefined,
  on: {
    closed: (event) => closes.push({ code: event.code, reason: event.reason }),
    pong: (received) => received && pongs.push(Date.now()),
  },
});

const scenarios = {
  /** One operation to its end: the answers and how it ended. */
  async operation() {
    const answers = [];
    try {
      for await (const answer of client.iterate(settings)) answers.push(answer);
      return { answers, end: 'complete' };
    } catch (problem) {
      return { answers, end: describe(problem) };
    }
  },

  /** Subscribes, mutates until the first event comes, completes, and mutates on: what came when. */
  async subscription() {
    const events = [];
    let first;
    const arrived = new Promise((resolve) => (first = resolve));
    let ended = null;
    const unsubscribe = client.subscribe(settings, {
      next: (event) => first(events.push(event)),
      error: (problem) => first((ended = describe(problem))),
      complete: () => (ended ??= 'complete'),
    });
    const sent = await mutateUntil(arrived);
    unsubscribe();
    const before = events.length;
    for (let turn = 0; turn < 3; turn += 1) await mutate(`after completion ${turn}`);
    const probe = await scenarios.probe();
    return { first: events[0], sent, ended, late: events.length - before, probe };
  },

  /** The same socket still serves. */
  async probe() {
    for await (const answer of client.iterate({ query: '{ __typename }' })) return answer;
    return null;
  },

  /** Pings come back while an operation is open. */
  async keepAlive() {
    const open = client.iterate(settings);
    const waiting = open.next();
    await until(() => pongs.length >= 2);
    await open.return();
    await waiting;
    return { pongs: pongs.length >= 2 };
  },
};

async function mutateUntil(arrived) {
  const sent = [];
  for (let turn = 0; turn < 40; turn += 1) {
    const text = `seen over the socket ${turn}`;
    sent.push(text);
    await mutate(text);
    const came = await Promise.race([arrived.then(() => true), sleep(250).then(() => false)]);
    if (came) return sent;
  }
  throw new Error('no event in 10 seconds');
}

async function mutate(text) {
  const { query, variables } = settings.mutation;
  const response = await fetch(settings.httpUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${settings.token}` },
    body: JSON.stringify({ query, variables: { ...variables, text } }),
  });
  const answer = await response.json();
  if (answer.errors) throw new Error(JSON.stringify(answer.errors));
}

async function until(test) {
  for (let waited = 0; waited < BOUND_MS; waited += 50) {
    if (test()) return;
    await sleep(50);
  }
  throw new Error('waited too long');
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function describe(problem) {
  if (Array.isArray(problem)) return { errors: problem };
  if (problem?.code) return { close: problem.code, reason: problem.reason };
  return { error: String(problem?.message ?? problem) };
}

setTimeout(() => {
  console.error(`no end in ${BOUND_MS} ms`);
  process.exit(1);
}, BOUND_MS).unref();

const result = await scenarios[settings.scenario]();
await client.dispose();
console.log(JSON.stringify({ ...result, closes }));
process.exit(0);
