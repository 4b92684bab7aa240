/**
 * Writes docs/access-matrix.md: who may call what, from the table of operations and the one function
 * that decides. A test fails while the file differs.
 */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

import type { Operation } from '@flagmarshal/api/operation'
import { operations } from '@flagmarshal/api/operations'
import { authorityFor } from '@flagmarshal/domain/access/authority'
import type { Holder } from '@flagmarshal/domain/access/authority'
import { ROLES } from '@flagmarshal/domain/access/permission'

const PLACE = { project: 'p', environment: 'e' }

/** The columns: each a caller whose token fits the place that is asked about. */
const HOLDERS: readonly (readonly [heading: string, holder: Holder])[] = [
  ...ROLES.map((role) => [role, { kind: 'user', roles: [role] }] as const),
  ['developer in one environment', { kind: 'user', roles: [], grants: [{ role: 'developer', ...PLACE }] }],
  ['bootstrap', { kind: 'admin', roles: [] }],
  ['service', { kind: 'service', roles: [], project: 'p' }],
  ['agent', { kind: 'agent', roles: [], project: 'p' }],
  ['server key', { kind: 'server', roles: [], ...PLACE }],
  ['web key', { kind: 'web', roles: [], ...PLACE }],
  ['edge key', { kind: 'edge', roles: [], ...PLACE }],
]

const HEAD = `# Who may call what

Made from the table of operations by \`node scripts/generate-access-matrix.ts\`; a test fails while it is not current, and
another walks every operation with every kind of caller and compares (R14). \`+\` is let in, \`·\` is refused with 403, \`any\`
needs no token. Without a token, and with one that is expired, revoked or of a person who is disabled, everything but \`any\`
is refused with 401. A token of another project finds nothing there (404). What a role may sign is decided after this, by the
procedure. The column "developer in one environment" is about addresses that name that environment, or none; of the other
environments it reads.
`

/** The document. */
export function accessMatrix(): string {
  const headings = ['operation', 'method and path', 'needs', ...HOLDERS.map(([heading]) => heading)]
  const rows = Object.entries(operations).map(([id, it]: [string, Operation]) => [
    id,
    `\`${it.method} ${it.path}\``,
    `\`${it.can}\``,
    ...HOLDERS.map(([, holder]) => markOf(it, holder)),
  ])
  const lines = [headings, headings.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`)
  return `${HEAD}\n${lines.join('\n')}\n`
}

function markOf(operation: Operation, holder: Holder): string {
  if (operation.can === 'public') return 'any'
  const { can, exposes, path: address } = operation
  const asked = {
    can,
    ...(address.includes('{project}') ? { project: 'p' } : {}),
    ...(address.includes('{environment}') ? { environment: 'e' } : {}),
    ...(exposes === undefined ? {} : { exposes }),
  }
  return authorityFor(holder, asked).allowed ? '+' : '·'
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(path.resolve(import.meta.dirname, '../docs/access-matrix.md'), accessMatrix())
}
