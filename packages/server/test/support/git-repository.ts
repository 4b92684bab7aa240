/** Real git repositories on disk and over HTTP, for tests. */
import { execFileSync, spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

export interface TestRepository extends AsyncDisposable {
  readonly folder: string
  /** `file://…`. */
  readonly file: string
  /** Writes a file and commits it on the branch `main`; the hash of the commit. */
  commit(name: string, content: string): Promise<string>
}

/** An empty repository. */
export async function createRepository(): Promise<TestRepository> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-git-'))
  const git = (...args: string[]) =>
    execFileSync('git', args, {
      cwd: folder,
      encoding: 'utf8',
      env: {
        PATH: process.env['PATH'],
        HOME: folder,
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_AUTHOR_NAME: 'dana',
        GIT_AUTHOR_EMAIL: 'dana@shop.example',
        GIT_COMMITTER_NAME: 'dana',
        GIT_COMMITTER_EMAIL: 'dana@shop.example',
      },
    }).trim()
  git('init', '--quiet', '--initial-branch=main')
  git('config', 'uploadpack.allowFilter', 'true')
  return {
    folder,
    file: pathToFileURL(folder).href,
    async commit(name, content) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true })
      await writeFile(path.join(folder, name), content)
      git('add', '--all')
      git('commit', '--quiet', '--message', `change ${name}`)
      return git('rev-parse', 'HEAD')
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

export interface GitServer extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`; the repository is at `/.git`. */
  readonly address: string
  /** How many requests it got. */
  requests(): number
  /** Answers nothing any more. */
  stall(): void
}

/** Serves a repository with git's own program for HTTP. */
export async function serveRepository({ folder }: TestRepository): Promise<GitServer> {
  let [requests, stalled] = [0, false]
  const server = createServer((request, response) => {
    requests++
    if (stalled) return
    const url = new URL(request.url ?? '/', 'http://localhost')
    const git = spawn('git', ['http-backend'], {
      env: {
        PATH: process.env['PATH'],
        HOME: folder,
        GIT_PROJECT_ROOT: folder,
        GIT_HTTP_EXPORT_ALL: '1',
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
        REQUEST_METHOD: request.method,
        PATH_INFO: url.pathname,
        QUERY_STRING: url.search.slice(1),
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      },
    })
    request.pipe(git.stdin)
    const parts: Buffer[] = []
    git.stdout.on('data', (part: Buffer) => parts.push(part))
    git.on('close', () => {
      const answer = Buffer.concat(parts)
      const split = answer.indexOf('\r\n\r\n')
      const headers = answer.subarray(0, split).toString('utf8').split('\r\n')
      for (const line of headers) {
        const [name = '', value = ''] = line.split(': ')
        if (name === 'Status') response.statusCode = Number(value.slice(0, 3))
        else response.setHeader(name, value)
      }
      response.end(answer.subarray(split + 4))
    })
  })
  server.listen(0, '127.0.0.1')
  await new Promise((listening) => server.once('listening', listening))
  const { port } = server.address() as AddressInfo
  return {
    address: `http://127.0.0.1:${port}`,
    requests: () => requests,
    stall: () => (stalled = true),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}
