/**
 * What a flag is, apart from any environment: its variants and how long it should live.
 */
import { isOfType } from '@flagmarshal/evaluation'
import type { FlagKind, Prerequisite } from '@flagmarshal/evaluation'

import type { Fault, FlagVariants, ServedConfig } from './edit.ts'
import { variantsUsed } from './edit.ts'

/** How long a flag should live: a number of days, or for ever with the reason. */
export type Lifetime = { readonly days: number } | { readonly permanentReason: string }

/** The lifetime of each kind where none was given. */
const LIFETIMES: Readonly<Record<FlagKind, Lifetime>> = {
  release: { days: 40 },
  experiment: { days: 40 },
  ops: { days: 7 },
  permission: { permanentReason: 'A permission flag is permanent.' },
}

/** The lifetime that was given, or the usual one of the kind. */
export function lifetimeOf(
  kind: FlagKind,
  given: { readonly lifetimeDays?: number | undefined; readonly permanentReason?: string | undefined },
): Lifetime {
  if (given.permanentReason !== undefined) return { permanentReason: given.permanentReason }
  if (given.lifetimeDays !== undefined) return { days: given.lifetimeDays }
  return LIFETIMES[kind]
}

/** When the lifetime ends; `undefined` for a permanent flag. */
export function expiryOf(lifetime: Lifetime, createdAt: Date): Date | undefined {
  if (!('days' in lifetime)) return undefined
  return new Date(createdAt.getTime() + lifetime.days * 86_400_000)
}

/** Everything that is wrong with a flag's variants; empty if they can be stored. */
export function variantFaults(flag: FlagVariants & { readonly offVariant: string }): Fault[] {
  const wrongType = Object.entries(flag.variants).flatMap(([name, value]) =>
    value === null || isOfType(value, flag.valueType)
      ? []
      : [{ pointer: `/variants/${name}`, message: `The value must be a ${flag.valueType}.` }],
  )
  const empty = Object.values(flag.variants).every((it) => it === null)
    ? [{ pointer: '/variants', message: 'At least one variant must have a value.' }]
    : []
  const off = Object.hasOwn(flag.variants, flag.offVariant)
    ? []
    : [{ pointer: '/offVariant', message: `There is no variant "${flag.offVariant}".` }]
  return [...wrongType, ...empty, ...off]
}

/** The variants of a flag that other flags ask for and a change would take away. */
export function missingForOthers(
  flag: string,
  variants: FlagVariants['variants'],
  asking: readonly {
    readonly flag: string
    readonly environment: string
    readonly prerequisites: readonly Prerequisite[]
  }[],
): Fault[] {
  return asking.flatMap(({ flag: other, environment, prerequisites }) =>
    prerequisites
      .filter((it) => it.flag === flag)
      .flatMap((it) => it.variants.filter((variant) => !Object.hasOwn(variants, variant)))
      .map((variant) => ({
        pointer: '/variants',
        message: `Flag "${other}" asks for variant "${variant}" in ${environment}.`,
      })),
  )
}

/** The variants that a change would take away from an environment that uses them. */
export function missingVariants(
  variants: FlagVariants['variants'],
  environments: readonly (ServedConfig & { readonly environment: string })[],
): Fault[] {
  const faults = new Map<string, Fault>()
  for (const { environment, ...config } of environments) {
    for (const { variant, pointer } of variantsUsed(config)) {
      if (Object.hasOwn(variants, variant) || faults.has(variant)) continue
      faults.set(variant, {
        pointer: '/variants',
        message: `Variant "${variant}" is used in ${environment} (${pointer}).`,
      })
    }
  }
  return [...faults.values()]
}
