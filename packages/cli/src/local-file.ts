/** Files that commands write: never in a dry run, and with their folders. */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import { NotSent } from './dry-run.ts'
import type { Session } from './session.ts'

/** Writes a file and the folders above it; in a dry run it says so and ends the command. */
export function writeLocal(
  session: Pick<Session, 'dryRun'>,
  file: string,
  content: string | Uint8Array,
): void {
  if (session.dryRun) throw new NotSent({ method: 'WRITE', path: file })
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true })
  writeFileSync(file, content)
}
