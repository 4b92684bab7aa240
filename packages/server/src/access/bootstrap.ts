/**
 * The administrator's first token: from the settings, or made once and kept in the data directory.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'

import type { Config } from '../config.ts'
import { newToken } from '../id.ts'
import { readPrivate } from '../private-file.ts'
import { unwritable } from '../start-failure.ts'

export interface Bootstrap {
  readonly token: string
  /** Where it is kept, readable by this user only; undefined when the settings gave it. */
  readonly file: string | undefined
}

/** The token that is accepted from the first start. Throws a StartFailure when it cannot be kept. */
export async function bootstrapToken(config: Config): Promise<Bootstrap> {
  if (config.bootstrapToken !== undefined) return { token: config.bootstrapToken, file: undefined }
  const file = path.join(config.dataDir, 'bootstrap-token')
  const known = await readKnown(file)
  if (known !== undefined) return { token: known, file }
  const token = newToken('admin')
  try {
    await mkdir(config.dataDir, { recursive: true })
    await writeFile(file, `${token}\n`, { mode: 0o600, flag: 'wx' })
    return { token, file }
  } catch (error) {
    // Another server on the same data directory was faster; the database decides which one may stay.
    const theirs = await readKnown(file)
    if (theirs !== undefined) return { token: theirs, file }
    throw unwritable(config.dataDir, error)
  }
}

async function readKnown(file: string): Promise<string | undefined> {
  const text = await readPrivate(file, 'delete it: the next start makes another')
  const token = text?.trim()
  return token === undefined || token === '' ? undefined : token
}
