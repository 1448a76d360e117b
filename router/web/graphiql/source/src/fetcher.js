// How GraphiQL reaches the graph: HTTP for queries and mutations, WebSocket for subscriptions,
// both with the token of whoever is signed in.
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { createClient } from 'graphql-ws';
import { getOperationAST, parse } from 'graphql';

export function createFetcher({ url, webSocketUrl, session, onAnswer }) {
  const http = createGraphiQLFetcher({ url });
  const clientFor = socketClients(webSocketUrl);

  async function headersFor(own) {
    const headers = { 'x-trellis-plan': '1' };
    const authorization = await session.authorization();
    if (authorization) headers.authorization = authorization;
    for (const [name, value] of Object.entries(own ?? {})) headers[name.toLowerCase()] = value;
    return headers;
  }

  return async (params, options = {}) => {
    const headers = await headersFor(options.headers);
    const started = performance.now();
    const receive = (result) => {
      if (params.operationName === 'IntrospectionQuery') return result;
      if (isRefusedForIdentity(result)) session.ask();
      return onAnswer(result, params, performance.now() - started);
    };

    if (isSubscription(params, options.documentAST)) {
      return subscription(clientFor(headers), params, receive);
    }
    const answer = await http(params, { ...options, headers });
    return answer?.[Symbol.asyncIterator] ? eachPart(answer, receive) : receive(answer);
  };
}

// An answer over HTTP comes in parts, usually one; GraphiQL merges those of incremental delivery.
async function* eachPart(parts, receive) {
  for await (const part of parts) yield Array.isArray(part) ? part.map(receive) : receive(part);
}

function isSubscription({ query, operationName }, documentAST) {
  const document = documentAST ?? parse(query);
  return getOperationAST(document, operationName)?.operation === 'subscription';
}

function isRefusedForIdentity(result) {
  return result?.errors?.some((error) => error.extensions?.code === 'UNAUTHENTICATED');
}

// An observable and not an async generator: stopping a generator waits for its next event.
function subscription(client, payload, receive) {
  return {
    subscribe(observer) {
      const unsubscribe = client.subscribe(payload, {
        next: (result) => observer.next(receive(result)),
        error: (problem) => observer.error(readable(problem)),
        complete: () => observer.complete(),
      });
      return { unsubscribe };
    },
  };
}

// One client per set of headers: a socket is authorized once, when it opens.
function socketClients(url) {
  let current = { key: null, client: null };
  return (headers) => {
    const key = JSON.stringify(headers);
    if (current.key !== key) {
      current.client?.dispose();
      const client = createClient({ url, lazy: true, connectionParams: headers });
      current = { key, client };
    }
    return current.client;
  };
}

function readable(problem) {
  if (Array.isArray(problem)) return { errors: problem };
  if (problem instanceof CloseEvent) {
    const reason = problem.reason || 'no reason given';
    return new Error(`The server closed the WebSocket: ${problem.code} (${reason}).`);
  }
  if (problem instanceof Event) return new Error('The WebSocket could not be opened.');
  return problem;
}
