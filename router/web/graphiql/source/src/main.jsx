import 'graphiql/setup-workers/vite'; // first: the editors ask for their workers at once
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import '@graphiql/react/style.css'; // part by part: graphiql/style.css carries 400 kB of fonts
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import '@graphiql/plugin-explorer/style.css';
import 'graphiql/graphiql.css';
import { App } from './App.jsx';
import { loadConfig } from './config.js';
import './style.css';

const root = createRoot(document.getElementById('root'));

try {
  const config = await loadConfig();
  root.render(
    <StrictMode>
      <App config={config} />
    </StrictMode>,
  );
} catch (error) {
  root.render(
    <p className="trellis-wait" role="alert">
      The explorer could not start: {error.message}
    </p>,
  );
}
