/**
 * What an edge knows of one environment, on disk: an edge that starts while its server is away serves
 * what it served before. The file holds rules and hashes of keys, and no key.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'

import { EdgeKeys } from '@flagmarshal/api/edge'
import type { Snapshot } from '@flagmarshal/evaluation'
import { parseSnapshot } from '@flagmarshal/sdk-server/wire'
import { z } from 'zod'

import type { Log } from '../context.ts'

/** What is served, whom it may be served to, and when the server last said so. */
export interface Kept {
  readonly snapshot: Snapshot
  readonly keys: EdgeKeys['keys']
  readonly at: Date
}

export interface KeptFile {
  /** What the file holds; undefined where there is none, or none of this server and key. */
  read(): Promise<Kept | undefined>
  /** Writes in the background; of several at once only the newest. */
  write(kept: Kept): void
  /** Resolves when nothing is being written any more. */
  close(): Promise<void>
}

const File = z.strictObject({
  owner: z.string(),
  at: z.iso.datetime().transform((text) => new Date(text)),
  keys: EdgeKeys.shape.keys,
  snapshot: z.unknown().transform(parseSnapshot),
})

/** Nothing is read or written until it is asked for. `owner` names server and key without telling either. */
export function createKeptFile(file: string, owner: string, log: Log): KeptFile {
  let next: Kept | undefined
  let writing: Promise<void> | undefined

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
    write(kept) {
      next = kept
      writing ??= writeAll().finally(() => (writing = undefined))
    },
    async close() {
      await writing
    },
  }

  async function writeAll(): Promise<void> {
    // A turn later, so that what comes together is written once.
    await Promise.resolve()
    while (next !== undefined) {
      const kept = next
      next = undefined
      try {
        await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
        await writeFile(`${file}.tmp`, JSON.stringify({ owner, ...kept }), { mode: 0o600 })
        await rename(`${file}.tmp`, file)
      } catch (error) {
        log.warn({ err: error, file }, 'what is served could not be kept for the next start')
      }
    }
  }
}
