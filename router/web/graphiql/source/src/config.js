// What the server tells the page: config.json, beside index.html.
//   endpoint  where the graph answers, relative to the page
//   tabs      the operations to start with: [{ query, variables }]
//   signIn    null, or { document, refresh, demo }: how to get a token (see account/session.js)

const defaults = { endpoint: 'graphql', tabs: [], signIn: null };

export async function loadConfig() {
  const response = await fetch(new URL('config.json', document.baseURI));
  if (!response.ok) throw new Error(`config.json: ${response.status} ${response.statusText}`);
  return { ...defaults, ...(await response.json()) };
}

export function httpUrl(config) {
  return new URL(config.endpoint, document.baseURI).href;
}

export function socketUrl(config) {
  return httpUrl(config).replace(/^http/, 'ws');
}
