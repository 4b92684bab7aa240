/**
 * Where the local PostgreSQL lives and as which user it runs.
 *
 * PostgreSQL refuses to run as root. When the server is root (in containers), it runs as `nobody`
 * (65534), and everything lies in the data directory as long as that user can reach it; where it
 * cannot (below /root, say), everything lies under /var/lib/flagmarshal, and a file in the data
 * directory remembers where.
 */
import { randomBytes } from 'node:crypto'
import { chown, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import type { Log } from '../../context.ts'
import { sha256 } from '../../id.ts'
import { StartFailure, unwritable } from '../../start-failure.ts'

/** The database inside of the cluster, and the user that owns everything. */
const NAME = 'flagmarshal'

/** The user `nobody`, by number: its name is not the same everywhere. */
const NOBODY = 65_534

const OUTSIDE = '/var/lib/flagmarshal'

/** Socket addresses are limited to 104 bytes on macOS and 108 on Linux, including `/.s.PGSQL.5432`. */
const LONGEST_SOCKET_DIR = 85

/** Whose processes and files PostgreSQL's are; undefined for the server's own user. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

export interface Place {
  /** Holds all of the following. */
  readonly root: string
  /** The cluster. */
  readonly data: string
  /** The folder of the socket, mode 0700. */
  readonly socket: string
  readonly logFile: string
  /** Where the binaries are copied to if they cannot be used where npm put them. */
  readonly binaries: string
  readonly account: Account | undefined
  readonly url: string
}

/** Decides and makes the folders. Throws a StartFailure where the data directory cannot be written. */
export async function placeFor(dataDir: string, log: Log): Promise<Place> {
  if (process.platform === 'win32') {
    throw new StartFailure(
      'A local PostgreSQL is not available on Windows: name one in FLAGMARSHAL_DATABASE_URL.',
    )
  }
  const account = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : undefined
  try {
    await mkdir(dataDir, { recursive: true })
    const root = await rootFor(dataDir, account)
    await makeFolder(root, account)
    if (!root.startsWith(dataDir)) {
      log.info({ place: root }, `PostgreSQL cannot run as root nor reach ${dataDir}: it lives in ${root}`)
    }
    const socket = await socketFor(root, account)
    const binaries = root.startsWith(OUTSIDE) ? path.join(OUTSIDE, 'binaries') : path.join(root, 'binaries')
    const query = new URLSearchParams({ host: socket, user: NAME })
    return {
      root,
      data: path.join(root, 'data'),
      socket,
      logFile: path.join(root, 'postgres.log'),
      binaries,
      account,
      url: `postgresql:///${NAME}?${query.toString()}`,
    }
  } catch (error) {
    if (error instanceof StartFailure) throw error
    throw unwritable(dataDir, error)
  }
}

/** Whether the account may pass through every folder on the way. */
export async function reachable(target: string, account: Account | undefined): Promise<boolean> {
  if (account === undefined) return true
  for (let it = path.resolve(target); ; it = path.dirname(it)) {
    const { mode, uid, gid } = await stat(it)
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001
    if ((mode & bit) === 0) return false
    if (it === path.dirname(it)) return true
  }
}

/** Makes a folder that only the account can enter. */
async function makeFolder(folder: string, account: Account | undefined): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if (account !== undefined) await chown(folder, account.uid, account.gid)
}

async function rootFor(dataDir: string, account: Account | undefined): Promise<string> {
  if (await reachable(dataDir, account)) return path.join(dataDir, 'postgres')
  const note = path.join(dataDir, 'postgres-location')
  const noted = await readFile(note, 'utf8').catch(() => undefined)
  if (noted !== undefined) return noted.trim()
  const root = path.join(OUTSIDE, `${sha256(dataDir).slice(0, 12)}-${randomBytes(3).toString('hex')}`)
  await mkdir(OUTSIDE, { recursive: true, mode: 0o755 })
  await writeFile(note, `${root}\n`, { flag: 'wx' }).catch(() => undefined)
  return (await readFile(note, 'utf8')).trim()
}

/** In the place itself if its path is short enough, else in the folder for temporary files. */
async function socketFor(root: string, account: Account | undefined): Promise<string> {
  const inside = path.join(root, 'socket')
  const owner = account?.uid ?? process.getuid?.() ?? 0
  const short = path.join(os.tmpdir(), `flagmarshal-${owner}-${sha256(root).slice(0, 12)}`)
  const socket = Buffer.byteLength(inside) <= LONGEST_SOCKET_DIR ? inside : short
  await mkdir(socket, { recursive: true, mode: 0o700 })
  const { uid, mode } = await stat(socket)
  if (account !== undefined && uid === 0) await chown(socket, account.uid, account.gid)
  else if (uid !== owner || (mode & 0o077) !== 0) {
    throw new StartFailure(`${socket} belongs to somebody else or is open to others: remove it.`)
  }
  return socket
}
