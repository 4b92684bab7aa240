/**
 * The program that writes and restores backups: `backup.ts write <file>` and `backup.ts restore <file>`,
 * with the settings of the server. A server may run while one is written, and must not while one is
 * restored. The key that seals secrets is not in it: keep `secret-key` of the data directory beside it.
 */
import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { finished } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'

import { pino } from 'pino'

import { readConfig } from './config.ts'
import type { Log } from './context.ts'
import { StartFailure } from './start-failure.ts'
import type { BackupFigures } from './storage/backup/format.ts'
import { restoreBackup } from './storage/backup/restore.ts'
import { noteBackup, writeBackup } from './storage/backup/write.ts'
import { borrowDatabase } from './storage/borrow.ts'

const [verb, file] = process.argv.slice(2)
try {
  if ((verb !== 'write' && verb !== 'restore') || file === undefined) {
    throw new StartFailure('Say what to do: `npm run backup -- <file>` or `npm run restore -- <file>`.')
  }
  const config = readConfig()
  const log = pino({ level: config.logLevel, base: null })
  const borrowed = await borrowDatabase(config, log)
  const { url } = borrowed
  try {
    const { rows, tables, migration } =
      verb === 'write' ? await write(url, file) : await restore(url, file, log)
    const done = verb === 'write' ? `is in ${file}` : `of ${file} is in the database`
    console.log(`The backup ${done}: ${rows} rows of ${tables} tables, migration ${migration}.`)
  } finally {
    await borrowed.close()
  }
} catch (error) {
  console.error(error instanceof StartFailure ? `flagmarshal: ${error.message}` : error)
  process.exitCode = 1
}

/** Under its name only once it is whole; for this user alone, for it holds hashes of tokens. */
async function write(url: string, path: string): Promise<BackupFigures> {
  const draft = `${path}.partial`
  const packing = createGzip()
  const target = packing.pipe(createWriteStream(draft, { mode: 0o600, flush: true }))
  const written = finished(target)
  try {
    const figures = await writeBackup(url, async (line) => {
      if (!packing.write(`${line}\n`)) await Promise.race([once(packing, 'drain'), written])
    })
    packing.end()
    await written
    await rename(draft, path)
    await tell(url, figures)
    return figures
  } catch (error) {
    packing.destroy()
    await written.catch(() => undefined)
    await rm(draft, { force: true })
    throw error
  }
}

/** A database that cannot be written to (a replica) has given a backup all the same. */
async function tell(url: string, figures: BackupFigures): Promise<void> {
  await noteBackup(url, figures).catch(() =>
    console.error('flagmarshal: the backup is whole, but could not be noted for its alert.'),
  )
}

async function restore(url: string, path: string, log: Log): Promise<BackupFigures> {
  const source = createReadStream(path)
  const unpacking = createGunzip()
  source.on('error', (error) => unpacking.destroy(error))
  return await restoreBackup(url, linesOf(source.pipe(unpacking)), log)
}

/** A file that ends in the middle gives the lines before that. */
async function* linesOf(stream: NodeJS.ReadableStream): AsyncGenerator<string> {
  stream.on('error', () => undefined)
  yield* createInterface({ input: stream, crlfDelay: Infinity })
}
