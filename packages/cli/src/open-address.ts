/** Opening an address in the browser of this machine, if it has one. */
import { spawn } from 'node:child_process'
import process from 'node:process'

import type { Environment } from './program.ts'

/** Whether somebody here can see a browser. `BROWSER` names one, or is `none`. */
export function hasBrowser(env: Environment): boolean {
  return openerOf(env) !== undefined
}

/** Opens it; false where there is nothing to open it with. Whether it was seen nobody knows: say the address too. */
export function openAddress(address: string, env: Environment): boolean {
  const opener = openerOf(env)
  if (opener === undefined) return false
  const [program, ...args] = opener
  // No shell reads the address. The browser outlives this program, and its own words are nobody's here.
  const child = spawn(program, [...args, address], { detached: true, stdio: 'ignore' })
  child.on('error', () => undefined)
  child.unref()
  return true
}

function openerOf(env: Environment): readonly [string, ...string[]] | undefined {
  const named = env['BROWSER'] ?? ''
  if (named === 'none') return undefined
  if (named !== '') return [named]
  // Over SSH the screen is somewhere else, and its browser does not reach this machine.
  if ((env['SSH_CONNECTION'] ?? '') !== '') return undefined
  if (process.platform === 'darwin') return ['open']
  if (process.platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler']
  const screen = [env['DISPLAY'], env['WAYLAND_DISPLAY']].some((it) => (it ?? '') !== '')
  return screen ? ['xdg-open'] : undefined
}
