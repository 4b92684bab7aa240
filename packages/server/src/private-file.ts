/** Files of secrets in the data directory: read only where nobody else can read them. */
import { readFile, stat } from 'node:fs/promises'

import { StartFailure } from './start-failure.ts'

/**
 * The text of a file; undefined where there is none. Throws a StartFailure for one that others may read
 * or write; `remedy` says what to do about a secret that may be known. Windows has no such modes.
 */
export async function readPrivate(file: string, remedy: string): Promise<string | undefined> {
  const found = await stat(file).catch(() => undefined)
  if (found !== undefined && process.platform !== 'win32' && (found.mode & 0o077) !== 0) {
    const mode = (found.mode & 0o777).toString(8).padStart(4, '0')
    throw new StartFailure(
      `${file} can be read or written by others (mode ${mode}): run chmod 600 on it. ` +
        `If somebody may have read it, ${remedy}.`,
    )
  }
  return await readFile(file, 'utf8').catch(() => undefined)
}
