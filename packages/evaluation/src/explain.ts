/**
 * An evaluation with its reasons: every rule that was looked at, and a sentence a person can read.
 *
 * The answer is the one that `evaluate` gives; the trace walks the stored rules beside it and says
 * of each one why it did or did not decide. A property test holds the two against each other.
 */
import { bucketingKey, guarded } from './attribute.ts'
import type { Compiled } from './compile.ts'
import { compileCondition } from './condition.ts'
import type { ConditionParts } from './condition.ts'
import { flagNotFound } from './evaluate.ts'
import type { Evaluation, EvaluationError } from './evaluate.ts'
import type { BucketRange, EvaluationContext, Exposure, Flag, Serve } from './model.ts'
import { bucketIn, coversAll } from './split.ts'
import type { Bucketing } from './split.ts'
import { Undecidable } from './undecidable.ts'
import { quoted, unmet } from './unmet.ts'

/** What `evaluate` answers, how it came about, and the same in one sentence. */
export type Explanation = (Evaluation | EvaluationError) & {
  readonly flag: string
  /** The rules up to the one that decided, then the fallthrough if none did; empty for a disabled, malformed or unknown flag. */
  readonly trace: readonly TraceStep[]
  readonly sentence: string
}

/** What became of one rule, or of the fallthrough. */
export interface TraceStep {
  /** Absent for the fallthrough. */
  readonly ruleId?: string
  readonly name: string
  /**
   * `served`: it decided. `not-met`: its condition does not hold. `left-out`: its condition holds,
   * but the key falls into none of its ranges. `key-missing`: it had to bucket, and there was no key.
   * `undecidable`: what it asks cannot be answered.
   */
  readonly outcome: 'served' | 'not-met' | 'left-out' | 'key-missing' | 'undecidable'
  /** A clause that says why. */
  readonly because: string
  /** Of a rollout's rule: the audience that the context belongs to. */
  readonly audience?: string
  /** Of a partial split: the bucket of the key, 0..99999. */
  readonly bucket?: number
  /** Of a partial split: the range that the bucket lies in, or, left out, all the ranges. */
  readonly ranges?: readonly BucketRange[]
}

/** Evaluates a flag whatever its type, and says why. Never throws; slower than `evaluate` by far. */
export function explain(compiled: Compiled, key: string, context: EvaluationContext): Explanation {
  const found = compiled.flag(key)
  const answer = found === undefined ? flagNotFound(key) : found.decide(context).evaluation
  const walked = found !== undefined && answer.reason !== 'DISABLED' && !isMalformed(answer)
  const trace = walked ? traceOf(found.flag, guarded(context), compiled.parts) : []
  return { ...answer, flag: key, trace, sentence: sentenceOf(key, answer, trace) }
}

function isMalformed(answer: Evaluation | EvaluationError): boolean {
  return 'errorCode' in answer && answer.errorCode === 'PARSE_ERROR'
}

function traceOf(flag: Flag, context: EvaluationContext, parts: ConditionParts): TraceStep[] {
  const trace: TraceStep[] = []
  for (const rule of flag.rules) {
    const step = answered(() => {
      const because = unmet(rule.when, context, parts)
      if (because !== undefined) return { outcome: 'not-met', because }
      return serveFinding(rule.serve, context, parts)
    })
    trace.push({ ruleId: rule.id, name: rule.name, ...step })
    if (step.outcome !== 'not-met' && step.outcome !== 'left-out') return trace
  }
  const last = answered(() => serveFinding(flag.fallthrough, context, parts))
  trace.push({ name: 'fallthrough', ...last })
  return trace
}

function answered(find: () => Finding): Finding {
  try {
    return find()
  } catch (error) {
    if (error instanceof Undecidable) return { outcome: 'undecidable', because: error.message }
    throw error
  }
}

type Finding = Omit<TraceStep, 'ruleId' | 'name'>

function serveFinding(serve: Serve, context: EvaluationContext, parts: ConditionParts): Finding {
  if ('exposure' in serve) return exposureFinding(serve.exposure, context, parts)
  if ('allocation' in serve) return splitFinding(serve.allocation, serve.allocation.ranges, context)
  return { outcome: 'served', because: 'its condition holds' }
}

function exposureFinding(exposure: Exposure, context: EvaluationContext, parts: ConditionParts): Finding {
  const audience = exposure.audiences.find(({ when }) => compileCondition(when, parts)(context))
  if (audience === undefined)
    return { outcome: 'left-out', because: 'the context belongs to no audience of the rollout' }
  return { audience: audience.id, ...splitFinding(exposure, audience.ranges, context) }
}

function splitFinding(by: Bucketing, ranges: readonly BucketRange[], context: EvaluationContext): Finding {
  const filled = ranges.filter(({ from, to }) => from !== to)
  if (filled.length === 0) return { outcome: 'left-out', because: 'it serves 0 % of the keys' }
  if (coversAll(filled) && isOneAnswer(filled))
    return { outcome: 'served', because: 'it serves 100 % of the keys' }

  const number = bucketIn(by)(context)
  if (number === undefined)
    return { outcome: 'key-missing', because: `there is no ${quoted(by.by)} to bucket by` }
  const at = filled.find(({ from, to }) => from <= number && number < to)
  const where = `the bucket of ${bucketedWords(by, context)} is ${number}`
  if (at === undefined) {
    return {
      outcome: 'left-out',
      because: `${where}, in no range`,
      bucket: number,
      ranges: filled.map(bounds),
    }
  }
  return {
    outcome: 'served',
    because: `${where}, in ${at.from}..${at.to}`,
    bucket: number,
    ranges: [bounds(at)],
  }
}

function bucketedWords({ by, contextKind }: Bucketing, context: EvaluationContext): string {
  if (contextKind !== undefined) return `${quoted(by)} of the context of kind ${quoted(contextKind)}`
  return quoted(bucketingKey(context, by))
}

/** Do all ranges serve the same? Ranges of an exposure always do. */
function isOneAnswer(ranges: readonly (BucketRange & { readonly variant?: string })[]): boolean {
  return ranges.every(({ variant }) => variant === ranges[0]?.variant)
}

function bounds({ from, to }: BucketRange): BucketRange {
  return { from, to }
}

function sentenceOf(key: string, answer: Evaluation | EvaluationError, trace: readonly TraceStep[]): string {
  const flag = quoted(key)
  if ('errorCode' in answer) {
    return `${flag} serves the caller's default: ${answer.errorMessage} (${answer.errorCode}).`
  }
  const value = answer.value === undefined ? `the caller's default` : quoted(answer.value)
  const what = `${flag} serves ${quoted(answer.variant)} (${value})`
  if (answer.reason === 'DISABLED') return `${what}, because the flag is disabled${armClause(answer)}.`

  const last = trace.at(-1)
  if (last?.ruleId !== undefined) {
    return `${what} by rule ${quoted(last.name)}: ${last.because}${armClause(answer)}.`
  }
  const why = trace.length <= 1 ? 'the flag has no rules' : 'no rule decided'
  const split =
    last?.outcome === 'left-out'
      ? `, and the fallthrough leaves the key out: ${last.because}`
      : splitClause(last)
  return `${what}, because ${why}${split}${armClause(answer)}.`
}

function splitClause(fallthrough: TraceStep | undefined): string {
  return fallthrough?.bucket === undefined ? '' : `, and in the fallthrough ${fallthrough.because}`
}

function armClause(answer: Evaluation): string {
  if (answer.arm === undefined || answer.rollout === undefined) return ''
  const audience = answer.audience === undefined ? '' : `, audience ${quoted(answer.audience)}`
  return `; arm ${answer.arm}${audience}, rollout ${quoted(answer.rollout.id)} attempt ${answer.rollout.attempt}`
}
