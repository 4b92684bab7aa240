import { defineConfig } from 'vitest/config'

/** `unit`: pure code beside its source. `server`: HTTP over real PostgreSQL. `conformance`: public suites and real clients. `monitoring`: the real Prometheus and Alertmanager, where they are installed. `browser`: people's paths through the console in Chromium. `demo`: the example shop, whole. */
export default defineConfig({
  test: {
    setupFiles: ['tests/support/plain-output.ts'],
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [
            'packages/{evaluation,domain,api,cli,console}/src/**/*.test.ts',
            'packages/server/src/**/*.test.ts',
            'packages/sdk/*/src/**/*.test.ts',
            'examples/*/src/**/*.test.ts',
            'tests/*.test.ts',
            'soak/*.test.ts',
          ],
          testTimeout: 20_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'server',
          include: ['packages/*/test/**/*.test.ts', 'benchmarks/server/*.test.ts'],
          globalSetup: ['tests/support/cluster.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // A loaded machine is no failure: conditions are waited for, not timed.
          expect: { poll: { timeout: 10_000, interval: 20 } },
        },
      },
      {
        extends: true,
        test: {
          name: 'conformance',
          include: ['tests/conformance/**/*.test.ts'],
          globalSetup: ['tests/support/cluster.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          expect: { poll: { timeout: 10_000, interval: 20 } },
        },
      },
      {
        extends: true,
        test: {
          name: 'monitoring',
          include: ['tests/monitoring/**/*.test.ts'],
          globalSetup: ['tests/support/cluster.ts'],
          // Real programs on a loaded machine are slow, and no failure.
          testTimeout: 180_000,
          hookTimeout: 180_000,
          expect: { poll: { timeout: 60_000, interval: 50 } },
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: ['tests/e2e/**/*.test.ts'],
          globalSetup: ['tests/support/cluster.ts', 'tests/e2e/support/built-console.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          expect: { poll: { timeout: 10_000, interval: 50 } },
        },
      },
      {
        extends: true,
        test: {
          name: 'demo',
          include: ['tests/demo/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
