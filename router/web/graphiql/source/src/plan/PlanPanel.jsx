// "Query plan": which subgraph was asked for what, in which order, and why.
import { useState } from 'react';
import { useObservable } from '../observable.js';
import { places, readableOperation, rounds } from './read.js';

export function createPlanPlugin(lastPlan) {
  return {
    title: 'Query plan',
    icon: PlanIcon,
    content: () => <PlanPanel lastPlan={lastPlan} />,
  };
}

function PlanIcon() {
  return (
    <svg width="1em" height="1em" viewBox="0 0 24 24" fill="none" stroke="currentColor">
      <g strokeWidth="1.5" strokeLinejoin="round">
        <rect x="8.5" y="2.5" width="7" height="5" rx="1.2" />
        <rect x="2.5" y="16.5" width="7" height="5" rx="1.2" />
        <rect x="14.5" y="16.5" width="7" height="5" rx="1.2" />
        <path d="M12 7.5V12M6 16.5V12h12v4.5" />
      </g>
    </svg>
  );
}

function PlanPanel({ lastPlan }) {
  const last = useObservable(lastPlan);
  return (
    <section className="trellis-plan" aria-label="Query plan">
      <h2>Query plan</h2>
      {last?.plan ? <Plan {...last} /> : <Nothing wasRun={Boolean(last)} />}
    </section>
  );
}

function Nothing({ wasRun }) {
  return (
    <p>
      {wasRun
        ? 'The last answer came without a plan: the router shows plans in development mode only.'
        : 'Run an operation to see which subgraphs it asks, in which order, and why.'}
    </p>
  );
}

function Plan({ plan, params, ms }) {
  const all = rounds(plan);
  const fetches = all.flat();
  const services = [...new Set(fetches.map((step) => step.service))];
  return (
    <>
      <p>
        {params.operationName && <strong>{params.operationName}: </strong>}
        {plural(fetches.length, 'fetch', 'fetches')} in{' '}
        {plural(all.length, 'round')} to {plural(services.length, 'subgraph')}, answered in{' '}
        {Math.round(ms)} ms.
      </p>
      <ol className="trellis-rounds">
        {all.map((steps, index) => (
          <li key={index}>
            <h3>
              Round {index + 1}
              {steps.length > 1 && <span> side by side</span>}
            </h3>
            {steps.map((step) => (
              <Step key={step.id} step={step} hue={hueOf(services.indexOf(step.service))} />
            ))}
          </li>
        ))}
      </ol>
    </>
  );
}

function Step({ step, hue }) {
  const [open, setOpen] = useState(false);
  return (
    <article className="trellis-step" style={{ '--service-hue': hue }}>
      <header>
        <span className="trellis-service">{step.service}</span>
        <span className="trellis-kind">{step.entities.length ? 'entities' : step.kind}</span>
        {step.after.length > 0 && <span className="trellis-after">after {step.after.join(', ')}</span>}
        <span className="trellis-id">#{step.id}</span>
      </header>
      {places(step).map((place) => (
        <p key={place} className="trellis-place">
          {place}
        </p>
      ))}
      {step.why.map((reason) => (
        <p key={reason}>{reason}</p>
      ))}
      <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? 'Hide' : 'Show'} operation
      </button>
      {open && <pre>{readableOperation(step)}</pre>}
    </article>
  );
}

function plural(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}

// Golden angle: neighbours differ however many subgraphs there are.
function hueOf(index) {
  return Math.round(155 + index * 137.5) % 360;
}
