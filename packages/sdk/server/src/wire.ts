/**
 * What comes from the server, checked where it enters: as much as the SDK itself relies on. Whether a
 * flag makes sense is the engine's to say, of that flag alone.
 */
import { SNAPSHOT_SCHEMA } from '@flagmarshal/evaluation'
import type { Patch, Snapshot, VerificationRequest } from '@flagmarshal/evaluation'

/** The body as a snapshot. Throws an Error when this SDK cannot serve it. */
export function parseSnapshot(body: unknown): Snapshot {
  if (isSnapshot(body)) return body
  throw new Error(`the server sent no snapshot of schema ${SNAPSHOT_SCHEMA}`)
}

/** The body as a patch; `undefined` when it is none that this SDK can apply. */
export function parsePatch(body: unknown): Patch | undefined {
  return isPatch(body) ? body : undefined
}

/** The body as a request to verify drafts; `undefined` when it is none. */
export function parseVerification(body: unknown): VerificationRequest | undefined {
  return isVerification(body) ? body : undefined
}

/** The id becomes part of an address. */
function isVerification(body: unknown): body is VerificationRequest {
  return (
    isObject(body) &&
    /^[a-z]+_[a-z0-9]{1,48}$/.test(String(body['id'])) &&
    isString(body['flag']) &&
    isArrayOf(
      body['drafts'],
      (draft) => isObject(draft) && isString(draft['name']) && isKeyed(draft['flag']),
    ) &&
    isArrayOf(body['segments'], isKeyed) &&
    isArrayOf(body['contexts'], isObject)
  )
}

function isSnapshot(body: unknown): body is Snapshot {
  return isRevision(body)
}

function isPatch(body: unknown): body is Patch {
  return (
    isRevision(body) &&
    typeof body['from'] === 'number' &&
    isArrayOf(body['removedFlags'], isString) &&
    isArrayOf(body['removedSegments'], isString)
  )
}

function isRevision(body: unknown): body is Readonly<Record<string, unknown>> {
  if (!isObject(body) || body['schema'] !== SNAPSHOT_SCHEMA || typeof body['revision'] !== 'number')
    return false
  const { flags, segments, telemetry } = body
  if (!isArrayOf(flags, isKeyed) || !isArrayOf(segments, isKeyed) || !isObject(telemetry)) return false
  return isInterval(telemetry['flushIntervalMs']) && isInterval(telemetry['pollIntervalMs'])
}

/** A timer takes anything else as one millisecond. */
function isInterval(value: unknown): boolean {
  return typeof value === 'number' && value >= 1 && value < 2 ** 31
}

function isArrayOf(value: unknown, isMember: (member: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isMember)
}

function isKeyed(value: unknown): boolean {
  return isObject(value) && isString(value['key'])
}

function isString(value: unknown): boolean {
  return typeof value === 'string'
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
