/**
 * What code is generated from: the flags of an OpenFeature manifest, read with every mistake named
 * (https://github.com/open-feature/cli, schema/v0/flag-manifest.json).
 */
import type { FlagValue, JsonObject, JsonValue } from '@flagmarshal/evaluation'

import { isObject } from '../exchange/flagd-read.ts'
import type { ManifestFlag } from '../exchange/manifest.ts'
import { refuse } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'

/** A flag as an accessor needs it. */
export interface TypedFlag extends ManifestFlag {
  readonly key: string
  readonly description?: string
}

type Type = ManifestFlag['type']

const FITS: Readonly<Record<Type, (value: JsonValue | undefined) => boolean>> = {
  boolean: (value) => typeof value === 'boolean',
  string: (value) => typeof value === 'string',
  integer: (value) => Number.isInteger(value),
  float: (value) => typeof value === 'number',
  object: (value) => typeof value === 'object' && value !== null,
}

/** The flags of a manifest by key, in the order of the alphabet, so that the same flags give the same code. */
export function readManifest(manifest: JsonObject): readonly TypedFlag[] | Refusal {
  const { flags } = manifest
  if (!isObject(flags))
    return refuse(
      'invalid-manifest',
      'The manifest has no flags.',
      'Write {"flags": {"<key>": {"flagType": …, "defaultValue": …}}}.',
      '/flags',
    )
  const read: TypedFlag[] = []
  const errors: { pointer: string; message: string }[] = []
  for (const [key, value] of Object.entries(flags)) {
    const flag = readFlag(key, value)
    if (typeof flag === 'string') errors.push({ pointer: `/flags/${escapePointer(key)}`, message: flag })
    else read.push(flag)
  }
  if (errors.length > 0)
    return {
      ...refuse(
        'invalid-manifest',
        'Some flags of the manifest cannot be read.',
        'Correct them, or export the manifest again.',
      ),
      errors,
    }
  return read.toSorted((one, other) => (one.key < other.key ? -1 : 1))
}

function readFlag(key: string, value: JsonValue): TypedFlag | string {
  if (!isObject(value)) return 'is no object'
  const { flagType, defaultValue, description } = value
  if (key === '') return 'has no key'
  if (!isType(flagType)) return `flagType is none of ${Object.keys(FITS).join(', ')}`
  if (defaultValue === undefined || !FITS[flagType](defaultValue)) return `defaultValue is no ${flagType}`
  if (description !== undefined && typeof description !== 'string') return 'description is no text'
  return {
    key,
    type: flagType,
    // Its type was just looked at.
    defaultValue: defaultValue as FlagValue,
    ...(description === undefined ? {} : { description }),
  }
}

function isType(value: JsonValue | undefined): value is Type {
  return typeof value === 'string' && Object.hasOwn(FITS, value)
}

function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}
