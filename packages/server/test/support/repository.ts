/** Real git repositories on disk, for tests: bare ones as remotes, and what is in them. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What git answers in a repository; throws where it fails. */
export async function gitIn(repository: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run('git', ['-C', repository, ...args], { maxBuffer: 16 * 1024 * 1024 })
  return stdout
}

export interface Repository extends AsyncDisposable {
  readonly folder: string
  /** `file://…`. */
  readonly address: string
  /** A file as the branch has it. */
  read(file: string): Promise<string>
  /** Commits files to the branch from a clone, as somebody else would. */
  commit(files: Readonly<Record<string, string>>): Promise<void>
  /** Subject, body and trailers of the branch's commits, newest first. */
  messages(): Promise<string[]>
}

/** A bare repository with the branch `main`. */
export async function createRepository(): Promise<Repository> {
  const root = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-git-'))
  const folder = path.join(root, 'docs.git')
  await run('git', ['init', '--quiet', '--bare', '--initial-branch=main', folder])
  let clones = 0
  return {
    folder,
    address: `file://${folder}`,
    read: (file) => gitIn(folder, 'show', `main:${file}`),
    async commit(files) {
      const clone = path.join(root, `clone-${++clones}`)
      await run('git', ['clone', '--quiet', folder, clone])
      for (const [file, content] of Object.entries(files)) {
        await mkdir(path.dirname(path.join(clone, file)), { recursive: true })
        await writeFile(path.join(clone, file), content)
      }
      await gitIn(clone, 'add', '-A')
      const who = ['-c', 'user.name=Otto', '-c', 'user.email=otto@shop.example']
      await gitIn(clone, ...who, 'commit', '--quiet', '-m', 'by hand')
      await gitIn(clone, 'push', '--quiet', 'origin', 'HEAD:main')
    },
    async messages() {
      return (await gitIn(folder, 'log', '--format=%B%x00', 'main'))
        .split('\0')
        .map((it) => it.trim())
        .filter((it) => it !== '')
    },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  }
}
