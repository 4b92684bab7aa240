/**
 * Which bucketing keys a process has reported: each once per attempt and arm.
 *
 * The sample-ratio check counts distinct keys. The server keeps the set of them, so a key reported
 * twice costs only bandwidth and a key forgotten here only one repeat; both sets may be bounded.
 */
import { attemptSalt, exposureHash, inKeySample } from '@flagmarshal/evaluation'
import type { Arm } from '@flagmarshal/evaluation'

/** A key as one evaluation used it. */
interface SampledKey {
  readonly rollout: { readonly id: string; readonly attempt: number }
  readonly arm: Arm
  readonly key: string
  /** Share of keys in the attempt's sample, 0..1. */
  readonly rate: number
}

/** Remembers what was reported. */
export interface KeySample {
  /** The hash to report, or `undefined` for a key that is out of the sample or already reported. */
  take(sampled: SampledKey): string | undefined
  /** Lets hashes be reported again, because the report that held them was lost. */
  forget(rollout: SampledKey['rollout'], arm: Arm, hashes: readonly string[]): void
}

/** Hashes kept per attempt and arm: twice the most that the server asks for in both arms together. */
const HASHES_PER_ARM = 40_000
/** Sets kept: 32 rollouts at a time with two arms each. */
const SETS = 64

/** An empty sample. */
export function createKeySample(): KeySample {
  const reported = new Map<string, Set<string>>()

  function setOf(salt: string, arm: Arm): Set<string> {
    const name = `${arm} ${salt}`
    const hashes = reported.get(name) ?? new Set()
    // Put at the end of the order, so that the attempts in use are the last to be dropped.
    reported.delete(name)
    reported.set(name, hashes)
    dropOldest(reported, SETS)
    return hashes
  }

  return {
    take({ rollout, arm, key, rate }) {
      const salt = attemptSalt(rollout)
      if (!inKeySample(salt, key, rate)) return undefined
      const hash = exposureHash(salt, key)
      const hashes = setOf(salt, arm)
      if (hashes.has(hash)) return undefined
      hashes.add(hash)
      dropOldest(hashes, HASHES_PER_ARM)
      return hash
    },
    forget(rollout, arm, lost) {
      const hashes = reported.get(`${arm} ${attemptSalt(rollout)}`)
      for (const hash of lost) hashes?.delete(hash)
    },
  }
}

function dropOldest(entries: Map<string, unknown> | Set<string>, limit: number): void {
  if (entries.size <= limit) return
  for (const oldest of entries.keys()) {
    entries.delete(oldest)
    return
  }
}
