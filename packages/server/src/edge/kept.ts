/**
 * What an edge knows of one environment, on disk: an edge that starts while its server is away serves
 * what it served before. The file holds rules and hashes of keys, and no key.
 */
import { readFile } from 'node:fs/promises'

import { EdgeKeys } from '@flagmarshal/api/edge'
import type { Snapshot } from '@flagmarshal/evaluation'
import { createNewestFile } from '@flagmarshal/sdk-server/newest-file'
import type { NewestFile } from '@flagmarshal/sdk-server/newest-file'
import { parseSnapshot } from '@flagmarshal/sdk-server/wire'
import { z } from 'zod'

import type { Log } from '../context.ts'

/** What is served, whom it may be served to, and when the server last said so. */
export interface Kept {
  readonly snapshot: Snapshot
  readonly keys: EdgeKeys['keys']
  readonly at: Date
}

export interface KeptFile extends NewestFile<Kept> {
  /** What the file holds; undefined where there is none, or none of this server and key. */
  read(): Promise<Kept | undefined>
}

const File = z.strictObject({
  owner: z.string(),
  at: z.iso.datetime().transform((text) => new Date(text)),
  keys: EdgeKeys.shape.keys,
  snapshot: z.unknown().transform(parseSnapshot),
})

/** Nothing is read or written until it is asked for. `owner` names server and key without telling either. */
export function createKeptFile(file: string, owner: string, log: Log): KeptFile {
  const newest = createNewestFile<Kept>(
    file,
    (kept) => JSON.stringify({ owner, ...kept }),
    (error) => log.warn({ err: error, file }, 'what is served could not be kept for the next start'),
  )

  return {
    async read() {
      const text = await readFile(file, 'utf8').catch(() => undefined)
      if (text === undefined) return undefined
      try {
        const { owner: of, ...kept } = File.parse(JSON.parse(text))
        if (of !== owner) throw new Error('it belongs to another server or key')
        return kept
      } catch (error) {
        log.warn({ err: error, file }, 'the file of an earlier edge is not used')
        return undefined
      }
    },
    ...newest,
  }
}
