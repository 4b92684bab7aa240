/**
 * Flags without a server: from a file while developing, from memory in tests. The provider is the same
 * as a connection's, so an application need not know the difference.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { readFileSync, unwatchFile, watchFile } from 'node:fs'

import { compile, evaluate, flagNotFound } from '@flagmarshal/evaluation'
import type {
  Compiled,
  Evaluation,
  EvaluationContext,
  EvaluationError,
  FlagValue,
  ValueType,
} from '@flagmarshal/evaluation'
import { DefaultLogger } from '@openfeature/server-sdk'
import type { Logger, Provider } from '@openfeature/server-sdk'

import type { Change } from './connection.ts'
import { engines } from './json-logic.ts'
import { createListeners } from './listeners.ts'
import { createProvider } from './provider.ts'
import type { ProviderConnection } from './provider.ts'
import { valueAnswer } from './value-answer.ts'
import { parseSnapshot } from './wire.ts'

/** Values by the key of their flag. */
export type FlagValues = Readonly<Record<string, FlagValue>>

/** Flags of a test. */
export interface TestFlags {
  /** For `OpenFeature.setProvider`. */
  readonly provider: Provider
  /** Sets values for everybody from now on. */
  set(values: FlagValues): void
  /** Runs with other values for a while; what runs beside it keeps its own. */
  withFlags<T>(values: FlagValues, run: () => Promise<T>): Promise<T>
}

/** Flags in memory, each with one value for every context; a flag without a value is not found. */
export function createTestFlags(values: FlagValues = {}): TestFlags {
  let all = new Map(Object.entries(values))
  const here = new AsyncLocalStorage<ReadonlyMap<string, FlagValue>>()
  const local = localConnection(new DefaultLogger(), (key, valueType) => {
    const value = here.getStore()?.get(key) ?? all.get(key)
    return value === undefined ? flagNotFound(key) : valueAnswer(key, value, { valueType, variant: 'test' })
  })
  return {
    provider: local.provider,
    set(more) {
      all = new Map([...all, ...Object.entries(more)])
      local.changed(Object.keys(more))
    },
    withFlags: (more, run) => here.run(new Map([...(here.getStore() ?? []), ...Object.entries(more)]), run),
  }
}

/** How flags are read from a file. */
export interface FileFlagsOptions {
  /** A snapshot as the server gives it, or `{"new-checkout": true}`. */
  readonly file: string
  readonly logger?: Logger
}

/** Between two looks at the file, in milliseconds. */
const LOOK_MS = 500

/**
 * The provider of a file, which is read again when it changes. Throws an Error when it cannot be read
 * at the start; later, what was read last is kept and the fault is logged.
 */
export function createFileFlags({ file, logger = new DefaultLogger() }: FileFlagsOptions): Provider {
  let read = readFlags(file)
  const local = localConnection(
    logger,
    (key, valueType, context) => read(key, valueType, context),
    () => unwatchFile(file, look),
  )
  watchFile(file, { interval: LOOK_MS, persistent: false }, look)
  return local.provider

  function look(): void {
    try {
      read = readFlags(file)
      local.changed([])
    } catch (error) {
      logger.error(`flagmarshal: ${file} cannot be read, its last content is kept`, error)
    }
  }
}

type Answer = (key: string, valueType: ValueType, context: EvaluationContext) => Evaluation | EvaluationError

function readFlags(file: string): Answer {
  const content: unknown = JSON.parse(readFileSync(file, 'utf8'))
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw new Error(`${file} must hold a JSON object: a snapshot, or flags with their values`)
  if ('schema' in content) {
    const compiled: Compiled = compile(parseSnapshot(content), engines)
    return (key, valueType, context) => evaluate(compiled, key, valueType, context)
  }
  // Whatever JSON has is a value of a flag, except null, which is none.
  const values = new Map(Object.entries(content as FlagValues))
  return (key, valueType) => {
    const value = values.get(key) ?? undefined
    return value === undefined ? flagNotFound(key) : valueAnswer(key, value, { valueType, variant: 'file' })
  }
}

interface Local {
  readonly provider: Provider
  changed(flags: readonly string[]): void
}

function localConnection(logger: Logger, answer: Answer, close = (): void => undefined): Local {
  const changes = createListeners<Change>(logger)
  let revision = 1
  const connection: ProviderConnection = {
    evaluate: answer,
    verifier: undefined,
    get revision() {
      return revision
    },
    state: 'ready',
    ready: async () => 'ready',
    onChange: (listener) => changes.add(listener),
    onState: () => () => undefined,
    close: async () => close(),
  }
  return {
    provider: createProvider(connection),
    changed(flagsChanged) {
      revision++
      changes.tell({ revision, flagsChanged })
    },
  }
}
