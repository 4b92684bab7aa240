/**
 * Two providers beside each other, by a hook of OpenFeature: the application is served what its provider
 * says, and is told where a connection of ours would have said something else. OpenFeature's own
 * `ComparisonStrategy` serves the default as soon as one of both fails; here nothing that ours does
 * reaches the application.
 */
import { isDeepStrictEqual } from 'node:util'

import type { FlagValue, Hook } from '@openfeature/server-sdk'

import type { Handles } from './handles.ts'

/** Where both answers are not the same. */
export interface Difference {
  readonly flagKey: string
  /** Whom or what it was asked for; absent where the context names nobody. */
  readonly targetingKey?: string
  /** What the application was served. */
  readonly theirs: { readonly value: FlagValue; readonly variant?: string }
  /** What a connection of ours would have served; with `errorCode` that is the caller's default. */
  readonly ours: { readonly value: unknown; readonly variant?: string; readonly errorCode?: string }
}

/** Handles at once, for applications that make up a default for each request. */
const KEPT = 5_000

/**
 * The hook: `OpenFeature.addHooks(sideBySide(connection, (it) => console.warn(it)))`, while another
 * provider is set. Values are compared, variants are not, because their names may differ. Nothing is
 * compared where the other provider fails, or where the default is a list or null. Give the connection
 * `countEvaluations: false`: what it says here is served to nobody.
 */
export function sideBySide(
  { handles }: { readonly handles: Handles },
  tell: (difference: Difference) => void,
): Hook {
  const known = new Map<string, ReturnType<typeof handleOf>>()
  return {
    after({ flagKey, defaultValue, context }, { value, variant }) {
      const name = JSON.stringify([flagKey, defaultValue])
      if (!known.has(name)) {
        if (known.size >= KEPT) known.clear()
        known.set(name, handleOf(handles, flagKey, defaultValue))
      }
      const ours = known.get(name)?.details(context)
      if (ours === undefined || isDeepStrictEqual(ours.value, value)) return
      const { targetingKey } = context
      tell({
        flagKey,
        ...(targetingKey === undefined ? {} : { targetingKey }),
        theirs: { value, ...(variant === undefined ? {} : { variant }) },
        ours:
          'errorCode' in ours
            ? { value: ours.value, errorCode: ours.errorCode }
            : { value: ours.value, variant: ours.variant },
      })
    },
  }
}

/** Undefined where ours has no such type. */
function handleOf(handles: Handles, key: string, defaultValue: FlagValue) {
  if (typeof defaultValue === 'boolean') return handles.boolean(key, defaultValue)
  if (typeof defaultValue === 'string') return handles.string(key, defaultValue)
  if (typeof defaultValue === 'number') return handles.number(key, defaultValue)
  if (defaultValue === null || Array.isArray(defaultValue)) return undefined
  return handles.object(key, defaultValue)
}
