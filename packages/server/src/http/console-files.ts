/**
 * The files of the built console, read and compressed once at the start: they are few and small, so
 * they are served from memory.
 */
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

/** A file as it goes over the wire. */
export interface ConsoleFile {
  readonly type: string
  readonly bytes: Buffer
  readonly gzipped: Buffer
}

export interface ConsoleFiles {
  /** The page, with the placeholder of the nonce in it. */
  readonly page: string
  /** By path, like `/assets/main-0b1c.js`. */
  readonly files: ReadonlyMap<string, ConsoleFile>
}

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.webmanifest': 'application/manifest+json',
}

/** The console in a folder; undefined where there is none. */
export async function loadConsole(folder: string): Promise<ConsoleFiles | undefined> {
  const page = await readFile(path.join(folder, 'index.html'), 'utf8').catch(() => undefined)
  if (page === undefined) return undefined
  const names = await readdir(folder, { recursive: true })
  const served = names.filter((name) => TYPES[path.extname(name)] !== undefined)
  const files = await Promise.all(served.map((name) => load(folder, name)))
  return { page, files: new Map(files) }
}

async function load(folder: string, name: string): Promise<[string, ConsoleFile]> {
  const bytes = await readFile(path.join(folder, name))
  const type = TYPES[path.extname(name)] ?? 'application/octet-stream'
  return [`/${name.split(path.sep).join('/')}`, { type, bytes, gzipped: await promisify(gzip)(bytes) }]
}
