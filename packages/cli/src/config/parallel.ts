/** Several requests at once, a few at a time. */

/** As many as a server answers gladly. */
const AT_ONCE = 8

/** Does the work for every item, a few at a time, and answers in their order; nothing new begins after a failure. */
export async function inParallel<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
  done: (count: number) => void = () => undefined,
): Promise<readonly R[]> {
  const results = new Map<number, R>()
  const queue = each(items)
  const worker = async () => {
    for (const [index, item] of queue) {
      results.set(index, await work(item))
      done(results.size)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return [...results].toSorted(([a], [b]) => a - b).map(([, result]) => result)
}

/** A generator, unlike an array's own iterator, ends for every worker when one of them fails. */
function* each<T>(items: readonly T[]): Generator<readonly [number, T]> {
  yield* items.entries()
}
