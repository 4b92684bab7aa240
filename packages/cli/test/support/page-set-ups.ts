/**
 * What the blocks of a page need to be there before they are run, and the few that cannot be run here,
 * each with the reason. A page that is in neither table is run as it stands.
 */
import type { Client } from '@flagmarshal/api'

import { FLAGD, GOFF, GROWTHBOOK, LAUNCHDARKLY, UNLEASH } from './page-files.ts'

/** What set-ups work with. */
export interface World {
  readonly admin: Client
  readonly address: string
  /** A small HTTP server that answers every request with what was set; it stands for the systems of others. */
  readonly outside: string
}

export interface PageSetUp {
  /** Files of the folder, an empty git repository, that the page is read in. */
  readonly files?: (world: World) => Readonly<Record<string, string>>
  /** What stands for an address or a secret of the reader's own. */
  readonly replace?: (world: World) => Readonly<Record<string, string>>
  /** Blocks that want a real shell: redirections, here-documents. */
  readonly realShell?: readonly number[]
  /** Blocks that begin in a folder of their own. */
  readonly fresh?: readonly number[]
  readonly before?: (world: World) => Promise<unknown>
}

/** Read in the order of the walkthrough, by tests of their own in the same file. */
export const WALKED: readonly string[] = ['README.md', 'docs/walkthrough.md']

/** Cannot be run here, and why; the syntax of each is looked at all the same. */
export const NOT_RUN: Readonly<Record<string, string>> = {
  'README.md#1': 'the demonstration and the whole suite: tests/demo runs the first, and this is the second',
  'examples/shop/README.md#1': 'the demonstration: tests/demo runs it',
  'docs/migrate-from-growthbook.md#1': 'needs an account of GrowthBook',
  'docs/migrate-from-growthbook.md#2': 'needs an account of GrowthBook',
  'docs/migrate-from-launchdarkly.md#1': 'needs an account of LaunchDarkly',
  'docs/migrate-from-launchdarkly.md#2': 'needs an account of LaunchDarkly',
  'docs/migrate-from-unleash.md#1': 'needs a server of Unleash',
  'docs/monitoring.md#1':
    'needs Prometheus, Alertmanager and Grafana: tests/monitoring/documents.test.ts runs it',
  'docs/monitoring.md#2':
    'needs Prometheus and a shop that it reads: tests/monitoring/documents.test.ts runs it',
  'docs/operations/backup.md#2': 'tools of whatever PostgreSQL one has, which refuse one of a newer version',
  'docs/operations/install.md#3':
    'needs a container runtime: tests/deploy.test.ts holds compose.yaml against its schema',
  'docs/operations/install.md#5':
    'writes into /etc and starts a unit: tests/deploy.test.ts has systemd verify the unit',
  'docs/rollback-hooks.md#2': 'a program for a hook, not a command: it speaks with GitLab',
  'docs/rollback-hooks.md#3': 'a program for a hook, not a command: it speaks with a cluster',
  'docs/rollback-hooks.md#4': 'a program for a hook, not a command: it speaks with Argo CD',
  'docs/rollback-hooks.md#5': 'a program for a hook, not a command: it speaks with a cluster',
}

const SECRET_KEY = 'bm90IGEgc2VjcmV0IG9mIGFueWJvZHksIGEgdGVzdCE='

/** Examples ask this server, and listen where there is room. */
const EXAMPLE: PageSetUp = {
  replace: ({ address }) => ({ 'http://127.0.0.1:4860': address, 'npx node': 'PORT=0 npx node' }),
}

export const SET_UPS: Readonly<Record<string, PageSetUp>> = {
  'docs/command-line.md': { fresh: [1, 2], files: () => ({ 'token.txt': TOKEN, 'src/main.ts': '' }) },
  'docs/code-references.md': {
    files: () => ({ 'src/main.ts': CODE, 'flagmarshal/refs.yaml': 'defaultLayer: backend\n' }),
  },
  'docs/drafts.md': {
    before: async ({ admin }) =>
      await admin.call('createFlag', {
        params: { project: 'shop' },
        body: {
          key: 'banner',
          name: 'Banner',
          kind: 'ops',
          valueType: 'boolean',
          variants: { on: true, off: false },
          offVariant: 'off',
          layers: ['frontend'],
          owner: 'shop',
        },
      }),
  },
  'docs/flagd.md': { files: () => FLAGD, replace: () => ({ '8015': '0' }) },
  'docs/operations/backup.md': {
    replace: () => ({ 'postgresql://…/restored': 'postgresql://replaced', 'FLAGMARSHAL_SECRET_KEY=…': '' }),
  },
  'docs/operations/edge.md': {
    replace: ({ address }) => ({
      'FLAGMARSHAL_SECRET_KEY=…': `FLAGMARSHAL_SECRET_KEY=${SECRET_KEY}`,
      'https://flags.example': address,
    }),
  },
  'docs/operations/install.md': {
    realShell: [2, 4],
    replace: ({ address }) => ({
      'http://127.0.0.1:4860': address,
      'FLAGMARSHAL_TOKEN=…': `FLAGMARSHAL_TOKEN=${TOKEN}`,
    }),
  },
  'docs/migrate-from-go-feature-flag.md': { files: () => GOFF },
  'docs/migrate-from-growthbook.md': { files: () => GROWTHBOOK },
  'docs/migrate-from-launchdarkly.md': { files: () => LAUNCHDARKLY },
  'docs/migrate-from-unleash.md': { files: () => UNLEASH },
  'docs/people-and-access.md': {
    files: () => ({ 'client-secret.txt': 'a secret' }),
    replace: ({ outside }) => ({ 'https://login.acme.example': outside }),
  },
  'docs/pipelines.md': { replace: () => ({ '30m': '10ms' }) },
  'docs/rollback-hooks.md': {
    files: ({ outside }) => ({
      'hook.secret': 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=',
      'deploy-back.json': JSON.stringify(hook(outside)),
    }),
  },
  'docs/signals.md': {
    files: () => ({ 'hook-secret': 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=' }),
  },
  'examples/middleware/README.md': EXAMPLE,
  'examples/node/README.md': EXAMPLE,
  'examples/react/README.md': EXAMPLE,
  'examples/rendering/README.md': EXAMPLE,
  'examples/shop/README.md': {
    replace: ({ address }) => ({ 'http://127.0.0.1:4860': address, 'fm_server_…': 'fm_server_none' }),
  },
}

/** What the small server answers: the version that is deployed, and what an identity provider says of itself. */
export function answerOutside(address: string, path = '/'): string {
  if (path === '/jwks') return '{"keys": [{"kty": "RSA", "kid": "1", "n": "AQAB", "e": "AQAB"}]}'
  if (!path.startsWith('/.well-known/')) return '{"version": "1.4.2"}'
  return JSON.stringify({
    issuer: address,
    authorization_endpoint: `${address}/authorize`,
    token_endpoint: `${address}/token`,
    userinfo_endpoint: `${address}/userinfo`,
    jwks_uri: `${address}/jwks`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    code_challenge_methods_supported: ['S256'],
  })
}

/** The administrator's token of every test server. */
const TOKEN = 'fm_admin_test_0123456789'

const CODE = "export const isOn = (client) => client.getBooleanValue('new-checkout', false)\n"

/** As the page has it, with a staging that is there. */
function hook(outside: string): object {
  const target = {
    action: { kind: 'http', url: `${outside}/rollback` },
    probe: { kind: 'http', url: `${outside}/version`, contains: '"{version}"' },
    budgetMs: 30_000,
  }
  return { part: 'code', title: 'Deploy the previous version', production: target, staging: target }
}
