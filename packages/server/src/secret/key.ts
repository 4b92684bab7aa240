/**
 * The key that secrets are encrypted with: from the settings, or made once and kept in the data
 * directory (R17). A key that is lost takes the secrets with it: they are then given anew.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'

import type { Config } from '../config.ts'
import { StartFailure, unwritable } from '../start-failure.ts'

/** 32 bytes. Throws a StartFailure when it can be neither read nor kept. */
export async function secretKey(config: Config): Promise<Buffer> {
  if (config.secretKey !== undefined) return keyOf(config.secretKey, 'FLAGMARSHAL_SECRET_KEY')
  const file = path.join(config.dataDir, 'secret-key')
  const known = await readKnown(file)
  if (known !== undefined) return keyOf(known, file)
  const made = randomBytes(32)
  try {
    await mkdir(config.dataDir, { recursive: true })
    await writeFile(file, `${made.toString('base64')}\n`, { mode: 0o600, flag: 'wx' })
    return made
  } catch (error) {
    // Another server on the same data directory was faster.
    const theirs = await readKnown(file)
    if (theirs !== undefined) return keyOf(theirs, file)
    throw unwritable(config.dataDir, error)
  }
}

function keyOf(text: string, where: string): Buffer {
  const key = Buffer.from(text, /^[\da-f]{64}$/i.test(text) ? 'hex' : 'base64')
  if (key.length === 32) return key
  throw new StartFailure(`${where} is no key: it must be 32 bytes in base64 or in hex.`)
}

async function readKnown(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  const key = text?.trim()
  return key === undefined || key === '' ? undefined : key
}
