// A value that components can watch.
import { useSyncExternalStore } from 'react';

export function observable(value) {
  const watchers = new Set();
  return {
    get: () => value,
    set(next) {
      value = next;
      for (const watcher of watchers) watcher();
    },
    watch(watcher) {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
  };
}

export function useObservable(source) {
  return useSyncExternalStore(source.watch, source.get);
}
