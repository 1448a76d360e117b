// Who is signed in. The tokens live in this tab's session storage and end with the tab.
//
// The server names two documents. `document` takes $email and $password, `refresh` takes
// $refreshToken; the one root field of each answers accessToken, refreshToken, expiresIn and,
// when it can, user { displayName username email }.
import { observable } from '../observable.js';

const KEY = 'trellis:session';
const REFRESH_BEFORE_MS = 30_000;

export function createSession(url, signIn) {
  const state = observable(readStored());
  const asked = observable(false);
  let refreshing = null;

  function keep(value) {
    if (value) sessionStorage.setItem(KEY, JSON.stringify(value));
    else sessionStorage.removeItem(KEY);
    state.set(value);
  }

  async function refresh(current) {
    try {
      const tokens = await askTokens(url, signIn.refresh, { refreshToken: current.refreshToken });
      keep({ ...current, ...tokens, user: tokens.user ?? current.user });
    } catch {
      keep(null); // the next answer says what is missing, and the panel opens
    }
  }

  return {
    state,
    asked,
    async signIn(email, password) {
      keep(await askTokens(url, signIn.document, { email, password }));
      asked.set(false);
    },
    signOut: () => keep(null),
    ask: () => signIn && !state.get() && asked.set(true),
    /** The Authorization value for the next request, renewed when it is about to expire. */
    async authorization() {
      const current = state.get();
      const old = current && Date.now() > current.expiresAt - REFRESH_BEFORE_MS;
      if (old && signIn?.refresh && current.refreshToken) {
        refreshing ??= refresh(current).finally(() => (refreshing = null));
        await refreshing;
      }
      const token = state.get()?.accessToken;
      return token ? `Bearer ${token}` : null;
    },
  };
}

function readStored() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    return null;
  }
}

async function askTokens(url, query, variables) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const answer = await response.json().catch(() => null);
  const tokens = Object.values(answer?.data ?? {})[0];
  if (!tokens?.accessToken) {
    throw new Error(answer?.errors?.[0]?.message ?? `The server answered ${response.status}.`);
  }
  const { accessToken, refreshToken, expiresIn, user } = tokens;
  return { accessToken, refreshToken, user, expiresAt: Date.now() + (expiresIn ?? 900) * 1000 };
}
