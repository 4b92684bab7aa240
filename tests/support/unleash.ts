/** Files of Unleash as the engine evaluates them once they are imported. */
import { createRequire } from 'node:module'

import { contextOf, textual } from '@flagmarshal/domain/exchange/unleash/context'
import type { UnleashContext } from '@flagmarshal/domain/exchange/unleash/context'
import { unleashImport } from '@flagmarshal/domain/exchange/unleash/import'
import { compile } from '@flagmarshal/evaluation'
import type { CompiledFlag, Flag, JsonObject } from '@flagmarshal/evaluation'
import type { Context } from 'unleash-client'
import type ClientModule from 'unleash-client/lib/client.js'
import type { ClientFeaturesResponse } from 'unleash-client/lib/feature.js'
import { defaultStrategies } from 'unleash-client/lib/strategy/index.js'

type Engine = InstanceType<typeof ClientModule.default>

/** The engine inside unleash-client, which its index does not show. */
const { default: UnleashClient }: { readonly default: new () => unknown } = createRequire(import.meta.url)(
  'unleash-client/lib/client.js',
)

/** A file, imported and compiled for contexts of Unleash. */
export function importedUnleash(state: JsonObject, environment = '*') {
  const {
    flags,
    segments = [],
    report,
  } = unleashImport(state, {
    engines: {},
    environment,
    now: new Date('2026-01-01T00:00:00Z'),
  })
  const whole = flags.map((it): Flag => ({
    ...it,
    kind: it.kind ?? 'release',
    rules: it.rules.map((rule, index) => ({ ...rule, id: String(index) })),
  }))
  const compiled = compile(textual({ flags: whole, segments }))
  return {
    flags: whole,
    segments,
    report,
    problems: compiled.problems,
    contextOf,
    /** By the name that the file has. */
    flagOf(name: string): { readonly flag: Flag; readonly compiled: CompiledFlag } | undefined {
      const key = flags.find((it) => it.name === name)?.key ?? name
      const flag = whole.find((it) => it.key === key)
      const found = compiled.flag(key)
      return flag === undefined || found === undefined ? undefined : { flag, compiled: found }
    },
  }
}

/** What unleash-client itself makes of a file. */
export function unleashEngine(state: JsonObject) {
  // The file is what its generator or its specification wrote.
  const { features = [], segments = [] } = state as unknown as Partial<ClientFeaturesResponse>
  const repository = {
    getToggle: (name: string) => features.find((it) => it.name === name),
    getSegment: (id: number) => segments.find((it) => it.id === id),
  }
  const client = Reflect.construct(UnleashClient, [repository, defaultStrategies]) as Engine
  return (name: string, context: UnleashContext) => ({
    enabled: client.isEnabled(name, context as Context, () => false),
    variant: client.getVariant(name, context as Context),
  })
}
