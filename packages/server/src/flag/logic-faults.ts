/** JSONLogic in conditions, held against the engine that will run it. */
import type { Fault } from '@flagmarshal/domain/flag/edit'
import type { Condition } from '@flagmarshal/evaluation'

import { engines } from '../json-logic.ts'

/** The JSONLogic in a condition that the engine refuses, each with its place. */
export function logicFaults(condition: Condition | undefined, at: string): Fault[] {
  if (condition === undefined) return []
  if ('all' in condition) return condition.all.flatMap((it, index) => logicFaults(it, `${at}/all/${index}`))
  if ('any' in condition) return condition.any.flatMap((it, index) => logicFaults(it, `${at}/any/${index}`))
  if ('not' in condition) return logicFaults(condition.not, `${at}/not`)
  if (!('jsonLogic' in condition)) return []
  try {
    engines.jsonLogic?.(condition.jsonLogic)
    return []
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return [{ pointer: `${at}/jsonLogic`, message: `${why}.` }]
  }
}
