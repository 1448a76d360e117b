// The page: a top bar with the product's name and the account, below it GraphiQL.
import { useState } from 'react';
import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import { explorerPlugin } from '@graphiql/plugin-explorer';
import { Account } from './account/Account.jsx';
import { createSession } from './account/session.js';
import { httpUrl, socketUrl } from './config.js';
import { createFetcher } from './fetcher.js';
import { createPlanPlugin } from './plan/PlanPanel.jsx';
import { observable } from './observable.js';
import { keepPlan } from './plan/read.js';
import { isFirstVisit, storage } from './storage.js';
import trellis from './trellis.svg';

export function App({ config }) {
  const [page] = useState(() => assemble(config));
  return (
    <>
      <header className="trellis-bar">
        <img src={trellis} alt="" width="24" height="24" />
        <h1>Trellis</h1>
        <span className="trellis-endpoint">{new URL(page.url).pathname}</span>
        {config.signIn && <Account session={page.session} demo={config.signIn.demo} />}
      </header>
      <main>
        <GraphiQL
          fetcher={page.fetcher}
          plugins={page.plugins}
          storage={storage}
          defaultTabs={config.tabs.length ? config.tabs : undefined}
          initialVariables={page.firstVariables}
          defaultEditorToolsVisibility="variables"
          inputValueDeprecation
          schemaDescription
        >
          <GraphiQL.Logo>
            <></>
          </GraphiQL.Logo>
        </GraphiQL>
      </main>
    </>
  );
}

function assemble(config) {
  const url = httpUrl(config);
  const session = createSession({
    url,
    signIn: config.signIn,
    storage: sessionStorage,
    fetch: (...request) => fetch(...request),
  });
  const lastPlan = observable(null);
  const fetcher = createFetcher({
    url,
    webSocketUrl: socketUrl(config),
    session,
    onAnswer: (result, params, ms) => keepPlan(lastPlan, result, params, ms),
  });
  const plugins = [createPlanPlugin(lastPlan), HISTORY_PLUGIN, explorerPlugin()];
  // GraphiQL takes the first tab's query from defaultTabs, but not its variables.
  const firstVariables = isFirstVisit() ? config.tabs[0]?.variables : undefined;
  return { url, session, fetcher, plugins, firstVariables };
}
