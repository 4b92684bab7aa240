/** Before browser tests: the console is built from the source as it is. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Vitest's global set-up. */
export async function setup(): Promise<void> {
  await promisify(execFile)(process.execPath, ['scripts/build-console.mjs'])
}
