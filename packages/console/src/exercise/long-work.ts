/**
 * Work that goes on without the page that began it, remembered for this tab: whoever leaves is told
 * when it has ended. What is followed survives a reload.
 */
import { useEffect, useSyncExternalStore } from 'react'

/** Operations that list such work of a run; what has no end yet is under way. */
type WorkOperation = 'listVerifications' | 'listDrills' | 'listMonitoringSetups' | 'listPublications'

/** Where a kind of work is listed, and how it is called. */
export interface WorkList {
  readonly operation: WorkOperation
  readonly project: string
  readonly run: string
  readonly title: string
}

/** One that is followed. */
export interface Work extends WorkList {
  readonly id: string
  /** The page that shows it. */
  readonly to: string
  /** Absent while it is under way. */
  readonly ended?: 'done' | 'failed'
}

const KEY = 'flagmarshal.work'
const listeners = new Set<() => void>()
let works: readonly Work[] = kept()

function kept(): readonly Work[] {
  try {
    // Only this module writes it.
    return JSON.parse(sessionStorage.getItem(KEY) ?? '[]') as readonly Work[]
  } catch {
    return []
  }
}

function set(next: readonly Work[]): void {
  works = next
  sessionStorage.setItem(KEY, JSON.stringify(next))
  for (const it of listeners) it()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Everything that is followed. */
export function useWorks(): readonly Work[] {
  return useSyncExternalStore(subscribe, () => works)
}

/** Says that one has ended; on the page that shows it nobody needs to be told. */
export function settleWork(id: string, ended: 'done' | 'failed'): void {
  const seen = works.find((it) => it.id === id)?.to === location.pathname
  set(seen ? works.filter((it) => it.id !== id) : works.map((it) => (it.id === id ? { ...it, ended } : it)))
}

/** Forgets one: it was read, or it cannot be asked about any more. */
export function forgetWork(id: string): void {
  set(works.filter((it) => it.id !== id))
}

interface Listed {
  readonly id: string
  readonly endedAt?: string | null | undefined
}

/** Follows what is under way in a list that a page shows. */
export function useFollowed(list: WorkList, items: readonly Listed[] | undefined): void {
  const { operation, project, run, title } = list
  const running = (items ?? []).filter((it) => isUnderWay(it)).map((it) => it.id)
  const ids = running.join(' ')
  useEffect(() => {
    const known = new Set(works.map((it) => it.id))
    const fresh = ids.split(' ').filter((it) => it !== '' && !known.has(it))
    if (fresh.length === 0) return
    const to = location.pathname
    set([...works, ...fresh.map((id) => ({ operation, project, run, title, id, to }))])
  }, [ids, operation, project, run, title])
}

/** Whether it has not ended. */
export function isUnderWay({ endedAt }: Listed): boolean {
  return endedAt === undefined || endedAt === null
}
