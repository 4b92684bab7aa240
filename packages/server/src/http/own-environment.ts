/** Whose environment an SDK key means, and which instance asks. */
import { InstanceId } from '@flagmarshal/api/delivery'
import { refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Actor } from '../context.ts'
import type { EnvironmentKey } from '../storage/snapshots.ts'

/** Where an SDK key belongs; the router has compared it with the address. */
export function ownEnvironment({ project, environment }: Actor): EnvironmentKey | Refusal {
  if (project !== undefined && environment !== undefined) return { project, environment }
  return refuse(
    'no-environment',
    'This address takes project and environment from the key, and this token belongs to neither.',
    'Use an SDK key, or the address that begins with /api/v1/projects/.',
    '#/header/authorization',
  )
}

/** The instance that asks; undefined where it does not say so, or not in a way that can be stored. */
export function instanceOf(header: (name: string) => string | undefined): string | undefined {
  const instance = header('flagmarshal-instance')
  return instance === undefined ? undefined : InstanceId.safeParse(instance).data
}

/** Whether the client wants compressed answers. */
export function acceptsGzip(header: (name: string) => string | undefined): boolean {
  return /\bgzip\b/.test(header('accept-encoding') ?? '')
}
