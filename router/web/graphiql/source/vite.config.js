import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  base: './', // any mount path serves the page
  plugins: [react()],
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    outDir: 'build',
    assetsDir: 'assets',
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 5000,
    assetsInlineLimit: 0, // no data: URLs, so that the content policy may stay narrow
    rolldownOptions: {
      checks: { moduleLevelDirective: false },
      // Own code apart from libraries: a change of the page does not rewrite the large files.
      output: {
        codeSplitting: {
          groups: [{ name: 'libraries', test: /node_modules\/(?!monaco-|prettier)/ }],
        },
      },
    },
  },
});
