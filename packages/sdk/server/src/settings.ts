/**
 * What an application says to connect, and what the SDK makes of it.
 *
 * Wrong options are a mistake in the program, so they throw at creation, where a developer sees
 * them; nothing throws after that.
 */
import { randomUUID } from 'node:crypto'

import type { Layer } from '@flagmarshal/evaluation'
import { DefaultLogger, SafeLogger } from '@openfeature/server-sdk'
import type { Logger } from '@openfeature/server-sdk'

import type { Backoff } from './backoff.ts'
import type { Pool } from './process-usage.ts'

/** How an application connects to one environment of a Flagmarshal server. */
export interface FlagmarshalOptions {
  /** The server's address, for example `http://127.0.0.1:4860`. */
  readonly url: string | URL
  /** A server key, `fm_server_…`. It names the project. */
  readonly key: string
  readonly environment: string
  /** The name under which instances of this program are listed. */
  readonly application: string
  readonly applicationVersion?: string
  /** Which layers of the feature this program is: the procedure asks for evidence of each. */
  readonly layers: readonly Layer[]
  /** Overrides the interval that the server announces for polling, in milliseconds; at least 100. */
  readonly pollIntervalMs?: number
  /** `false` polls only. Default `true`: streams, and polls while the stream is down. */
  readonly streaming?: boolean
  /**
   * `true`: this instance evaluates drafts of flags when the server asks for it and answers with the
   * variants, and with the defaults that the code gives. What it serves is not touched. Default `false`.
   */
  readonly allowVerification?: boolean
  /** Pools and queues of this program by name, read every ten seconds and shown with its CPU and memory. */
  readonly pools?: Readonly<Record<string, () => Pool>>
  /**
   * `false`: no evaluation is counted, and reports are heartbeats only. Rollouts are then judged without
   * this instance. Default `true`.
   */
  readonly countEvaluations?: boolean
  /** `false`: what the process uses is not reported. Default `true`. */
  readonly reportProcess?: boolean
  /**
   * Where the last known configuration is kept, for a process that starts while the server is away.
   * Default: `FLAGMARSHAL_CACHE_FILE`; without it nothing is kept.
   */
  readonly cacheFile?: string
  /**
   * A JSON file of flags and values that win over the server's, read again when it changes. Default:
   * `FLAGMARSHAL_OVERRIDE_FILE`. `FLAGMARSHAL_OVERRIDES` (`flag=value,…`) wins over the file.
   */
  readonly overrideFile?: string
  /** `ready()` settles after this long at the latest, in milliseconds. Default 5000. */
  readonly initTimeoutMs?: number
  readonly fetch?: typeof fetch
  /** Default: warnings and errors go to the console. */
  readonly logger?: Logger
  /**
   * Visible ASCII, at most 128 characters, and a new one for each start of the process, because the
   * server discards reports that it has already seen from an instance. Default: a random UUID.
   */
  readonly instanceId?: string
}

/** Options with every default filled in. */
export interface Settings {
  /** Address of the environment: `<url>/api/v1/environments/<environment>`. */
  readonly base: string
  readonly key: string
  readonly instanceId: string
  readonly application: string
  readonly applicationVersion: string | undefined
  readonly layers: readonly Layer[]
  readonly pollIntervalMs: number | undefined
  readonly streaming: boolean
  readonly allowVerification: boolean
  readonly countEvaluations: boolean
  /** Absent: what the process uses is not reported. */
  readonly pools: Readonly<Record<string, () => Pool>> | undefined
  readonly cacheFile: string | undefined
  readonly overrideFile: string | undefined
  /** As in `FLAGMARSHAL_OVERRIDES`. */
  readonly overrides: string | undefined
  readonly initTimeoutMs: number
  readonly fetch: typeof fetch
  readonly logger: Logger
  readonly timings: Timings
}

/** The limits that the protocol fixes; applications cannot set them, tests shorten them. */
export interface Timings {
  /** A request other than the stream is given up after this long. */
  readonly requestMs: number
  /** A stream that brings nothing for this long is dead: the server's heartbeat comes every 10 s. */
  readonly silenceMs: number
  readonly backoff: Backoff
  /** A stream that lived this long starts the backoff anew. */
  readonly settledMs: number
  /** What the process uses is reported this often at most. */
  readonly processMs: number
  /** How long `close` waits for the last report. */
  readonly farewellMs: number
}

/** The limits of the protocol. */
export const TIMINGS: Timings = {
  requestMs: 10_000,
  silenceMs: 25_000,
  backoff: { baseMs: 1_000, capMs: 30_000 },
  settledMs: 10_000,
  processMs: 10_000,
  farewellMs: 1_000,
}

/** Fills in the defaults. Throws a TypeError that names the option which is wrong. */
export function settingsOf(options: FlagmarshalOptions): Settings {
  const url = parseUrl(options.url)
  const instanceId = options.instanceId ?? randomUUID()
  demand(/^[\x21-\x7e]+$/.test(options.key), 'key must be a server key, fm_server_…')
  demand(options.environment !== '', 'environment must name an environment')
  demand(isName(options.application), 'application must be 1 to 128 characters')
  demand(isName(options.applicationVersion ?? '-'), 'applicationVersion must be 1 to 128 characters')
  demand(options.layers.length > 0, 'layers must name at least one of backend, frontend, middleware')
  demand(/^[\x21-\x7e]{1,128}$/.test(instanceId), 'instanceId must be 1 to 128 visible ASCII characters')
  demand((options.pollIntervalMs ?? 100) >= 100, 'pollIntervalMs must be at least 100')
  demand((options.initTimeoutMs ?? 0) >= 0, 'initTimeoutMs must be 0 or more')
  return {
    base: `${url}/api/v1/environments/${encodeURIComponent(options.environment)}`,
    key: options.key,
    instanceId,
    application: options.application,
    applicationVersion: options.applicationVersion,
    layers: options.layers,
    pollIntervalMs: options.pollIntervalMs,
    streaming: options.streaming ?? true,
    allowVerification: options.allowVerification ?? false,
    countEvaluations: options.countEvaluations ?? true,
    pools: options.reportProcess === false ? undefined : (options.pools ?? {}),
    cacheFile: options.cacheFile ?? setting('FLAGMARSHAL_CACHE_FILE'),
    overrideFile: options.overrideFile ?? setting('FLAGMARSHAL_OVERRIDE_FILE'),
    overrides: setting('FLAGMARSHAL_OVERRIDES'),
    initTimeoutMs: options.initTimeoutMs ?? 5_000,
    fetch: options.fetch ?? fetch,
    // A logger that throws must not become an error of the application.
    logger: options.logger === undefined ? new DefaultLogger() : new SafeLogger(options.logger),
    timings: TIMINGS,
  }
}

/** Of the process, for whoever runs it; empty is none. */
function setting(name: string): string | undefined {
  const value = process.env[name]
  return value === '' ? undefined : value
}

function parseUrl(url: string | URL): string {
  demand(URL.canParse(String(url)) && /^https?:/i.test(String(url)), 'url must be an http or https address')
  return new URL(url).href.replace(/[?#].*$/, '').replace(/\/+$/, '')
}

function isName(name: string): boolean {
  return name.length >= 1 && name.length <= 128
}

function demand(condition: boolean, message: string): asserts condition {
  if (!condition) throw new TypeError(`createFlagmarshal: ${message}`)
}
