/**
 * The keys that secrets are encrypted with: from the settings, or made once and kept in the data
 * directory (R17). The first one seals; older ones, kept until everything is sealed anew, only open.
 * A key that is lost takes the secrets with it: they are then given anew.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'

import type { Config } from '../config.ts'
import { readPrivate } from '../private-file.ts'
import { StartFailure, unwritable } from '../start-failure.ts'

const REMEDY = 'put a new key in a line above it, start, and run flagmarshal secret rotate'

/** 32 bytes each, the first one is the current one. Throws a StartFailure when they can be neither read nor kept. */
export async function secretKeys(config: Config): Promise<readonly [Buffer, ...Buffer[]]> {
  if (config.secretKey !== undefined) return keysOf(config.secretKey.split(','), 'FLAGMARSHAL_SECRET_KEY')
  const file = path.join(config.dataDir, 'secret-key')
  const known = await readKnown(file)
  if (known !== undefined) return keysOf(known, file)
  const made = randomBytes(32)
  try {
    await mkdir(config.dataDir, { recursive: true })
    await writeFile(file, `${made.toString('base64')}\n`, { mode: 0o600, flag: 'wx' })
    return [made]
  } catch (error) {
    // Another server on the same data directory was faster.
    const theirs = await readKnown(file)
    if (theirs !== undefined) return keysOf(theirs, file)
    throw unwritable(config.dataDir, error)
  }
}

function keysOf(texts: readonly string[], where: string): readonly [Buffer, ...Buffer[]] {
  const [first, ...older] = texts.map((text) => {
    const key = Buffer.from(text, /^[\da-f]{64}$/i.test(text) ? 'hex' : 'base64')
    if (key.length === 32) return key
    throw new StartFailure(`${where} is no key: each must be 32 bytes in base64 or in hex.`)
  })
  if (first === undefined) throw new StartFailure(`${where} holds no key.`)
  return [first, ...older]
}

/** One key a line. Throws a StartFailure for a file that others may read. */
async function readKnown(file: string): Promise<readonly string[] | undefined> {
  const text = await readPrivate(file, REMEDY)
  const keys = text
    ?.split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  return keys === undefined || keys.length === 0 ? undefined : keys
}
