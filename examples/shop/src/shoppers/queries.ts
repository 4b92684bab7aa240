/**
 * What shoppers type into the search, and how often. About a fifth of it is what the new search
 * stumbles over; the old one answers all of it.
 */

/** Queries with their weights; the weights sum to 100. */
const QUERIES: readonly (readonly [query: string, weight: number])[] = [
  ['mug', 9],
  ['mugs', 6],
  ['stoneware', 6],
  ['coffee', 8],
  ['tea', 7],
  ['teapot', 5],
  ['kettle', 4],
  ['blue plate', 4],
  ['bowl', 5],
  ['bowls', 3],
  ['knife', 5],
  ['copper pan', 4],
  ['cast iron', 4],
  ['linen', 4],
  ['oak wood', 3],
  ['bak', 3],
  ['wine glasses', 7],
  ['candles', 5],
  ['scissors', 4],
  ['oven gloves', 2],
  ['chopsticks', 2],
]

const TOTAL = QUERIES.reduce((sum, [, weight]) => sum + weight, 0)

/** The query at `at` in [0, 1) of everything that is typed. */
export function queryAt(at: number): string {
  let rest = at * TOTAL
  for (const [query, weight] of QUERIES) {
    if (rest < weight) return query
    rest -= weight
  }
  return QUERIES[0]?.[0] ?? ''
}
