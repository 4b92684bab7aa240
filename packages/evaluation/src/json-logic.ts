/**
 * JSONLogic for imported conditions, over whatever engine a program brings, with flagd's operators
 * (https://flagd.dev/reference/custom-operations/): hashed and compared by this engine's own functions.
 */
import { HASHES } from './bucket.ts'
import type { JsonLogic } from './condition.ts'
import { absorb, finish, start } from './hash.ts'
import { keptTest } from './kept-logic.ts'
import type { EvaluationContext, JsonValue } from './model.ts'
import { compareVersion, isSameSeries, parseVersion } from './version.ts'

/** What is needed of an engine; `LogicEngine` of json-logic-engine has it. `run` may throw. */
export interface LogicEngine {
  addMethod(name: string, method: (args: unknown) => unknown): unknown
  run(logic: JsonValue, data: EvaluationContext): unknown
  readonly methods: object
}

/** Gives the engine flagd's operators, and reads what is kept beside JSONLogic. Logic that throws for a context does not hold; unknown operators are refused when it is compiled. */
export function jsonLogicOf(engine: LogicEngine): JsonLogic {
  engine.addMethod('starts_with', (args) => textTest(args, (text, part) => text.startsWith(part)))
  engine.addMethod('ends_with', (args) => textTest(args, (text, part) => text.endsWith(part)))
  engine.addMethod('sem_ver', semVer)
  engine.addMethod('fractional', fractional)
  return (logic) => {
    const kept = keptTest(logic)
    if (kept === undefined) requireOperators(logic, engine.methods)
    return (context) => {
      try {
        return kept?.(context) ?? Boolean(engine.run(logic, context))
      } catch {
        return false
      }
    }
  }
}

function requireOperators(logic: JsonValue, methods: object): void {
  if (typeof logic !== 'object' || logic === null) return
  if (isList(logic)) {
    for (const member of logic) requireOperators(member, methods)
    return
  }
  for (const [name, member] of Object.entries(logic)) {
    if (!(name in methods)) throw new TypeError(`JSONLogic has no operator ${JSON.stringify(name)}`)
    requireOperators(member, methods)
  }
}

function textTest(args: unknown, test: (text: string, part: string) => boolean): boolean | null {
  if (!Array.isArray(args) || args.length !== 2) return null
  const [text, part]: readonly unknown[] = args
  return typeof text === 'string' && typeof part === 'string' ? test(text, part) : null
}

function semVer(args: unknown): boolean | null {
  if (!Array.isArray(args) || args.length !== 3) return null
  const [given, op = '', wanted] = args.map(String)
  const version = parseVersion(wanted ?? '')
  if (version === undefined || given === undefined) return null
  const order = compareVersion(given, version)
  if (Number.isNaN(order)) return null
  switch (op) {
    case '=':
      return order === 0
    case '!=':
      return order !== 0
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '>=':
      return order >= 0
    case '^':
      return isSameSeries(given, version, false)
    case '~':
      return isSameSeries(given, version, true)
    default:
      return null
  }
}

/** `[key, [variant, weight], …]`: the variant whose part of the weights the key's hash falls into. */
function fractional(args: unknown): unknown {
  if (!Array.isArray(args)) return null
  const [key, ...entries]: readonly unknown[] = args
  if (typeof key !== 'string') return null
  const parts = entries.map((entry) =>
    Array.isArray(entry) ? { value: entry[0], weight: weightOf(entry[1]) } : undefined,
  )
  const total = parts.reduce((sum, part) => sum + (part?.weight ?? Number.NaN), 0)
  if (!(total <= 0x7fffffff)) return null
  const bucket = Number((BigInt(finish(absorb(start(), key))) * BigInt(total)) / BigInt(HASHES))
  let sum = 0
  for (const part of parts) {
    sum += part?.weight ?? 0
    if (sum > bucket) return part?.value ?? null
  }
  return null
}

/** Weights below zero count as zero; one that is left out is 1. */
function weightOf(weight: unknown): number {
  if (weight === undefined) return 1
  return typeof weight === 'number' && Number.isInteger(weight) ? Math.max(0, weight) : Number.NaN
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}
