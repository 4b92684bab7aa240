/**
 * The direct client: a flag is looked up once, as a handle, and asked from then on without a promise,
 * a hook or a search by key.
 *
 * The answers are those of `evaluate`, counted alike. A handle follows the flags in memory: after each
 * change it looks its flag up again when it is next asked.
 */
import { evaluate } from '@flagmarshal/evaluation'
import type {
  Compiled,
  Evaluation,
  EvaluationContext,
  EvaluationError,
  Flag,
  FlagValue,
  JsonObject,
  ValueType,
} from '@flagmarshal/evaluation'

import { describeEvaluation } from './describe-evaluation.ts'
import type { Notes } from './request-scope.ts'

/** A flag to ask. Neither method ever throws. */
export interface FlagHandle<Value extends FlagValue> {
  readonly key: string
  /** The value for this context; the default of the handle where there is none. */
  readonly value: (context: EvaluationContext) => Value
  /** The same with what decided it; where the default is served, with the error that led to it. */
  readonly details: (context: EvaluationContext) => HandleDetails<Value>
}

/** What was served, and why. */
export type HandleDetails<Value extends FlagValue> = (Omit<Evaluation, 'value'> | EvaluationError) & {
  readonly value: Value
}

/** Looks flags up. A flag that does not exist, is archived or is of another type serves the default. */
export interface Handles {
  readonly boolean: (key: string, defaultValue: boolean) => FlagHandle<boolean>
  readonly string: (key: string, defaultValue: string) => FlagHandle<string>
  readonly number: (key: string, defaultValue: number) => FlagHandle<number>
  readonly object: (key: string, defaultValue: JsonObject) => FlagHandle<JsonObject>
}

/** Who answers for one flag, as long as the memory stays as it is. */
export interface Resolved {
  readonly decide: (context: EvaluationContext) => Answer
  /** Absent where there is none, or where its answers are not counted. */
  readonly flag?: Flag | undefined
  /** `false`: the answers say nothing about what the server decided, and are not counted. */
  readonly isCounted?: boolean
}

/** As an outcome of the engine. */
interface Answer {
  readonly value: FlagValue | undefined
  readonly evaluation: Evaluation | EvaluationError
}

/** Looks one flag up; the answers have values of the type that was asked for, or none. */
export type Resolve = (key: string, valueType: ValueType) => Resolved

/** Where handles look, and whom they tell. */
export interface HandleSource {
  /** Another function after each change of the memory. */
  current: Resolve
  /** Where the running request notes what it evaluates first; absent where nothing is counted. */
  readonly notes?: () => Notes | undefined
  /** Told of each default that is served. */
  readonly noteDefault?: (key: string, error: EvaluationError) => void
  /** Told of each handle that is made. */
  readonly noteHandle?: (key: string, defaultValue: FlagValue) => void
}

/** The handles of a source. */
export function createHandles(source: HandleSource): Handles {
  function handle<Value extends FlagValue>(
    key: string,
    valueType: ValueType,
    defaultValue: Value,
  ): FlagHandle<Value> {
    const lookUp = () => {
      const resolve = source.current
      const { decide, flag, isCounted = true } = resolve(key, valueType)
      return { resolve, decide, flag, isCounted }
    }
    // An object, because V8 takes its members for constants until the first change of any handle: so long it
    // compiles a flag's whole decision into the code that asks.
    const known = lookUp()
    source.noteHandle?.(key, defaultValue)

    function answer(context: EvaluationContext): Answer {
      if (known.resolve !== source.current) Object.assign(known, lookUp())
      return known.decide(context)
    }
    const { notes } = source
    // Of the request that this handle was asked in last: nearly always, that is all there is to look at.
    let notedIn: Notes | undefined

    function tell({ evaluation }: Answer, context: EvaluationContext): void {
      const { flag, isCounted } = known
      if (!isCounted) return
      if ('errorCode' in evaluation) {
        source.noteDefault?.(key, evaluation)
        return
      }
      const running = notes?.()
      if (running === undefined || running === notedIn) return
      notedIn = running
      if (!running.has(key)) running.set(key, describeEvaluation(flag, evaluation, context, key))
    }

    return {
      key,
      value(context) {
        const found = answer(context)
        if (notes !== undefined) tell(found, context)
        // What `Resolve` promises: the type was looked at once, when the flag was looked up.
        return (found.value ?? defaultValue) as Value
      },
      details(context) {
        const found = answer(context)
        if (notes !== undefined) tell(found, context)
        return { ...found.evaluation, value: (found.value ?? defaultValue) as Value }
      },
    }
  }

  return {
    boolean: (key, defaultValue) => handle(key, 'boolean', defaultValue),
    string: (key, defaultValue) => handle(key, 'string', defaultValue),
    number: (key, defaultValue) => handle(key, 'number', defaultValue),
    object: (key, defaultValue) => handle<JsonObject>(key, 'object', defaultValue),
  }
}

/** Looks flags up in a compiled snapshot. */
export function resolveIn(compiled: Compiled): Resolve {
  return (key, valueType) => {
    const flag = compiled.flag(key)
    if (flag !== undefined && flag.valueType === valueType) return flag
    // No context changes this error.
    return resolvedTo(evaluate(compiled, key, valueType, {}))
  }
}

/** The same answer for everybody. */
export function resolvedTo(evaluation: Evaluation | EvaluationError, isCounted = true): Resolved {
  const answer = { value: 'errorCode' in evaluation ? undefined : evaluation.value, evaluation }
  return { decide: () => answer, isCounted }
}
