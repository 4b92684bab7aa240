/**
 * Keys for what another tool calls by names that can be none here, or that capitals alone tell apart.
 * The same names give the same keys, so that a file imported again meets what it made.
 */
import { isFlagKey } from '../flag/key.ts'

const LONGEST = 120

/** A key for each name: the name itself wherever it can be one. */
export function keysFor(names: readonly string[]): ReadonlyMap<string, string> {
  const taken = new Set<string>()
  const keys = new Map<string, string>()
  const take = (name: string, wanted: string): void => {
    let key = wanted
    for (let n = 2; taken.has(key.toLowerCase()); n++) key = `${wanted}-${n}`
    taken.add(key.toLowerCase())
    keys.set(name, key)
  }
  const distinct = [...new Set(names)]
  // Those that can stay as they are choose first.
  for (const name of distinct) if (isFlagKey(name)) take(name, name)
  for (const name of distinct) if (!isFlagKey(name)) take(name, likeness(name))
  return keys
}

function likeness(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replaceAll(/[^A-Za-z0-9._:/|-]+/g, '-')
    .replaceAll(/([:/|])[^A-Za-z0-9]+/g, '$1')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, LONGEST)
    .replace(/[^A-Za-z0-9]+$/, '')
  return isFlagKey(plain) ? plain : 'flag'
}
