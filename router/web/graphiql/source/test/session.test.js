import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSession } from '../src/account/session.js';

function memoryStorage() {
  const items = new Map();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => items.set(key, value),
    removeItem: (key) => items.delete(key),
  };
}

// A server that numbers its tokens; each lives 100 seconds.
function newSession({ storage = memoryStorage(), answer } = {}) {
  const clock = { ms: 1_000_000 };
  const sent = [];
  const tokens = () => ({
    data: {
      any: { accessToken: `a${sent.length}`, refreshToken: `r${sent.length}`, expiresIn: 100 },
    },
  });
  const session = createSession({
    url: '/graphql',
    signIn: { document: 'SIGN IN', refresh: 'REFRESH' },
    storage,
    now: () => clock.ms,
    fetch: async (url, { body }) => {
      sent.push(JSON.parse(body));
      return { status: 200, json: async () => answer ?? tokens() };
    },
  });
  return { session, sent, clock };
}

test('nobody is signed in at first, and nothing is asked', async () => {
  const { session, sent } = newSession();
  assert.equal(await session.authorization(), null);
  assert.deepEqual(sent, []);
});

test('after signing in, requests carry the token', async () => {
  const { session, sent } = newSession();
  await session.signIn('ada', 'secret');
  assert.deepEqual(sent, [{ query: 'SIGN IN', variables: { email: 'ada', password: 'secret' } }]);
  assert.equal(await session.authorization(), 'Bearer a1');
  assert.equal(sent.length, 1);
});

test('a token about to expire is renewed once for all requests that start together', async () => {
  const { session, sent, clock } = newSession();
  await session.signIn('ada', 'secret');
  clock.ms += 71_000;
  const all = await Promise.all([1, 2, 3].map(() => session.authorization()));
  assert.deepEqual(all, ['Bearer a2', 'Bearer a2', 'Bearer a2']);
  assert.deepEqual(sent[1], { query: 'REFRESH', variables: { refreshToken: 'r1' } });
  assert.equal(sent.length, 2);
});

test('a renewal that answers no new refresh token keeps the old one', async () => {
  const storage = memoryStorage();
  const first = newSession({ storage });
  await first.session.signIn('ada', 'secret');
  const answer = { data: { any: { accessToken: 'new', refreshToken: null, expiresIn: 100 } } };
  const later = newSession({ storage, answer });
  later.clock.ms += 200_000;
  assert.equal(await later.session.authorization(), 'Bearer new');
  assert.equal(later.session.state.get().refreshToken, 'r1');
});

test('when renewal is refused the session ends', async () => {
  const storage = memoryStorage();
  const first = newSession({ storage });
  await first.session.signIn('ada', 'secret');
  const later = newSession({ storage, answer: { errors: [{ message: 'expired' }] } });
  later.clock.ms += 200_000;
  assert.equal(await later.session.authorization(), null);
  assert.equal(later.session.state.get(), null);
});

test('a refused sign-in tells what the server said and keeps nothing', async () => {
  const { session } = newSession({ answer: { errors: [{ message: 'Wrong password.' }] } });
  await assert.rejects(session.signIn('ada', 'x'), { message: 'Wrong password.' });
  assert.equal(session.state.get(), null);
});

test('the form is asked for only while nobody is signed in', async () => {
  const { session } = newSession();
  session.ask();
  assert.equal(session.asked.get(), true);
  await session.signIn('ada', 'secret');
  assert.equal(session.asked.get(), false);
  session.ask();
  assert.equal(session.asked.get(), false);
});
