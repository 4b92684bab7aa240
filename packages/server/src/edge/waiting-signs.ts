/**
 * Signs of life and acknowledgements on their way to the server: of each instance the newest.
 *
 * A sign says that an instance is there now, so one that could not be passed on is dropped and the
 * next one says it. An acknowledgement goes on being true and waits for as long as its instance lives.
 */
import type { Relay } from '@flagmarshal/api/edge'
import type { Acknowledgement } from '@flagmarshal/evaluation'

/** Instances that are remembered; beyond, the one that has been silent longest is forgotten. */
const CAPACITY = 20_000
/** One that has no stream here and said nothing for this long is not spoken of any more. */
const LIVES_MS = 60_000
/** In one relay; as its schema has it. */
const MOST_SIGNS = 5_000
const MOST_ACKNOWLEDGEMENTS = 1_000

/** What was seen of an instance. */
export interface SeenSign {
  /** It said something itself. */
  readonly spoke: boolean
  readonly streamOpen?: boolean
}

/** What is said of instances in one relay. */
export type Signs = Pick<Relay, 'signs' | 'acknowledgements'>

export interface WaitingSigns {
  note(instance: string, sign: SeenSign, now: Date): void
  acknowledge(acknowledgement: Acknowledgement, now: Date): void
  /** Everything that the server may have missed waits again. */
  again(): void
  /** What waits; it waits no longer. */
  take(now: Date): Signs
  /** Acknowledgements that could not be passed on wait again, unless there are newer ones. */
  putBack(signs: Signs): void
}

interface Known {
  spokeAt: number
  open: boolean
  acknowledged: Acknowledgement | undefined
}

/** Nothing was seen yet. */
export function createWaitingSigns(): WaitingSigns {
  const instances = new Map<string, Known>()
  const signs = new Map<string, SeenSign>()
  const acknowledgements = new Set<string>()

  return {
    note(instance, sign, now) {
      const known = knownOf(instance)
      if (sign.spoke) known.spokeAt = now.getTime()
      if (sign.streamOpen !== undefined) known.open = sign.streamOpen
      signs.set(instance, { ...signs.get(instance), ...sign, spoke: spokeBefore(instance) || sign.spoke })
    },
    acknowledge(acknowledgement, now) {
      const known = knownOf(acknowledgement.instanceId)
      known.spokeAt = now.getTime()
      known.acknowledged = acknowledgement
      acknowledgements.add(acknowledgement.instanceId)
    },
    again() {
      for (const [instance, { open, acknowledged }] of instances) {
        if (acknowledged !== undefined) acknowledgements.add(instance)
        if (open && !signs.has(instance)) signs.set(instance, { spoke: false, streamOpen: true })
      }
    },
    take: (now) => ({
      acknowledgements: first(acknowledgements, MOST_ACKNOWLEDGEMENTS).flatMap((instance) => {
        acknowledgements.delete(instance)
        const known = instances.get(instance)
        if (known?.acknowledged === undefined || !isAlive(known, now)) return []
        // The engine's type is read-only all the way down; the wire's is not.
        return [known.acknowledged as Signs['acknowledgements'][number]]
      }),
      signs: first(signs.keys(), MOST_SIGNS).flatMap((instanceId) => {
        const sign = signs.get(instanceId)
        signs.delete(instanceId)
        return sign === undefined ? [] : [{ instanceId, ...sign }]
      }),
    }),
    putBack(failed) {
      for (const { instanceId } of failed.acknowledgements) acknowledgements.add(instanceId)
    },
  }

  function knownOf(instance: string): Known {
    const known = instances.get(instance) ?? { spokeAt: 0, open: false, acknowledged: undefined }
    // To the end, so that the first one is the one that was silent longest.
    instances.delete(instance)
    instances.set(instance, known)
    const oldest = instances.size > CAPACITY ? instances.keys().next().value : undefined
    if (oldest !== undefined) instances.delete(oldest)
    return known
  }

  function spokeBefore(instance: string): boolean {
    return signs.get(instance)?.spoke ?? false
  }
}

function first(names: Iterable<string>, most: number): string[] {
  return [...names].slice(0, most)
}

function isAlive({ spokeAt, open }: Known, now: Date): boolean {
  return open || now.getTime() - spokeAt < LIVES_MS
}
