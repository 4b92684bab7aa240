/**
 * Builds the console into `dist`, which the server serves. No inline scripts, so that the policy of
 * the page can forbid them; one nonce placeholder that the server fills for styles.
 */
import { operations } from '@flagmarshal/api'
import type { Operations } from '@flagmarshal/api'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import type { Plugin } from 'vite'

/**
 * The client needs of each operation only where it is and what it answers. Its schemas judge input,
 * which is the server's work: without them the first page is a third smaller (measured).
 */
function withoutSchemas(): Plugin {
  const slim = Object.fromEntries(
    Object.entries<Operations[keyof Operations]>(operations).map(([id, { method, path, success }]) => {
      const media = 'media' in success ? { media: success.media } : {}
      return [id, { method, path, success: { status: success.status, ...media } }]
    }),
  )
  return {
    name: 'flagmarshal-without-schemas',
    enforce: 'pre',
    load(id) {
      if (id.endsWith('/packages/api/src/operations.ts')) {
        return { code: `export const operations = ${JSON.stringify(slim)}`, moduleType: 'js' }
      }
      if (id.endsWith('/packages/api/src/problem.ts')) {
        return { code: 'export const Problem = { parse: (it) => it }', moduleType: 'js' }
      }
      return null
    },
  }
}

export default defineConfig({
  plugins: [withoutSchemas(), react()],
  build: {
    target: 'es2023',
    sourcemap: false,
    // The polyfill is an inline script; every browser of the target preloads modules by itself.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { '/api': 'http://127.0.0.1:4860' } },
})
