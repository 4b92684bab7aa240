/**
 * What an import keeps because no condition of the model says it, and JSONLogic does not either: a condition
 * of GrowthBook's, alone in its `jsonLogic` as an object with one name.
 */
import type { Test } from './condition.ts'
import { growthbookTest } from './growthbook.ts'
import type { JsonValue } from './model.ts'

const NAME = 'growthbook'

/** Is it something that is kept beside JSONLogic, which no JSONLogic engine knows? */
export function isKeptLogic(logic: JsonValue): logic is { readonly [NAME]: JsonValue } {
  if (typeof logic !== 'object' || logic === null || Array.isArray(logic)) return false
  const names = Object.keys(logic)
  return names.length === 1 && names[0] === NAME
}

/** The test of what is kept; undefined for JSONLogic. Throws an error with the reason where it is malformed. */
export function keptTest(logic: JsonValue): Test | undefined {
  return isKeptLogic(logic) ? growthbookTest(logic[NAME]) : undefined
}
