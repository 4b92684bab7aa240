/**
 * Documents in a git repository (P-S6-5).
 *
 * Each attempt starts from what the branch holds at that moment and makes one commit on top of it,
 * in a bare repository of our own; the managed sections are put into the files as they are then. A
 * push that comes too late is done again like that, three times at most, and never forced: a rebase
 * that cannot conflict, because everything that is ours is written anew.
 */
import { mkdir } from 'node:fs/promises'
import path from 'node:path'

import type { DocumentCommit, DocumentStore, DocumentStored, Outgoing } from '../interfaces.ts'
import { fastImport } from './commit.ts'
import type { FileChange } from './commit.ts'
import { git } from './git.ts'
import { lookUpRemote, remoteFault } from './remote.ts'

const PUSH_RETRIES = 3
/** What reading from or writing to a remote may take. */
const NETWORK_MS = 60_000

export interface GitDocsOptions {
  /** Holds the built-in repositories and our own copies. */
  readonly folder: string
  readonly outgoing: Outgoing
  /** How long a call of a remote may take; 60 s. */
  readonly networkMs?: number
  /** Ends what runs, when the server stops. */
  readonly signal?: AbortSignal
}

interface Target {
  readonly networkMs: number
  readonly signal: AbortSignal | undefined
  readonly work: string
  readonly address: string
  readonly settings: readonly string[]
}

/** A store of documents in git repositories. */
export function createGitDocs({
  folder,
  outgoing,
  networkMs = NETWORK_MS,
  signal,
}: GitDocsOptions): DocumentStore {
  return {
    builtIn: (project) => builtIn(folder, project),
    faultOf: remoteFault,
    async store(wanted) {
      const target = await open(folder, outgoing, wanted)
      if ('kind' in target) return target
      return await storeIn({ ...target, networkMs, signal }, wanted)
    },
  }
}

function builtIn(folder: string, project: string): string {
  return path.join(folder, `${project}.git`)
}

async function open(
  folder: string,
  outgoing: Outgoing,
  { project, remote }: DocumentCommit,
): Promise<Omit<Target, 'networkMs' | 'signal'> | Exclude<DocumentStored, { readonly kind: 'stored' }>> {
  await mkdir(folder, { recursive: true })
  const work = path.join(folder, `${project}.work`)
  const made = await git({ repository: work, args: ['init', '--quiet', '--bare'] })
  if (made.code !== 0) return { kind: 'failed', why: made.why }
  if (remote === undefined) {
    const repository = builtIn(folder, project)
    const ready = await git({ repository, args: ['init', '--quiet', '--bare', '--initial-branch=main'] })
    return ready.code === 0 ? { work, address: repository, settings: [] } : { kind: 'failed', why: ready.why }
  }
  const found = await lookUpRemote(remote, outgoing)
  return found.kind === 'usable' ? { work, address: found.address, settings: found.settings } : found
}

async function storeIn(target: Target, wanted: DocumentCommit): Promise<DocumentStored> {
  let late = 'somebody else was faster'
  for (let attempt = 0; attempt <= PUSH_RETRIES; attempt++) {
    const parent = await tipOf(target, wanted.branch)
    if (typeof parent === 'object') return parent
    const changes = await changesOn(target, parent, wanted)
    if (!Array.isArray(changes)) return changes
    const commit = await commitOn(target, parent, { wanted, changes })
    if (typeof commit === 'object') return commit
    if (commit === parent) return { kind: 'stored', commit }
    const pushed = await push(target, commit, wanted.branch)
    if (pushed === 'pushed') return { kind: 'stored', commit }
    if (pushed.kind !== 'late') return { kind: 'failed', why: pushed.why }
    late = pushed.why
  }
  return { kind: 'failed', why: `the branch moved at each of ${PUSH_RETRIES + 1} attempts: ${late}` }
}

/** The commit that the branch is at, fetched; empty where there is no such branch. */
async function tipOf(target: Target, branch: string): Promise<string | DocumentStored> {
  const ref = `refs/heads/${branch}`
  const { work: repository, address, settings, networkMs, signal } = target
  const listed = await git({
    repository,
    args: [...settings, 'ls-remote', '--quiet', '--', address, ref],
    timeoutMs: networkMs,
    signal,
  })
  if (listed.code !== 0) return { kind: 'failed', why: `the repository cannot be read: ${listed.why}` }
  const tip = /^([0-9a-f]{40,64})\s/.exec(listed.out.toString('utf8'))?.[1]
  if (tip === undefined) return ''
  const args = [...settings, 'fetch', '--quiet', '--no-tags', '--depth=1', '--no-write-fetch-head']
  const fetched = await git({ repository, args: [...args, '--', address, ref], timeoutMs: networkMs, signal })
  if (fetched.code !== 0) return { kind: 'failed', why: `the branch cannot be fetched: ${fetched.why}` }
  const there = await git({ repository, args: ['cat-file', '-e', `${tip}^{commit}`] })
  // The branch has moved between the two; the next attempt sees where to.
  return there.code === 0 ? tip : await tipOf(target, branch)
}

/** The files to write: the documents, and those of others with our sections in them. */
async function changesOn(
  { work: repository }: Target,
  parent: string,
  { files, edits }: DocumentCommit,
): Promise<FileChange[] | DocumentStored> {
  const changes: FileChange[] = files.map((it) => ({
    path: it.path,
    content: Buffer.from(it.content, 'utf8'),
  }))
  for (const { path: file, edit } of edits) {
    const present = parent === '' ? undefined : await fileAt(repository, parent, file)
    if (present !== undefined && !Buffer.isBuffer(present)) return present
    const edited = edit(present)
    if ('fault' in edited) return { kind: 'refused', why: `${file}: ${edited.fault}` }
    changes.push({ path: file, content: edited })
  }
  return changes
}

async function fileAt(
  repository: string,
  commit: string,
  file: string,
): Promise<Buffer | undefined | DocumentStored> {
  const listed = await git({ repository, args: ['ls-tree', '-z', commit, '--', file] })
  if (listed.code !== 0) return { kind: 'failed', why: listed.why }
  const mode = /^(\d{6}) (\w+)/.exec(listed.out.toString('utf8'))
  if (mode === null) return undefined
  if (mode[1] !== '100644' && mode[1] !== '100755') return { kind: 'refused', why: `${file} is no file` }
  const read = await git({ repository, args: ['cat-file', 'blob', `${commit}:${file}`] })
  return read.code === 0 ? read.out : { kind: 'failed', why: read.why }
}

/** Makes the commit; the parent itself where nothing would change. */
async function commitOn(
  { work: repository }: Target,
  parent: string,
  { wanted, changes }: { readonly wanted: DocumentCommit; readonly changes: readonly FileChange[] },
): Promise<string | DocumentStored> {
  const { id, message, at, folder } = wanted
  const ref = `refs/flagmarshal/${id}`
  await git({ repository, args: ['update-ref', '-d', ref] })
  const input = fastImport({ ref, parent, message, at, folder, changes })
  const made = await git({ repository, args: ['fast-import', '--quiet', '--date-format=raw'], input })
  if (made.code !== 0) return { kind: 'failed', why: `the commit cannot be made: ${made.why}` }
  const names = [ref, `${ref}^{tree}`, ...(parent === '' ? [] : [`${parent}^{tree}`])]
  const read = await git({ repository, args: ['rev-parse', ...names] })
  await git({ repository, args: ['update-ref', '-d', ref] })
  const [commit = '', tree, before] = read.out.toString('utf8').trim().split('\n')
  if (read.code !== 0) return { kind: 'failed', why: read.why }
  return tree === before ? parent : commit
}

async function push(
  { work: repository, address, settings, networkMs, signal }: Target,
  commit: string,
  branch: string,
): Promise<'pushed' | { readonly kind: 'late' | 'failed'; readonly why: string }> {
  const args = [...settings, 'push', '--porcelain', '--', address, `${commit}:refs/heads/${branch}`]
  const pushed = await git({ repository, args, timeoutMs: networkMs, signal })
  if (pushed.code === 0) return 'pushed'
  const said = pushed.out.toString('utf8')
  // Git's two words for a branch that moved, and the one of two that push at the same moment.
  const late =
    /\((fetch first|non-fast-forward|stale info)\)|cannot lock ref|failed to update ref|incorrect old value/
  const rejected = /^!\s.*\((.*)\)$/m.exec(said)?.[1]
  const why = rejected ?? pushed.why
  return { kind: late.test(said) ? 'late' : 'failed', why: `the push was not taken: ${why}` }
}
