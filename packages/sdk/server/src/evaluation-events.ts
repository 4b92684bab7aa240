/**
 * Evaluations as OpenTelemetry log events, by a hook of OpenFeature: for any provider, ours or not.
 *
 * Names: https://opentelemetry.io/docs/specs/semconv/feature-flags/feature-flags-events. The logger is
 * the application's, so that nothing of OpenTelemetry is needed where no events are wanted.
 */
import type { EvaluationDetails, FlagMetadata, FlagValue, Hook, HookContext } from '@openfeature/server-sdk'

/** A value of an attribute. */
type Attribute = string | number | boolean

/** One log event, as loggers of OpenTelemetry take it; they want it writable. */
export interface EvaluationEvent {
  eventName: string
  /** INFO. */
  severityNumber: 9
  attributes: Record<string, Attribute>
}

/** The part of an OpenTelemetry logger that is used: `logs.getLogger('shop')`. */
export interface EventLogger {
  emit(event: EvaluationEvent): void
}

/** What is told beside the result. */
export interface EvaluationEventOptions {
  /** `true`: the targeting key as `feature_flag.context.id`. It is often a person's. Default `false`. */
  readonly contextId?: boolean
}

/** What OpenFeature calls a reason, and what the conventions call it; another one is `unknown`. */
const REASONS = new Set([
  'static',
  'default',
  'targeting_match',
  'split',
  'cached',
  'disabled',
  'unknown',
  'stale',
  'error',
])

/** Metadata of our provider and of others, and the attribute that each becomes. */
const METADATA: readonly (readonly [name: string, attribute: string])[] = [
  ['flagSetId', 'feature_flag.set.id'],
  ['version', 'feature_flag.version'],
  ['revision', 'feature_flag.version'],
  ['arm', 'flagmarshal.arm'],
  ['audience', 'flagmarshal.audience'],
  ['rollout', 'flagmarshal.rollout.id'],
  ['attempt', 'flagmarshal.rollout.attempt'],
]

/** The hook: `OpenFeature.addHooks(evaluationEvents(logs.getLogger('shop')))`. One event for each evaluation. */
export function evaluationEvents(logger: EventLogger, options: EvaluationEventOptions = {}): Hook {
  return {
    finally(context, details) {
      logger.emit(evaluationEvent(context, details, options))
    },
  }
}

/** The event of one evaluation. */
function evaluationEvent(
  { flagKey, providerMetadata, context }: Readonly<HookContext>,
  details: EvaluationDetails<FlagValue>,
  { contextId = false }: EvaluationEventOptions,
): EvaluationEvent {
  const { variant, value, errorCode, errorMessage, flagMetadata } = details
  const { targetingKey } = context
  return {
    eventName: 'feature_flag.evaluation',
    severityNumber: 9,
    attributes: {
      'feature_flag.key': flagKey,
      'feature_flag.provider.name': providerMetadata.name,
      'feature_flag.result.reason': reasonOf(details.reason),
      // The value says what was served only where no name does.
      ...(variant === undefined
        ? { 'feature_flag.result.value': typeof value === 'object' ? JSON.stringify(value) : value }
        : { 'feature_flag.result.variant': variant }),
      ...(errorCode === undefined ? {} : { 'error.type': errorCode.toLowerCase() }),
      // The name of the conventions, and the one that OpenFeature's libraries still give.
      ...(errorMessage === undefined
        ? {}
        : { 'feature_flag.error.message': errorMessage, 'error.message': errorMessage }),
      ...(contextId && targetingKey !== undefined ? { 'feature_flag.context.id': targetingKey } : {}),
      ...attributesOf(flagMetadata),
    },
  }
}

function reasonOf(reason = 'UNKNOWN'): string {
  const name = reason.toLowerCase()
  return REASONS.has(name) ? name : 'unknown'
}

function attributesOf(metadata: FlagMetadata): Record<string, Attribute> {
  const attributes: Record<string, Attribute> = {}
  for (const [name, attribute] of METADATA) {
    const value = metadata[name]
    if (value === undefined || attribute in attributes) continue
    attributes[attribute] = attribute.startsWith('feature_flag.') ? String(value) : value
  }
  return attributes
}
