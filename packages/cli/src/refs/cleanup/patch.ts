import { spawnSync } from 'node:child_process'
/** The difference between texts as a patch that `git apply` takes. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** A file before and after. */
export interface ChangedFile {
  readonly file: string
  readonly before: string
  readonly after: string
}

/** The patch, made by git itself; empty where nothing differs. */
export function patchOf(files: readonly ChangedFile[]): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'flagmarshal-patch-'))
  try {
    for (const side of ['a', 'b']) mkdirSync(path.join(folder, side))
    for (const { file, before, after } of files) {
      write(path.join(folder, 'a', file), before)
      write(path.join(folder, 'b', file), after)
    }
    const args = [
      '-c',
      'core.quotePath=false',
      'diff',
      '--no-index',
      '--no-prefix',
      '--no-color',
      '--no-ext-diff',
    ]
    const { stdout, status } = spawnSync('git', [...args, '--no-renames', 'a', 'b'], {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    })
    // 1 means that they differ.
    if (status !== 0 && status !== 1)
      throw new Error(`git could not compare the texts: it ended with ${status}`)
    return stdout
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function write(at: string, text: string): void {
  mkdirSync(path.dirname(at), { recursive: true })
  writeFileSync(at, text)
}
