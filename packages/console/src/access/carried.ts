/**
 * What somebody has typed, carried along to the organisation's provider and back: the browser leaves this
 * page, and the page that it comes back to is a new one. Kept for this tab, for as long as the server takes
 * a return, and given to the same page only.
 */
import { useEffect, useState } from 'react'

interface Carried {
  /** Path and query of the page. */
  readonly page: string
  /** When it was left, in milliseconds since the epoch. */
  readonly at: number
  readonly values: Readonly<Record<string, unknown>>
}

const KEY = 'flagmarshal.carried'

/** As long as the server takes somebody back from the provider, in milliseconds. */
const KEPT_MS = 600_000

/** What the page shows at this moment, by name. */
const present = new Map<string, unknown>()

/** What was carried here, read once, when the console is loaded; and what of it nobody has changed since. */
let arrived: Carried | undefined = unpack()
const brought = new Map(Object.entries(arrived?.values ?? {}))
let proved = false

/**
 * Like `useState`, but the value comes back with its person from the provider. `name` is unique on its page;
 * without one nothing is carried.
 */
export function useCarried<T>(name: string | undefined, initial: T): readonly [T, (value: T) => void] {
  const [value, setValue] = useState<T>(() => {
    // It was typed here, on this page, under this name.
    const typed = (name === undefined ? undefined : here()?.get(name)) as T | undefined
    return typed ?? initial
  })
  useEffect(() => {
    if (name === undefined) return undefined
    present.set(name, value)
    return () => void present.delete(name)
  }, [name, value])
  const change = (next: T): void => {
    // From here on it is what is written now that counts, also for whoever comes to this page again.
    if (name !== undefined) brought.delete(name)
    setValue(next)
  }
  return [value, change]
}

/** Whether somebody has just come back with what is called so, and has shown at the provider who they are. */
export function useJustProved(name: string): boolean {
  const [just] = useState(() => proved && (here()?.has(name) ?? false))
  return just
}

/** Before the browser leaves: keeps what the page shows. */
export function carryAway(page: string): void {
  const carried: Carried = { page, at: Date.now(), values: Object.fromEntries(present) }
  sessionStorage.setItem(KEY, JSON.stringify(carried))
}

/** Back from the provider. What was typed belongs to the session that left: after a sign-in nothing comes back. */
export function comeBack(did: 'signed-in' | 'proved' | 'connected'): void {
  proved = did === 'proved'
  if (did === 'signed-in') arrived = undefined
}

/** Nothing that was typed stays: somebody signs out. */
export function dropCarried(): void {
  arrived = undefined
  sessionStorage.removeItem(KEY)
}

function here(): ReadonlyMap<string, unknown> | undefined {
  const { pathname, search } = window.location
  return arrived?.page === `${pathname}${search}` ? brought : undefined
}

function unpack(): Carried | undefined {
  const text = sessionStorage.getItem(KEY)
  sessionStorage.removeItem(KEY)
  if (text === null) return undefined
  try {
    // Only this module writes it.
    const carried = JSON.parse(text) as Carried
    return Date.now() - carried.at < KEPT_MS ? carried : undefined
  } catch {
    return undefined
  }
}
