/**
 * Statements that run hundreds of times a second: Kysely puts such a one together once, with marks in
 * the places of its values, and not anew for each call.
 */
import type { Compilable, CompiledQuery } from 'kysely'

import type { Queries } from './database.ts'

/** Stands for a value while a statement is put together. */
class Mark {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/**
 * A statement that is put together at its first use. `build` may only pass the values on, never look at
 * them: it is given marks in their place. All calls have values of the same names.
 */
export function prepared<V extends object, Row>(
  build: (queries: Queries, values: V) => Compilable<Row>,
): (queries: Queries, values: V) => Promise<readonly Row[]> {
  let known: CompiledQuery<Row> | undefined
  return async (queries, values) => {
    const { parameters, ...rest } = (known ??= build(queries, marksFor(values)).compile())
    const byName = new Map<string, unknown>(Object.entries(values))
    const own = parameters.map((it) => (it instanceof Mark ? byName.get(it.name) : it))
    const { rows } = await queries.executeQuery<Row>({ ...rest, parameters: own })
    return rows
  }
}

function marksFor<V extends object>(values: V): V {
  const marks = Object.keys(values).map((name) => [name, new Mark(name)])
  // `build` takes them for values, and only passes them on.
  return Object.fromEntries(marks) as V
}
