/**
 * Why an evaluation answered as it did: the reasons and error codes of the OpenFeature
 * specification (https://openfeature.dev/specification/types).
 */

/** Where the value came from. */
export type Reason =
  | 'STATIC'
  | 'TARGETING_MATCH'
  | 'SPLIT'
  | 'DISABLED'
  | 'DEFAULT'
  | 'CACHED'
  | 'STALE'
  | 'ERROR'

/** What went wrong, when the reason is ERROR. */
export type ErrorCode =
  | 'FLAG_NOT_FOUND'
  | 'TYPE_MISMATCH'
  | 'PARSE_ERROR'
  | 'TARGETING_KEY_MISSING'
  | 'INVALID_CONTEXT'
  | 'GENERAL'
  | 'PROVIDER_NOT_READY'
  | 'PROVIDER_FATAL'
