/**
 * What git knows of the working tree: its root, commit and branch, the files it tracks, and what earlier
 * commits took away. Commands run without a shell, without hooks and without programs that a repository names.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'

import { EXIT } from '../exit-code.ts'
import { Failure } from '../failure.ts'

/** A working tree at a commit. */
export interface Repository {
  readonly root: string
  /** Full hash. */
  readonly sha: string
  /** Absent where no branch is checked out, as pipelines do. */
  readonly branch?: string
  /** Address of `origin` without a name or password; absent where there is none. */
  readonly address?: string
  /** Tracked files that are not as the commit has them. */
  readonly changed: readonly string[]
}

/** Nothing outside the working tree tells git how to answer, and nothing is asked of a person. */
const QUIET = ['-c', 'core.quotePath=false', '-c', 'color.ui=false', '-c', 'core.fsmonitor=false']

/** The working tree around a folder. */
export function openRepository(folder: string): Repository {
  const root = git(folder, 'rev-parse', '--show-toplevel')
  const sha = root === undefined ? undefined : git(root, 'rev-parse', '--verify', 'HEAD')
  if (root === undefined || sha === undefined)
    throw new Failure(`${folder} is in no git repository with a commit.`, {
      exitCode: EXIT.usage,
      remedy: 'Go to a working tree, or name one with --repository <path>.',
    })
  const branch = git(root, 'symbolic-ref', '--quiet', '--short', 'HEAD')
  const address = git(root, 'remote', 'get-url', 'origin')
  const changed = git(root, 'diff', '--name-only', '--no-ext-diff', '--no-textconv', '-z', 'HEAD') ?? ''
  return {
    root,
    sha,
    ...(branch === undefined ? {} : { branch }),
    ...(address === undefined ? {} : { address: withoutSecret(address) }),
    changed: changed.split('\0').filter((it) => it !== ''),
  }
}

/** Every file that git tracks, by path from the root; what .gitignore names is none of them. */
export function trackedFiles(root: string): readonly string[] {
  return (git(root, 'ls-files', '-z', '--cached') ?? '').split('\0').filter((it) => it !== '')
}

/** A line that a commit took away or added. */
export interface ChangedLine {
  readonly sha: string
  /** RFC 3339. */
  readonly at: string
  readonly file: string
  readonly added: boolean
  readonly text: string
}

/** The lines that the last commits changed, the newest commit first; a merge counts as one commit. */
export async function* changedLines(root: string, commits: number): AsyncGenerator<ChangedLine> {
  const format = '--format=%x00%H %cI'
  const log = ['log', '--first-parent', '-m', '-p', '-U0', '--no-ext-diff', '--no-textconv', '--no-renames']
  const child = spawn('git', [...QUIET, ...log, format, `--max-count=${commits}`], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let [sha, at, file] = ['', '', '']
  // Inside a hunk a line that begins with --- may be one of the file; how many are left tells.
  let [removed, added] = [0, 0]
  for await (const line of createInterface({ input: child.stdout, crlfDelay: Infinity })) {
    const hunk = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(line)
    if (removed + added > 0 && (line.startsWith('-') || line.startsWith('+'))) {
      const isAdded = line.startsWith('+')
      if (isAdded) added--
      else removed--
      yield { sha, at, file, added: isAdded, text: line.slice(1) }
    } else if (line.startsWith('\0')) [sha = '', at = ''] = line.slice(1).split(' ')
    else if (hunk !== null) {
      removed = Number(hunk[1] ?? 1)
      added = Number(hunk[2] ?? 1)
    } else if (line.startsWith('--- a/')) file = line.slice(6).replace(/\t$/, '')
    else if (line.startsWith('+++ b/')) file = line.slice(6).replace(/\t$/, '')
  }
}

/** What git prints; undefined where it fails. */
export function git(folder: string, ...args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync('git', [...QUIET, ...args], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    env: { ...process.env, GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0' },
  })
  return status === 0 ? stdout.replace(/\n$/, '') : undefined
}

/** An address may hold a password, which is nobody's business but git's. */
function withoutSecret(address: string): string {
  return address.replace(/^([a-z+]+:\/\/)[^/@]*@/, '$1')
}
