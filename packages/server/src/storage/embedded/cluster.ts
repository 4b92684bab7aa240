/**
 * Making the cluster: once, and never half.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, chown, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { text } from 'node:stream/consumers'

import { StartFailure } from '../../start-failure.ts'
import type { Binaries } from './binaries.ts'
import type { Place } from './place.ts'

/**
 * Makes the cluster unless there is one. It is made beside its place and then renamed, so a crash
 * leaves no half cluster, and of two servers that try at once one wins.
 */
export async function initialise(place: Place, binaries: Binaries): Promise<void> {
  if (existsSync(path.join(place.data, 'PG_VERSION'))) return
  const draft = await mkdtemp(path.join(place.root, 'initdb-'))
  if (place.account !== undefined) await chown(draft, place.account.uid, place.account.gid)
  try {
    await initdb(place, binaries, draft)
    await rename(draft, place.data)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    if (!existsSync(path.join(place.data, 'PG_VERSION'))) throw error
  }
}

async function initdb(place: Place, binaries: Binaries, folder: string): Promise<void> {
  // Only this user can enter the folder of the socket, so a password would protect nothing.
  const options = [
    '--auth=trust',
    '--encoding=UTF8',
    '--locale=C',
    '--username=flagmarshal',
    '--no-instructions',
  ]
  const child = spawn(binaries.initdb, ['--pgdata', folder, ...options], {
    ...place.account,
    cwd: '/',
    env: { LC_ALL: 'C' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const complaints = text(child.stderr)
  const outcome = await new Promise<number | null | Error>((resolve) => {
    child.on('error', resolve)
    child.on('close', resolve)
  })
  if (outcome === 0) return
  const why = outcome instanceof Error ? outcome.message : lastLine(await complaints)
  throw new StartFailure(
    `The local database could not be made in ${folder} (${why}): put that right, or name a PostgreSQL in FLAGMARSHAL_DATABASE_URL.`,
  )
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1) ?? ''
}
