/** Choices that are the same in every run: mulberry32. */
export interface Random {
  /** Uniform in (0, 1). */
  readonly uniform: () => number
  /** A whole number below this. */
  readonly below: (limit: number) => number
  /** Whether something happens that does so with this chance. */
  readonly chance: (chance: number) => boolean
  /** One of these; undefined where there are none. */
  readonly pick: <Item>(items: readonly Item[]) => Item | undefined
}

/** A sequence for a seed. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (((mixed ^ (mixed >>> 14)) >>> 0) + 0.5) / 2 ** 32
  }
  const below = (limit: number): number => Math.floor(uniform() * limit)
  return {
    uniform,
    below,
    chance: (chance) => uniform() < chance,
    pick: (items) => items[below(items.length)],
  }
}
