/**
 * `npm run try-image`: does what the Dockerfile does without a container runtime, so that what the image
 * holds is shown to work. It reads the Dockerfile itself: the files that .dockerignore lets through go
 * into an empty folder, the RUN lines of the stages that build are run there, what the last stage copies
 * is copied into another empty folder, and there its ENTRYPOINT is started, with its ENV, until its
 * HEALTHCHECK says that it is well. Not done: the base image, `apt-get`, the user and the volume.
 *
 * The server runs on the database of FLAGMARSHAL_DATABASE_URL; without it, only the start is looked at: it
 * must say that there is no database, since the image has no local PostgreSQL.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const root = path.resolve(import.meta.dirname, '..')
const lines = readFileSync(path.join(root, 'Dockerfile'), 'utf8')
  .replaceAll(/\\\n/g, ' ')
  .split('\n')
  .map((line) => line.trim())
  .filter((line) => line !== '' && !line.startsWith('#'))

/** The lines of each stage, by its name; the last one has none. */
const stages = new Map<string, string[]>()
for (const line of lines) {
  const [, name = 'image'] = /^FROM \S+(?: AS (\w+))?$/.exec(line) ?? []
  if (line.startsWith('FROM ')) stages.set(name, [])
  else [...stages.values()].at(-1)?.push(line)
}
const image = stages.get('image') ?? []
const folder = mkdtempSync(path.join(os.tmpdir(), 'flagmarshal-image-'))

try {
  for (const name of ['console', 'programs']) build(name)
  const app = assemble()
  await start(app)
  console.log('\nok: the steps of the Dockerfile make a server that starts, is healthy, and stops when asked')
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** A stage: the files, then its RUN lines. */
function build(name: string): void {
  const to = path.join(folder, name)
  copySource(to)
  for (const line of stages.get(name) ?? []) {
    const command = /^RUN (.+)$/.exec(line)?.[1]
    if (command !== undefined) run(name, command, to)
  }
}

/** Everything of the working tree that git knows, less what .dockerignore names. */
function copySource(to: string): void {
  const ignored = readFileSync(path.join(root, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  const listed = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
  const isIgnored = (file: string) =>
    ignored.some((it) =>
      it.startsWith('**/')
        ? file.split('/').some((step) => path.matchesGlob(step, it.slice(3)))
        : file === it || file.startsWith(`${it}/`) || path.matchesGlob(file, it),
    )
  const files = listed.stdout.split('\n').filter((file) => file !== '' && !isIgnored(file))
  for (const file of files) cpSync(path.join(root, file), path.join(to, file))
  console.log(`${files.length} files in the build`)
}

function run(stage: string, command: string, cwd: string): void {
  console.log(`[${stage}] ${command}`)
  const began = performance.now()
  const ended = spawnSync('sh', ['-c', command], { cwd, stdio: ['ignore', 'ignore', 'inherit'] })
  if (ended.status !== 0) throw new Error(`[${stage}] ended with ${ended.status}`)
  console.log(`  ${((performance.now() - began) / 1000).toFixed(1)} s`)
}

/** What the last stage copies, and nothing else. */
function assemble(): string {
  const app = path.join(folder, 'image')
  for (const line of image) {
    const [, stage, from, to] = /^COPY --from=(\w+) \/app\/(\S+) (\S+)$/.exec(line) ?? []
    if (stage === undefined || from === undefined || to === undefined) continue
    const there = to.endsWith('/') ? path.join(app, to, path.basename(from)) : path.join(app, to)
    mkdirSync(path.dirname(there), { recursive: true })
    cpSync(path.join(folder, stage, from), there, { recursive: true, verbatimSymlinks: true })
  }
  const size = spawnSync('du', ['-sm', app], { encoding: 'utf8' }).stdout.split('\t')[0]
  console.log(`${size} MB in the image, beside its base`)
  return app
}

async function start(app: string): Promise<void> {
  const data = path.join(folder, 'data')
  mkdirSync(data, { mode: 0o700 })
  const port = await freePort()
  const env = { ...environment(), FLAGMARSHAL_DATA_DIR: data, FLAGMARSHAL_PORT: String(port) }
  const [program = '', ...args] = listOf('ENTRYPOINT')
  const server = spawn(program, args, { cwd: app, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [server.stdout, server.stderr])
    stream.on('data', (text: Buffer) => (said += String(text)))
  const ended = once(server, 'exit')
  if (process.env['FLAGMARSHAL_DATABASE_URL'] === undefined) {
    await ended
    if (!said.includes('FLAGMARSHAL_DATABASE_URL'))
      throw new Error(`it did not say what is missing:\n${said}`)
    console.log('without a database it says: FLAGMARSHAL_DATABASE_URL')
    return
  }
  const [check = '', ...checkArgs] = listOf('HEALTHCHECK')
  const healthy = () => spawnSync(check, checkArgs, { cwd: app, env }).status === 0
  const end = Date.now() + 60_000
  while (!healthy()) {
    if (server.exitCode !== null || Date.now() > end) throw new Error(`it is not healthy:\n${said}`)
    await sleep(200)
  }
  for (const at of ['/readyz', '/']) {
    const { status } = await fetch(`http://127.0.0.1:${port}${at}`)
    console.log(`${at} answers ${status}`)
    if (status !== 200) throw new Error(`${at} answers ${status}`)
  }
  server.kill('SIGTERM')
  const [code] = await ended
  if (code !== 0) throw new Error(`it ended with ${code}`)
  if (healthy()) throw new Error('the health check is content with a server that is not there')
}

/** The ENV of the image over what a process needs. */
function environment(): Record<string, string> {
  const pairs = image
    .filter((line) => line.startsWith('ENV '))
    .flatMap((line) =>
      [...line.matchAll(/(\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value] as const),
    )
  const url = process.env['FLAGMARSHAL_DATABASE_URL']
  return {
    PATH: process.env['PATH'] ?? '',
    ...Object.fromEntries(pairs),
    ...(url === undefined ? {} : { FLAGMARSHAL_DATABASE_URL: url }),
  }
}

/** The words of an instruction in its exec form. */
function listOf(instruction: string): string[] {
  const line = image.find((it) => it.startsWith(`${instruction} `)) ?? ''
  const words: string[] = JSON.parse(line.slice(line.indexOf('[')))
  return words
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A server that listens on TCP has an address and a port.
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
