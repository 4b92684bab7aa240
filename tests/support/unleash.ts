/** Files of Unleash as the engine evaluates them once they are imported. */
import { createRequire } from 'node:module'

import { unleashEngine as engineOf } from '@flagmarshal/cli/parity/unleash'
import { flagOf } from '@flagmarshal/domain/exchange/imported'
import { contextOf, textual } from '@flagmarshal/domain/exchange/unleash/context'
import { unleashImport } from '@flagmarshal/domain/exchange/unleash/import'
import { compile } from '@flagmarshal/evaluation'
import type { CompiledFlag, Flag, JsonObject } from '@flagmarshal/evaluation'
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
  const whole = flags.map(flagOf)
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
export function unleashEngine(state: JsonObject): ReturnType<typeof engineOf> {
  return engineOf(createRequire(import.meta.url), state)
}
