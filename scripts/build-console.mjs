/**
 * Builds the console where it is missing or its source has changed, and says so: 1 to 2 seconds.
 * Runs after `ensure.mjs`, on whatever Node started it, so it has no dependency and no TypeScript.
 * The build goes into a folder of its own that takes the old one's place at the end: whoever serves
 * or builds at the same time never sees half of it.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = join(root, 'packages', 'console')
const dist = join(folder, 'dist')
const stamp = join(dist, 'source-hash')

/** What the build reads. */
const SOURCES = [
  'package-lock.json',
  'packages/console/index.html',
  'packages/console/vite.config.ts',
  'packages/console/public',
  'packages/console/src',
  'packages/api/src',
  'packages/domain/src',
  'packages/evaluation/src',
]

const wanted = hashOf(SOURCES)
const built = existsSync(stamp) ? readFileSync(stamp, 'utf8') : ''
if (built !== wanted) build()

function hashOf(sources) {
  const hash = createHash('sha256')
  for (const file of sources.flatMap(filesIn)) hash.update(file).update(readFileSync(join(root, file)))
  return hash.digest('hex')
}

function filesIn(source) {
  if (statSync(join(root, source)).isFile()) return [source]
  return readdirSync(join(root, source))
    .sort()
    .flatMap((name) => filesIn(`${source}/${name}`))
}

function build() {
  const started = Date.now()
  console.error('Building the console …')
  const fresh = join(root, 'node_modules', `.flagmarshal-console-${process.pid}`)
  const bin = join(root, 'node_modules', '.bin')
  const run = spawnSync('vite', ['build', '--outDir', fresh, '--emptyOutDir', '--logLevel', 'warn'], {
    cwd: folder,
    // What the build says goes to stderr: stdout belongs to the command that follows.
    stdio: ['ignore', 2, 2],
    // Started by a test runner it would otherwise be a development build, half as large again.
    env: { ...process.env, NODE_ENV: 'production', PATH: `${bin}${delimiter}${process.env.PATH}` },
    shell: process.platform === 'win32',
  })
  if (run.status !== 0) {
    rmSync(fresh, { recursive: true, force: true })
    console.error('The console could not be built.')
    process.exit(1)
  }
  writeFileSync(join(fresh, 'source-hash'), wanted)
  rmSync(dist, { recursive: true, force: true })
  renameSync(fresh, dist)
  console.error(`Built in ${((Date.now() - started) / 1000).toFixed(1)} s.`)
}
