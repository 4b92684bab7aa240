/**
 * The messages of `flagd.sync.v1`, as bytes. They are five, of texts and one map of texts, so that
 * they are read and written here and no generated code is needed.
 *
 *   message SyncFlagsRequest      { string provider_id = 1; string selector = 2; }
 *   message SyncFlagsResponse     { string flag_configuration = 1; }
 *   message FetchAllFlagsRequest  { string provider_id = 1; string selector = 2; }
 *   message FetchAllFlagsResponse { string flag_configuration = 1; }
 *   message GetMetadataResponse   { google.protobuf.Struct metadata = 2; }
 *
 * Encoding: https://protobuf.dev/programming-guides/encoding; `Struct` is a map of fields (1) from
 * text (1) to a value (2), which for a text is field 3.
 */

/** What a client says of itself when it asks for flags. */
export interface FlagsRequest {
  readonly selector: string
}

const TEXT = 2

/** Reads `SyncFlagsRequest` and `FetchAllFlagsRequest`, which are alike. Throws a RangeError for what is neither. */
export function readFlagsRequest(bytes: Buffer): FlagsRequest {
  let selector = ''
  let at = 0
  while (at < bytes.length) {
    const tag = readNumber(bytes, at)
    const kind = tag.value & 7
    if (kind === 0) at = readNumber(bytes, tag.next).next
    else if (kind === 1) at = tag.next + 8
    else if (kind === 5) at = tag.next + 4
    else if (kind === TEXT) {
      const { value: length, next } = readNumber(bytes, tag.next)
      at = next + length
      if (tag.value >>> 3 === 2) selector = bytes.toString('utf8', next, at)
    } else throw new RangeError('the message has a field of no known kind')
    if (at > bytes.length) throw new RangeError('the message ends early')
  }
  return { selector }
}

/** `SyncFlagsResponse` and `FetchAllFlagsResponse`. */
export function writeFlags(definition: string): Buffer {
  return field(1, Buffer.from(definition))
}

/** `GetMetadataResponse`. */
export function writeMetadata(metadata: Readonly<Record<string, string>>): Buffer {
  const entries = Object.entries(metadata).map(([name, value]) => {
    const content = field(3, Buffer.from(value))
    return field(1, Buffer.concat([field(1, Buffer.from(name)), field(2, content)]))
  })
  return field(2, Buffer.concat(entries))
}

function field(number: number, content: Buffer): Buffer {
  return Buffer.concat([writeNumber((number << 3) | TEXT), writeNumber(content.length), content])
}

function writeNumber(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80)
    rest >>>= 7
  }
  bytes.push(rest)
  return Buffer.from(bytes)
}

/** A number of at most 32 bits; what is longer is none of ours. */
function readNumber(bytes: Buffer, from: number): { readonly value: number; readonly next: number } {
  let value = 0
  for (let index = 0; index < 10; index++) {
    const byte = bytes[from + index]
    if (byte === undefined) throw new RangeError('the message ends early')
    if (index < 5) value |= (byte & 0x7f) << (7 * index)
    if (byte < 0x80) return { value: value >>> 0, next: from + index + 1 }
  }
  throw new RangeError('the message has a number that never ends')
}
