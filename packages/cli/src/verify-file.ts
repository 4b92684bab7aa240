/**
 * Verifying an export on this machine alone: an exported bundle, or an exported chain.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

import type { Head } from '@flagmarshal/domain/audit/entry'
import { verifyExport } from '@flagmarshal/domain/audit/verify-export'
import { verifyLines } from '@flagmarshal/domain/audit/verify-lines'
import { strFromU8, unzipSync } from 'fflate'

import { usage } from './failure.ts'

/** What holds, and what does not. */
export interface FileVerdict {
  readonly file: string
  readonly findings: readonly { readonly file: string; readonly problem: string }[]
  readonly head: Head
  /** Of an exported bundle. */
  readonly bundle?: {
    readonly hash: string
    readonly documents: number
    readonly evidence: number
    readonly approvals: number
  }
}

/** What an unpacked export may hold at most. */
const MOST_BYTES = 1024 * 1024 * 1024

/** Verifies an exported bundle. */
export function verifyZip(file: string, { anchor }: { readonly anchor?: Head }): FileVerdict {
  const files = unpack(file)
  const verdict = verifyExport({ files, ...(anchor === undefined ? {} : { anchor }) }, sha256)
  const { findings, head, bundleHash, documents, evidence, approvals } = verdict
  return { file, findings, head, bundle: { hash: bundleHash, documents, evidence, approvals } }
}

/** Verifies an exported chain; its name is hashed with every entry. */
export function verifyChainFile(
  file: string,
  { chain, anchor }: { readonly chain: string; readonly anchor?: Head },
): FileVerdict {
  const text = strFromU8(bytesOf(file))
  const anchors = anchor === undefined ? [] : [anchor]
  const { head, broken } = verifyLines({ text, chain, anchors }, sha256)
  const findings = broken === undefined ? [] : [{ file, problem: `Entry ${broken.seq}: ${broken.problem}` }]
  return { file, findings, head }
}

/** The verdict in words. */
export function describeVerdict({ file, findings, head, bundle }: FileVerdict): string {
  if (findings.length > 0) return findings.map((it) => `✗ ${it.file}: ${it.problem}`).join('\n')
  const chain = `The chain holds: ${head.count} entries, head ${head.count}:${head.hash}.`
  if (bundle === undefined) return chain
  const { hash, documents, evidence, approvals } = bundle
  return `${file} is as it was exported: bundle ${hash}, ${documents} documents, ${evidence} pieces of evidence, ${approvals} approvals.\n${chain}`
}

function unpack(file: string): ReadonlyMap<string, string> {
  let bytes = 0
  try {
    const entries = unzipSync(bytesOf(file), {
      filter: ({ originalSize }) => {
        bytes += originalSize
        if (bytes > MOST_BYTES) throw new RangeError('it unpacks to more than 1 GiB')
        return true
      },
    })
    return new Map(Object.entries(entries).map(([name, content]) => [name, strFromU8(content)]))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw usage(`${file} cannot be unpacked: ${why}.`, 'Export the bundle again.')
  }
}

function bytesOf(file: string): Uint8Array {
  try {
    return readFileSync(file)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw usage(`${file} cannot be read: ${why}.`, 'Check the path.')
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex')
}
