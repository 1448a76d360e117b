// Who is signed in: the session of this tab, shared with GraphiQL, or a token that was pasted.
import { h } from './dom.js';

const KEY = 'trellis:session';

export function createSession(config) {
  const listeners = new Set();
  const state = {
    get token() {
      return state.current?.accessToken ?? '';
    },
    current: read(),
    onChange: (listener) => listeners.add(listener),
    keep(value) {
      if (value) sessionStorage.setItem(KEY, JSON.stringify(value));
      else sessionStorage.removeItem(KEY);
      state.current = value;
      listeners.forEach((listener) => listener());
    },
    async signIn(email, password) {
      const response = await fetch(new URL(config.endpoint, document.baseURI), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: config.signIn.document, variables: { email, password } }),
      });
      const answer = await response.json();
      const tokens = Object.values(answer.data ?? {})[0];
      if (!tokens?.accessToken) throw new Error(answer.errors?.[0]?.message ?? response.statusText);
      const { accessToken, refreshToken, expiresIn = 900, user } = tokens;
      state.keep({ accessToken, refreshToken, user, expiresAt: Date.now() + expiresIn * 1000 });
    },
  };
  return state;
}

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    return null;
  }
}

export function accountPanel(session, config) {
  const place = h('details', { class: 'account-panel' });
  document.addEventListener('keydown', (event) => event.key === 'Escape' && (place.open = false));
  function draw() {
    const name = session.current?.user?.displayName ?? (session.token ? 'Token set' : 'Sign in');
    place.replaceChildren(
      h('summary', { class: session.token ? 'person' : 'button' }, name),
      h('div', { class: 'popover' }, session.token ? signedIn() : [signInForm(), tokenForm()]),
    );
  }

  function signedIn() {
    const leave = () => {
      place.open = false;
      session.keep(null);
    };
    return [
      h('p', null, 'Requests from this page carry your token.'),
      h('button', { type: 'button', onclick: leave }, 'Sign out'),
    ];
  }

  function signInForm() {
    if (!config.signIn) return null;
    const problem = h('p', { class: 'problem', role: 'alert' });
    const demo = config.signIn.demo ?? {};
    const form = h(
      'form',
      { onsubmit: submit },
      field('E-mail', { name: 'email', autocomplete: 'username', required: true, value: demo.email }),
      field('Password', {
        name: 'password',
        type: 'password',
        autocomplete: 'current-password',
        required: true,
        value: demo.password,
      }),
      problem,
      h('button', { type: 'submit' }, 'Sign in'),
    );
    async function submit(event) {
      event.preventDefault();
      problem.textContent = '';
      try {
        await session.signIn(form.email.value, form.password.value);
        place.open = false;
      } catch (error) {
        problem.textContent = error.message;
      }
    }
    return form;
  }

  function tokenForm() {
    const form = h(
      'form',
      { onsubmit: submit, class: 'token' },
      field('Or an access token', { name: 'token', autocomplete: 'off', required: true }),
      h('button', { type: 'submit', class: 'quiet' }, 'Use it'),
    );
    function submit(event) {
      event.preventDefault();
      place.open = false;
      session.keep({ accessToken: form.token.value.trim().replace(/^Bearer\s+/i, '') });
    }
    return form;
  }

  session.onChange(draw);
  draw();
  return place;
}

function field(label, attributes) {
  return h('label', null, label, h('input', attributes));
}
