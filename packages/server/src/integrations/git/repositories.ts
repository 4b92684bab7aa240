/**
 * Whether a commit exists in a repository elsewhere, and what lies at a path in it. The commit and its
 * trees are fetched once into a cache in the data directory; afterwards the repository is only asked
 * whether it still answers. Addresses follow the rules for outgoing requests (R16).
 */
import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'

import type { Outgoing, Repositories, RepositoryResult } from '../interfaces.ts'
import { runGit } from './run-git.ts'
import type { GitResult } from './run-git.ts'

const TIMEOUT_MS = 20_000
const FULL_HASH = /^([0-9a-f]{40}|[0-9a-f]{64})$/
const REF_NAME = /^[\w][\w.+/-]{0,199}$/

export interface RepositoriesParts {
  /** Where the caches are. */
  readonly folder: string
  /** `https`, `http`, `file`. */
  readonly protocols: readonly string[]
  readonly outgoing: Outgoing
  /** For one call of git; 20 s. */
  readonly timeoutMs?: number
}

type Asked = Parameters<Repositories['find']>[0]
/** Runs git with these arguments, in the cache of the repository. */
type Git = (...args: string[]) => Promise<GitResult>
type Failure = Exclude<RepositoryResult, { readonly kind: 'found' }>

/** Repositories, asked through the git program. */
export function createRepositories(parts: RepositoriesParts): Repositories {
  /** One call a repository at a time: fetches into one cache would meet each other's locks. */
  const lanes = new Map<string, Promise<unknown>>()
  return {
    async find(asked) {
      const before = lanes.get(asked.repository) ?? Promise.resolve()
      const work = before.then(() => find(parts, asked))
      const settled = work.catch(() => undefined)
      lanes.set(asked.repository, settled)
      const result = await work
      if (lanes.get(asked.repository) === settled) lanes.delete(asked.repository)
      return result
    },
  }
}

async function find(parts: RepositoriesParts, asked: Asked): Promise<RepositoryResult> {
  const way = await wayTo(parts, asked.repository)
  if ('kind' in way) return way
  const folder = path.join(parts.folder, createHash('sha256').update(asked.repository).digest('hex'))
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const { protocols, timeoutMs = TIMEOUT_MS } = parts
  const git: Git = (...args) => runGit({ args: [...way.options, ...args], folder, protocols, timeoutMs })
  const created = await git('init', '--quiet', '--bare', '.')
  if (created.kind === 'failed') return created
  const commit = await commitOf(git, asked)
  if (typeof commit !== 'string') return commit
  const missing = await fetchCommit(git, asked, commit)
  return missing ?? (await objectIn(git, commit, asked))
}

/** How git gets there: the options that pin its address, or why it must not go. */
async function wayTo(
  { protocols, outgoing }: RepositoriesParts,
  repository: string,
): Promise<{ readonly options: readonly string[] } | Failure> {
  const url = URL.parse(repository)
  const protocol = url?.protocol.slice(0, -1)
  if (url === null || protocol === undefined || !protocols.includes(protocol)) {
    return { kind: 'refused', why: `the repository is at no ${protocols.join(' or ')} address` }
  }
  if (url.username !== '' || url.password !== '') {
    return { kind: 'refused', why: 'the address of the repository holds a user or password' }
  }
  const options = ['-c', 'core.hooksPath=/dev/null', '-c', 'credential.helper=', '-c', 'gc.auto=0']
  if (protocol === 'file') return { options }
  const found = await outgoing.resolve(url.hostname.replace(/^\[(.*)\]$/, '$1'))
  if (found.kind !== 'found') return found
  const port = url.port === '' ? (protocol === 'https' ? '443' : '80') : url.port
  const addresses = found.addresses.map(({ address, family }) => (family === 6 ? `[${address}]` : address))
  const http = {
    curloptResolve: `${url.hostname}:${port}:${addresses.join(',')}`,
    followRedirects: 'false',
    proxy: '',
    lowSpeedLimit: '1000',
    lowSpeedTime: '10',
  }
  const pinned = Object.entries(http).flatMap(([name, value]) => ['-c', `http.${name}=${value}`])
  return { options: [...options, ...pinned] }
}

/** The full hash of what was asked for: a branch or tag is looked up in the repository. */
async function commitOf(git: Git, { repository, commit }: Asked): Promise<string | Failure> {
  if (FULL_HASH.test(commit)) return commit
  if (!REF_NAME.test(commit)) return { kind: 'absent', why: `${commit} is no name of a commit` }
  const names =
    commit === 'HEAD' ? ['HEAD'] : [`refs/tags/${commit}^{}`, `refs/heads/${commit}`, `refs/tags/${commit}`]
  const listed = await git('ls-remote', '--quiet', '--', repository, ...names)
  if (listed.kind === 'failed') return listed
  if (listed.code !== 0) return unreachable(repository)
  const refs = new Map(
    listed.out
      .trim()
      .split('\n')
      .map((line) => line.split('\t').toReversed() as [string, string]),
  )
  const hash = names.map((it) => refs.get(it)).find((it) => it !== undefined)
  return hash ?? { kind: 'absent', why: `${repository} has no branch or tag ${commit}` }
}

/** Gets the commit with its trees, without the files; undefined once it is here and the repository answers. */
async function fetchCommit(git: Git, { repository }: Asked, commit: string): Promise<Failure | undefined> {
  const here = await git('cat-file', '-e', `${commit}^{commit}`)
  if (here.kind === 'failed') return here
  if (here.code !== 0) {
    const options = ['--quiet', '--depth=1', '--no-tags', '--no-write-fetch-head', '--filter=blob:none']
    const fetched = await git('fetch', ...options, '--', repository, commit)
    if (fetched.kind === 'failed') return fetched
    if (fetched.code === 0) return undefined
    if (/unadvertised object/.test(fetched.error)) {
      return { kind: 'failed', why: `${repository} gives no single commits` }
    }
  }
  const answers = await git('ls-remote', '--quiet', '--', repository, 'HEAD')
  if (answers.kind === 'failed') return answers
  if (answers.code !== 0) return unreachable(repository)
  return here.code === 0 ? undefined : { kind: 'absent', why: `${repository} has no commit ${commit}` }
}

async function objectIn(git: Git, commit: string, asked: Asked): Promise<RepositoryResult> {
  if (asked.path === undefined) return { kind: 'found', commit, object: commit }
  const found = await git('rev-parse', '--quiet', '--verify', '--end-of-options', `${commit}:${asked.path}`)
  if (found.kind === 'failed') return found
  const object = found.out.trim()
  if (found.code === 0 && FULL_HASH.test(object)) return { kind: 'found', commit, object }
  return { kind: 'absent', why: `commit ${commit.slice(0, 12)} of ${asked.repository} has no ${asked.path}` }
}

function unreachable(repository: string): Failure {
  return { kind: 'failed', why: `${repository} cannot be reached` }
}
