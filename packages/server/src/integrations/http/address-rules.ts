/**
 * Which addresses the server may call (R16). A name that somebody typed must not lead into the
 * operator's own network, unless the operator has said so.
 */
import { BlockList, isIP } from 'node:net'

/** Not reachable from the internet: https://www.iana.org/assignments/iana-ipv4-special-registry */
const IPV4_SPECIAL: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
]

/** Inside 2000::/3, and yet not of the internet or able to carry an IPv4 address of somewhere else. */
const IPV6_SPECIAL: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
]

/** What an entry of the operator's list may be; the reason in words when it is none. */
export function faultOfAllowed(entry: string): string | undefined {
  const [base = '', prefix, more] = entry.split('/')
  const family = isIP(base)
  if (prefix !== undefined) {
    const bits = /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN
    const fits = more === undefined && family !== 0 && bits <= (family === 4 ? 32 : 128)
    return fits ? undefined : `${entry} is no range of addresses like 10.0.0.0/8`
  }
  if (family !== 0 || /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/i.test(base)) return undefined
  return `${entry} is neither a host nor an address nor a range`
}

/** The same for a list that names addresses and ranges only. */
export function faultOfRange(entry: string): string | undefined {
  return isIP(entry.split('/')[0] ?? '') === 0
    ? `${entry} is neither an address nor a range`
    : faultOfAllowed(entry)
}

export interface AddressRules {
  /** Whether the operator vouches for everything behind this name. */
  allowsName(host: string): boolean
  /** Whether this address may be called. */
  allowsAddress(address: string): boolean
}

/** The rules with the operator's exceptions: hosts, addresses and ranges. */
export function createAddressRules(allowed: readonly string[]): AddressRules {
  const names = new Set(allowed.filter((it) => !it.includes('/')).map((it) => it.toLowerCase()))
  const exceptions = new BlockList()
  for (const entry of allowed) {
    const [base = '', prefix] = entry.split('/')
    const family = familyOf(base)
    if (family !== undefined) exceptions.addSubnet(base, Number(prefix ?? widestOf(family)), family)
  }
  return {
    allowsName: (host) => names.has(host.toLowerCase()),
    allowsAddress(address) {
      const family = familyOf(address)
      if (family === undefined) return false
      return exceptions.check(address, family) || isPublic(address, family)
    },
  }
}

const special4 = subnets(IPV4_SPECIAL, 'ipv4')
const special6 = subnets(IPV6_SPECIAL, 'ipv6')
const unicast6 = subnets([['2000::', 3]], 'ipv6')

function isPublic(address: string, family: 'ipv4' | 'ipv6'): boolean {
  if (family === 'ipv4') return !special4.check(address, 'ipv4')
  // Only global unicast: loopback, local, multicast and mapped IPv4 addresses all lie outside of it.
  return unicast6.check(address, 'ipv6') && !special6.check(address, 'ipv6')
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  const family = isIP(address)
  return family === 0 ? undefined : family === 4 ? 'ipv4' : 'ipv6'
}

function widestOf(family: 'ipv4' | 'ipv6'): number {
  return family === 'ipv4' ? 32 : 128
}

function subnets(ranges: readonly (readonly [string, number])[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList()
  for (const [base, prefix] of ranges) list.addSubnet(base, prefix, family)
  return list
}
