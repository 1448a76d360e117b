// The right end of the top bar: a sign-in form, or the person who is signed in.
import { useEffect, useId, useRef, useState } from 'react';
import { useObservable } from '../observable.js';

export function Account({ session, demo }) {
  const current = useObservable(session.state);
  const asked = useObservable(session.asked);
  const [open, setOpen] = useState(false);
  const shown = open || asked;
  const place = useRef(null);

  function close() {
    setOpen(false);
    session.asked.set(false);
  }

  useEffect(() => {
    if (!shown) return undefined;
    const onKey = (event) => event.key === 'Escape' && close();
    const onPress = (event) => !place.current.contains(event.target) && close();
    addEventListener('keydown', onKey);
    addEventListener('pointerdown', onPress);
    return () => {
      removeEventListener('keydown', onKey);
      removeEventListener('pointerdown', onPress);
    };
  }, [shown]);

  return (
    <div className="trellis-account" ref={place}>
      <button
        type="button"
        className={current ? 'trellis-person' : 'trellis-button'}
        aria-expanded={shown}
        onClick={() => (shown ? close() : setOpen(true))}
      >
        {current ? <Person user={current.user} /> : 'Sign in'}
      </button>
      {shown && (
        <div className="trellis-popover" role="dialog" aria-label="Account">
          {current ? (
            <SignedIn session={session} current={current} onDone={close} />
          ) : (
            <SignInForm session={session} demo={demo} wasAsked={asked} onDone={close} />
          )}
        </div>
      )}
    </div>
  );
}

function Person({ user }) {
  const name = user?.displayName ?? user?.username ?? 'Signed in';
  return (
    <>
      <span className="trellis-initial" aria-hidden="true">
        {name[0].toUpperCase()}
      </span>
      {name}
    </>
  );
}

function SignedIn({ session, current, onDone }) {
  const [copied, setCopied] = useState(false);

  async function copy() {
    await navigator.clipboard.writeText(`Bearer ${current.accessToken}`);
    setCopied(true);
  }

  return (
    <>
      <p>
        Every request carries <strong>{current.user?.email ?? 'your'}</strong>’s token: in the
        Authorization header over HTTP, in connection_init over WebSocket. A header you write
        yourself wins.
      </p>
      <div className="trellis-row">
        <button type="button" className="trellis-button quiet" onClick={copy}>
          {copied ? 'Copied' : 'Copy token'}
        </button>
        <button
          type="button"
          className="trellis-button"
          onClick={() => {
            session.signOut();
            onDone();
          }}
        >
          Sign out
        </button>
      </div>
    </>
  );
}

function SignInForm({ session, demo, wasAsked, onDone }) {
  const [email, setEmail] = useState(demo?.email ?? '');
  const [password, setPassword] = useState(demo?.password ?? '');
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const id = useId();

  async function submit(event) {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await session.signIn(email, password);
      onDone();
    } catch (error) {
      setProblem(error.message);
      setBusy(false);
    }
  }

  return (
    <form onSubmit={submit}>
      {wasAsked && <p className="trellis-note">That operation needs someone who is signed in.</p>}
      <label htmlFor={`${id}-email`}>E-mail</label>
      <input
        id={`${id}-email`}
        name="email"
        autoComplete="username"
        autoFocus={!demo}
        required
        value={email}
        onChange={(event) => setEmail(event.target.value)}
      />
      <label htmlFor={`${id}-password`}>Password</label>
      <input
        id={`${id}-password`}
        name="password"
        type="password"
        autoComplete="current-password"
        required
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
      {demo && <p className="trellis-hint">Filled in: the demo account of this development server.</p>}
      {problem && (
        <p className="trellis-problem" role="alert">
          {problem}
        </p>
      )}
      <button type="submit" className="trellis-button" autoFocus={Boolean(demo)} disabled={busy}>
        {busy ? 'Signing in …' : 'Sign in'}
      </button>
    </form>
  );
}
