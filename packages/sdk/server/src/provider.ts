/**
 * The OpenFeature server provider: a connection's answers in the shapes of the OpenFeature
 * specification (sections 2 and 5, https://openfeature.dev/specification).
 */
import type { Evaluation, EvaluationError, FlagValue, JsonObject } from '@flagmarshal/evaluation'
import {
  ErrorCode,
  GeneralError,
  OpenFeatureEventEmitter,
  ProviderEvents,
  ProviderFatalError,
} from '@openfeature/server-sdk'
import type {
  EvaluationContext,
  FlagMetadata,
  JsonValue,
  Provider,
  ResolutionDetails,
} from '@openfeature/server-sdk'

import type { Connection } from './connection.ts'
import type { ConnectionState } from './state.ts'

/** The part of a connection that a provider reads. */
export type ProviderConnection = Pick<
  Connection,
  'evaluate' | 'verifier' | 'revision' | 'state' | 'ready' | 'onChange' | 'onState' | 'close'
>

/** A provider over a connection. Closing the provider closes the connection. */
export function createProvider(connection: ProviderConnection): Provider {
  const events = new OpenFeatureEventEmitter()
  // Until `initialize` has settled the OpenFeature SDK itself tells how it went.
  let initialized = false

  connection.onState((state) => {
    if (initialized) emitState(state)
  })
  connection.onChange(({ flagsChanged }) => {
    if (!initialized || flagsChanged.length === 0) return
    events.emit(ProviderEvents.ConfigurationChanged, { flagsChanged: [...flagsChanged] })
  })

  function emitState(state: ConnectionState): void {
    if (state === 'ready') events.emit(ProviderEvents.Ready)
    if (state === 'stale') events.emit(ProviderEvents.Stale, { message: 'the server is out of reach' })
    if (state === 'refused') events.emit(ProviderEvents.Error, refusal(connection))
  }

  return {
    runsOn: 'server',
    metadata: { name: 'flagmarshal' },
    events,
    async initialize() {
      const readiness = await connection.ready()
      initialized = true
      if (readiness === 'ready') return
      const { state } = connection
      if (readiness === 'not-ready' && state === 'refused')
        throw new ProviderFatalError(refusal(connection).message)
      if (readiness === 'not-ready')
        throw new GeneralError('no snapshot within the time allowed; still trying')
      // The SDK announces READY for a provider that initialised; the event must follow it.
      setImmediate(() => connection.state === state && emitState(state)).unref()
    },
    onClose: () => connection.close(),
    async resolveBooleanEvaluation(key, fallback, context) {
      connection.verifier?.noteDefault(key, fallback)
      return details(connection, connection.evaluate(key, 'boolean', context), fallback, isBoolean)
    },
    async resolveStringEvaluation(key, fallback, context) {
      connection.verifier?.noteDefault(key, fallback)
      return details(connection, connection.evaluate(key, 'string', context), fallback, isString)
    },
    async resolveNumberEvaluation(key, fallback, context) {
      connection.verifier?.noteDefault(key, fallback)
      return details(connection, connection.evaluate(key, 'number', context), fallback, isNumber)
    },
    async resolveObjectEvaluation<Value extends JsonValue>(
      key: string,
      fallback: Value,
      context: EvaluationContext,
    ) {
      if (isObject(fallback)) connection.verifier?.noteDefault(key, fallback)
      // The caller says what shape it expects; only that it is an object can be known.
      const isValue = (value: FlagValue | Value): value is Value => isObject(value)
      return details(connection, connection.evaluate(key, 'object', context), fallback, isValue)
    },
  }
}

/** Fatal only where nothing can be served: on PROVIDER_FATAL the SDK stops asking the provider, and a key revoked by mistake must not switch a running system to its defaults. */
function refusal(connection: ProviderConnection): { message: string; errorCode: ErrorCode } {
  const nothing = connection.revision === undefined
  return {
    message: `the server refused the key; ${nothing ? 'nothing can be served' : 'serving the last known values'}`,
    errorCode: nothing ? ErrorCode.PROVIDER_FATAL : ErrorCode.GENERAL,
  }
}

function details<Value>(
  connection: ProviderConnection,
  answer: Evaluation | EvaluationError,
  fallback: Value,
  isValue: (value: FlagValue | Value) => value is Value,
): ResolutionDetails<Value> {
  if ('errorCode' in answer) {
    const { reason, errorCode, errorMessage } = answer
    return { value: fallback, reason, errorCode: ErrorCode[errorCode], errorMessage }
  }
  const { value, variant, reason } = answer
  if (value === undefined)
    return { value: fallback, variant, reason, flagMetadata: metadataOf(connection, answer) }
  // The engine has checked the type already; this tells the compiler.
  if (!isValue(value)) return mismatch(fallback, `the variant is a ${typeof value}`)
  return { value, variant, reason, flagMetadata: metadataOf(connection, answer) }
}

function metadataOf(connection: ProviderConnection, evaluation: Evaluation): FlagMetadata {
  const { ruleId, arm, audience, rollout } = evaluation
  const metadata: FlagMetadata = {}
  if (connection.revision !== undefined) metadata['revision'] = connection.revision
  if (connection.state !== 'ready') metadata['stale'] = true
  if (ruleId !== undefined) metadata['ruleId'] = ruleId
  if (arm !== undefined) metadata['arm'] = arm
  if (audience !== undefined) metadata['audience'] = audience
  if (rollout !== undefined) {
    metadata['rollout'] = rollout.id
    metadata['attempt'] = rollout.attempt
  }
  return metadata
}

function mismatch<Value>(value: Value, errorMessage: string): ResolutionDetails<Value> {
  return { value, reason: 'ERROR', errorCode: ErrorCode.TYPE_MISMATCH, errorMessage }
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean'
}

function isString(value: unknown): value is string {
  return typeof value === 'string'
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number'
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
