/**
 * How large and how slow a request may be (R18), and the answers to one that is more: each says which
 * part is at fault and what to do.
 */
import { HttpProblem } from './problems.ts'

/** Of operations that name no other. */
export const LARGEST_BODY_BYTES = 1_048_576

/** Path and query together. */
export const LONGEST_ADDRESS_BYTES = 8_192

/** Of the request line and all headers; Node's own. */
export const LARGEST_HEADERS_BYTES = 16_384

/** From its first byte to its last. */
export const LONGEST_REQUEST_MS = 30_000

/** How often slow requests are looked for: by so much later they end. */
export const SLOW_CHECK_MS = 5_000

/** 413. */
export function bodyTooLarge(largest: number): HttpProblem {
  const size = largest % 1_048_576 === 0 ? `${largest / 1_048_576} MiB` : `${largest} bytes`
  const message = `The body is larger than ${size}.`
  return new HttpProblem(413, 'body-too-large', message, {
    remedy: 'Send less at once: in several requests where this is a list.',
    errors: [{ pointer: '', message }],
  })
}

/** 414. */
export function addressTooLong(): HttpProblem {
  const message = `The address is longer than ${LONGEST_ADDRESS_BYTES / 1024} KiB.`
  return new HttpProblem(414, 'address-too-long', message, {
    remedy: 'Leave out parameters of the query, or page through a list.',
    errors: [{ pointer: '#/path', message }],
  })
}

/** What Node's parser could not read as a request; `begun` is what has arrived of it. */
export function unreadable(code: string | undefined, begun: Buffer | undefined): HttpProblem {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return isLongAddress(begun) ? addressTooLong() : headersTooLarge()
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    const message = `The request took longer than ${LONGEST_REQUEST_MS / 1000} s to arrive.`
    return new HttpProblem(408, 'request-timeout', message, {
      remedy: 'Send it again, all at once. With the same Idempotency-Key a creation is not repeated.',
      errors: [{ pointer: '', message }],
    })
  }
  return new HttpProblem(400, 'bad-request', 'This is no HTTP request.')
}

function headersTooLarge(): HttpProblem {
  const message = `The headers are larger than ${LARGEST_HEADERS_BYTES / 1024} KiB.`
  return new HttpProblem(431, 'headers-too-large', message, {
    remedy: 'Leave out headers that are not needed: of a browser, cookies of other programs on this host.',
    errors: [{ pointer: '#/header', message }],
  })
}

/** Whether the request line alone is too long. */
function isLongAddress(begun: Buffer | undefined): boolean {
  if (begun === undefined) return false
  const end = begun.indexOf('\r\n')
  return end < 0 || end > LONGEST_ADDRESS_BYTES
}
