/**
 * What goes wrong in addresses and headers, as it goes over the wire: nothing here is encoded again.
 */

/** Methods that few addresses know. */
export const OTHER_METHODS = ['HEAD', 'OPTIONS', 'PATCH', 'PURGE']

/** Parts of a path. */
export const HOSTILE_PARTS = [
  '',
  '.',
  '..',
  '%2e%2e%2f',
  '%00',
  'a%00b',
  '%ff',
  '%E0%A4',
  '%ED%A0%80',
  '%zz',
  '%',
  '%0d%0a',
  '__proto__',
  'constructor',
  'toString',
  'A%20B',
  "'--",
  '-1',
  '0',
  '1e1',
  '0x1',
  '%20%201',
  '1.5',
  '99999999999999999999',
  'a%2Fb',
  'a/b/c',
  ';a=b',
  '*',
  ':project',
  '{project}',
  '%F0%9F%92%A9',
  'x'.repeat(300),
  'x'.repeat(5_000),
]

/** Whole paths. */
export const HOSTILE_PATHS = [
  '/',
  '//',
  '/api/v1/',
  '/api/v1/projects/',
  '/api//v1/projects',
  '/api/v1/projects/shop/../bank',
  '/API/V1/PROJECTS',
  '/api/v1/__proto__',
  '/ofrep/v1/evaluate/flags/',
  '/ofrep/v1/evaluate/flags/a/b/%2F/c',
  '/ofrep/v1/evaluate/flags/%zz',
  '/api/v1/projects%00',
  '*',
]

/** Query strings. */
export const HOSTILE_QUERIES = [
  'a',
  '=',
  '&&&',
  '%',
  '%zz=1',
  '%00=1',
  'a=%00',
  '%ED%A0%80=1',
  '__proto__=1',
  'constructor=1',
  'after=1&after=2',
  'after[]=1',
  'after=-1',
  'after=1e3',
  'after=999999999999999',
  'limit=0',
  'limit=999999999999999',
  'limit=-1&after=0',
  'subject=%F0%9F%92%A9',
  `q=${'x'.repeat(5_000)}`,
  Array.from({ length: 1_000 }, (_, i) => `a${i}=${i}`).join('&'),
]

/** Values of the header `authorization`. */
export const HOSTILE_AUTHORIZATIONS = [
  '',
  'Bearer',
  'Bearer ',
  'Bearer a b',
  'Bearer \u00e9',
  'Basic YTpi',
  'bearer fm_user_x',
  `Bearer fm_user_${'x'.repeat(43)}`,
  `Bearer ${'x'.repeat(5_000)}`,
  'Bearer __proto__',
]

/** Values of the header `if-match`. */
export const HOSTILE_ETAGS = [
  '',
  '*',
  '"',
  '3',
  '"1"',
  '"0"',
  '"-1"',
  'W/"1"',
  '"1", "2"',
  '"999999999999999"',
  '"x"',
  '\u00e9',
]

/** Other headers. */
export const HOSTILE_HEADERS: readonly (readonly [string, string])[] = [
  ['content-type', 'text/plain'],
  ['content-type', ''],
  ['content-type', 'application/json; charset=utf-16'],
  ['content-type', 'application/json;'],
  ['content-type', 'APPLICATION/JSON'],
  ['content-type', 'multipart/form-data; boundary='],
  ['content-type', `application/${'x'.repeat(3_000)}`],
  ['idempotency-key', 'same-key'],
  ['idempotency-key', ''],
  ['idempotency-key', 'x'.repeat(200)],
  ['idempotency-key', '__proto__'],
  ['idempotency-key', 'a b'],
  ['last-event-id', '1'],
  ['last-event-id', '999999999999999'],
  ['last-event-id', '-1'],
  ['last-event-id', '\u00e9'],
  ['last-event-id', 'x'.repeat(5_000)],
  ['if-none-match', '"1"'],
  ['if-none-match', '*'],
  ['flagmarshal-instance', 'edge-2'],
  ['flagmarshal-instance', '\u00e9 \u00fc'],
  ['flagmarshal-instance', 'x'.repeat(5_000)],
  ['accept', 'text/html'],
  ['accept-encoding', 'gzip, br;q=0.5, *;q=0'],
  ['content-encoding', 'gzip'],
  ['x-request-id', '../../x'],
  ['x-request-id', 'x'.repeat(5_000)],
  ['origin', 'https://evil.example'],
  ['cookie', `a=${'x'.repeat(2_000)}`],
  ['range', 'bytes=0-1'],
  ['x-large', 'x'.repeat(14_000)],
  ['x-larger', 'x'.repeat(20_000)],
]
