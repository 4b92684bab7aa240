/**
 * What must hold, as ratios within one run on one machine.
 */
import type { Timed } from './contestant.ts'
import { nanoseconds, ratio } from './rounds.ts'
import type { Races } from './rounds.ts'
import type { Starts } from './start.ts'
import { BOUND, BY_HANDLE, BY_KEY, SUBJECTS, THROUGH } from './subject.ts'

/** One demand and what was measured. */
export interface Bar {
  readonly says: string
  readonly measured: string
  readonly holds: boolean
}

/** Of the bound, by key. */
const BY_KEY_AT_MOST = { W1: 3, W2: 1.6, W3: 1.6, W4: 1.75, W5: 2, W7: 1.6 } as const
/** Of the bound, by handle while nothing is counted. */
const BY_HANDLE_AT_MOST = { W1: 1.2, W2: 1.2, W3: 1.2, W4: 1.2 } as const
/** The fastest peer, of us by handle. */
const PEERS_AT_LEAST = { W2: 8, W3: 8, W4: 8, W5: 8, W7: 20 } as const
const COUNTED_NS = 15
const HEAP_MB = 5
const START_RATIO = 2.5

/** Every demand, in order. */
export function barsOf(races: Races, starts: ReadonlyMap<string, Starts>): Bar[] {
  return [
    ...keyBars(races),
    ...entriesOf(BY_HANDLE_AT_MOST).map(([workload, most]) => atMost(races, BY_HANDLE, workload, most)),
    ...entriesOf(PEERS_AT_LEAST).map(([workload, least]) => beforePeers(races, workload, least)),
    counted(races),
    ...(['W1', 'W2', 'W3', 'W4'] as const).map((workload) => throughOpenFeature(races, workload)),
    ...startBars(starts),
  ]
}

/** Those of the engine by key, beside the bound; `slack` widens them for a run too short to be exact. */
export function keyBars(races: Races, slack = 1): Bar[] {
  return entriesOf(BY_KEY_AT_MOST).map(([workload, most]) => atMost(races, BY_KEY, workload, slack * most))
}

function atMost(races: Races, name: string, workload: Timed, most: number): Bar {
  const measured = ratio(races, workload, name)
  return {
    says: `${name}: ${workload} within ${most}× of the bound`,
    measured: `${measured.toFixed(2)}×`,
    holds: measured <= most,
  }
}

function beforePeers(races: Races, workload: Timed, least: number): Bar {
  const ratios = peers(false).map((peer) => [ratio(races, workload, peer, BY_HANDLE), peer] as const)
  const [fastest, name] = fastestOf(ratios)
  return {
    says: `${BY_HANDLE}: ${workload} at least ${least} times as fast as any peer`,
    measured: `${fastest.toFixed(1)} times (${name})`,
    holds: fastest >= least,
  }
}

function counted(races: Races): Bar {
  const more = nanoseconds(races, 'counted', BY_HANDLE) - nanoseconds(races, 'W2', BY_HANDLE)
  return {
    says: `${BY_HANDLE}: counted and with arms at most ${COUNTED_NS} ns more`,
    measured: `${more.toFixed(1)} ns`,
    holds: more <= COUNTED_NS,
  }
}

function throughOpenFeature(races: Races, workload: Timed): Bar {
  const ratios = peers(true).map((peer) => [ratio(races, workload, peer, THROUGH), peer] as const)
  const [fastest, name] = fastestOf(ratios)
  return {
    says: `${THROUGH}: no provider of a peer is faster in ${workload}`,
    measured: `the fastest takes ${fastest.toFixed(2)}× (${name})`,
    holds: fastest >= 1,
  }
}

function startBars(starts: ReadonlyMap<string, Starts>): Bar[] {
  const [own, bound] = [starts.get(BY_KEY)?.many, starts.get(BOUND)?.many]
  const heapMb = own?.heapMb ?? Number.NaN
  const times = (own?.ms ?? Number.NaN) / (bound?.ms ?? Number.NaN)
  return [
    {
      says: `${BY_KEY}: 10,000 flags keep at most ${HEAP_MB} MB of heap`,
      measured: `${heapMb.toFixed(1)} MB`,
      holds: heapMb <= HEAP_MB,
    },
    {
      says: `${BY_KEY}: 10,000 flags are ready within ${START_RATIO}× of the bound's time`,
      measured: `${times.toFixed(2)}×`,
      holds: times <= START_RATIO,
    },
  ]
}

function peers(openFeature: boolean): string[] {
  return Object.entries(SUBJECTS)
    .filter(([, entry]) => entry.peer !== undefined && (entry.openFeature === true) === openFeature)
    .map(([name]) => name)
}

/** The least of the ratios that were measured. */
function fastestOf(ratios: readonly (readonly [number, string])[]): readonly [number, string] {
  const measured = ratios.filter(([value]) => !Number.isNaN(value))
  return measured.toSorted(([a], [b]) => a - b)[0] ?? [Number.NaN, 'nobody']
}

function entriesOf<Key extends Timed>(record: Readonly<Record<Key, number>>): [Key, number][] {
  // `Object.entries` forgets the type; a literal record has no other keys than its type says.
  return Object.entries(record) as [Key, number][]
}
