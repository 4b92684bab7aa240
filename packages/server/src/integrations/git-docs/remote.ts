/**
 * The repository that documents go to: whether its address may be used, and what git is told so that
 * it keeps to the rules for outgoing requests (R16).
 */
import type { Outgoing } from '../interfaces.ts'

/** A remote that may be used, and the settings that git is called with. */
export type Remote =
  | { readonly kind: 'usable'; readonly address: string; readonly settings: readonly string[] }
  | { readonly kind: 'refused' | 'failed'; readonly why: string }

const HOST = /^(?:[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])$/i

/** Why an address cannot be that of a repository; undefined where it can. */
export function remoteFault(address: string): string | undefined {
  if (!URL.canParse(address)) return 'it is no address'
  const { protocol, username, password, hostname, search, hash, pathname } = new URL(address)
  if (!['https:', 'http:', 'ssh:', 'file:'].includes(protocol)) return 'use https, ssh, http or file'
  if (password !== '' || (username !== '' && protocol !== 'ssh:'))
    return "leave user and password out: they come from git's own configuration of the server's user"
  if (search !== '' || hash !== '') return 'leave out what follows ? and #'
  if (protocol === 'file:') return hostname === '' ? undefined : 'a file address has no host'
  if (!HOST.test(hostname)) return 'its host is no name'
  if (username !== '' && !/^[a-z0-9_][a-z0-9_.-]*$/i.test(username)) return 'its user is no name'
  return pathname.length > 1 ? undefined : 'it has no path'
}

/**
 * Looks a remote up. A file address is a repository on the server's own machine, so it is allowed
 * where the operator allows calls to that; a host is looked up once and git is held to the answer.
 */
export async function lookUpRemote(address: string, outgoing: Outgoing): Promise<Remote> {
  const fault = remoteFault(address)
  if (fault !== undefined) return { kind: 'refused', why: `the address of the repository: ${fault}` }
  const { protocol, hostname, port } = new URL(address)
  const found = await outgoing.resolve(protocol === 'file:' ? '127.0.0.1' : hostname.replaceAll(/[[\]]/g, ''))
  if (found.kind !== 'found') return found
  const [first] = found.addresses
  if (first === undefined) return { kind: 'failed', why: `${hostname} has no address` }
  return { kind: 'usable', address, settings: settingsOf(protocol, hostname, port, first) }
}

// oxlint-disable-next-line max-params -- the parts of an address
function settingsOf(
  protocol: string,
  host: string,
  port: string,
  { address, family }: { readonly address: string; readonly family: number },
): readonly string[] {
  if (protocol === 'file:') return []
  if (protocol === 'ssh:') {
    const options = `-oBatchMode=yes -oConnectTimeout=10 -oHostName=${address} -oHostKeyAlias=${host}`
    return ['-c', `core.sshCommand=ssh ${options}`]
  }
  const there = port === '' ? (protocol === 'https:' ? '443' : '80') : port
  const pinned = family === 6 ? `[${address}]` : address
  return [
    '-c',
    `http.curloptResolve=${host}:${there}:${pinned}`,
    '-c',
    'http.followRedirects=false',
    '-c',
    'http.lowSpeedLimit=100',
    '-c',
    'http.lowSpeedTime=20',
  ]
}
