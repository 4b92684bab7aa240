/**
 * R16: who in the server may open a connection, or start a program that does. A module that is not in
 * this table has no way out but `Outgoing`, so no request of the server can go round its rules. Like
 * the architecture test it reads real source, and every line of the table must still be needed.
 */
import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { parseSync } from 'oxc-parser'
import { expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')

/** Modules that can reach another machine, and the names in them that cannot. */
const REACHES: Readonly<Record<string, readonly string[]>> = {
  'node:http': ['STATUS_CODES', 'createServer'],
  'node:https': [],
  'node:http2': [],
  'node:net': ['BlockList', 'isIP'],
  'node:tls': [],
  'node:dgram': [],
  'node:dns': [],
  'node:dns/promises': [],
  'node:child_process': [],
  'node:worker_threads': [],
  jose: ['createLocalJWKSet', 'errors', 'jwtVerify'],
  nodemailer: [],
  'openid-client': [],
  pg: ['types'],
  undici: [],
}

const MAY: Readonly<Record<string, string>> = {
  'edge/reach.ts': 'the server of the settings, which an edge follows',
  'integrations/http/outgoing.ts': 'it is the guard',
  'integrations/mail/send.ts': 'SMTP, to an address that the guard has looked up',
  'integrations/oidc/provider.ts':
    'the provider of the sign-in, through the guard alone: it is the only fetch that openid-client is given',
  'integrations/git/run-git.ts': 'the git program, held to the address that the guard has looked up',
  'integrations/git-docs/git.ts': 'the git program, held to the address that the guard has looked up',
  'integrations/hook/command.ts': 'programs that the operator has named in FLAGMARSHAL_HOOK_PROGRAMS',
  'integrations/rule-tools/tools.ts': 'promtool and amtool, on files',
  'storage/open.ts': 'the database of the settings',
  'storage/postgres.ts': 'the database of the settings',
  'storage/listen.ts': 'the database of the settings',
  'storage/silence.ts': 'the database of the settings',
  'storage/migrate.ts': 'the database of the settings',
  'storage/backup/write.ts': 'the database of the settings',
  'storage/backup/tables.ts': 'the names of the tables, on a connection that it is given',
  'storage/backup/restore.ts': 'the database of the settings',
  'storage/embedded/cluster.ts': 'the local PostgreSQL',
  'storage/embedded/ownership.ts': 'the local PostgreSQL',
  'storage/embedded/process.ts': 'the local PostgreSQL',
  'kill-page/look.ts': 'a script of the page, which runs in a browser',
}

const SOURCE = join(root, 'packages/server/src')

it('R16 only the modules of this table can open a connection; all others go through the guard', () => {
  const files = globSync('**/*.ts', { cwd: SOURCE }).filter((file) => !file.endsWith('.test.ts'))
  expect(files.length).toBeGreaterThan(200)
  expect(files.filter(reaches).toSorted()).toEqual(Object.keys(MAY).toSorted())
})

function reaches(file: string): boolean {
  const text = readFileSync(join(SOURCE, file), 'utf8')
  const { module } = parseSync(file, text)
  const imported = module.staticImports.some(({ moduleRequest, entries }) => {
    const harmless = REACHES[moduleRequest.value]
    if (harmless === undefined) return false
    return entries.some((it) => !it.isType && !harmless.includes(it.importName.name ?? '*'))
  })
  const loaded = module.dynamicImports.some(({ moduleRequest: { start, end } }) => {
    return !/^['"]\.\.?\//.test(text.slice(start, end))
  })
  // The last of them need no import.
  return imported || loaded || /\bfetch\(|new (WebSocket|EventSource)\(/.test(text)
}
