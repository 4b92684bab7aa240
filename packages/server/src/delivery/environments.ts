/**
 * The environments in memory, kept current: each change is announced by the database, and their
 * revisions are compared every few seconds in case an announcement was missed.
 */
import type { Patch } from '@flagmarshal/evaluation'

import type { Clock } from '../clock.ts'
import type { Log } from '../context.ts'
import type { Database } from '../storage/database.ts'
import { REVISION_CHANNEL } from '../storage/flags.ts'
import { selectChanges, selectRevisions } from '../storage/snapshots.ts'
import type { EnvironmentKey } from '../storage/snapshots.ts'
import { changedState, wholeState } from './environment-state.ts'
import type { EnvironmentState } from './environment-state.ts'
import { oneAtATime } from './one-at-a-time.ts'
import type { DeliveryPorts } from './ports.ts'
import { telemetrySettings } from './telemetry-settings.ts'
import { together } from './together.ts'

/**
 * Announcements of many writers are loaded together: each would otherwise make the state of the
 * environment, and an event for each stream, anew.
 */
const LOADS = { everyMs: 20, burst: 5 }

/** Told of each new revision: by patch, or without one where everything must be read again. */
export type Changed = (key: EnvironmentKey, state: EnvironmentState, patch: Patch | undefined) => void

export interface Environments {
  /** The state of an environment, from memory once it was loaded; undefined if there is none. Throws while it was never loaded and the database is away. */
  get(key: EnvironmentKey): Promise<EnvironmentState | undefined>
  /** The state in memory at this moment. */
  now(key: EnvironmentKey): EnvironmentState | undefined
  /** The same as `get`, with everything that was committed before the call. */
  fresh(key: EnvironmentKey): Promise<EnvironmentState | undefined>
  /** What is in memory now, without waiting. */
  loaded(): readonly EnvironmentState[]
  /** Compares all revisions with the database and loads what is missing. */
  check(): Promise<void>
  /** When all revisions were last compared. */
  checkedAt(): Date | undefined
}

interface Entry {
  readonly key: EnvironmentKey
  state: EnvironmentState | undefined
  /** Resolves after a load that began later than the call. */
  readonly refresh: () => Promise<void>
  /** Loads what was announced: at once, or in a crowd together with what else was. */
  readonly announced: () => void
}

interface Parts {
  readonly database: Database
  readonly ports: DeliveryPorts
  readonly clock: Clock
  readonly log: Log
}

/** Starts to listen; the database's own `close` ends it. Nothing is loaded until `check` or `get`. */
export async function openEnvironments(parts: Parts, changed: Changed): Promise<Environments> {
  const { database, clock, log } = parts
  const entries = new Map<string, Entry>()
  let checkedAt: Date | undefined

  const notYet = (error: unknown) => log.warn({ err: error }, 'a change could not be loaded yet')
  await database.listen(REVISION_CHANNEL, (payload) => {
    const announced = payload === undefined ? undefined : announcementOf(payload)
    if (announced === undefined) check().catch(notYet)
    else entryOf(announced).announced()
  })
  return {
    async get(key) {
      const known = entries.get(nameOf(key))?.state
      return known ?? (await load(key))
    },
    now: (key) => entries.get(nameOf(key))?.state,
    fresh: load,
    loaded: () => [...entries.values()].flatMap(({ state }) => (state === undefined ? [] : [state])),
    check,
    checkedAt: () => checkedAt,
  }

  async function load(key: EnvironmentKey): Promise<EnvironmentState | undefined> {
    const entry = entryOf(key)
    await entry.refresh()
    if (entry.state === undefined) entries.delete(nameOf(key))
    return entry.state
  }

  async function check(): Promise<void> {
    const revisions = await selectRevisions(database.kysely)
    await Promise.all(
      revisions.map(async ({ revision, ...key }) => {
        const entry = entryOf(key)
        if (entry.state?.snapshot.revision !== revision) await entry.refresh()
      }),
    )
    checkedAt = clock.now()
  }

  function entryOf({ project, environment }: EnvironmentKey): Entry {
    const key = { project, environment }
    const known = entries.get(nameOf(key))
    if (known !== undefined) return known
    const refresh = oneAtATime(async () => {
      const next = await advanced(parts, key, entry.state)
      if (next === undefined) return
      entry.state = next.state
      changed(key, next.state, next.patch)
    })
    const announced = together(() => void refresh().catch(notYet), LOADS)
    const entry: Entry = { key, state: undefined, refresh, announced }
    entries.set(nameOf(key), entry)
    return entry
  }
}

/** The state that the database has now, with the patch that leads to it; undefined if it is this one or there is none. */
async function advanced(
  { database, ports }: Parts,
  key: EnvironmentKey,
  state: EnvironmentState | undefined,
): Promise<{ readonly state: EnvironmentState; readonly patch?: Patch } | undefined> {
  const known = state?.snapshot.revision ?? -1
  const [changes, telemetry] = await Promise.all([
    selectChanges(database.kysely, key, known),
    telemetrySettings(database.kysely, ports, key),
  ])
  if (changes === undefined || changes.revision === known) return undefined
  if (state === undefined) return { state: wholeState(key, changes, telemetry) }
  if (changes.revision > known) return changedState(state, changes, telemetry)
  // A smaller revision is another history: the database was restored from a backup.
  const whole = await selectChanges(database.kysely, key, -1)
  return whole && { state: wholeState(key, whole, telemetry) }
}

function nameOf({ project, environment }: EnvironmentKey): string {
  return `${project}/${environment}`
}

/** Whose revision an announcement is about; undefined for one that cannot be read. */
function announcementOf(payload: string): EnvironmentKey | undefined {
  try {
    const it: unknown = JSON.parse(payload)
    if (typeof it !== 'object' || it === null || !('project' in it) || !('environment' in it))
      return undefined
    const { project, environment } = it
    return typeof project === 'string' && typeof environment === 'string'
      ? { project, environment }
      : undefined
  } catch {
    return undefined
  }
}
