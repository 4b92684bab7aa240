/**
 * Makes a fresh clone able to run anything: installs the locked packages, Node 24 among them, when
 * they are missing or the lock file changed. Needs only Node >= 20 and npm, so it has no dependency
 * and no TypeScript. It runs as the `pre` script of every command, in a shell of its own, so that
 * the command itself finds the installed Node.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stamp = join(root, 'node_modules', '.flagmarshal-lock')

const locked = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex')
const installed = existsSync(stamp) ? readFileSync(stamp, 'utf8') : ''
if (locked !== installed) install()

function install() {
  console.error('Installing the locked packages (once, about half a minute) …')
  const npm = process.env.npm_execpath
  const [program, args] = npm === undefined ? ['npm', []] : [process.execPath, [npm]]
  // stdout belongs to the command that follows: what npm says goes to stderr.
  const run = spawnSync(program, [...args, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: npm === undefined && process.platform === 'win32',
  })
  if (run.status !== 0) {
    console.error('The packages could not be installed. Run `npm ci` to see why, mend it, then try again.')
    process.exit(1)
  }
  writeFileSync(stamp, locked)
}
