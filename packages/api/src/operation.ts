import type { Permission } from '@flagmarshal/domain/access/permission'
/**
 * The shape of one operation of the HTTP API. The table in `operations.ts` is the one source:
 * routes, permissions, openapi.json and the typed client are derived from it.
 */
import type { z } from 'zod'

export interface Operation {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** `/api/v1/projects/{project}/flags/{flag}`; names in braces are keys of `params`. */
  readonly path: string
  /** One line for the reference. */
  readonly summary: string
  /** What the caller must be allowed to do. */
  readonly can: Permission
  readonly params?: z.ZodObject
  readonly query?: z.ZodObject
  readonly body?: z.ZodType
  /** The success answer; `body` absent means no content. `stream` is text/event-stream, `text` is text/plain, `zip` bytes. */
  readonly success: {
    readonly status: 200 | 201 | 202 | 204
    readonly body?: z.ZodType
    readonly media?: 'json' | 'stream' | 'text' | 'zip'
  }
  /** `never`: it serves nobody anything by itself. `may`: it switches flags on, if only for a while; no agent does that. */
  readonly exposes?: 'never' | 'may'
  /** A signature, or what needs as fresh a proof: the caller's is read anew, never from what a server remembers. */
  readonly signs?: true
  /** Answers with the cookie of a session, so it is refused to the pages of other sites. */
  readonly setsCookie?: true
  /**
   * Writes that replace a version: 412 when If-Match is stale. `true`: 428 without it, and the answer
   * carries the ETag. `optional`: not compared where it is left out, as machines may.
   */
  readonly ifMatch?: true | 'optional'
  /** Callers that can send no header are known by the `token` of the address, which is made for that and ends soon. */
  readonly tokenInQuery?: true
  /** The token may stand alone in Authorization, without `Bearer`: as SDKs of Unleash send it. */
  readonly bareToken?: true
  /** The address names no project: it is the one that the token belongs to. */
  readonly ofOwnProject?: true
  /** For `sendBeacon` of browsers: the `key` of the address is a browser key, which is public, and the body may be text/plain. */
  readonly beacon?: true
  /** The last parameter of the path takes all of its rest, slashes included. */
  readonly rest?: true
  /** The largest body, in bytes, where it is not the usual 1 MiB. */
  readonly bodyBytes?: number
  /** Creations that accept an Idempotency-Key: the same key gives the same answer. */
  readonly idempotent?: true
  /** The member of the answer that is shown once: it is not kept, so a repeat gets 409 and the rest as `current`. */
  readonly showsOnce?: 'token' | 'key' | 'secret'
}

/** Keeps the literal types of an operation while checking its shape. */
export function operation<const O extends Operation>(it: O): O {
  return it
}
