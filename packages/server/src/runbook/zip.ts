/** A zip of texts, made beside the event loop: however many files there are, nobody's evaluation waits. */
import { promisify } from 'node:util'
import { crc32, deflateRaw } from 'node:zlib'

import { Zip } from 'fflate'
import type { ZipInputFile } from 'fflate'

const packed = promisify(deflateRaw)

/** The oldest time that a zip can hold: the same content gives the same bytes. */
const NO_TIME = new Date(1980, 0, 1)

/** APPNOTE.TXT 4.4.5: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT */
const DEFLATED = 8

/** The zip of files by name, in their order. */
export async function zipOf(files: Readonly<Record<string, string>>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  const zip = new Zip((_, piece) => pieces.push(piece))
  for (const [filename, text] of Object.entries(files)) {
    const content = Buffer.from(text)
    const body = await packed(content)
    const about = { crc: crc32(content), size: content.length, compression: DEFLATED, mtime: NO_TIME }
    const file: ZipInputFile = { filename, ...about }
    // Makes `ondata`, which takes the body.
    zip.add(file)
    file.ondata?.(null, body, true)
  }
  zip.end()
  return Buffer.concat(pieces)
}
