/**
 * The last known good configuration, on disk: a process that starts while the server is away serves
 * what its predecessor served (R2). A file that is corrupt, or of another key or environment, is
 * ignored with one warning; a revision says nothing outside the environment that counted it.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'

import type { Snapshot } from '@flagmarshal/evaluation'
import type { Logger } from '@openfeature/server-sdk'

import { parseSnapshot } from './wire.ts'

export interface LastKnown {
  /** What the file holds for this key and environment. */
  read(): Snapshot | undefined
  /** Writes in the background; of several at once only the newest. */
  write(snapshot: Snapshot): void
  /** Resolves when nothing is being written any more. */
  close(): Promise<void>
}

/** Whose configuration it is. */
export interface LastKnownOf {
  readonly file: string
  readonly base: string
  readonly key: string
  readonly logger: Logger
}

/** Nothing is read or written until it is asked for. */
export function createLastKnown({ file, base, key, logger }: LastKnownOf): LastKnown {
  // Not the key itself: the file may be readable to more people than the key is.
  const owner = createHash('sha256').update(`${base}\n${key}`).digest('hex')
  let next: Snapshot | undefined
  let writing: Promise<void> | undefined
  let warned = false

  return {
    read() {
      let text: string
      try {
        text = readFileSync(file, 'utf8')
      } catch {
        return undefined
      }
      try {
        const kept: unknown = JSON.parse(text)
        if (typeof kept !== 'object' || kept === null || !('owner' in kept) || !('snapshot' in kept))
          throw new Error('it was not written by this SDK')
        if (kept.owner !== owner) throw new Error('it belongs to another key or environment')
        return parseSnapshot(kept.snapshot)
      } catch (error) {
        warn('is not used', error)
        return undefined
      }
    },
    write(snapshot) {
      next = snapshot
      writing ??= writeAll().finally(() => (writing = undefined))
    },
    async close() {
      await writing
    },
  }

  async function writeAll(): Promise<void> {
    // A turn later, so that revisions that come together are written once.
    await Promise.resolve()
    while (next !== undefined) {
      const snapshot = next
      next = undefined
      try {
        const temporary = `${file}.${process.pid}.tmp`
        await writeFile(temporary, JSON.stringify({ owner, snapshot }), { mode: 0o600 })
        await rename(temporary, file)
      } catch (error) {
        warn('cannot be written', error)
      }
    }
  }

  function warn(what: string, error: unknown): void {
    if (!warned) logger.warn(`flagmarshal: the cache file ${file} ${what}`, error)
    warned = true
  }
}
