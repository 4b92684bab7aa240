/**
 * LaunchDarkly's own engine: `@launchdarkly/node-server-sdk`, with the file as its data source, so that it
 * asks no server. Contexts mean what they mean to its OpenFeature provider.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import type { EvaluationContext, JsonObject } from '@flagmarshal/evaluation'

import { usage } from '../failure.ts'
import { isObject } from '../given.ts'
import { ourEngine, valued, valueOf } from './adapter.ts'
import type { Adapter } from './adapter.ts'
import { otherwise } from './package.ts'
import type { Load } from './package.ts'

interface Client {
  waitForInitialization(options: { readonly timeout: number }): Promise<unknown>
  variationDetail(
    key: string,
    context: object,
    standard: null,
  ): Promise<{ readonly value: unknown; readonly variationIndex?: number | null }>
  close(): void
}
interface Module {
  readonly init: (key: string, options: object) => Client
  readonly integrations: {
    readonly FileDataSourceFactory: new (options: { readonly paths: readonly string[] }) => {
      getFactory(): unknown
    }
  }
}

const SILENT = { error() {}, warn() {}, info() {}, debug() {} }
const PATIENCE_S = 60

export const launchDarkly: Adapter = {
  package: '@launchdarkly/node-server-sdk',
  tested: '9.13.7',
  keyed: true,
  async open(given) {
    const { flags, flagValues } = given.definition
    const isOfSdk = flags === undefined ? isObject(flagValues) : isObject(flags) && !('items' in flags)
    if (!isOfSdk)
      throw usage(
        'Parity needs what SDKs of LaunchDarkly download; this file is of another shape.',
        'Take the answer of https://sdk.launchdarkly.com/sdk/latest-all, as docs/migrate-from-launchdarkly.md shows.',
      )
    const folder = mkdtempSync(path.join(tmpdir(), 'flagmarshal-parity-'))
    try {
      const client = await clientOf(given.load, given.definition, folder)
      return {
        async theirs({ name }, context) {
          const { value, variationIndex } = await client.variationDetail(name, theirContext(context), null)
          return valued(typeof variationIndex === 'number' ? value : undefined)
        },
        ours: ourEngine(given, valueOf),
        close: () => client.close(),
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
}

async function clientOf(load: Load, definition: JsonObject, folder: string): Promise<Client> {
  const { init, integrations } = load(launchDarkly.package) as Partial<Module>
  if (init === undefined || integrations === undefined) throw otherwise(launchDarkly, 'init and integrations')
  const file = path.join(folder, 'flags.json')
  writeFileSync(file, JSON.stringify(definition))
  const source = new integrations.FileDataSourceFactory({ paths: [file] })
  const client = init('parity', {
    updateProcessor: source.getFactory(),
    sendEvents: false,
    diagnosticOptOut: true,
    logger: SILENT,
  })
  await client.waitForInitialization({ timeout: PATIENCE_S })
  return client
}

/** A context of one kind, or of several. */
function theirContext({ kind = 'user', ...rest }: EvaluationContext): object {
  if (kind !== 'multi') return single(kind, rest)
  const kinds = Object.entries(rest).flatMap(([name, it]) =>
    isObject(it) ? [[name, single(undefined, it)] as const] : [],
  )
  return { kind, ...Object.fromEntries(kinds) }
}

/** Its provider leaves out a name that is no text, and an `anonymous` that is no boolean. */
function single(kind: unknown, { targetingKey, name, anonymous, ...rest }: EvaluationContext): object {
  return {
    ...rest,
    ...(kind === undefined ? {} : { kind }),
    key: targetingKey,
    ...(typeof name === 'string' ? { name } : {}),
    ...(typeof anonymous === 'boolean' ? { anonymous } : {}),
  }
}
