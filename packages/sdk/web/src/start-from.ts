/**
 * A provider that begins with the values of the page and goes on with another provider once that one
 * has its own: the first picture is right, and nothing waits for the network.
 */
import { ErrorCode, OpenFeatureEventEmitter, ProviderEvents } from '@openfeature/web-sdk'
import type {
  EvaluationContext,
  FlagValue,
  JsonValue,
  Logger,
  Provider,
  ResolutionDetails,
} from '@openfeature/web-sdk'

import type { PageFlag, PageFlags } from './page-flags.ts'

/** Until the other provider is tried again after it failed, in milliseconds; doubled each time, up to `LONGEST_MS`. */
const FIRST_MS = 1_000
const LONGEST_MS = 60_000

/**
 * The values of the page, then those of `live`. Without `live` it keeps them, for rendering on a server.
 * Without values, or where they are another person's, it is `live` from the start. `live` must not begin
 * with a memory of its own, which is older: `new OFREPWebProvider({ …, cacheMode: 'disabled' })`.
 */
export function startFrom(page: PageFlags | undefined, live?: Provider): Provider {
  const flags = new Map(page?.flags.map((it) => [it.key, it]))
  const events = live?.events ?? new OpenFeatureEventEmitter()
  /** Flags that were asked for and that the page does not have. */
  const missed = new Set<string>()
  let source: Provider = live === undefined || page !== undefined ? ofPage() : live
  let again: ReturnType<typeof setTimeout> | undefined
  let starting: Promise<void> = Promise.resolve()

  function ofPage(): Provider {
    const answer = <T extends FlagValue>(key: string, fallback: T): ResolutionDetails<T> => {
      const flag = flags.get(key)
      if (flag === undefined) missed.add(key)
      return detailsOf(flag, fallback)
    }
    return {
      metadata: { name: 'flagmarshal page' },
      resolveBooleanEvaluation: answer,
      resolveStringEvaluation: answer,
      resolveNumberEvaluation: answer,
      resolveObjectEvaluation: answer,
    }
  }

  /** Never rejects: the page has what is needed, and what went wrong is told as an event. */
  async function takeOver(
    to: Provider,
    context: EvaluationContext,
    domain: string | undefined,
    ms = FIRST_MS,
  ) {
    try {
      await to.initialize?.(context, domain)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      events.emit(ProviderEvents.Stale, { message })
      again = setTimeout(
        () => (starting = takeOver(to, context, domain, Math.min(2 * ms, LONGEST_MS))),
        ms * (0.5 + Math.random() / 2),
      )
      return
    }
    const flagsChanged = [...flags.values()].filter((it) => differs(it, to, context)).map(({ key }) => key)
    source = to
    flagsChanged.push(...missed)
    if (flagsChanged.length > 0) events.emit(ProviderEvents.ConfigurationChanged, { flagsChanged })
  }

  return {
    runsOn: 'client',
    metadata: live?.metadata ?? source.metadata,
    events,
    ...(live === undefined
      ? {}
      : {
          async initialize(context: EvaluationContext, domain?: string) {
            if (page === undefined || page.targetingKey !== context.targetingKey) {
              source = live
              await live.initialize?.(context, domain)
            } else starting = takeOver(live, context, domain)
          },
          async onContextChange(before: EvaluationContext, now: EvaluationContext) {
            await starting
            clearTimeout(again)
            const taken = source === live
            source = live
            // Whoever failed to begin begins with the new context.
            await (taken ? live.onContextChange?.(before, now) : live.initialize?.(now))
          },
        }),
    async onClose() {
      clearTimeout(again)
      await live?.onClose?.()
    },
    resolveBooleanEvaluation: (...asked) => source.resolveBooleanEvaluation(...asked),
    resolveStringEvaluation: (...asked) => source.resolveStringEvaluation(...asked),
    resolveNumberEvaluation: (...asked) => source.resolveNumberEvaluation(...asked),
    resolveObjectEvaluation: <T extends JsonValue>(
      key: string,
      fallback: T,
      context: EvaluationContext,
      logger: Logger,
    ) => source.resolveObjectEvaluation(key, fallback, context, logger),
  }
}

function detailsOf<T extends FlagValue>(flag: PageFlag | undefined, fallback: T): ResolutionDetails<T> {
  if (flag === undefined) return { value: fallback, reason: 'ERROR', errorCode: ErrorCode.FLAG_NOT_FOUND }
  if ('errorCode' in flag) return { value: fallback, reason: 'ERROR', errorCode: codeOf(flag.errorCode) }
  const { value, variant, reason } = flag
  if (value === undefined) return { value: fallback, variant, reason }
  return isLike(value, fallback)
    ? { value, variant, reason }
    : { value: fallback, reason: 'ERROR', errorCode: ErrorCode.TYPE_MISMATCH }
}

function isLike<T extends FlagValue>(value: unknown, fallback: T): value is T {
  return typeof value === typeof fallback
}

function codeOf(name: string): ErrorCode {
  return new Map(Object.entries(ErrorCode)).get(name) ?? ErrorCode.GENERAL
}

/** Whether the other provider serves something else than the page does. */
function differs(flag: PageFlag, other: Provider, context: EvaluationContext): boolean {
  // Both sides served defaults, or one of them does not know the type.
  if ('errorCode' in flag || flag.value === undefined) return true
  const { key, value } = flag
  const silent: Logger = { error() {}, warn() {}, info() {}, debug() {} }
  const answer =
    typeof value === 'boolean'
      ? other.resolveBooleanEvaluation(key, !value, context, silent)
      : typeof value === 'string'
        ? other.resolveStringEvaluation(key, `${value}?`, context, silent)
        : typeof value === 'number'
          ? other.resolveNumberEvaluation(key, value + 1, context, silent)
          : other.resolveObjectEvaluation(key, {}, context, silent)
  return answer.errorCode !== undefined || JSON.stringify(answer.value) !== JSON.stringify(value)
}
