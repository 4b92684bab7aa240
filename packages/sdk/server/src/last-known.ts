/**
 * The last known good configuration, on disk: a process that starts while the server is away serves
 * what its predecessor served (R2). A file that is corrupt, or of another key or environment, is
 * ignored with one warning; a revision says nothing outside the environment that counted it.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

import type { Snapshot } from '@flagmarshal/evaluation'
import type { Logger } from '@openfeature/server-sdk'

import { createNewestFile } from './newest-file.ts'
import type { NewestFile } from './newest-file.ts'
import { parseSnapshot } from './wire.ts'

export interface LastKnown extends NewestFile<Snapshot> {
  /** What the file holds for this key and environment. */
  read(): Snapshot | undefined
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
  let warned = false
  const newest = createNewestFile<Snapshot>(
    file,
    (snapshot) => JSON.stringify({ owner, snapshot }),
    (error) => warn('cannot be written', error),
  )

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
    ...newest,
  }

  function warn(what: string, error: unknown): void {
    if (!warned) logger.warn(`flagmarshal: the cache file ${file} ${what}`, error)
    warned = true
  }
}
