/**
 * A connection of one process to one environment: what is in memory, how it is kept current, and
 * what is reported back.
 *
 * Evaluation reads memory and nothing else. Whatever goes wrong on the way to the server changes
 * the connection's state and is logged; it never reaches the code that evaluates a flag.
 */
import { applyPatch, compile, evaluate } from '@flagmarshal/evaluation'
import type {
  Compiled,
  Evaluation,
  EvaluationContext,
  EvaluationError,
  Flag,
  Patch,
  Snapshot,
  ValueType,
} from '@flagmarshal/evaluation'
import type { Logger, Provider } from '@openfeature/server-sdk'

import { createAcknowledger } from './acknowledge.ts'
import type { Acknowledger } from './acknowledge.ts'
import { changedFlags } from './changed-flags.ts'
import type { Closable } from './closable.ts'
import { createCounts } from './counts.ts'
import type { Counts, FirstEvaluation } from './counts.ts'
import { comparedArmsOf, describeEvaluation } from './describe-evaluation.ts'
import { createHandles, resolvedTo, resolveIn } from './handles.ts'
import type { Handles, HandleSource, Resolve } from './handles.ts'
import { engines } from './json-logic.ts'
import { createKeySample } from './key-sample.ts'
import { createLastKnown } from './last-known.ts'
import type { LastKnown } from './last-known.ts'
import { createListeners } from './listeners.ts'
import type { Listeners } from './listeners.ts'
import { createOverrides } from './overrides.ts'
import type { Overrides } from './overrides.ts'
import { pageFlags } from './page-flags.ts'
import type { PageFlags } from './page-flags.ts'
import { createProvider } from './provider.ts'
import { notesOf } from './request-scope.ts'
import { settingsOf } from './settings.ts'
import type { FlagmarshalOptions, Settings } from './settings.ts'
import { transition } from './state.ts'
import type { ConnectionEvent, ConnectionState } from './state.ts'
import { TelemetryReporter } from './telemetry.ts'
import { keepUpdated } from './updates.ts'
import type { Mode, UpdateTarget } from './updates.ts'
import { createVerifier } from './verification.ts'
import type { Verifier } from './verification.ts'

/** A new revision in use. */
export interface Change {
  readonly revision: number
  /** Keys of the flags that may answer differently, sorted. */
  readonly flagsChanged: readonly string[]
}

/** What a connection can serve when `ready()` settles. `stale`: the last known values. */
export type Readiness = 'ready' | 'stale' | 'not-ready'

/** Used until the first snapshot announces the server's own, in milliseconds. */
const POLL_INTERVAL_MS = 15_000

const NOTHING_RECEIVED: EvaluationError = {
  reason: 'ERROR',
  errorCode: 'PROVIDER_NOT_READY',
  errorMessage: 'no snapshot has been received yet',
}

/** Connects, in the background, at once. Throws a TypeError when an option is wrong, and never later. */
export function createFlagmarshal(options: FlagmarshalOptions): Connection {
  return new Connection(settingsOf(options))
}

/** Opened by `createFlagmarshal`, closed by `close`. */
export class Connection {
  /** Where requests are counted; for `openRequest` and `runRequest`. */
  readonly counts: Counts
  readonly logger: Logger
  /** For `OpenFeature.setProvider`. */
  readonly provider: Provider
  /** The direct client: flags looked up once and asked without a promise. */
  readonly handles: Handles
  readonly instanceId: string
  /** Present where `allowVerification` is set. */
  readonly verifier: Verifier | undefined
  readonly #settings: Settings
  readonly #acknowledger: Acknowledger
  readonly #telemetry: TelemetryReporter
  readonly #updates: Closable
  readonly #overrides: Overrides
  readonly #lastKnown: LastKnown | undefined
  readonly #changes: Listeners<Change>
  readonly #states: Listeners<ConnectionState>
  readonly #handleSource: HandleSource
  readonly #settled: Promise<void>
  readonly #settle: () => void
  readonly #initTimeout: NodeJS.Timeout
  #memory: { readonly snapshot: Snapshot; readonly compiled: Compiled } | undefined
  readonly #malformed = new Map<string, string>()
  #mode: Mode = 'poll'
  #state: ConnectionState = 'not-ready'
  #closing: Promise<void> | undefined

  /** Use `createFlagmarshal`; tests come here with shorter limits. */
  constructor(settings: Settings) {
    this.#settings = settings
    this.instanceId = settings.instanceId
    this.logger = settings.logger
    this.#changes = createListeners<Change>(settings.logger)
    this.#states = createListeners<ConnectionState>(settings.logger)
    this.verifier = createVerifier(settings)
    const sample = createKeySample()
    this.counts = createCounts(sample)
    this.#acknowledger = createAcknowledger(settings)
    this.#telemetry = new TelemetryReporter(settings, this.counts, sample)
    let settle = (): void => undefined
    this.#settled = new Promise((resolve) => (settle = resolve))
    this.#settle = settle
    // This timer keeps the process alive on purpose: somebody may be waiting for `ready()`.
    this.#initTimeout = setTimeout(() => this.#giveUpWaiting(), settings.initTimeoutMs)
    const { overrides: text, overrideFile, cacheFile: cache, base, key, logger } = settings
    this.#overrides = createOverrides({ text, file: overrideFile, logger }, (flagsChanged) => {
      this.#handleSource.current = this.#resolver()
      this.#changes.tell({ revision: this.revision ?? 0, flagsChanged })
    })
    this.#lastKnown = cache === undefined ? undefined : createLastKnown({ file: cache, base, key, logger })
    const known = this.#lastKnown?.read()
    if (known !== undefined) {
      this.#memory = { snapshot: known, compiled: this.#compile(known) }
      this.#telemetry.every(known.telemetry.flushIntervalMs)
    }
    this.#handleSource = {
      current: this.#resolver(),
      ...(settings.countEvaluations ? this.#handleCounts() : {}),
      noteHandle: (key, defaultValue) => this.verifier?.noteDefault(key, defaultValue),
    }
    this.handles = createHandles(this.#handleSource)
    this.provider = createProvider(this)
    this.#updates = keepUpdated(settings, this.#updateTarget())
  }

  /** The revision in use, `undefined` before the first. */
  get revision(): number | undefined {
    return this.#memory?.snapshot.revision
  }

  get state(): ConnectionState {
    return this.#state
  }

  /**
   * What can be served: settles with the first snapshot, with a refused key, or after
   * `initTimeoutMs`, whichever is first, and at once when one of these has been. Never rejects.
   */
  async ready(): Promise<Readiness> {
    await this.#settled
    if (this.#memory === undefined) return 'not-ready'
    return this.#state === 'ready' ? 'ready' : 'stale'
  }

  /**
   * The answer from memory, counted for the request that is running. Never throws. An application
   * uses the OpenFeature client instead, which adds its contexts and hooks to this.
   */
  evaluate(key: string, valueType: ValueType, context: EvaluationContext): Evaluation | EvaluationError {
    // Not counted: it says nothing about what the server decided.
    const overridden = this.#overrides.answer(key, valueType)
    if (overridden !== undefined) return overridden
    const answer = this.#answer(key, valueType, context)
    if (!this.#settings.countEvaluations) return answer
    if ('errorCode' in answer) {
      this.counts.codeDefault(key, answer.errorCode)
      return answer
    }
    const notes = notesOf(this.counts)
    if (notes?.has(key) === false) {
      notes.set(key, describeEvaluation(this.#flag(key), answer, context, key))
    }
    return answer
  }

  /**
   * What one person is served of every flag, for a page to start from (`writeFlags` of
   * `@flagmarshal/sdk-web`); in the shape of a bulk answer of OFREP. Never throws, and counts nothing:
   * the page tells what it uses.
   */
  evaluateAll(context: EvaluationContext): PageFlags {
    const flags = this.#memory?.snapshot.flags ?? []
    return pageFlags(
      context,
      flags,
      ({ key, valueType }) => this.#overrides.answer(key, valueType) ?? this.#answer(key, valueType, context),
    )
  }

  /**
   * What requests can be counted as while rollouts run: each flag with a rollout in each of its
   * audiences, arms and variants. Whoever exports counters begins these at 0.
   */
  comparedArms(): readonly FirstEvaluation[] {
    return (this.#memory?.snapshot.flags ?? []).flatMap(comparedArmsOf)
  }

  /** Calls back after each new revision; answers how to stop that. */
  onChange(listener: (change: Change) => void): () => void {
    return this.#changes.add(listener)
  }

  /** Calls back after each change of `state`; answers how to stop that. */
  onState(listener: (state: ConnectionState) => void): () => void {
    return this.#states.add(listener)
  }

  /**
   * Ends everything in the background and sends the last counts, within a second. Evaluations go on
   * being answered from memory, so that the last requests of a process that stops are served alike.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    // The stream is the last to end: a report after it would look like an instance that is still there.
    await this.#telemetry.close()
    this.#updates.close()
    this.#acknowledger.close()
    this.verifier?.close()
    this.#overrides.close()
    await this.#lastKnown?.close()
    this.#enter('closed')
  }

  /** Nobody waits any longer: what an earlier process knew is served, if anything. */
  #giveUpWaiting(): void {
    if (this.#memory !== undefined) this.#enter('out-of-reach')
    this.#settle()
  }

  #answer(key: string, valueType: ValueType, context: EvaluationContext): Evaluation | EvaluationError {
    if (this.#memory !== undefined) return evaluate(this.#memory.compiled, key, valueType, context)
    return NOTHING_RECEIVED
  }

  #handleCounts(): Partial<HandleSource> {
    return {
      notes: () => notesOf(this.counts),
      noteDefault: (key, { errorCode }) => this.counts.codeDefault(key, errorCode),
    }
  }

  /** Looks flags up in what is in memory now, overrides first. */
  #resolver(): Resolve {
    const inMemory = this.#memory === undefined ? undefined : resolveIn(this.#memory.compiled)
    return (key, valueType) => {
      const overridden = this.#overrides.answer(key, valueType)
      if (overridden !== undefined) return resolvedTo(overridden, false)
      return inMemory === undefined ? resolvedTo(NOTHING_RECEIVED) : inMemory(key, valueType)
    }
  }

  #flag(key: string): Flag | undefined {
    return this.#memory?.compiled.flag(key)?.flag
  }

  #updateTarget(): UpdateTarget {
    return {
      revision: () => this.revision,
      pollIntervalMs: () => this.#pollIntervalMs,
      replace: (snapshot, mode) => this.#use(snapshot, mode),
      patch: (patch) => this.#patch(patch),
      verify: (body) => this.verifier?.answer(body),
      current: (mode) => {
        // The server that a new stream leads to may not know what this instance runs.
        if (mode === 'stream' || mode !== this.#mode) this.#acknowledge(mode)
        this.#enter('current')
      },
      outOfReach: (why) => {
        if (this.#memory !== undefined && this.#state !== 'stale') {
          this.logger.warn(`flagmarshal: the server is out of reach, serving the last known values: ${why}`)
        }
        if (this.#memory !== undefined) this.#enter('out-of-reach')
      },
      refused: (status) => {
        const why = `flagmarshal: the server answered ${status} to the key; no more updates`
        this.logger.error(`${why}. Restart with a valid server key of this environment.`)
        this.#enter('refused')
        this.#acknowledger.close()
        void this.#telemetry.close()
      },
    }
  }

  get #pollIntervalMs(): number {
    const announced = this.#memory?.snapshot.telemetry.pollIntervalMs
    return this.#settings.pollIntervalMs ?? announced ?? POLL_INTERVAL_MS
  }

  #patch(patch: Patch): boolean {
    if (this.#memory === undefined) return false
    if (patch.revision <= this.#memory.snapshot.revision) return true
    const patched = applyPatch(this.#memory.snapshot, patch)
    if (patched === undefined) return false
    this.#use(patched, 'stream')
    return true
  }

  #use(snapshot: Snapshot, mode: Mode): void {
    const before = this.#memory?.snapshot
    if (before !== undefined && before.revision === snapshot.revision) return
    this.#memory = { snapshot, compiled: this.#compile(snapshot) }
    this.#handleSource.current = this.#resolver()
    this.#lastKnown?.write(snapshot)
    this.#acknowledge(mode)
    this.#telemetry.every(snapshot.telemetry.flushIntervalMs)
    const flagsChanged = changedFlags(before, snapshot)
    this.#changes.tell({ revision: snapshot.revision, flagsChanged })
  }

  /** A malformed flag is told when it is first asked for, and again only when it is malformed in another way. */
  #compile(snapshot: Snapshot): Compiled {
    return compile(snapshot, {
      ...engines,
      onProblem: ({ flag, message }) => {
        if (this.#malformed.get(flag) === message) return
        this.#malformed.set(flag, message)
        this.logger.warn(`flagmarshal: flag ${flag} is malformed: ${message}`)
      },
    })
  }

  #acknowledge(mode: Mode): void {
    this.#mode = mode
    if (this.revision === undefined) return
    this.#acknowledger.acknowledge({ revision: this.revision, mode, pollIntervalMs: this.#pollIntervalMs })
  }

  #enter(event: ConnectionEvent): void {
    const before = this.#state
    this.#state = transition(before, event)
    if (this.#state === before) return
    clearTimeout(this.#initTimeout)
    this.#settle()
    this.#states.tell(this.#state)
  }
}
