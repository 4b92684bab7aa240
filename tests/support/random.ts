/**
 * Random numbers that are the same in every run: mulberry32, and Poisson counts made from it.
 */
import { randomOf as sequenceOf } from '@flagmarshal/cli/parity/random'

export interface Random {
  /** Uniform in (0, 1). */
  uniform(): number
  /** A Poisson count; by multiplication, so for means below a few hundred. */
  poisson(mean: number): number
}

/** A sequence for a seed. */
export function randomOf(seed: number): Random {
  const { uniform } = sequenceOf(seed)
  return {
    uniform,
    poisson(mean) {
      const limit = Math.exp(-mean)
      let count = 0
      for (let product = uniform(); product > limit; product *= uniform()) count++
      return count
    },
  }
}
