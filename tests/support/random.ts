/**
 * Random numbers that are the same in every run: mulberry32, and Poisson counts made from it.
 */

export interface Random {
  /** Uniform in (0, 1). */
  uniform(): number
  /** A Poisson count; by multiplication, so for means below a few hundred. */
  poisson(mean: number): number
}

/** A sequence for a seed. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0
  function uniform(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (((mixed ^ (mixed >>> 14)) >>> 0) + 0.5) / 2 ** 32
  }
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
