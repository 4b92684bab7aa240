/**
 * The peers, installed when a benchmark first needs them and again when their lock file changes.
 * They have a folder of their own, so that nobody gets them with the product.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const FOLDER = import.meta.dirname

/** Installs the locked peers if they are missing or out of date. Throws an error if that fails. */
export function ensurePeers(): void {
  const stamp = join(FOLDER, 'node_modules', '.flagmarshal-lock')
  const lock = createHash('sha256')
    .update(readFileSync(join(FOLDER, 'package-lock.json')))
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return

  console.error('Installing the SDKs to compare with (once, a few seconds) …')
  const shell = process.platform === 'win32'
  const { status } = spawnSync(
    'npm',
    ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
    {
      cwd: FOLDER,
      stdio: ['ignore', 2, 2],
      shell,
    },
  )
  if (status !== 0) throw new Error('the SDKs could not be installed; run `npm ci` in benchmarks/ to see why')
  writeFileSync(stamp, lock)
}

/** The installed version of a peer. */
export function versionOf(name: string): string {
  const manifest: unknown = JSON.parse(
    readFileSync(join(FOLDER, 'node_modules', name, 'package.json'), 'utf8'),
  )
  const known = typeof manifest === 'object' && manifest !== null && 'version' in manifest
  return known ? String(manifest.version) : 'unknown'
}
