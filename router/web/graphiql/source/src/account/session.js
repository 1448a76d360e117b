// Who is signed in. The tokens live in this tab's session storage and end with the tab.
//
// The server names two documents. `document` takes $email and $password, `refresh` takes
// $refreshToken; the one root field of each answers accessToken, refreshToken, expiresIn and,
// when it can, user { displayName username email }.
import { observable } from '../observable.js';

const KEY = 'trellis:session';
const REFRESH_BEFORE_MS = 30_000;
const UNTOLD_LIFETIME_S = 900;

export function createSession({ url, signIn, storage, fetch, now = Date.now }) {
  const state = observable(read());
  const asked = observable(false);
  let refreshing = null;

  function read() {
    try {
      return JSON.parse(storage.getItem(KEY));
    } catch {
      return null;
    }
  }

  function keep(value) {
    if (value) storage.setItem(KEY, JSON.stringify(value));
    else storage.removeItem(KEY);
    state.set(value);
  }

  async function askTokens(query, variables) {
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
    const { accessToken, refreshToken, expiresIn = UNTOLD_LIFETIME_S, user } = tokens;
    return { accessToken, refreshToken, user, expiresAt: now() + expiresIn * 1000 };
  }

  async function refresh(current) {
    try {
      const tokens = await askTokens(signIn.refresh, { refreshToken: current.refreshToken });
      // An answer without a new refresh token or without the user leaves the old one in place.
      const told = Object.entries(tokens).filter(([, value]) => value != null);
      keep({ ...current, ...Object.fromEntries(told) });
    } catch {
      keep(null); // the next answer says what is missing, and the panel opens
    }
  }

  return {
    state,
    asked,
    async signIn(email, password) {
      keep(await askTokens(signIn.document, { email, password }));
      asked.set(false);
    },
    signOut: () => keep(null),
    /** Opens the sign-in form, where there is one and nobody is signed in. */
    ask: () => signIn && !state.get() && asked.set(true),
    /** The Authorization value for the next request, renewed when it is about to expire. */
    async authorization() {
      const current = state.get();
      const isOld = current && now() > current.expiresAt - REFRESH_BEFORE_MS;
      if (isOld && signIn?.refresh && current.refreshToken) {
        // A refresh token works once: requests that start together share one renewal.
        refreshing ??= refresh(current).finally(() => (refreshing = null));
        await refreshing;
      }
      const token = state.get()?.accessToken;
      return token ? `Bearer ${token}` : null;
    },
  };
}
